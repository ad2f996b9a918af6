"""The claims that a move makes, in typed terms; `journey.check` decides them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from journey.algebra import Algebra, Relation
from journey.expressions import Tree


@dataclass(frozen=True, slots=True)
class Equal:
    """Claims that an arithmetic expression has this integer value."""

    tree: Tree
    claimed: int


@dataclass(frozen=True, slots=True)
class Holds:
    """Claims that the state contains the operands of a move. `missing` are those it does not contain."""

    missing: tuple[int, ...]
    held: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Expands:
    """Claims that a product of integer polynomials equals a polynomial; highest powers first."""

    factors: tuple[tuple[int, ...], ...]
    claimed: tuple[int, ...]


Formula = tuple[str, int | str, int | str]
"""An operator and two terms, each an integer or the name of a quantity."""


@dataclass(frozen=True, slots=True)
class Substitutes:
    """Claims the sum that a formula becomes when known values replace its names."""

    formula: Formula
    values: Mapping[str, int]
    claimed: tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Congruent:
    """Claims that an integer expression is congruent to `claimed` modulo a positive `modulus`."""

    tree: Tree
    claimed: int
    modulus: int


@dataclass(frozen=True, slots=True)
class RationalRoots:
    """Claims the rational roots p/q of an integer polynomial, with multiplicity."""

    coefficients: tuple[int, ...]
    claimed: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class SameSolutions:
    """Claims that two relations (equations, inequalities or combinations) have the same real solutions."""

    before: Relation
    after: Relation


@dataclass(frozen=True, slots=True)
class SameValue:
    """Claims that two expressions are equal wherever both have a real value."""

    before: Algebra
    after: Algebra


@dataclass(frozen=True, slots=True)
class SameDerivative:
    """Claims that two expressions differ by a constant."""

    before: Algebra
    after: Algebra


@dataclass(frozen=True, slots=True)
class Solves:
    """Claims that a number solves an equation in x; if `claimed` is false, that it does not."""

    equation: Relation
    number: Fraction
    claimed: bool = True


@dataclass(frozen=True, slots=True)
class SameSystem:
    """Claims that two systems of linear equations have the same solutions."""

    before: tuple[Relation, ...]
    after: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class Stated:
    """Claims what a line of prose states about a problem, given the lines before it."""

    problem: str
    before: tuple[str, ...]
    text: str


Claim = (
    Equal
    | Holds
    | Expands
    | Congruent
    | RationalRoots
    | Substitutes
    | SameSolutions
    | SameValue
    | SameDerivative
    | Solves
    | SameSystem
    | Stated
)
