"""Benchmarks step checking on one core against plain sympy on the same steps."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import islice
from operator import mul
from statistics import median
from typing import Any

import sympy
from sympy.core.cache import clear_cache

from journey import families
from journey.algebra import Relation
from journey.check import check
from journey.claim_types import (
    Claim,
    Congruent,
    Equal,
    Expands,
    Holds,
    RationalRoots,
    SameDerivative,
    SameSolutions,
    SameSystem,
    SameValue,
    Solves,
    Substitutes,
)
from journey.equivalence import clear_caches, to_sympy
from journey.errors import MoveError
from journey.exact.solutions import is_double, signed
from journey.expressions import Tree
from journey.families import Family, State
from journey.problem import draw
from journey.runs.store import BenchResult, clock
from journey.step import Move

STEPS = 240
"""Steps of each family on which both checkers are timed."""
MAX_STEPS_PER_PROBLEM = 6
"""At most this many of the steps come from one problem."""
TIMEOUT = 5
"""Seconds after which plain sympy fails on a step; they count in its time."""
X = sympy.Symbol("x", real=True)


def bench_check() -> BenchResult:
    """Steps checked per second by our checker and by sympy's `simplify` or `solveset`, with empty caches.

    Plain sympy gets its expressions as objects, so its time includes no parsing.
    """
    rows: list[tuple[Any, ...]] = []
    for name in families.NAMES:
        family = families.get(name)
        steps = list(islice(steps_of(family), STEPS))
        # Both checkers start from the claims of a step.
        claims = [family.claims(state, move) for state, move in steps]
        check(claims[0])
        clear_caches()
        elapsed = clock()
        for claim_list in claims:
            check(claim_list)
        ours = elapsed() / len(steps)
        clear_cache()
        elapsed = clock()
        unfinished = sum(check_with_sympy(claim_list) is None for claim_list in claims)
        plain = elapsed() / len(steps)
        rows.append((name, 1 / ours, 1 / plain, plain / ours, unfinished))
    columns = ("family", "steps/s", "the plain way", "times faster", f"unfinished of {STEPS}")
    ratios = [row[3] for row in rows]
    figures = {"times faster in the median family": median(ratios), "in the slowest": min(ratios)}
    return BenchResult(columns, rows, figures)


def steps_of(family: Family) -> Iterator[tuple[State, Move]]:
    """Right and wrong steps along random paths through problems of the middle levels."""
    for index in range(10 * STEPS):
        state = family.start(draw(family, 0, "train", index, (1, 2, 3)).givens)
        steps: list[tuple[State, Move]] = []
        while (
            len(steps) < MAX_STEPS_PER_PROBLEM
            and not family.solved(state)
            and (moves := list(family.moves(state)))
        ):
            move = moves[index % len(moves)]
            steps.append((state, move))
            steps += [(state, wrong) for _, wrong in islice(family.mistakes(state, move), 1)]
            state = family.apply(state, move)
        yield from steps[:MAX_STEPS_PER_PROBLEM]


class _Timeout(Exception):
    pass


def check_with_sympy(claims: Sequence[Claim]) -> bool | None:
    """Whether all claims hold by plain sympy; None if it fails or exceeds `TIMEOUT`."""

    def give_up(signum: int, frame: Any) -> None:
        raise _Timeout

    old_handler = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(TIMEOUT)
    try:
        return all(PLAIN[type(claim)](claim) for claim in claims)
    except (_Timeout, MoveError, NotImplementedError, ValueError, TypeError):
        return None
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, old_handler)


def _zero(difference: Any) -> bool:
    return bool(sympy.simplify(difference) == 0)


def _number(tree: Tree) -> Any:
    if not isinstance(tree, tuple):
        return sympy.Integer(tree)
    return to_sympy((tree[0], tree[1], tree[2]))


def _polynomial(coefficients: Sequence[int]) -> Any:
    return sum(c * X**power for power, c in enumerate(reversed(coefficients)))


def _solved(relation: Relation) -> Any:
    word: str = relation[0]
    if word in ("all", "none"):
        return sympy.S.Reals if word == "all" else sympy.S.EmptySet
    if word in ("or", "and"):
        parts = [_solved(part) for part in relation[1:]]
        return sympy.Union(*parts) if word == "or" else sympy.Intersection(*parts)
    if any(map(is_double, relation[1:])):
        cases = [(word, *(signed(side, sign) for side in relation[1:])) for sign in "+-"]
        return sympy.Union(*map(_solved, cases))
    sides = [to_sympy(side) for side in relation[1:]]
    if word == "=":
        return sympy.solveset(sympy.Eq(*sides), X, sympy.S.Reals)
    compare: dict[str, Any] = {"<": sympy.Lt, ">": sympy.Gt, "<=": sympy.Le, ">=": sympy.Ge}
    return sympy.solveset(compare[word](*sides), X, sympy.S.Reals)


def _substituted(claim: Substitutes) -> bool:
    values = {sympy.Symbol(name, real=True): value for name, value in claim.values.items()}
    return _zero(to_sympy(claim.formula).subs(values) - to_sympy(claim.claimed))


def _solves(claim: Solves) -> bool:
    left, right = (to_sympy(side) for side in claim.equation[1:])
    number = sympy.Rational(claim.number.numerator, claim.number.denominator)
    return _zero((left - right).subs(X, number))


def _same_system(claim: SameSystem) -> bool:
    both = [
        [sympy.Eq(to_sympy(a), to_sympy(b)) for _, a, b in lines] for lines in (claim.before, claim.after)
    ]
    names = sorted({name for lines in both for line in lines for name in line.free_symbols}, key=str)
    first, second = (sympy.linsolve(lines, *names) for lines in both)
    return bool(first == second)


PLAIN: dict[type[Any], Callable[[Any], bool]] = {
    Equal: lambda claim: _zero(_number(claim.tree) - claim.claimed),
    Holds: lambda claim: not claim.missing,
    Expands: lambda claim: _zero(reduce(mul, map(_polynomial, claim.factors)) - _polynomial(claim.claimed)),
    Congruent: lambda claim: _zero(sympy.Mod(_number(claim.tree) - claim.claimed, claim.modulus)),
    RationalRoots: lambda claim: bool(sympy.solveset(_polynomial(claim.coefficients), X, sympy.S.Rationals)),
    Substitutes: _substituted,
    SameSolutions: lambda claim: bool(_solved(claim.before) == _solved(claim.after)),
    SameValue: lambda claim: _zero(to_sympy(claim.before) - to_sympy(claim.after)),
    SameDerivative: lambda claim: _zero(
        sympy.diff(to_sympy(claim.before), X) - sympy.diff(to_sympy(claim.after), X)
    ),
    Solves: lambda claim: _solves(claim) == claim.claimed,
    SameSystem: _same_system,
}
