"""One problem made ready to be shown: its graph laid out, its traces and the models' outputs audited.

`opened` needs no screen and takes its time (it checks everything anew), so the application runs it beside
the keys; it gives what it has, stage by stage. A record that does not fit is told in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from rich.text import Text

from journey.errors import JourneyError
from journey.graph import SolutionGraph
from journey.index import SampleRow
from journey.problem import Problem
from traces.audit import Audit, AuditedLine, audit
from traces.browser.read import Broken, Record, Records
from traces.outline import Branch, outline, sign_of

Edge = tuple[str, int]
"""A step of the graph: its source and its order."""

DEEPEST = 12
"""Steps up to which a line is indented further."""
FAULTS = (
    JourneyError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)
"""What records that hold anything can raise where they are read and checked."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a trace or of an output."""

    text: Text
    """Its sign, its words, and below them its proof."""
    edge: Edge | None = None
    """The step of the graph that it takes or leaves, if the graph holds it."""
    turn: bool = False
    """A wrong turn begins here."""


@dataclass(frozen=True, slots=True)
class Column:
    """A text, audited line by line."""

    name: str
    """The kind of trace, or ARM-STAGE with the number of the output if it was sampled."""
    verdict: Text
    """What there is to say of it in a line."""
    lines: list[Line]
    text: str
    """As it was written."""
    record: dict[str, Any] = field(default_factory=dict)
    """What is exported."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a model said."""

    label: Text
    column: Column


@dataclass(frozen=True, slots=True)
class Opened:
    """One problem, as far as it has come."""

    id: str
    head: Text
    """The problem in words, its answer, and what is the matter with its record."""
    graph: SolutionGraph | None = None
    root: Branch | None = None
    columns: dict[str, Column] = field(default_factory=dict)
    """The traces by kind, then the greedy outputs by ARM-STAGE."""
    outputs: list[Output] = field(default_factory=list)
    teacher: str | None = None
    """The column that outputs are shown beside."""
    whole: bool = False
    """Nothing more will come."""


def opened(records: Records) -> Iterator[Opened]:
    """What there is to show of a problem: first its graph, then with its traces, then with all outputs."""
    graph = root = None
    try:
        if isinstance(records.graph, Broken):
            raise JourneyError(records.graph.fault)
        graph = SolutionGraph.from_record(records.graph)
        root = outline(graph)
        found = Opened(records.id, _head(graph.problem), graph, root)
    except FAULTS as fault:
        head = Text().append(f"This problem's row is broken: {said(fault)}", style="bold red")
        yield Opened(records.id, head, whole=True)
        return
    yield found
    columns: dict[str, Column] = {}
    for kind, record in records.traces.items():
        columns[kind] = _trace(graph, kind, record)
    names = [name for name in ("journey", "stream", *columns) if name in columns]
    found = replace(found, columns=dict(columns), teacher=names[0] if names else None)
    yield found
    styles = [row["style"] for row in records.traces.values() if isinstance(row, dict) and "style" in row]
    outputs = []
    for sample, record in records.outputs:
        column = _output(graph, sample, record, styles[0] if styles else "terse")
        outputs.append(Output(_label(sample, record), column))
        if sample.sample == 0:
            columns[sample.model] = column
    yield replace(found, columns=columns, outputs=outputs, whole=True)


def said(fault: BaseException) -> str:
    """A fault in one line of bounded length."""
    words = " ".join(str(fault).split())
    return (f"no {words}" if isinstance(fault, KeyError) else words)[:300] or type(fault).__name__


def _head(problem: Problem) -> Text:
    head = Text().append(problem.statement, style="bold")
    about = f"{problem.id} · {problem.family} · level {problem.level} · {problem.split}"
    head.append(f"\n{about} · one right answer: {problem.answer}", style="dim")
    return head


def _trace(graph: SolutionGraph, kind: str, record: Record) -> Column:
    try:
        if isinstance(record, Broken):
            return _broken(kind, record.fault)
        text, style = record["completion"], record.get("style", "terse")
        return _column(graph, kind, text, audit(graph.problem, text, style), record)
    except FAULTS as fault:
        return _broken(kind, said(fault))


def _output(graph: SolutionGraph, sample: SampleRow, record: Record, style: str) -> Column:
    name = sample.model if sample.sample == 0 else f"{sample.model} sample {sample.sample}"
    try:
        if isinstance(record, Broken):
            return _broken(name, record.fault)
        report = audit(graph.problem, record["text"], style)
        return _column(graph, name, record["text"], report, {**record, "model": sample.model})
    except FAULTS as fault:
        return _broken(name, said(fault))


def _broken(name: str, fault: str) -> Column:
    told = Text().append(f"this row is broken: {fault}", style="red")
    return Column(name, told, [Line(told)], "")


def _column(graph: SolutionGraph, name: str, text: str, report: Audit, record: dict[str, Any]) -> Column:
    begins = turns(report.lines)
    lines = [Line(line_text(line), _edge(graph, line), at in begins) for at, line in enumerate(report.lines)]
    told = {"problem": graph.problem, **record, "audit": report.lines}
    return Column(name, story(report), lines, text, told)


def turns(lines: list[AuditedLine]) -> set[int]:
    """Where wrong turns begin: at a step that is not sound or is left again, after a line that is no such."""
    astray = [line.says == "take" and (line.left or not line.sound) for line in lines]
    return {at for at, is_so in enumerate(astray) if is_so and not (at and astray[at - 1])}


def line_text(line: AuditedLine) -> Text:
    """A line with its sign, indented by its depth, and its proof below it."""
    sign, style = sign_of(line)
    indent = "  " * min(line.depth, DEEPEST)
    # All is said in spans: the style of a whole text knows no theme.
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
    """Where a text erred, whether it noticed, and how it ended."""
    wrong = [at for at, line in enumerate(report.lines, 1) if line.says == "take" and not line.sound]
    sign, style = ("✓ right", "green") if report.solved else ("✗ not right", "red")
    told = Text().append(sign, style=style)
    last = report.lines[-1]
    if last.says != "conclude":
        told.append(", it does not conclude")
    if not wrong:
        count = len(turns(report.lines))
        ends = f"{count} dead end{'s' if count > 1 else ''}, " if count else ""
        told.append(f" · {ends}no wrong step")
    else:
        missed = [at for at in wrong if not report.lines[at - 1].flagged]
        erred = f"erred on {_listed(wrong)}"
        noticed = "noticed" if not missed else f"{_listed(missed)} unnoticed"
        ended = "recovered" if report.solved else "did not recover"
        told.append(f" · {erred} · {noticed} · {ended}")
    for count, name in (
        (len(report.unparsed), "unreadable"),
        (len(report.false_notices), "noticed without proof"),
        (len(report.false_verifications), "falsely verified"),
    ):
        if count:
            told.append(f" · {count} {name}", style="magenta")
    return told


def _listed(numbers: list[int]) -> str:
    """The first few of them.

    >>> _listed([4]), _listed([1, 2, 3, 4, 5, 6])
    ('line 4', 'lines 1, 2, 3 and 3 more')
    """
    few = f"line{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers[:3]))}"
    return few if len(numbers) <= 3 else f"{few} and {len(numbers) - 3} more"


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
    if reason := record.get("reason"):
        label.append(f"  {reason}", style="dim")
    return label
