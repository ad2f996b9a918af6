r"""Word problems in English and LaTeX, read from files: GSM8K, MATH, anybody's own.

The legal moves of prose cannot be listed, so the steps come from a record, a model or a server. A step is a
line of text. `journey.claims` finds its claims and judges them, given the lines before it; a line without a
decidable claim is `unknown`. The last line states the answer, in a box, after `####` or in words, and
`journey.grade` judges that.

    Weng earns $12 an hour. Yesterday she worked 50 minutes. How much did she earn?     the prompt
    She earned 12 * 50/60 = $9.         wrong
    !12 * 50/60 = 10, not 9<
    She earned 12 * 50/60 = $10.        valid
    The answer is 10.
    =10

Problems are not sampled and mistakes are not proposed: both come from the files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from random import Random
from typing import Any, NamedTuple

from journey.claim_types import Claim, Stated
from journey.errors import InputError, MoveError, ParseError
from journey.grade import grade_answer
from journey.solution_text.answers.final import final_answer
from journey.step import Evidence, Move, Verdict

NAME = "prose"
SUMMARY = "GSM8K, MATH, your own text, read from files; wrong turns: the record's or the model's own"
EXAMPLE = {
    "problem": "Weng earns $12 an hour. Yesterday she worked 50 minutes. How much did she earn?",
    "answer": "10",
}
ALLOWED_VERDICTS = (Verdict.UNKNOWN,)

FINAL = re.compile(r"####|\\boxed|(?:the |final )answer is", re.IGNORECASE)
MAX_LINE = 1_000
MARKS = "!<=@ ?~"
"""A line that starts with one of these would not be read as a step, so a space is written before it."""


def sample(random: Random, level: int) -> tuple[dict[str, Any], str]:
    """Not supported.

    Raises:
        InputError: always; these problems come from files.
    """
    raise InputError("problems in prose are read from a file: `journey generate --problems FILE --out RUN`")


def split_key(givens: dict[str, Any]) -> str:
    """The words of the problem without its numbers: one story is in one split, whatever its numbers."""
    return " ".join(re.sub(r"\d+", "0", str(givens["problem"])).lower().split())


def statement(givens: dict[str, Any]) -> str:
    return str(givens["problem"])


def prompt(givens: dict[str, Any]) -> str:
    return " ".join(str(givens["problem"]).split())


class Solution(NamedTuple):
    """The problem, its answer, and the lines so far."""

    problem: str
    gold: str
    lines: tuple[str, ...] = ()


def start(givens: dict[str, Any]) -> Solution:
    return Solution(prompt(givens), str(givens["answer"]))


def key(state: Solution) -> str:
    """The number of lines, a digest of all of them, and the start of the last one."""
    digest = blake2b("\n".join(state.lines).encode(errors="replace"), digest_size=4).hexdigest()
    return f"{len(state.lines)} {digest} {state.lines[-1][:80]}" if state.lines else "0"


def moves(state: Solution) -> Iterator[Move]:
    """No moves after an answer, right or wrong.

    Raises:
        MoveError: there is no answer yet, or the right answer is not known.
    """
    if ended(state) and state.gold:
        return iter(())
    raise MoveError("the legal moves of prose cannot be listed: use another proposer")


def mistakes(state: Solution, move: Move | None) -> Iterator[tuple[str, Move]]:
    return iter(())


def claims(state: Solution, move: Move) -> Sequence[Claim]:
    if move.operation != "say" or ended(state):
        raise MoveError("the answer was given before")
    return (Stated(state.problem, state.lines, str(move.result)),)


def apply(state: Solution, move: Move) -> Solution:
    return state._replace(lines=(*state.lines, str(move.result)))


def ended(state: Solution) -> bool:
    """Whether the last line states a final answer, right or wrong."""
    return bool(state.lines) and FINAL.search(state.lines[-1]) is not None


def solved(state: Solution) -> bool:
    return ended(state) and _right(state.gold, final_answer(state.lines[-1]) or "")


@lru_cache(maxsize=4096)
def _right(gold: str, answer: str) -> bool:
    return grade_answer(gold, answer).correct is True


def heuristic(state: Solution) -> float:
    return 0.0 if ended(state) else 1.0


def dead_end_evidence(state: Solution) -> Evidence:
    if ended(state):
        return Evidence("refused", (final_answer(state.lines[-1]) or "",))
    return Evidence("exhausted", (f"{len(state.lines)} lines", "an answer"))


def answer(givens: dict[str, Any], path: Sequence[Move]) -> str:
    return final_answer(str(path[-1].result)) or "" if path else ""


def grade(givens: dict[str, Any], answer: str) -> str | None:
    verdict = grade_answer(str(givens["answer"]), answer)
    return None if verdict.correct else verdict.reason


def write(state: Solution, move: Move) -> str:
    line = str(move.result)
    return f" {line}" if line[:1] in MARKS else line


def read(state: Solution, line: str) -> Move:
    text = line.removeprefix(" ") if line[1:2] and line[1] in MARKS else line
    if ended(state):
        raise MoveError("the answer was given before")
    if not text.strip() or len(text) > MAX_LINE or (line[0] in MARKS and text == line):
        raise ParseError(f"no line of prose: {line[:40]!r}")
    return Move("say", (), text)
