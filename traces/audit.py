"""Reads a text from scratch and proves that no wrong step goes unflagged. Trusts nothing that was stored.

Only the problem and the text go in. Each line is parsed where the reader stands, each step checked anew,
each notice proved anew (the proof of a mistake by the checker, that of a dead end by trying every move),
the conclusion graded. It reads a model's output as it reads a trace: what does not parse is counted, not
raised.

    y=0:173    valid
    y=1:151    wrong    173 - 12*1 = 161, not 151
    !161<      notices it
    =23,1      right
"""

from __future__ import annotations

from dataclasses import dataclass, field

from journey.check import hopeless, sound
from journey.problem import Problem
from journey.step import Verdict
from traces.text import read_line
from traces.trace import Back, Conclude, Filler, Notice, Take, Verify, Walk

FEW = 2_000
"""States that are tried to see whether a notice whose words prove nothing is due; a model may write many."""


@dataclass(slots=True)
class AuditedLine:
    """One line of the text, and what the audit says of it."""

    text: str
    says: str
    """take, notice, back, verify, filler, conclude, or unparsed."""
    verdict: Verdict | None = None
    """Of the step it takes."""
    sound: bool = True
    """Of the step it takes: it may stay on the way to the conclusion."""
    evidence: str | None = None
    """What proves the verdict, or what is wrong with a notice, a conclusion or the line itself."""
    flagged: bool = False
    """A step that may not stay, and was noticed and left before the conclusion."""
    right: bool | None = None
    """Of a notice: it is proved. Of a conclusion: the answer is right. Of a verification: it is the problem
    with the right answer in it."""
    due: bool | None = None
    """Of a notice: what it leaves is wrong or hopeless, whatever its words prove; None if undecided."""
    depth: int = 0
    """Steps from the start, for indenting."""
    source: str | None = None
    """The state before the step that it takes, leaves or concludes from; None if it is about no step."""
    target: str | None = None
    """The state after that step."""
    left: bool = False
    """A step that was left before the first conclusion, or the end where there is none: a wrong turn."""


@dataclass(slots=True)
class Audit:
    """What the audit of one text found."""

    lines: list[AuditedLine] = field(default_factory=list)
    solved: bool = False
    """It ends in a conclusion, and that is graded right."""

    @property
    def steps(self) -> list[AuditedLine]:
        """The lines that take a step."""
        return [line for line in self.lines if line.says == "take"]

    @property
    def concludes(self) -> bool:
        """Whether it gives an answer, right or not."""
        return any(line.says == "conclude" for line in self.lines)

    @property
    def wrong_steps(self) -> list[AuditedLine]:
        """The steps that may not stay."""
        return [line for line in self.steps if not line.sound]

    @property
    def unflagged(self) -> list[AuditedLine]:
        """The steps that may not stay and were not noticed and left before the conclusion."""
        return [line for line in self.wrong_steps if not line.flagged]

    @property
    def faults(self) -> list[AuditedLine]:
        """All that is the matter with it, but for a conclusion that is missing."""
        wrong = [line for line in self.lines if line.says == "conclude" and not line.right]
        return [*self.unflagged, *self.unparsed, *self.false_notices, *self.false_verifications, *wrong]

    @property
    def unparsed(self) -> list[AuditedLine]:
        """The lines that say nothing."""
        return [line for line in self.lines if line.says == "unparsed"]

    @property
    def false_verifications(self) -> list[AuditedLine]:
        """The lines that put another answer, or the right one wrongly, into the problem."""
        return [line for line in self.lines if line.says == "verify" and not line.right]

    @property
    def false_notices(self) -> list[AuditedLine]:
        """The notices that nothing proves: of a right step, or with words that are not the proof."""
        return [line for line in self.lines if line.says == "notice" and not line.right]


class Auditor:
    """An audit line by line. A copy goes on by itself, so several ways on from one place can be judged."""

    def __init__(self, problem: Problem, style: str = "terse") -> None:
        self.style, self.walk = style, Walk(problem)
        self.lines: list[AuditedLine] = []
        self.steps: dict[int, AuditedLine] = {}
        self.noticed: set[int] = set()
        self.concluded: set[int] | None = None

    def copy(self) -> Auditor:
        """Another in the same place."""
        twin = Auditor.__new__(Auditor)
        twin.style, twin.walk, twin.concluded = self.style, self.walk.copy(), self.concluded
        twin.lines, twin.steps, twin.noticed = [*self.lines], {**self.steps}, {*self.noticed}
        return twin

    def read(self, row: str) -> AuditedLine:
        """The next line, judged; whether a wrong step is flagged is known at the end alone."""
        walk, before = self.walk, self.walk.path
        line = read_line(walk, row, self.style)
        entry = AuditedLine(line.text, "unparsed", evidence=line.fault, depth=len(before) - 1)
        self.lines.append(entry)
        about = len(walk.path if any(isinstance(event, Take) for event in line.events) else before) - 1
        for event in line.events:
            if isinstance(event, Take):
                entry.says = "take"
                verdict, evidence = walk.finding(len(walk.path) - 1)
                entry.sound = sound(walk.family, verdict)
                entry.verdict, entry.evidence = verdict, None if evidence is None else str(evidence)
                self.steps[walk.here.number] = entry
            elif isinstance(event, Notice):
                about = line.left or 0
                stop = before[about]
                wrong = stop.number in self.steps and not self.steps[stop.number].sound
                entry.says, entry.evidence = "notice", str(event.evidence)
                proves = event.evidence.kind != "said"
                entry.due = wrong or hopeless(walk.family, stop.state, *([] if proves else [FEW]))
                entry.right = proves and entry.due is True
                if entry.right:
                    self.noticed.add(stop.number)
            elif isinstance(event, Back):
                entry.says = "back" if entry.says == "unparsed" else entry.says
            elif isinstance(event, Filler):
                entry.says = "filler"
            elif isinstance(event, Verify):
                entry.says, entry.right = "verify", _verifies(walk, event)
            elif isinstance(event, Conclude):
                fault = walk.family.grade(walk.problem.givens, event.answer)
                entry.says, entry.right, entry.evidence = "conclude", fault is None, fault
                self.concluded = self.concluded if self.concluded is not None else _on(walk)
        if line.events and about:
            way = walk.path if entry.says == "take" else before
            entry.source, entry.target = way[about - 1].key, way[about].key
        return entry

    def report(self) -> Audit:
        """The audit of the lines read so far."""
        kept = self.concluded if self.concluded is not None else _on(self.walk)
        for number, entry in self.steps.items():
            entry.left = number not in kept
            entry.flagged = not entry.sound and number in self.noticed and entry.left
        last = self.lines[-1]
        return Audit(self.lines, last.says == "conclude" and bool(last.right))


def audit(problem: Problem, text: str, style: str = "terse") -> Audit:
    """Audits one text about one problem, a trace or a model's output, in a style (`traces.text.STYLES`)."""
    auditor = Auditor(problem, style)
    for row in text.split("\n"):
        auditor.read(row)
    return auditor.report()


def _verifies(walk: Walk, event: Verify) -> bool:
    if not walk.family.solved(walk.here.state):
        return False
    givens = walk.problem.givens
    answer = walk.family.answer(givens, walk.moves())
    return (
        event.said == walk.family.verification_line(givens, answer)
        and walk.family.grade(givens, answer) is None
    )


def _on(walk: Walk) -> set[int]:
    return {stop.number for stop in walk.path}
