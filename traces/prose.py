r"""The style `prose`, made for pretrained models: plain English and LaTeX, one line an event.

    Try $y = 0$: that leaves $7x = 173$.                                    take: the family's words
    Hold on: $173$ divided by $7$ leaves $5$. So I go back to the start.    notice, with its proof, and back
    With $y = 1$ we are left with $7x = 161$.
    Dividing gives $x = 23$.
    Check: $7 \cdot 23 + 12 \cdot 1 = 173$.                                 verify
    So the answer is $\boxed{x = 23,\; y = 1}$.                             conclude

The wordings are drawn by the seed, the problem and the place in the walk, so a pair made from a walk says
what the trace said. Each line is made of a wording and of what stands in it, so it comes apart again, and a
line that would not is said in another wording. A proof is not read but proved anew, and said again in each of
its wordings: one that says anything else comes back as evidence of kind "said". The words of each family are
in `journey.words`; lines that are English already stand as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from random import Random

from journey import families, words
from journey.errors import MoveError
from journey.problem import Problem
from journey.step import Evidence, Move
from journey.words import GENERAL, IN_BOX, Words
from journey.words.forms import Form, form, plain, spoken
from traces.style import WORDS, Line
from traces.trace import Back, Conclude, Event, Filler, Notice, Take, Verify, Walk
from traces.wordings import BACKS, CHECKS, CLOSINGS, CONCLUSIONS, FILLER, NUMBERS, OPENERS

MAX_LINE = 6_000
CLAIMED = (
    form("", "this leads nowhere", "nothing comes of this"),
    form("<fact>", "it has to be $<fact>$", "here we have $<fact>$"),
    form("<fact:text>", "<fact:text>"),
)
"""What a notice says whose words no checker vouches for: nothing, a bare fact, or words."""
MAX_NAME = 120
"""Characters in the name of a state that is gone back to; a longer one is counted in steps."""
NAMED = 0.7
"""The share of ways back that name the state, where it has a name."""
QUOTED = "> "
"""Before a line of English that would be read as something else."""


def _any(phrases: Sequence[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, phrases))})"


WHERE = r"(?P<where>to .+|[a-z0-9]+ steps?)\."
LEAVING = re.compile(f"{_any(OPENERS)}(?P<clause>.+?){_any(CLOSINGS)}{WHERE}")
NOTICED = re.compile(rf"{_any(OPENERS)}(?P<clause>.+)\.")
BACKING = re.compile(_any(BACKS) + WHERE)
STEPS = re.compile(r"([a-z]+|\d{1,5}) steps?")
POSITION = re.compile(r"to position (\d{1,6})")
CONCLUDED = re.compile(rf"{_any(CONCLUSIONS)}\$\\boxed\{{(?P<answer>.*)\}}\$\.")
CHECKED = (
    form("<said>", *(f"{opener}$<said>$." for opener in CHECKS)),
    form("<said:text>", "Check: `<said:text>`."),
)


def prompt(problem: Problem) -> str:
    """The problem in words."""
    return families.get(problem.family).statement(problem.givens) + "\n"


def say(walk: Walk, events: Sequence[Event], seed: int) -> str:
    """The line that says these events."""
    first = events[0]
    place = f"{walk.taken}:{len(walk.path)}:{type(first).__name__}"
    random = Random(f"{seed}:{walk.problem.id}:{place}")
    if isinstance(first, Take):
        return _say_take(walk, first.move, random)
    if isinstance(first, Notice):
        return _say_notice(walk, first, events[1:], random)
    if isinstance(first, Back):
        return f"{random.choice(BACKS)}{_way(walk, first.to, random)}."
    if isinstance(first, Verify):
        told = (line for line in spoken(CHECKED, first.said, random) if _check(line) == first.said)
        return next(told, f"Check: `{first.said}`.")
    if isinstance(first, Filler):
        return _filler(first.length)
    forms = _boxes(words.of(walk.problem.family))
    boxes = spoken(forms, first.answer, random)
    boxed = (text for text in boxes if next(plain(forms, text), None) == first.answer)
    return rf"{random.choice(CONCLUSIONS)}$\boxed{{{next(boxed, first.answer)}}}$."


def read(walk: Walk, text: str) -> Line:
    """What a line says where `walk` stands.

    Raises:
        MoveError: it says nothing.
    """
    if (said := answer(walk.problem, text)) is not None:
        return Line(text, (Conclude(said),))
    if (said := _check(text)) is not None:
        return Line(text, (Verify(said),))
    if text and text == _filler(counted := len(WORDS.findall(text))):
        return Line(text, (Filler(counted),))
    found = LEAVING.fullmatch(text) or BACKING.fullmatch(text) or NOTICED.fullmatch(text)
    if found:
        return _read_leaving(walk, text, found.groupdict())
    return Line(text, (Take(_read_take(walk, text)),))


def answer(problem: Problem, line: str) -> str | None:
    """The answer that a line concludes with; what is in the box and is no answer of ours comes as it is."""
    found = CONCLUDED.fullmatch(line)
    if not found:
        return None
    return next(plain(_boxes(words.of(problem.family)), found["answer"]), found["answer"])


def _boxes(known: Words) -> tuple[Form, ...]:
    return (form("<answer:text>", "<answer:text>"),) if known.english else (*known.answers, *IN_BOX)


def _check(line: str) -> str | None:
    """What a line that verifies says."""
    return next(plain(CHECKED, line), None) if line.startswith(CHECKS) else None


@lru_cache(maxsize=256)
def _filler(length: int) -> str:
    """So many words and signs that carry nothing."""
    found = [(each.group(), each.start()) for each in WORDS.finditer(FILLER)]
    cycles, rest = divmod(length, len(found))
    end = found[rest][1] if rest else 0
    return (FILLER * cycles + FILLER[:end]).rstrip(" ")


def _special(text: str) -> bool:
    """Whether a line would be read as anything else than a step."""
    leaves = LEAVING.fullmatch(text) or BACKING.fullmatch(text) or NOTICED.fullmatch(text)
    said = CONCLUDED.fullmatch(text) or _check(text) is not None
    return bool(leaves or said or text == _filler(len(WORDS.findall(text))))


def _say_take(walk: Walk, move: Move, random: Random) -> str:
    line = walk.family.write(walk.here.state, move)
    known = words.of(walk.problem.family)
    if known.english:
        ways: Iterator[str] = iter((_unboxed(line), QUOTED + line))
    else:
        ways = spoken((*known.takes, *GENERAL), line, random, known.slots)
    return next(way for way in ways if _says(walk, way, move))


def _says(walk: Walk, text: str, move: Move) -> bool:
    """Whether a line is read as this move."""
    try:
        return not _special(text) and _read_take(walk, text) == move
    except MoveError:
        return False


def _read_take(walk: Walk, text: str) -> Move:
    family, state = walk.family, walk.here.state
    known = words.of(walk.problem.family)
    if known.english:
        if not text:
            raise MoveError("an empty line")
        return family.read(state, text.removeprefix(QUOTED) if text.startswith(QUOTED) else _boxed(text))
    fault: MoveError | None = None
    for line in plain((*known.takes, *GENERAL), text, known.slots):
        try:
            return family.read(state, line)
        except MoveError as error:
            fault = error
    raise fault or MoveError(f"no line of {family.NAME} in prose: {text[:40]!r}")


def _unboxed(line: str) -> str:
    r"""A line of English whose own \boxed is no conclusion of the trace: it is underlined instead."""
    return line.replace(r"\underline", r"\uline").replace(r"\boxed", r"\underline")


def _boxed(line: str) -> str:
    return line.replace(r"\underline", r"\boxed").replace(r"\uline", r"\underline")


def _say_notice(walk: Walk, notice: Notice, back: Sequence[Event], random: Random) -> str:
    if notice.evidence.kind == "said":
        fact = str(notice.evidence)
        claims = spoken(CLAIMED, fact, random)
        clause = next((each for each in claims if next(plain(CLAIMED, each)) == fact), fact)
    else:
        clause = random.choice(list(words.clauses(words.of(walk.problem.family), notice.evidence)))
    said = random.choice(OPENERS) + clause
    for event in back:
        if isinstance(event, Back):
            return f"{said}{random.choice(CLOSINGS)}{_way(walk, event.to, random)}."
    return f"{said}."


def _read_leaving(walk: Walk, text: str, found: dict[str, str | None]) -> Line:
    clause, where = found.get("clause"), found.get("where")
    to = None if where is None else _target(walk, where)
    depth = None if to is None else walk.depth_of(to)
    # What must be proved is the first step that is left; without a way back, the last one taken.
    last = len(walk.path) - 1
    left = last if depth is None else min(depth + 1, last)
    events: list[Event] = []
    if clause is not None:
        proof = walk.proof(left)
        proved = clause in words.clauses(words.of(walk.problem.family), proof)
        events.append(Notice(proof if proved else Evidence("said", (next(plain(CLAIMED, clause)),))))
    if to is not None:
        events.append(Back(to))
    return Line(text, tuple(events), left=left if clause is not None else None)


def _way(walk: Walk, key: str, random: Random) -> str:
    """Where a state lies: by its name, in steps, or as a position among those visited."""
    name = _name(walk, key)
    if name is not None and random.random() < NAMED and _target(walk, f"to {name}") == key:
        return f"to {name}"
    depth = walk.depth_of(key)
    if depth is None:
        return f"to position {list(walk.visited).index(key)}"
    steps = len(walk.path) - 1 - depth
    number = NUMBERS[steps] if steps < len(NUMBERS) else str(steps)
    return f"{number} step{'' if steps == 1 else 's'}"


def _target(walk: Walk, where: str) -> str:
    """The key of the state that a way back leads to."""
    if found := STEPS.fullmatch(where):
        steps = (
            NUMBERS.index(found[1]) if found[1] in NUMBERS else int(found[1]) if found[1].isdigit() else -1
        )
        if not 0 <= steps < len(walk.path):
            raise MoveError(f"goes back {found[1]} steps of {len(walk.path) - 1}")
        return walk.path[-1 - steps].key
    if found := POSITION.fullmatch(where):
        visited = list(walk.visited)
        if int(found[1]) >= len(visited):
            raise MoveError(f"goes to position {found[1]} of {len(visited) - 1}")
        return visited[int(found[1])]
    for keys in ([stop.key for stop in reversed(walk.path)], walk.visited):
        for key in keys:
            if where == f"to {_name(walk, key)}":
                return key
    raise MoveError(f"{where[3:60]!r} was never visited")


def _name(walk: Walk, key: str) -> str | None:
    """What a state is called; None where no words are short enough."""
    return "the start" if key == walk.path[0].key else _named(walk.problem.family, key)


@lru_cache(maxsize=16384)
def _named(family: str, key: str) -> str | None:
    known = words.of(family)
    if known.english:
        return None
    for name in spoken((*known.states, form("<line>", "$<line>$")), key, Random(0), known.slots):
        return name if len(name) <= MAX_NAME else None
    return None
