"""The layers of the code (DESIGN 2): nothing imports upwards or across, and light modules stay light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAY_IMPORT = {
    "journey": set(),
    "search": {"journey"},
    "traces": {"journey"},
    "train": {"journey", "search", "traces"},
    "cli": {"journey", "search", "traces", "train"},
}
LAYERS = {
    "train": (
        "console", "recipe", "statistics", "models", "evaluation", "trainers", "analysis",
        "report", "pipeline", "bench", "harness", "command",
    ),
    "journey/solution_text": ("spelling", "reading", "values", "claims", "verdicts", "answers"),
}  # fmt: skip
"""The packages of a folder from the lowest to the highest: each may import those before it."""
HEAVY = {"torch", "trl", "transformers", "datasets", "textual", "peft", "ray", "matplotlib", "pydantic"}


def modules_imported(path: Path) -> list[str]:
    """Dotted names, with those imported from a package."""
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def imports(path: Path) -> list[str]:
    return [name.split(".")[0] for name in modules_imported(path)]


def sources() -> list[Path]:
    return [
        ROOT / "cli.py",
        *(p for room in ("journey", "search", "traces", "train") for p in (ROOT / room).rglob("*.py")),
    ]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_import_goes_up_or_across(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0].removesuffix(".py")
    for name in imports(path):
        if name in MAY_IMPORT and name != room:
            assert name in MAY_IMPORT[room], f"{path.name} of {room} imports {name}"
        assert name != "click", "typer vendors click; importing it brings in another one"


@pytest.mark.parametrize("folder", LAYERS)
def test_packages_import_only_lower_packages(folder: str) -> None:
    """The message of a failure names the file; `-rP` shows how many packages and arrows there are."""
    layers, prefix, arrows = LAYERS[folder], folder.replace("/", ".") + ".", set()
    for path in (ROOT / folder).rglob("*.py"):
        here = path.relative_to(ROOT / folder).parts[0].removesuffix(".py")
        if here == "__init__":
            continue
        for name in modules_imported(path):
            there = name.removeprefix(prefix).split(".")[0]
            if name.startswith(prefix) and there != here:
                assert layers.index(there) < layers.index(here), f"{path} imports {name}"
                arrows.add((here, there))
    print(f"{folder}: {len(layers)} packages, {len(arrows)} arrows")


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_read_in_one_sitting(path: Path) -> None:
    assert path.read_text().count("\n") <= 400


@pytest.mark.parametrize("module", ["journey", "cli", "search.explore", "traces.text", "journey.runs.store"])
def test_light_modules_load_nothing_heavy(module: str) -> None:
    script = f"import sys, {module}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert not HEAVY & set(loaded.stdout.split())


def test_the_command_s_help_loads_neither_sympy_nor_networkx() -> None:
    script = "import sys, cli; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert not {"sympy", "networkx"} & set(loaded.stdout.split())
