"""The problem families: one module each, with the members of `Family`.

`journey families new NAME` writes a family that runs, to be changed into the one you want. Nothing else needs
to know of a family: every module or package in this folder is one.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from functools import lru_cache
from inspect import signature
from types import ModuleType
from typing import Any

from journey.claim_types import Claim
from journey.errors import JourneyError, unknown_name
from journey.step import Evidence, Move, Verdict

Givens = dict[str, Any]
"""What a problem gives, as JSON that its family reads."""
State = Any
"""A family's own immutable value for a situation in the search; only its family looks inside."""

READ = ("prose",)
"""The families whose problems are read from files."""
NAMES = tuple(sorted({module.name for module in pkgutil.iter_modules(__path__)} - {*READ}))
"""The families that sample problems."""

SHOWN = re.compile(r"\n\n((?:    .+\n)+)")
"""The block of a docstring that shows a journey; what stands after two spaces explains the line."""


@dataclass(frozen=True, slots=True)
class Example:
    """A problem of a family, and a journey about it that the audit finds no error in."""

    givens: Givens
    """The module's EXAMPLE."""
    lines: tuple[str, ...]
    """The prompt, then the terse lines of the journey, as the module's docstring shows them."""


def _givens_as_text(givens: Givens) -> str:
    return json.dumps(givens, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """What a family knows: the members of its module, by their names.

    A member with a default may be left out of the module.
    """

    NAME: str
    """The name of the module."""
    SUMMARY: str
    """What the problems ask and where the wrong turns come from, in a line."""
    EXAMPLE: Example
    """The module gives the givens, and its docstring the lines."""

    sample: Callable[..., tuple[Givens, str]]
    """(random, level): canonical givens of a solvable problem at `level` (1 to 5), and one right answer.
    Further arguments with defaults are the family's options, which `problems.sampling` may set."""
    statement: Callable[[Givens], str]
    """The problem in words."""
    prompt: Callable[[Givens], str]
    """The problem as one terse line."""
    start: Callable[[Givens], State]
    """The state in which every search begins."""
    key: Callable[[State], str]
    """Canonical text of a state: equal states have equal keys and merge."""
    moves: Callable[[State], Iterator[Move]]
    """Every legal move, true results only, in the order a systematic solver tries them.

    Raises MoveError where the family does not know them, as with prose.
    """
    mistakes: Callable[[State, Move | None], Iterator[tuple[str, Move]]]
    """(state, move): the mistakes people make in place of `move`, each with its name. Where no legal move is
    left, `move` is None."""
    claims: Callable[[State, Move], Sequence[Claim]]
    """(state, move): what the move asserts, for the checker. Raises MoveError if it cannot be made here."""
    apply: Callable[[State, Move], State]
    """(state, move): the state after the move, whether its result is true or not."""
    solved: Callable[[State], bool]
    """Whether the goal is reached."""
    answer: Callable[[Givens, Sequence[Move]], str]
    """(givens, path): the final answer that a path of valid moves to a goal gives."""
    grade: Callable[[Givens, str], str | None]
    """(givens, answer): None if the answer is right, else why not. Never compares strings."""
    write: Callable[[State, Move], str]
    """(state, move): the move as one terse line."""
    read: Callable[[State, str], Move]
    """(state, line): the move that a terse line says. Raises MoveError where it says none."""

    ALLOWED_VERDICTS: tuple[Verdict, ...] = ()
    """Verdicts of steps that, besides the valid ones, may stay on the way to an answer: ADDS where candidates
    are tried in the problem before the goal, UNKNOWN where most steps cannot be decided, as in prose."""
    split_key: Callable[[Givens], str] = _givens_as_text
    """What decides the split: problems with equal keys are in one split. Default: the givens, so that splits
    share no problem; a family should leave out what a model could carry over (a mirrored sign, an order)."""
    brief: Callable[[State], str] | None = None
    """A state in few words, for steps that state where they lead (style `stated`). Default: its key."""
    heuristic: Callable[[State], float] = lambda state: 0.0
    """How far the goal seems, 0 where it is within a step; a strategy may order states by it."""
    out_of_reach: Callable[[State], bool] = lambda state: False
    """Whether a goal is plainly too far, by an estimate that costs nothing, such as a number's size. A pruned
    search (`search.proposers.symbolic`) tries the moves to such states last."""
    dead_end_evidence: Callable[[State], Evidence] = lambda state: Evidence("dead_end", ())
    """Why no goal can be reached from a hopeless state."""
    verification_line: Callable[[Givens, str], str] = lambda givens, answer: ""
    """(givens, answer): the problem with an answer put into it, true if that is right; "" where it cannot be
    put in."""


def family_of(module: ModuleType) -> Family:
    """The family that a module describes.

    Raises:
        JourneyError: a member that has no default is missing, or NAME is not the module's name.
    """
    name = module.__name__.rpartition(".")[2]
    members = {each.name: getattr(module, each.name) for each in fields(Family) if hasattr(module, each.name)}
    missing = [each.name for each in fields(Family) if each.default is MISSING and each.name not in members]
    if missing:
        raise JourneyError(
            f"the family {name} has no {', '.join(missing)}: `Family` in journey/families says what they are"
        )
    if members["NAME"] != name:
        raise JourneyError(f"the family in {name}.py has the NAME {members['NAME']!r}: make it {name!r}")
    members["EXAMPLE"] = Example(members["EXAMPLE"], _lines_shown(module.__doc__ or ""))
    return Family(**members)


def check_options(family: Family, options: Mapping[str, Any]) -> None:
    """Checks that a family's `sample` takes these options.

    Raises:
        InputError: it does not take one of them.
    """
    known = list(signature(family.sample).parameters)[2:]
    for name in options:
        if name not in known:
            raise unknown_name(f"option of {family.NAME}", name, known)


def _lines_shown(doc: str) -> tuple[str, ...]:
    block = SHOWN.search(doc)
    return tuple(line.strip().split("  ")[0] for line in block[1].splitlines()) if block else ()


@lru_cache
def get(name: str) -> Family:
    """The family of this name; an unknown one is an `InputError` that names the nearest.

    >>> get("diophantine").EXAMPLE.lines
    ('7x+12y=173', 'y=0:7x=173', '!5<', 'y=1:7x=161', 'x=23', '=23,1')
    """
    if name not in (*NAMES, *READ):
        raise unknown_name("family", name, (*NAMES, *READ))
    return family_of(importlib.import_module(f"journey.families.{name}"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A family as a list of families shows it."""

    name: str
    summary: str
    sample: str
    """The statement of a problem."""
    answer: str | None
    """The answer of that problem, None for a family whose problems are read from files."""


def list_families() -> list[Entry]:
    """Every family with a sample problem."""
    from journey.problem import draw

    drawn = [(get(name), draw(get(name), 0, "train", 0, [1, 2])) for name in NAMES]
    return [
        *(Entry(family.NAME, family.SUMMARY, problem.statement, problem.answer) for family, problem in drawn),
        *(Entry(name, get(name).SUMMARY, "read from files", None) for name in READ),
    ]
