"""Audits a text: parses it, checks every step again, and reports wrong steps that are not flagged.

The audit uses the problem and the text alone, nothing that was stored. It parses each line at the current
state, checks each step, proves each notice and grades the conclusion. The checker proves a mistake; trying
every move proves a dead end. Traces and model outputs are audited alike: a line that does not parse is
counted, not raised.

    y=0:173    valid
    y=1:151    wrong    173 - 12*1 = 161, not 151
    !161<      notice of it
    =23,1      right
"""

from __future__ import annotations

from dataclasses import dataclass, field

from journey.check import hopeless, sound
from journey.problem import Problem
from journey.step import Verdict
from traces.text import read_line
from traces.trace import Back, Conclude, Filler, Mode, Notice, Take, Verify, Walk

MAX_NOTICE_STATES = 2_000
"""State limit for deciding whether an unproved notice is justified; a model may write many of them."""


@dataclass(slots=True)
class AuditedLine:
    """One line of the text and its audit."""

    text: str
    says: str
    """The kind of line: take, notice, back, verify, filler, mode, conclude or unparsed."""
    verdict: Verdict | None = None
    """The verdict on the step of the line."""
    sound: bool = True
    """Whether the step may stay on the path to the conclusion."""
    evidence: str | None = None
    """The proof of the verdict, or what is wrong with a notice, a conclusion or an unparsed line."""
    flagged: bool = False
    """Whether an unsound step was noticed and left before the conclusion."""
    right: bool | None = None
    """For a notice: it is proved. For a conclusion: the answer is right. For a verification: it holds the
    problem with the right answer. None for other lines."""
    due: bool | None = None
    """For a notice: whether the state it leaves is wrong or hopeless, proved or not; None if undecided."""
    depth: int = 0
    """Number of steps from the start, for indentation."""
    source: str | None = None
    """The state before the step that the line takes, leaves or concludes from; None without a step."""
    target: str | None = None
    """The state after that step."""
    left: bool = False
    """Whether the step was left before the first conclusion (or the end of the text): a wrong turn."""


@dataclass(slots=True)
class Audit:
    """The result of auditing one text."""

    lines: list[AuditedLine] = field(default_factory=list)
    solved: bool = False
    """Whether the text ends in a conclusion that is graded right."""

    @property
    def steps(self) -> list[AuditedLine]:
        """The lines with a step."""
        return [line for line in self.lines if line.says == "take"]

    @property
    def concludes(self) -> bool:
        """Whether the text gives an answer, right or wrong."""
        return any(line.says == "conclude" for line in self.lines)

    @property
    def wrong_steps(self) -> list[AuditedLine]:
        """The unsound steps."""
        return [line for line in self.steps if not line.sound]

    @property
    def unflagged(self) -> list[AuditedLine]:
        """The unsound steps that were not noticed and left before the conclusion."""
        return [line for line in self.wrong_steps if not line.flagged]

    @property
    def faults(self) -> list[AuditedLine]:
        """Every faulty line. A missing conclusion is not a fault."""
        wrong = [line for line in self.lines if line.says == "conclude" and not line.right]
        return [*self.unflagged, *self.unparsed, *self.false_notices, *self.false_verifications, *wrong]

    @property
    def unparsed(self) -> list[AuditedLine]:
        """The lines that do not parse."""
        return [line for line in self.lines if line.says == "unparsed"]

    @property
    def false_verifications(self) -> list[AuditedLine]:
        """The verifications that substitute a wrong answer, or the right answer wrongly."""
        return [line for line in self.lines if line.says == "verify" and not line.right]

    @property
    def false_notices(self) -> list[AuditedLine]:
        """The notices without proof: of a right step, or with words that are not the proof."""
        return [line for line in self.lines if line.says == "notice" and not line.right]


class Auditor:
    """Audits line by line. Copies are independent, so several continuations of a text can be audited."""

    def __init__(self, problem: Problem, style: str = "terse") -> None:
        self.style, self.walk = style, Walk(problem)
        self.lines: list[AuditedLine] = []
        self.steps: dict[int, AuditedLine] = {}
        self.noticed: set[int] = set()
        self.concluded: set[int] | None = None

    def copy(self) -> Auditor:
        """An independent copy at the same line."""
        twin = Auditor.__new__(Auditor)
        twin.style, twin.walk, twin.concluded = self.style, self.walk.copy(), self.concluded
        twin.lines, twin.steps, twin.noticed = [*self.lines], {**self.steps}, {*self.noticed}
        return twin

    def read(self, text: str) -> AuditedLine:
        """Audits the next line. `flagged` and `left` are set by `report`, at the end."""
        walk, path_before = self.walk, self.walk.path
        line = read_line(walk, text, self.style)
        entry = AuditedLine(line.text, "unparsed", evidence=line.fault, depth=len(path_before) - 1)
        self.lines.append(entry)
        depth = len(walk.path if any(isinstance(event, Take) for event in line.events) else path_before) - 1
        for event in line.events:
            if isinstance(event, Take):
                entry.says = "take"
                verdict, evidence = walk.finding(len(walk.path) - 1)
                entry.sound = sound(walk.family, verdict)
                entry.verdict, entry.evidence = verdict, None if evidence is None else str(evidence)
                self.steps[walk.here.number] = entry
            elif isinstance(event, Notice):
                depth = line.left or 0
                left_state = path_before[depth]
                wrong = left_state.number in self.steps and not self.steps[left_state.number].sound
                entry.says, entry.evidence = "notice", str(event.evidence)
                proves = event.evidence.kind != "unverified"
                entry.due = wrong or hopeless(
                    walk.family, left_state.state, *([] if proves else [MAX_NOTICE_STATES])
                )
                entry.right = proves and entry.due is True
                if entry.right:
                    self.noticed.add(left_state.number)
            elif isinstance(event, Back):
                entry.says = "back" if entry.says == "unparsed" else entry.says
            elif isinstance(event, Filler | Mode):
                entry.says = "filler" if isinstance(event, Filler) else "mode"
            elif isinstance(event, Verify):
                entry.says, entry.right = "verify", _is_verified(walk, event)
            elif isinstance(event, Conclude):
                fault = walk.family.grade(walk.problem.givens, event.answer)
                entry.says, entry.right, entry.evidence = "conclude", fault is None, fault
                self.concluded = self.concluded if self.concluded is not None else _step_numbers(walk)
        if line.events and depth:
            path = walk.path if entry.says == "take" else path_before
            entry.source, entry.target = path[depth - 1].key, path[depth].key
        return entry

    def report(self) -> Audit:
        """Returns the audit of the lines read so far."""
        final_path = self.concluded if self.concluded is not None else _step_numbers(self.walk)
        for number, entry in self.steps.items():
            entry.left = number not in final_path
            entry.flagged = not entry.sound and number in self.noticed and entry.left
        last = self.lines[-1]
        return Audit(self.lines, last.says == "conclude" and bool(last.right))


def audit(problem: Problem, text: str, style: str = "terse") -> Audit:
    """Audits one text about one problem.

    Args:
        problem: the problem that the text solves.
        text: a rendered trace or a model's output.
        style: the style of the text, a key of `traces.text.STYLES`.

    Raises:
        InputError: the style is unknown.
    """
    auditor = Auditor(problem, style)
    for line in text.split("\n"):
        auditor.read(line)
    return auditor.report()


def _is_verified(walk: Walk, event: Verify) -> bool:
    if not walk.family.solved(walk.here.state):
        return False
    givens = walk.problem.givens
    answer = walk.family.answer(givens, walk.moves())
    return (
        event.text == walk.family.verification_line(givens, answer)
        and walk.family.grade(givens, answer) is None
    )


def _step_numbers(walk: Walk) -> set[int]:
    return {stop.number for stop in walk.path}
