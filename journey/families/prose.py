r"""Word problems in English and LaTeX, read from files: GSM8K, MATH, anybody's own.

Nobody knows the legal moves of prose, so the steps come from elsewhere: a record, a model, a server. A step
is a line of text; its claims are found and judged by `journey.claims`, in the light of the lines before it,
and a line without a claim that can be decided is `unknown`. The last line states the answer, in a box, after
`####` or in words, and `journey.grade` judges that.

    Weng earns $12 an hour. Yesterday she worked 50 minutes. How much did she earn?     the prompt
    She worked 50/60 = 0.8 hours.       wrong: 50/60 = 0.8333..., not 0.8
    !50/60 = 0.8333..., not 0.8<
    She earned 12 * 50/60 = $10.        valid
    The answer is 10.
    =10

There is nothing to sample, and no mistake is proposed: both are in the files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from random import Random
from typing import Any

from journey.answers import final_answer
from journey.check import Claim, Stated
from journey.errors import InputError, MoveError
from journey.grade import grade_answer
from journey.step import Evidence, Move

NAME = "prose"
SUMMARY = "GSM8K, MATH, your own text, read from files; wrong turns: the record's or the model's own"
CHECKS = False

FINAL = re.compile(r"####|\\boxed|(?:the |final )answer is", re.IGNORECASE)
MAX_LINE = 1_000
MARKS = "!<=@ "
"""A line that begins so would be read as something else than a step, and is written after a space."""


def sample(random: Random, level: int) -> tuple[dict[str, Any], str]:
    """Refuses.

    Raises:
        InputError: always; these problems come from files.
    """
    raise InputError("problems in prose are read from a file: say --problems FILE")


def structure(givens: dict[str, Any]) -> str:
    """The words of the problem without its numbers: one story is in one split, whatever its numbers."""
    return " ".join(re.sub(r"\d+", "0", str(givens["problem"])).lower().split())


def statement(givens: dict[str, Any]) -> str:
    return str(givens["problem"])


def prompt(givens: dict[str, Any]) -> str:
    return " ".join(str(givens["problem"]).split())


def start(givens: dict[str, Any]) -> tuple[str, ...]:
    """The lines so far, the problem before them."""
    return (prompt(givens),)


def key(state: tuple[str, ...]) -> str:
    """How many lines there are, a digest of all and the last one."""
    digest = blake2b("\n".join(state).encode(errors="replace"), digest_size=4).hexdigest()
    return f"{len(state) - 1} {digest} {state[-1][:80]}"


def moves(state: tuple[str, ...]) -> Iterator[Move]:
    """Refuses.

    Raises:
        MoveError: always; nobody knows them.
    """
    raise MoveError("nobody knows the legal moves of prose: it needs another proposer")


def mistakes(state: tuple[str, ...], move: Move | None) -> Iterator[tuple[str, Move]]:
    return iter(())


def claims(state: tuple[str, ...], move: Move) -> Sequence[Claim]:
    if move.operation != "say" or solved(state):
        raise MoveError("the answer was given before")
    return (Stated(state[0], state[1:], str(move.result)),)


def apply(state: tuple[str, ...], move: Move) -> tuple[str, ...]:
    return (*state, str(move.result))


def solved(state: tuple[str, ...]) -> bool:
    """Whether the last line states a final answer."""
    return len(state) > 1 and FINAL.search(state[-1]) is not None


def estimate(state: tuple[str, ...]) -> float:
    return 0.0 if solved(state) else 1.0


def stuck(state: tuple[str, ...]) -> Evidence:
    return Evidence("exhausted", (f"{len(state) - 1} lines", "an answer"))


def answer(givens: dict[str, Any], path: Sequence[Move]) -> str:
    return final_answer(str(path[-1].result)) or "" if path else ""


def grade(givens: dict[str, Any], answer: str) -> str | None:
    verdict = grade_answer(str(givens["answer"]), answer)
    return None if verdict.correct else verdict.reason


def write(state: tuple[str, ...], move: Move) -> str:
    line = str(move.result)
    return f" {line}" if line[:1] in MARKS else line


def read(state: tuple[str, ...], line: str) -> Move:
    text = line.removeprefix(" ") if line[1:2] and line[1] in MARKS else line
    if not text.strip() or len(text) > MAX_LINE or (line[0] in MARKS and text == line):
        raise MoveError(f"no line of prose: {line[:40]!r}")
    return Move("say", (), text)
