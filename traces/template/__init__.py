"""What `journey families new NAME` copies: a small family that runs, its words, its oracle for the tests."""

from __future__ import annotations

import keyword
import re
from pathlib import Path

from journey.errors import InputError

PLACES = {
    "family.py": Path("journey", "families"),
    "words.py": Path("traces", "styles", "words"),
    "oracle.py": Path("tests", "oracles"),
}
"""The folder of a checkout that holds the copy of each file, as NAME.py."""
NAME = re.compile("[a-z][a-z0-9_]{0,29}")


def new_family(name: str, folder: Path) -> list[Path]:
    """Writes a family into the checkout that holds `folder`, and returns the paths of its files.

    Raises:
        InputError: the name cannot be a module's or is taken, or `folder` is in no checkout, or in another
            one than this code.
    """
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise InputError(
            f"{name!r} cannot be the name of a family: use small letters, digits and _, at most 30, "
            "a letter first, and no word of Python's own"
        )
    root = _checkout(folder)
    files = {file: root / place / f"{name}.py" for file, place in PLACES.items()}
    for path in files.values():
        # A family with modules of its own is a package.
        for taken in (path, path.with_suffix("")):
            if taken.exists():
                raise InputError(f"{taken} exists: choose another name than {name!r}, or delete it first")
    for file, path in files.items():
        text = Path(__file__).with_name(file).read_text()
        path.write_text(text.replace('NAME = "template"', f'NAME = "{name}"'))
    return list(files.values())


def _checkout(folder: Path) -> Path:
    """The checkout that holds a folder, if this code runs from there."""
    inside = (folder, *folder.parents)
    root = next((each for each in inside if all((each / p).is_dir() for p in PLACES.values())), None)
    if root is None:
        raise InputError(
            f"{folder} is in no checkout of Journey: a family needs the tests, so clone the repository and "
            "run the command there"
        )
    here = Path(__file__).parents[2]
    if root.resolve() != here.resolve():
        raise InputError(
            f"this `journey` runs from {here}, not from the checkout {root}: run `pip install -e .` in the "
            "checkout, or use the `journey` in its .venv/bin"
        )
    return root
