r"""The style `prose`, for pretrained models: plain English and LaTeX, one line per event.

    Try $y = 0$: that leaves $7x = 173$.                                    take: the family's words
    Hold on: $173$ divided by $7$ leaves $5$. So I go back to the start.    notice, with its proof, and back
    With $y = 1$ we are left with $7x = 161$.
    Dividing gives $x = 23$.
    Check: $7 \cdot 23 + 12 \cdot 1 = 173$.                                 verify
    So the answer is $\boxed{x = 23,\; y = 1}$.                             conclude

The seed, the problem and the position in the walk choose the wording, so a preference pair has the same lines
as its trace. A line is a wording with its slots filled, so it can be parsed. If a rendered line does not
parse back, another wording is chosen. The reader does not parse a proof: it recomputes the proof and compares
the clause with each of its wordings. Any other clause becomes evidence of kind "unverified". The words of
each family are in `traces.styles.words`; lines that are English already are kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from random import Random

from journey import families
from journey.errors import MoveError
from journey.problem import Problem
from journey.step import Evidence, Move
from traces.styles import WORDS, Line, words
from traces.styles.phrases import BACKS, CHECKS, CLOSINGS, CONCLUSIONS, FILLER, NUMBERS, OPENERS
from traces.styles.words import GENERAL, IN_BOX, Words
from traces.styles.words.forms import Form, form, plain, spoken
from traces.trace import Back, Conclude, Erase, Event, Filler, Mode, Notice, Quote, Take, Verify, Walk

MAX_LINE = 6_000
ERASED = " (Erased.)"
UNPROVED_NOTICES = (
    form("", "this leads nowhere", "nothing comes of this"),
    form("<fact>", "it has to be $<fact>$", "here we have $<fact>$"),
    form("<fact:text>", "<fact:text>"),
)
"""Clauses of a notice without a proof: no fact, a formula, or words."""
MODE_LINES = {"fast": "I can see the way.", "slow": "I have to search for the way."}
MAX_NAME = 120
"""Characters in the name of a target state; a state with a longer name is given by the number of steps."""
NAMED_SHARE = 0.7
"""The probability of naming the target state, if it has a name."""
QUOTE = "> "
"""Prefix of an English line that would otherwise be read as another event."""


def _alternatives(phrases: Sequence[str]) -> str:
    return f"(?:{'|'.join(map(re.escape, phrases))})"


TARGET = r"(?P<where>to .+|[a-z0-9]+ steps?)\."
NOTICE_AND_BACK = re.compile(f"{_alternatives(OPENERS)}(?P<clause>.+?){_alternatives(CLOSINGS)}{TARGET}")
NOTICE = re.compile(rf"{_alternatives(OPENERS)}(?P<clause>.+)\.")
GOING_BACK = re.compile(_alternatives(BACKS) + TARGET)
STEPS = re.compile(r"([a-z]+|\d{1,5}) steps?")
POSITION = re.compile(r"to position (\d{1,6})")
CONCLUSION = re.compile(rf"{_alternatives(CONCLUSIONS)}\$\\boxed\{{(?P<answer>.*)\}}\$\.")
VERIFICATIONS = (
    form("<check>", *(f"{opener}$<check>$." for opener in CHECKS)),
    form("<check:text>", "Check: `<check:text>`."),
)


def prompt(problem: Problem) -> str:
    """The problem in words."""
    return families.get(problem.family).statement(problem.givens) + "\n"


def render_line(walk: Walk, events: Sequence[Event], seed: int) -> str:
    """Renders these events as one line."""
    first = events[0]
    position = f"{walk.steps_taken}:{len(walk.path)}:{type(first).__name__}"
    random = Random(f"{seed}:{walk.problem.id}:{position}")
    if isinstance(first, Take):
        return _render_take(walk, first.move, random)
    if isinstance(first, Notice):
        return _render_notice(walk, first, events[1:], random)
    if isinstance(first, Back):
        return f"{random.choice(BACKS)}{_render_target(walk, first.to, random)}.{_erased(events)}"
    if isinstance(first, Verify):
        candidates = (
            line for line in spoken(VERIFICATIONS, first.text, random) if _verified(line) == first.text
        )
        return next(candidates, f"Check: `{first.text}`.")
    if isinstance(first, Filler):
        return _filler(first.length)
    if isinstance(first, Mode):
        return MODE_LINES[first.name]
    if isinstance(first, Quote):
        return first.text
    if isinstance(first, Erase):
        raise MoveError("erases without going back")
    forms = _boxes(words.of(walk.problem.family))
    boxes = spoken(forms, first.answer, random)
    readable = (text for text in boxes if next(plain(forms, text), None) == first.answer)
    return rf"{random.choice(CONCLUSIONS)}$\boxed{{{next(readable, first.answer)}}}$."


def read_line(walk: Walk, text: str) -> Line:
    """Reads a line at the current state of `walk`.

    Raises:
        MoveError: the line has no event.
    """
    if (content := answer(walk.problem, text)) is not None:
        return Line(text, (Conclude(content),))
    if (content := _verified(text)) is not None:
        return Line(text, (Verify(content),))
    if text and text == _filler(count := len(WORDS.findall(text))):
        return Line(text, (Filler(count),))
    for name, mode_line in MODE_LINES.items():
        if text == mode_line:
            return Line(text, (Mode(name),))
    if match := _match_going_back(text) or NOTICE.fullmatch(text):
        return _read_going_back(walk, text, match.groupdict())
    return Line(text, (Take(_read_take(walk, text)),))


def answer(problem: Problem, line: str) -> str | None:
    """The answer of a concluding line; a box in an unknown form is returned as it stands."""
    match = CONCLUSION.fullmatch(line)
    if not match:
        return None
    return next(plain(_boxes(words.of(problem.family)), match["answer"]), match["answer"])


def _boxes(phrases: Words) -> tuple[Form, ...]:
    return (form("<answer:text>", "<answer:text>"),) if phrases.english else (*phrases.answers, *IN_BOX)


def _verified(line: str) -> str | None:
    """The content of a verifying line; None for other lines."""
    return next(plain(VERIFICATIONS, line), None) if line.startswith(CHECKS) else None


@lru_cache(maxsize=256)
def _filler(length: int) -> str:
    """Filler text of `length` words and signs."""
    tokens = [(match.group(), match.start()) for match in WORDS.finditer(FILLER)]
    cycles, rest = divmod(length, len(tokens))
    end = tokens[rest][1] if rest else 0
    return (FILLER * cycles + FILLER[:end]).rstrip(" ")


def _match_going_back(text: str) -> re.Match[str] | None:
    """The match of a line that goes back, which may erase what it leaves."""
    kept = text.removesuffix(ERASED)
    return NOTICE_AND_BACK.fullmatch(kept) or GOING_BACK.fullmatch(kept)


def _is_special(text: str) -> bool:
    """Whether a line would be read as an event other than a step."""
    goes_back = _match_going_back(text) or NOTICE.fullmatch(text)
    ends = CONCLUSION.fullmatch(text) or _verified(text) is not None
    return bool(goes_back or ends or text == _filler(len(WORDS.findall(text))))


def _render_take(walk: Walk, move: Move, random: Random) -> str:
    line = walk.family.write(walk.here.state, move)
    phrases = words.of(walk.problem.family)
    if phrases.english:
        candidates: Iterator[str] = iter((_unboxed(line), QUOTE + line))
    else:
        candidates = spoken((*phrases.takes, *GENERAL), line, random, phrases.slots)
    return next(text for text in candidates if _reads_as(walk, text, move))


def _reads_as(walk: Walk, text: str, move: Move) -> bool:
    """Whether a line parses as this move."""
    try:
        return not _is_special(text) and _read_take(walk, text) == move
    except MoveError:
        return False


def _read_take(walk: Walk, text: str) -> Move:
    family, state = walk.family, walk.here.state
    phrases = words.of(walk.problem.family)
    if phrases.english:
        if not text:
            raise MoveError("an empty line")
        return family.read(state, text.removeprefix(QUOTE) if text.startswith(QUOTE) else _boxed(text))
    fault: MoveError | None = None
    for line in plain((*phrases.takes, *GENERAL), text, phrases.slots):
        try:
            return family.read(state, line)
        except MoveError as error:
            fault = error
    raise fault or MoveError(f"no line of {family.NAME} in prose: {text[:40]!r}")


def _unboxed(line: str) -> str:
    r"""An English line with \underline for \boxed, because its box is not the conclusion of the trace."""
    return line.replace(r"\underline", r"\uline").replace(r"\boxed", r"\underline")


def _boxed(line: str) -> str:
    return line.replace(r"\underline", r"\boxed").replace(r"\uline", r"\underline")


def _render_notice(walk: Walk, notice: Notice, back: Sequence[Event], random: Random) -> str:
    if notice.evidence.kind == "unverified":
        fact = str(notice.evidence)
        claims = spoken(UNPROVED_NOTICES, fact, random)
        clause = next((claim for claim in claims if next(plain(UNPROVED_NOTICES, claim)) == fact), fact)
    else:
        clause = random.choice(list(words.clauses(words.of(walk.problem.family), notice.evidence)))
    text = random.choice(OPENERS) + clause
    for event in back:
        if isinstance(event, Back):
            return f"{text}{random.choice(CLOSINGS)}{_render_target(walk, event.to, random)}.{_erased(back)}"
    return f"{text}."


def _erased(events: Sequence[Event]) -> str:
    return ERASED if any(isinstance(event, Erase) for event in events) else ""


def _read_going_back(walk: Walk, text: str, groups: dict[str, str | None]) -> Line:
    clause, target = groups.get("clause"), groups.get("where")
    to = None if target is None else _find_target(walk, target)
    depth = None if to is None else walk.depth_of(to)
    # The proof is about the first step that is left, or, without a step back, the last step taken.
    last = len(walk.path) - 1
    left = last if depth is None else min(depth + 1, last)
    events: list[Event] = []
    if clause is not None:
        proof = walk.proof(left)
        proved = clause in words.clauses(words.of(walk.problem.family), proof)
        events.append(
            Notice(proof if proved else Evidence("unverified", (next(plain(UNPROVED_NOTICES, clause)),)))
        )
    if to is not None:
        events.append(Back(to))
        events += [Erase()] if text.endswith(ERASED) else []
    return Line(text, tuple(events), left=left if clause is not None else None)


def _render_target(walk: Walk, key: str, random: Random) -> str:
    """Describes a target state: by name, by the number of steps back, or by its order of first visit."""
    name = _state_name(walk, key)
    if name is not None and random.random() < NAMED_SHARE and _find_target(walk, f"to {name}") == key:
        return f"to {name}"
    depth = walk.depth_of(key)
    if depth is None:
        return f"to position {list(walk.visited).index(key)}"
    steps = len(walk.path) - 1 - depth
    number = NUMBERS[steps] if steps < len(NUMBERS) else str(steps)
    return f"{number} step{'' if steps == 1 else 's'}"


def _find_target(walk: Walk, target: str) -> str:
    """The key of the state that a description names.

    Raises:
        MoveError: no visited state fits.
    """
    if match := STEPS.fullmatch(target):
        steps = (
            NUMBERS.index(match[1]) if match[1] in NUMBERS else int(match[1]) if match[1].isdigit() else -1
        )
        if not 0 <= steps < len(walk.path):
            raise MoveError(f"goes back {match[1]} steps of {len(walk.path) - 1}")
        return walk.path[-1 - steps].key
    if match := POSITION.fullmatch(target):
        visited = list(walk.visited)
        if int(match[1]) >= len(visited):
            raise MoveError(f"goes to position {match[1]} of {len(visited) - 1}")
        return visited[int(match[1])]
    for keys in ([stop.key for stop in reversed(walk.path)], walk.visited):
        for key in keys:
            if target == f"to {_state_name(walk, key)}":
                return key
    raise MoveError(f"{target[3:60]!r} was never visited")


def _state_name(walk: Walk, key: str) -> str | None:
    """The name of a state; None if it has none that is short enough."""
    return "the start" if key == walk.path[0].key else _cached_state_name(walk.problem.family, key)


@lru_cache(maxsize=16384)
def _cached_state_name(family: str, key: str) -> str | None:
    phrases = words.of(family)
    if phrases.english:
        return None
    for name in spoken((*phrases.states, form("<line>", "$<line>$")), key, Random(0), phrases.slots):
        return name if len(name) <= MAX_NAME else None
    return None
