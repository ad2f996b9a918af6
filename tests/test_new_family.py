"""`journey families new NAME`: the family that it writes passes the whole battery as it is."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from journey import families
from journey.errors import JourneyError
from tests.conftest import Journey
from tests.invariants.test_floors import ROOT

SOURCES = ("journey", "search", "traces", "train", "tests", "cli.py", "pyproject.toml")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, with a family that the command wrote."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    done = python(folder, "-m", "cli", "families", "new", "sums", cwd=folder / "journey")
    assert done.returncode == 0, done.stderr
    assert "journey generate --family sums" in done.stdout
    return folder


def python(checkout: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["PYTHONPATH"] = str(checkout)
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_a_new_family_passes_the_battery(checkout: Path) -> None:
    battery = ("families", "graph", "hostile", "problem", "proposers", "search", "styles", "traces", "walks")
    files = [f"tests/test_{name}.py" for name in battery]
    done = python(
        checkout, "-m", "pytest", "-k", "sums", "-p", "no:cacheprovider", *files, "tests/invariants",
        cwd=checkout,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) >= 100, "a test of every family does not know of this one"


def test_a_new_family_can_be_generated_from_and_audited(checkout: Path, tmp_path: Path) -> None:
    listed = python(checkout, "-m", "cli", "families", cwd=checkout)
    assert "\nsums " in listed.stdout
    words = ("--family", "sums", "--count", "12", "--set", "search.mistakes=1", "--set", "traces.mistakes=1")
    done = python(checkout, "-m", "cli", "generate", *words, "--out", str(tmp_path / "run"), cwd=checkout)
    assert done.returncode == 0, done.stderr
    audited = python(checkout, "-m", "cli", "audit", str(tmp_path / "run"), cwd=checkout)
    assert audited.returncode == 0, audited.stdout
    assert '"wrong_steps": 0,' not in audited.stdout


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Sums", "'Sums' cannot be the name of a family"),
        ("2sums", "cannot be"),
        ("../sums", "cannot be"),
        ("class", "cannot be"),
        ("a" * 31, "cannot be"),
        ("roots", "roots.py exists: choose another name than 'roots'"),
        ("algebra", "oracles/algebra.py exists"),
        ("radical", "families/radical exists: choose another name than 'radical'"),
    ],
)
def test_a_name_that_cannot_be_is_refused(
    name: str, message: str, here: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    done = here("families", "new", name)
    assert done.returncode == 2
    assert message in done.stderr


def test_it_is_written_into_the_checkout_that_runs(
    tmp_path: Path, here: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = here("families", "new", "sums")
    assert done.returncode == 2
    assert "is in no checkout of Journey" in done.stderr
    for place in ("journey/families", "traces/styles/words", "tests/oracles"):
        (tmp_path / place).mkdir(parents=True)
    done = here("families", "new", "sums")
    assert done.returncode == 2
    assert f"this `journey` runs from {ROOT}, not from the checkout {tmp_path}" in done.stderr
    assert not list(tmp_path.rglob("*.py"))


def test_what_a_family_lacks_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from journey.families import diophantine

    monkeypatch.delattr(diophantine, "claims")
    monkeypatch.delattr(diophantine, "read")
    with pytest.raises(JourneyError, match="the family diophantine has no claims, read: `Family`"):
        families.family_of(diophantine)
    monkeypatch.undo()
    monkeypatch.setattr(diophantine, "NAME", "gcd")
    with pytest.raises(JourneyError, match="has the NAME 'gcd': make it 'diophantine'"):
        families.family_of(diophantine)


def test_a_family_may_leave_out_members() -> None:
    from journey.families import diophantine

    left_out = ("split_key", "heuristic", "dead_end_evidence", "verification_line")
    with pytest.MonkeyPatch.context() as patch:
        for name in left_out:
            patch.delattr(diophantine, name)
        family = families.family_of(diophantine)
    givens = {"a": 7, "b": 12, "c": 173}
    state = family.start(givens)
    assert family.split_key(givens) == '{"a":7,"b":12,"c":173}'
    assert family.heuristic(state) == 0
    assert str(family.dead_end_evidence(state)) == "no step from here leads to an answer"
    assert family.verification_line(givens, "23,1") == ""
    assert family.ALLOWED_VERDICTS == ()
