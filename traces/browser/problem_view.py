"""Prepares one problem for display: lays out its graph, audits its traces and the models' outputs.

`problem_views` needs no screen. It checks everything again, which takes time, so the application runs it in a
worker and shows its results stage by stage. A broken record becomes an error message in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from rich.text import Text

from journey.errors import JourneyError
from journey.graph import SolutionGraph
from journey.problem import Problem
from journey.runs.index import SampleRow
from traces.audit import Audit, AuditedLine, audit
from traces.browser.records import Broken, Record, Records
from traces.outline import Branch, outline, sign_of

Edge = tuple[str, int]
"""A step of the graph: its source and its order."""

MAX_INDENT = 12
"""Maximum indentation of a line, in steps."""
FAULTS = (
    JourneyError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""The exceptions that arbitrary records can raise when they are read and checked."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a trace or of an output."""

    text: Text
    """Its sign and words, and its proof below them."""
    edge: Edge | None = None
    """The step of the graph that the line takes or leaves; None if the graph does not have it."""
    turn: bool = False
    """Whether a wrong turn begins here."""


@dataclass(frozen=True, slots=True)
class Column:
    """A text, audited line by line."""

    name: str
    """The kind of trace, or ARM-STAGE, with the sample number for sampled outputs."""
    verdict: Text
    """A one-line summary of the audit."""
    lines: list[Line]
    text: str
    """The raw text."""
    record: dict[str, Any] = field(default_factory=dict)
    """The record that `export` writes."""


@dataclass(frozen=True, slots=True)
class Output:
    """An output of a model."""

    label: Text
    column: Column


@dataclass(frozen=True, slots=True)
class ProblemView:
    """One stage of a prepared problem."""

    id: str
    head: Text
    """The statement and the answer, or why the record cannot be shown."""
    graph: SolutionGraph | None = None
    root: Branch | None = None
    columns: dict[str, Column] = field(default_factory=dict)
    """The traces by kind, then the greedy outputs by ARM-STAGE."""
    outputs: list[Output] = field(default_factory=list)
    teacher: str | None = None
    """The trace that is shown next to the outputs."""
    complete: bool = False
    """Whether this is the last stage."""


def problem_views(records: Records) -> Iterator[ProblemView]:
    """Yields the view of a problem in stages: its graph, then its traces, then the outputs."""
    graph = root = None
    try:
        if isinstance(records.graph, Broken):
            raise JourneyError(records.graph.fault)
        graph = SolutionGraph.from_record(records.graph)
        root = outline(graph)
        view = ProblemView(records.id, _head(graph.problem), graph, root)
    except FAULTS as fault:
        head = Text().append(f"This problem's row is broken: {fault_text(fault)}", style="bold red")
        yield ProblemView(records.id, head, complete=True)
        return
    yield view
    columns: dict[str, Column] = {}
    for kind, record in records.traces.items():
        columns[kind] = _trace(graph, kind, record)
    teachers = [name for name in ("journey", "stream", *columns) if name in columns]
    view = replace(view, columns=dict(columns), teacher=teachers[0] if teachers else None)
    yield view
    styles = [row["style"] for row in records.traces.values() if isinstance(row, dict) and "style" in row]
    outputs = []
    for sample, record in records.outputs:
        column = _output(graph, sample, record, styles[0] if styles else "terse")
        outputs.append(Output(_label(sample, record), column))
        if sample.sample == 0:
            columns[sample.model] = column
    yield replace(view, columns=columns, outputs=outputs, complete=True)


def fault_text(fault: BaseException) -> str:
    """An exception as one line of at most 300 characters."""
    message = " ".join(str(fault).split())
    return (f"no {message}" if isinstance(fault, KeyError) else message)[:300] or type(fault).__name__


def _head(problem: Problem) -> Text:
    header = Text().append(problem.statement, style="bold")
    facts = f"{problem.id} · {problem.family} · level {problem.level} · {problem.split}"
    header.append(f"\n{facts} · one right answer: {problem.answer}", style="dim")
    return header


def _trace(graph: SolutionGraph, kind: str, record: Record) -> Column:
    try:
        if isinstance(record, Broken):
            return _broken(kind, record.fault)
        text, style = record["completion"], record.get("style", "terse")
        return _column(graph, kind, text, audit(graph.problem, text, style), record)
    except FAULTS as fault:
        return _broken(kind, fault_text(fault))


def _output(graph: SolutionGraph, sample: SampleRow, record: Record, style: str) -> Column:
    name = sample.model if sample.sample == 0 else f"{sample.model} sample {sample.sample}"
    try:
        if isinstance(record, Broken):
            return _broken(name, record.fault)
        report = audit(graph.problem, record["text"], style)
        return _column(graph, name, record["text"], report, {**record, "model": sample.model})
    except FAULTS as fault:
        return _broken(name, fault_text(fault))


def _broken(name: str, fault: str) -> Column:
    message = Text().append(f"this row is broken: {fault}", style="red")
    return Column(name, message, [Line(message)], "")


def _column(graph: SolutionGraph, name: str, text: str, report: Audit, record: dict[str, Any]) -> Column:
    starts = turns(report.lines)
    lines = [Line(line_text(line), _edge(graph, line), at in starts) for at, line in enumerate(report.lines)]
    export = {"problem": graph.problem, **record, "audit": report.lines}
    return Column(name, story(report), lines, text, export)


def turns(lines: list[AuditedLine]) -> set[int]:
    """The lines at which wrong turns begin: an unsound or abandoned step after a line that is neither."""
    in_turn = [line.says == "take" and (line.left or not line.sound) for line in lines]
    return {index for index, inside in enumerate(in_turn) if inside and not (index and in_turn[index - 1])}


def line_text(line: AuditedLine) -> Text:
    """A line with its sign, indented by depth, and its proof below it."""
    sign, style = sign_of(line)
    indent = "  " * min(line.depth, MAX_INDENT)
    # Styles are set on spans, because a style of the Text itself ignores the theme.
    shown = Text().append(f"{sign} ", style=f"bold {style}")
    shown.append(indent + (line.text or "(an empty line)"), style=style if sign != "·" else "")
    if line.evidence:
        shown.append(f"\n  {indent}{line.evidence}", style="dim")
    return shown


def _edge(graph: SolutionGraph, line: AuditedLine) -> Edge | None:
    if line.source is None or line.source not in graph:
        return None
    steps = [step for step in graph.steps_from(line.source) if step.target == line.target]
    steps.sort(key=lambda step: line.says == "take" and step.verdict is not line.verdict)
    return (steps[0].source, steps[0].order) if steps else None


def story(report: Audit) -> Text:
    """Summarizes an audit: where the text erred, whether it noticed, and how it ended."""
    wrong = [at for at, line in enumerate(report.lines, 1) if line.says == "take" and not line.sound]
    sign, style = ("✓ right", "green") if report.solved else ("✗ not right", "red")
    text = Text().append(sign, style=style)
    last = report.lines[-1]
    if last.says != "conclude":
        text.append(", it does not conclude")
    if not wrong:
        count = len(turns(report.lines))
        dead_ends = f"{count} dead end{'s' if count > 1 else ''}, " if count else ""
        text.append(f" · {dead_ends}no wrong step")
    else:
        missed = [at for at in wrong if not report.lines[at - 1].flagged]
        errors = f"erred on {_list_lines(wrong)}"
        noticed = "noticed" if not missed else f"{_list_lines(missed)} unnoticed"
        ending = "recovered" if report.solved else "did not recover"
        text.append(f" · {errors} · {noticed} · {ending}")
    for count, name in (
        (len(report.unparsed), "unreadable"),
        (len(report.false_notices), "noticed without proof"),
        (len(report.false_verifications), "falsely verified"),
    ):
        if count:
            text.append(f" · {count} {name}", style="magenta")
    return text


def _list_lines(numbers: list[int]) -> str:
    """Line numbers as text, at most three of them.

    >>> _list_lines([4]), _list_lines([1, 2, 3, 4, 5, 6])
    ('line 4', 'lines 1, 2, 3 and 3 more')
    """
    first = f"line{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers[:3]))}"
    return first if len(numbers) <= 3 else f"{first} and {len(numbers) - 3} more"


def _label(sample: SampleRow, record: Record) -> Text:
    sign, style = ("✓", "green") if sample.correct else ("✗", "red")
    label = Text().append(f"{sign} ", style=f"bold {style}")
    label.append(f"{sample.model:<16} ")
    number = "greedy" if sample.sample == 0 else f"sample {sample.sample}"
    label.append(f"{number:<10}")
    if isinstance(record, Broken):
        return label.append(" broken row", style="red")
    if isinstance(tokens := record.get("tokens"), int):
        label.append(f"{tokens:>5} tokens", style="dim")
    if record.get("misread"):
        label.append(f"  misread as {str(record.get('given')).strip()}", style="red")
    if reason := record.get("reason"):
        label.append(f"  {reason}", style="dim")
    return label
