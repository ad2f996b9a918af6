"""A problem, its identity, and its split.

- The id is a hash of the family and the canonical givens, so equal problems have equal ids.
- The split is decided by a hash of the problem's *structure* (a target, a set of coefficients). So
  structures of held-out problems never occur in training (DESIGN rule 9).
- Item `i` of a split depends on (seed, split, i) alone (rule 8).

One row of a problem file:

    {"id": "5f0c...", "family": "diophantine", "givens": {"a": 7, "b": 12, "c": 173},
     "answer": "23,1", "level": 2, ...}
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from journey.errors import InputError

if TYPE_CHECKING:
    from journey.families import Family

SPLITS = {"train": 80, "validation": 10, "heldout": 10}
"""The share of split keys, in percent, that each split holds."""

MAX_REPEATED_DRAWS = 20_000
"""A request is refused after this many consecutive draws that repeat earlier problems."""

LEVELS = range(1, 6)


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem, with everything needed to state it, grade it and assign its split."""

    id: str
    """Hash of the family and the canonical givens."""
    family: str
    statement: str
    """The problem in words."""
    givens: dict[str, Any]
    """JSON data for the family; the search needs nothing else about the problem."""
    answer: str | None
    """One right answer in the family's notation, or None. Other answers may be right too: `grade` decides."""
    split: str
    level: int | None
    source: str
    licence: str


def canonical_id(family: str, givens: dict[str, Any]) -> str:
    """The id of a problem: 16 hexadecimal digits that depend on the content alone.

    >>> canonical_id("countdown", {"numbers": [3, 5], "target": 8})
    'dc67e16cc9a04772'
    """
    content = json.dumps([family, givens], sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(content.encode(), digest_size=8).hexdigest()


def split_of(family: str, split_key: str) -> str:
    """The split that holds every problem with this split key.

    >>> split_of("countdown", "24")
    'train'
    """
    place = int.from_bytes(hashlib.blake2b(f"{family}:{split_key}".encode(), digest_size=8).digest()) % 100
    for split, share in SPLITS.items():
        if place < share:
            return split
        place -= share
    raise AssertionError("the shares of the splits add up to 100")


def make_problem(
    family: Family,
    givens: dict[str, Any],
    answer: str | None = None,
    level: int | None = None,
    source: str = "",
) -> Problem:
    """The problem of a family with these givens, in the split that its content decides.

    >>> from journey import families
    >>> make_problem(families.get("diophantine"), {"a": 7, "b": 12, "c": 173}).statement
    'Find whole numbers x, y >= 0 with 7x + 12y = 173.'
    """
    return Problem(
        id=canonical_id(family.NAME, givens),
        family=family.NAME,
        statement=family.statement(givens),
        givens=givens,
        answer=answer,
        split=split_of(family.NAME, family.split_key(givens)),
        level=level,
        source=source,
        licence="CC0-1.0",
    )


def draw(
    family: Family,
    seed: int,
    split: str,
    index: int,
    levels: Sequence[int],
    options: Mapping[str, Any] = MappingProxyType({}),
) -> Problem:
    """Item `index` of a split: a function of its arguments alone.

    The level is drawn uniformly from `levels`. Problems are drawn until the split key belongs to `split`.
    `options` are further arguments of the family's `sample`.
    """
    random = Random(f"{seed}:{split}:{index}")
    source = f"journey:{family.NAME}:{seed}:{split}:{index}"
    while True:
        level = random.choice(levels)
        problem = make_problem(family, *family.sample(random, level, **options), level, source)
        if problem.split == split:
            return problem


def largest_number(givens: dict[str, Any]) -> int:
    """The largest number that is written in the givens, without its sign; 0 if there is none.

    >>> largest_number({"numbers": [3, -25], "target": 8})
    25
    """
    return max(map(int, re.findall(r"\d+", json.dumps(givens))), default=0)


def draw_distinct(
    family: Family,
    seed: int,
    split: str,
    count: int,
    levels: Sequence[int],
    numbers: tuple[int, int] | None = None,
    options: Mapping[str, Any] = MappingProxyType({}),
) -> Iterator[Problem]:
    """The first `count` distinct problems of a split, in the order of their items.

    Args:
        family: the family to draw from.
        seed: seeds every item.
        split: the split that each problem belongs to.
        count: the number of problems.
        levels: the levels, drawn evenly.
        numbers: the least and the greatest value that the largest number of a problem may have.
        options: further arguments of the family's `sample`.

    Raises:
        InputError: `MAX_REPEATED_DRAWS` consecutive draws gave no new problem.
    """
    seen: set[str] = set()
    index = repeated = 0
    while len(seen) < count:
        problem = draw(family, seed, split, index, levels, options)
        index += 1
        fits = numbers is None or numbers[0] <= largest_number(problem.givens) <= numbers[1]
        if problem.id in seen or not fits:
            repeated += 1
            if repeated >= MAX_REPEATED_DRAWS:
                limits = f" with numbers from {numbers[0]} to {numbers[1]}" if numbers else ""
                raise InputError(
                    f"{family.NAME} has only about {len(seen)} {split} problems at levels {list(levels)}"
                    f"{limits}, not {count}: ask for fewer, or for more levels"
                )
            continue
        repeated = 0
        seen.add(problem.id)
        yield problem
