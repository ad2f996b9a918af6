"""Hostile text through every reader: nothing runs, nothing hangs, no worker stays, each gets a verdict."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pebble  # noqa: F401  its first import runs code of its own, which the hooks here would take for a text's
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from journey import families
from journey.algebra import read, read_relation
from journey.check import check_move
from journey.claims import check_file, check_record
from journey.equivalence import value
from journey.errors import JourneyError, MoveError
from journey.expressions import read_arithmetic
from journey.grade import Grade, grade_answer, grade_file
from journey.runs.sandbox import Sandbox, TimedOut
from journey.runs.store import record
from journey.solution_text.answers.formulas import load
from journey.step import Move, Verdict
from tests.conftest import graph_of, problem_of
from tests.hostile import BROKEN, CANARY, SMALL, TEXTS, large
from tests.invariants.test_floors import ROOT
from tests.timing import until, within
from traces import walks
from traces.audit import audit
from traces.audit_files import audit_path
from traces.text import render
from train.evaluation.scoring import grade

READING = 1.0
"""Seconds (`tests.timing.within`) that one reader may take for a text of any size."""
MOST_ITEMS = 12
"""How many items the verdict on one answer may give to a sandbox."""
MEMORY = 4 * 1024**3
"""Bytes of address space for a command."""
RESIDENT = 1024**2
"""Kilobytes of memory that a command may really use."""
PARENT, SESSION = 0, 2
"""Fields of /proc/PID/stat, counted after the state."""


@pytest.fixture(autouse=True)
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing ran: it would have left a file, here or where the tests were started."""
    started = Path.cwd()
    monkeypatch.chdir(tmp_path)
    yield
    assert not any((place / CANARY).exists() for place in (tmp_path, started, ROOT)), "something was executed"


PROGRAMS = {"os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen"}
WATCHED = {"exec", "pickle.find_class", *PROGRAMS}
watchers: list[list[str]] = []


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if watchers and event in WATCHED:
        # Modules that are imported when first needed are executed too, from their files; and what a worker of
        # our own found comes back as our own records.
        file = getattr(arguments[0], "co_filename", "") if event == "exec" else ""
        ours = event == "pickle.find_class" and arguments[0].partition(".")[0] in ("journey", "pebble")
        # sympy writes itself the product of two monomials in n names, from n alone.
        rings = sys._getframe(1).f_code.co_filename.endswith("sympy/polys/monomials.py")
        if not (file.endswith(".py") or ours or rings):
            watchers[-1].append(f"{event}{arguments!r:.80}")


@cache
def _hearing() -> None:
    # The first use of a worker imports what makes named tuples, by executing text of its own.
    value(("^", ("+", "x", 1), 20), ("^", "x", 20))
    sys.addaudithook(_hear)


@contextmanager
def nothing_runs() -> Iterator[None]:
    """Python itself says when code or a program is run in this process (PEP 578)."""
    _hearing()
    watchers.append([])
    try:
        yield
        assert not watchers[-1]
    finally:
        watchers.pop()


def quickly(text: str, seconds: float = READING) -> AbstractContextManager[None]:
    return within(seconds, f"{text[:60]!r}, {len(text)} characters")


def living(field: int, number: int) -> set[str]:
    """The processes that live and have this number in a field of their /proc/PID/stat, as commands."""
    result = set()
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, *fields = (process / "stat").read_text().rpartition(")")[2].split()
            # One without a command has given its memory back, and is about to end.
            sentence = (process / "cmdline").read_text()
            if int(fields[field]) == number and state != "Z" and sentence:
                result.add(f"{process.name} {sentence}")
    # Python's own tracker of semaphores is no worker: it ends when it sees that its parent has ended.
    return {process for process in result if "resource_tracker" not in process}


def test_there_are_enough_and_they_differ() -> None:
    assert len(set(TEXTS)) == len(TEXTS) >= 200
    assert all(len(texts) >= 10 for texts in SMALL.values())


def refused_or_read(known: families.Family, state: Any, text: str) -> None:
    """A family's parser gives a move or its documented error, and every move has a verdict."""
    try:
        move = known.read(state, text)
    except MoveError as fault:
        assert len(str(fault)) < 2000
        return
    assert isinstance(move, Move)
    assert check_move(known, state, move).verdict in Verdict


def on_the_way(family: str) -> list[Any]:
    """The states on the way to a solution."""
    known, graph = families.get(family), graph_of(family, 0)
    states = [known.start(graph.problem.givens)]
    for step in graph.solution() or []:
        states.append(known.apply(states[-1], step.move))
    return states


def test_every_parser_of_a_family(family: str) -> None:
    known, problem = families.get(family), problem_of(family, 0)
    states = on_the_way(family)
    with nothing_runs():
        for number, text in enumerate(TEXTS):
            with quickly(text):
                refused_or_read(known, states[number % len(states)], text)
                reason = known.grade(problem.givens, text)
                # One of the texts is a 1 after many spaces, the right answer of many a problem.
                assert isinstance(reason, str) or text.strip() == problem.answer, text[:60]
        for _, text in large():
            with quickly(text, 3 * READING):
                refused_or_read(known, states[0], text)
                reason = known.grade(problem.givens, text)
                assert isinstance(reason, str)
                assert len(reason) < 2000, "a reason is a line, not the text again"


def test_every_output_is_audited_and_graded(family: str) -> None:
    problem = problem_of(family, 0)
    lines = render(journey_of(family, 0)).split("\n")
    with nothing_runs():
        for number, text in enumerate(TEXTS):
            at = number % len(lines)
            amid = "\n".join([*lines[:at], text, *lines[at:-1]])
            for output in (text, (f"={text}", f"!{text}<", f"@{text}", amid)[number % 4]):
                with quickly(text):
                    assert not audit(problem, output).solved
                    assert grade(problem, output, finished=True)[0] is False
        for _, text in large():
            with quickly(text, 3 * READING):
                report = audit(problem, f"{text}\n={text}")
                assert not report.solved
                assert len(report.lines) == 2


def read_or_refused(text: str) -> None:
    """Each reader of expressions gives a tree or its documented error."""
    for reader in (read, read_relation, read_arithmetic):
        try:
            assert isinstance(reader(text), int | str | tuple)
        except MoveError as fault:
            assert len(str(fault)) < 700, "a message is a line, not the text again"


def test_every_reader_of_expressions() -> None:
    with nothing_runs():
        for text in (*TEXTS, *(text for _, text in large())):
            with quickly(text):
                read_or_refused(text)


def test_every_record_is_checked() -> None:
    with nothing_runs():
        for number, text in enumerate((*TEXTS, *(text for _, text in large()))):
            with quickly(text, 2 * READING):
                checked = check_record({"steps": [text]} if number % 2 else {"solution": text})
            assert all(step["verdict"] in set(Verdict) for step in checked["steps"])
            json.dumps(checked)


class Hanging(Sandbox):
    """A sandbox in which nothing is ever decided: what is left is what this process does with a text."""

    def run(self, function: Callable[[Any], Any], item: Any) -> TimedOut:
        return TimedOut(self.seconds)


def test_every_answer_is_graded() -> None:
    sandbox = Hanging()
    with nothing_runs():
        for text in (*TEXTS, *(text for _, text in large())):
            for gold, pred in ((text, "7431"), ("7431", rf"\boxed{{{text}}}")):
                with quickly(text, 2 * READING):
                    shown = grade_answer(gold, pred, sandbox)
                assert isinstance(shown, Grade)
                assert shown.correct is not True, text[:60]


class Counting(Sandbox):
    """A sandbox that counts what it is given. Each item ends at its limit, so the count bounds a verdict."""

    items = 0

    def run(self, function: Callable[[Any], Any], item: Any) -> Any:
        self.items += 1
        return super().run(function, item)


def test_no_formula_hangs_or_runs_in_a_worker() -> None:
    before = living(PARENT, os.getpid())
    texts = [*SMALL["python"][:4], *SMALL["towers"][:4], r"\binom{10^9}{10^8}"]
    with Counting(seconds=1, prepare=load) as sandbox:
        for text in texts:
            sandbox.items = 0
            assert grade_answer("7431", rf"\boxed{{{text}}}", sandbox).correct is not True, text[:60]
            assert sandbox.items <= MOST_ITEMS, text[:60]
    until(lambda: living(PARENT, os.getpid()) <= before, "end of the workers")


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: list[str]
    err: str
    resident: int
    """Kilobytes of memory at its peak, its workers' included."""


def command(verb: str, file: Path) -> Done:
    """The command in a session of its own with bounded memory; nothing of that session may be left."""

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))

    out, err = Path(f"{verb}.out"), Path(f"{verb}.err")
    with out.open("wb") as shown, err.open("wb") as sentence:
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", verb, str(file)],
            stdout=shown, stderr=sentence, start_new_session=True, preexec_fn=bound,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    until(lambda: not living(SESSION, process.pid), "end of the workers")
    return Done(process.returncode, out.read_text().splitlines(), err.read_text(), usage.ru_maxrss)


def write(path: Path, rows: Iterable[Any]) -> Path:
    with path.open("w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    return path


def some_texts() -> Iterator[str]:
    """Texts for a whole command: one of each category, and two that are large."""
    yield from (texts[0] for texts in SMALL.values())
    yield from (text for name, text in large() if name in ("NULs", "claims"))


def test_the_verb_check(tmp_path: Path) -> None:
    rows = [{"id": n, "solution": text} for n, text in enumerate(some_texts())]
    done = command("check", write(tmp_path / "solutions.jsonl", rows))
    assert done.code == 0, done.err
    assert [json.loads(line)["id"] for line in done.out] == [row["id"] for row in rows]
    assert done.resident < RESIDENT


def test_the_verb_grade(tmp_path: Path) -> None:
    rows = [{"id": n, "gold": "7431", "pred": text} for n, text in enumerate(some_texts())]
    done = command("grade", write(tmp_path / "answers.jsonl", rows))
    assert done.code == 0, done.err
    shown = [json.loads(line) for line in done.out]
    assert [row["id"] for row in shown] == [row["id"] for row in rows]
    assert not any(row["correct"] for row in shown)
    assert done.resident < RESIDENT


def test_the_verb_audit(tmp_path: Path) -> None:
    problems = [record(problem_of(name, 0)) for name in families.NAMES]
    for problem in problems:
        del problem["schema_version"]
    rows = [
        {"problem": problems[n % len(problems)], "completion": text} for n, text in enumerate(some_texts())
    ]
    done = command("audit", write(tmp_path / "traces.jsonl", rows))
    assert done.code == 1, done.err
    shown = json.loads("\n".join(done.out))
    assert shown["traces"] == shown["conclusions_wrong"] == len(rows)
    assert shown["unparsed"] > len(rows) // 2
    assert done.resident < RESIDENT


def test_broken_lines_are_named_by_check(tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    good = json.dumps({"id": 2, "steps": ["2+2 = 4"]}).encode()
    for name, line in BROKEN.items():
        path.write_bytes(line + b"\n" + good + b"\n")
        checked = check_file(path)
        with quickly(name, 2 * READING):
            bad, after = next(checked), next(checked)
        assert "broken.jsonl:1" in bad["reason"], name
        assert len(bad["reason"]) < 1000, name
        assert after["id"] == 2, name
        with pytest.raises(JourneyError, match="1 of the rows could not be read"):
            next(checked)
    path.write_bytes(BROKEN["invalid byte"] + b"\n")
    done = command("check", path)
    assert done.code == 1
    assert "Traceback" not in done.err


def test_broken_lines_are_counted_by_audit(tmp_path: Path) -> None:
    problem = record(problem_of("linear", 0))
    del problem["schema_version"]
    good = json.dumps({"problem": problem, "completion": "x=1"}).encode()
    path = tmp_path / "broken.jsonl"
    for name, line in BROKEN.items():
        path.write_bytes(line + b"\n" + good + b"\n")
        with quickly(name, 2 * READING):
            totals = audit_path(path)
        (fault,) = totals.unreadable
        assert fault.startswith(f"{path}:1 "), name
        assert len(fault) < 1000, name
        assert totals.traces == 1 and not totals.clean, name


def test_broken_lines_are_answered_by_grade(tmp_path: Path) -> None:
    good = json.dumps({"id": 1, "gold": "1", "pred": "1"}).encode()
    path = tmp_path / "broken.jsonl"
    for name, line in BROKEN.items():
        path.write_bytes(line + b"\n" + good + b"\n")
        verdicts = grade_file(path)
        with quickly(name, 2 * READING):
            bad, fine = next(verdicts), next(verdicts)
        assert bad["correct"] is None and "broken.jsonl:1" in bad["reason"], name
        assert len(bad["reason"]) < 1000, name
        assert (fine["id"], fine["correct"]) == (1, True), name
        with pytest.raises(JourneyError, match="1 of the rows"):
            next(verdicts)


@cache
def journey_of(family: str, index: int) -> Any:
    """A journey about a small problem, with its wrong turns."""
    trace = walks.walk("journey", graph_of(family, index), walks.WalkSettings())
    assert trace is not None
    return trace


PIECES = [
    *"0123456789=+-*/^(),:;!<>@x yz|.%&$ \\", "10", "-1", "1/2", "x^2", "sqrt(", "+-", " or ", " and ",
    "<=", "mod", "no solution", "\n", "\0", "\u202e", "٣", "\ud800",
    "9" * 20, "(x+1)", ")(", "!<", "@1", "x=", "=0",
    r"\frac{1}{2}", r"\boxed{", "}", r"\sqrt", "of", "feet", "per",
]  # fmt: skip
EDIT = some.tuples(some.integers(0, 400), some.integers(0, 4), some.sampled_from(PIECES))


def edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    """The text with pieces in the place of some of its characters."""
    for place, cut, piece in edits:
        at = place % (len(text) + 1)
        text = text[:at] + piece + text[at + cut :]
    return text


def fuzz_family(family: str, index: int, edits: list[tuple[int, int, str]]) -> None:
    """A journey that was tampered with gets an audit, each of its lines a move or the documented error."""
    known, trace = families.get(family), journey_of(family, index)
    text = edited(render(trace), edits)
    report = audit(trace.problem, text)
    assert len(report.lines) == text.count("\n") + 1
    state = known.start(trace.problem.givens)
    for line in text.split("\n"):
        refused_or_read(known, state, line)
    answer = edited(trace.problem.answer or "", edits)
    assert known.grade(trace.problem.givens, answer) is None or answer != trace.problem.answer


@pytest.mark.parametrize("name", families.NAMES)
@settings(max_examples=50)
@given(index=some.integers(0, 5), edits=some.lists(EDIT, min_size=1, max_size=6))
def test_fuzz_of_every_family(name: str, index: int, edits: list[tuple[int, int, str]]) -> None:
    fuzz_family(name, index, edits)


TEXT = some.one_of(
    some.text(max_size=60),
    some.lists(some.sampled_from(PIECES), max_size=30).map("".join),
    some.builds(edited, some.sampled_from(TEXTS).map(lambda text: text[:300]), some.lists(EDIT, max_size=3)),
)


def fuzz_readers(text: str, other: str) -> None:
    """Any text is read by each reader, or refused by its documented error."""
    read_or_refused(text)
    checked = check_record({"solution": text, "steps": [text, f"${other} = {text}$"]})
    assert all(step["verdict"] in set(Verdict) for step in checked["steps"])
    for gold, pred in ((other, text), ("7", text), (text, "7"), ("(1, 2]", text)):
        assert grade_answer(gold, pred, Hanging()).correct in (True, False, None)


@settings(max_examples=100)
@given(TEXT, TEXT)
def test_fuzz_of_the_readers(text: str, other: str) -> None:
    fuzz_readers(text, other)


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_long_fuzz_of_every_family(family: str) -> None:
    call = given(some.integers(0, 40), some.lists(EDIT, min_size=1, max_size=8))(
        lambda index, edits: fuzz_family(family, index, edits)
    )
    settings(max_examples=5_000, database=None)(call)()


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_a_long_fuzz_of_the_readers() -> None:
    settings(max_examples=20_000, database=None)(given(TEXT, TEXT)(fuzz_readers))()


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_every_text_is_graded_in_a_worker() -> None:
    before = living(PARENT, os.getpid())
    with Sandbox(seconds=1, prepare=load) as sandbox:
        for text in TEXTS:
            for pred in (text, rf"\boxed{{{text}}}"):
                assert grade_answer("7431", pred, sandbox).correct is not True, text[:60]
    until(lambda: living(PARENT, os.getpid()) <= before, "end of the workers")
