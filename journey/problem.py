"""A problem, its identity, and the split it belongs to.

Identity is content: the hash of the family and the canonical givens, so two drawings of one problem are one
problem. The split is content too: each family gives a problem's *split key* (its target, its set of
coefficients), the hash of the key decides the split, and so the keys of held-out problems are never seen in
training (DESIGN rule 9). Drawing item `i` of a split depends on (seed, split, i) and nothing else (rule 8).

    {"id": "5f0c...", "family": "diophantine", "givens": {"a": 7, "b": 12, "c": 173}, "answer": "23,1",
    "level": 2, ...}
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from journey.errors import InputError

if TYPE_CHECKING:
    from journey.families import Family

SPLITS = {"train": 80, "validation": 10, "heldout": 10}
"""The share of split keys, in percent, that each split holds."""

MAX_BARREN_DRAWS = 20_000
"""Drawings in a row that bring no new problem before a request is refused as too large."""

LEVELS = range(1, 6)


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem, with everything needed to state it, grade it and place it."""

    id: str
    """Hash of the family and the canonical givens."""
    family: str
    statement: str
    """The problem in words."""
    givens: dict[str, Any]
    """Typed JSON that the family reads; nothing else about the problem is needed to explore it."""
    answer: str | None
    """One right answer in the family's notation; None if none is known. Others may be right too: `grade`
    decides."""
    split: str
    level: int | None
    source: str
    licence: str


def canonical_id(family: str, givens: dict[str, Any]) -> str:
    """The identity of a problem: 16 hexadecimal digits, equal for equal content.

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


def draw(family: Family, seed: int, split: str, index: int, levels: Sequence[int]) -> Problem:
    """Item `index` of a split: a function of its arguments alone.

    The level is chosen evenly among `levels`; drawing goes on until the split key belongs to `split`.
    """
    random = Random(f"{seed}:{split}:{index}")
    source = f"journey:{family.NAME}:{seed}:{split}:{index}"
    while True:
        level = random.choice(levels)
        problem = make_problem(family, *family.sample(random, level), level, source)
        if problem.split == split:
            return problem


def draw_distinct(
    family: Family, seed: int, split: str, count: int, levels: Sequence[int]
) -> Iterator[Problem]:
    """The first `count` distinct problems of a split, in the order of their items.

    Raises:
        InputError: the family has not that many at these levels, as far as `MAX_BARREN_DRAWS` drawings can
        tell.
    """
    seen: set[str] = set()
    index = barren = 0
    while len(seen) < count:
        problem = draw(family, seed, split, index, levels)
        index += 1
        if problem.id in seen:
            barren += 1
            if barren >= MAX_BARREN_DRAWS:
                raise InputError(
                    f"{family.NAME} has only about {len(seen)} {split} problems at levels {list(levels)}, "
                    f"not {count}: ask for fewer, or for more levels"
                )
            continue
        barren = 0
        seen.add(problem.id)
        yield problem
