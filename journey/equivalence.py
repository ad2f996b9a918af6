"""The verdict on one line of algebra after another: expressions, equations and systems.

Most lines take well under a millisecond and are decided in this process. Larger ones are decided in a worker
that is killed at its time limit (`journey.runs.sandbox`). So are equalities without a normal form or a
counterexample, by sympy's `equals`. What is not decided within the limits is `unknown`.

    relation(read_relation("x^2=2x"), read_relation("x=2"))     LOSES, 0 solves the line before, not this one
    value(read("(x+3)^2"), read("x^2+9"))                       WRONG, it is 16 at x = 1, not 10
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from journey import algebra
from journey.algebra import Algebra, Relation, names_in
from journey.exact import derivatives, fields, float_bounds, polynomials, realroots, terms, values
from journey.exact import solutions as solve
from journey.exact.derivatives import carried_out, derivative
from journey.exact.fields import pure
from journey.exact.solutions import compare, domain, is_double, solutions
from journey.exact.surds import Unsupported
from journey.exact.values import Differs, at_point, plainly, same, shown
from journey.runs.sandbox import Died, TimedOut, shared_sandbox
from journey.step import VALID, Evidence, Finding, Verdict

MAX_NODES = 90
MAX_DEGREE = 8
"""Larger lines are decided in a worker with limits on time and memory."""


def relation(before: Relation, after: Relation) -> Finding:
    """Whether two relations in one unknown have the same real solutions."""
    return _bounded(_relation, before, after)


def value(before: Algebra, after: Algebra) -> Finding:
    """Whether two expressions have the same value wherever both are defined."""
    return _bounded(_value, before, after)


def antiderivative(before: Algebra, after: Algebra) -> Finding:
    """Whether two expressions differ by a constant, decided by comparing their derivatives; D(I(f)) is f."""
    return _bounded(_antiderivative, before, after)


def _relation(before: Relation, after: Relation) -> Finding:
    if len({*names_in(before), *names_in(after)}) > 1:
        raise Unsupported("several unknowns")
    lost, added = compare(solutions(before), solutions(after))
    if added is not None:
        # An added solution is the better proof: a lost one is often the answer and would give it away.
        verdict = Verdict.ADDS if lost is None else Verdict.WRONG
        return Finding(verdict, Evidence("added", (str(added),)))
    return VALID if lost is None else Finding(Verdict.LOSES, Evidence("lost", (str(lost),)))


def _value(before: Algebra, after: Algebra) -> Finding:
    result = same(before, after)
    if isinstance(result, Differs):
        return _differs(result)
    if result is None:
        return _by_cells(before, after)
    return VALID


def _differs(proof: Differs) -> Finding:
    return Finding(Verdict.WRONG, Evidence("differs", (proof.first, proof.point, proof.second)))


def _by_cells(before: Algebra, after: Algebra) -> Finding:
    """Whether before = after wherever both are defined, for one unknown, roots and absolute values."""
    before, after = carried_out(before), carried_out(after)
    difference = ("-", before, after)
    names = sorted({*names_in(difference)})
    if len(names) > 1 or is_double(difference):
        raise Unsupported("no normal form")
    where = domain(difference, *names)
    if where.holds == (False,):
        return unknown("no value anywhere")
    apart, _ = compare(where, solutions(("=", before, after)))
    if apart is None:
        return VALID
    if apart.value is None:
        raise Unsupported("no normal form")
    at = dict.fromkeys(names, apart.value)
    values = [shown(at_point(side, at)) for side in (before, after)]
    return Finding(Verdict.WRONG, Evidence("differs", (values[0], f"{names[0]} = {apart}", values[1])))


def _antiderivative(before: Algebra, after: Algebra) -> Finding:
    return _as_derivative(_value(derivative(before), derivative(after)))


def _as_derivative(finding: Finding) -> Finding:
    """The finding on two derivatives as a finding on their antiderivatives."""
    if finding.evidence is None:
        return finding
    return Finding(finding.verdict, Evidence("derivative", finding.evidence.values))


def _at_once(decide: Callable[[Any, Any], Finding], before: Any, after: Any) -> Finding | None:
    """The finding on two expressions by a test that is fast for any degree; None if it does not decide."""
    if decide is _relation or any(
        _size(each)[0] > MAX_NODES or _nested(each) > 2 for each in (before, after)
    ):
        return None
    derived = decide is _antiderivative
    first, second = (derivative(each) if derived else carried_out(each) for each in (before, after))
    result = plainly(first, second)
    if not isinstance(result, Differs):
        return VALID if result else None
    return _as_derivative(_differs(result)) if derived else _differs(result)


@lru_cache(maxsize=8192)
def _nested(tree: Any) -> int:
    """The depth of nested derivatives: each level may double the size of the result."""
    if not isinstance(tree, tuple):
        return 0
    return max((_nested(part) for part in tree[1:]), default=0) + int(tree[0] == "D")


def _bounded(decide: Callable[[Any, Any], Finding], before: Any, after: Any) -> Finding:
    try:
        if (finding := _at_once(decide, before, after)) is not None:
            return finding
        if _small(before) and _small(after):
            return decide(before, after)
        result = shared_sandbox(_ready).run(_in_worker, (decide, before, after))
    except (Unsupported, ZeroDivisionError, RecursionError) as fault:
        return _last_resort(decide, before, after, str(fault))
    if isinstance(result, Died | TimedOut):
        return unknown("out of time" if isinstance(result, TimedOut) else result.reason)
    return result


def unknown(why: str) -> Finding:
    """The finding for a claim that is not decided, with the reason."""
    return Finding(Verdict.UNKNOWN, Evidence("undecided", (why or "undefined",)))


def _ready() -> None:
    """Does nothing; unpickling it makes a worker import this module, and with it sympy."""


def _in_worker(job: tuple[Callable[[Any, Any], Finding], Any, Any]) -> Finding:
    decide, before, after = job
    try:
        return decide(before, after)
    except (Unsupported, ZeroDivisionError, RecursionError) as fault:
        return unknown(str(fault))


def _last_resort(decide: Any, before: Any, after: Any, why: str) -> Finding:
    if decide is _relation:
        return unknown(why)
    equal = shared_sandbox(_ready).run(_equals, (before, after, decide is _antiderivative))
    return VALID if equal is True else unknown(why)


def _equals(pair: tuple[Algebra, Algebra, bool]) -> bool | None:
    """The result of sympy's own test for equality, which is slow and incomplete."""
    import sympy

    first, second, back = pair
    difference = to_sympy(first) - to_sympy(second)
    answer = (sympy.diff(difference, sympy.Symbol("x", real=True)) if back else difference).equals(0)
    return None if answer is None else bool(answer)


def clear_caches() -> None:
    """Clears all caches, for a fair measurement."""
    for module in (algebra, derivatives, fields, float_bounds, polynomials, realroots, solve, terms, values):
        for function in vars(module).values():
            if hasattr(function, "cache_clear"):
                function.cache_clear()
    _size.cache_clear()


def to_sympy(tree: Algebra) -> Any:
    """The expression as a sympy object, built node by node; D(...) is differentiated, I(...) stays."""
    import sympy

    if isinstance(tree, int):
        return sympy.Integer(tree)
    if isinstance(tree, str):
        return sympy.Symbol(tree, real=True)
    parts = [to_sympy(part) for part in tree[1:]]
    name = tree[0]
    x = sympy.Symbol("x", real=True)
    by_name: dict[str, Callable[..., Any]] = {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: a / b,
        "^": lambda a, b: a**b,
        "neg": lambda a: -a,
        "abs": sympy.Abs,
        "D": lambda a: sympy.diff(a, x),
        "I": lambda a: sympy.Integral(a, x),
    }
    build = by_name.get(name) or getattr(sympy, name)
    return build(*parts)


def _small(tree: Any) -> bool:
    nodes, degree = _size(tree)
    return nodes <= MAX_NODES and degree <= MAX_DEGREE


@lru_cache(maxsize=8192)
def _size(tree: Any) -> tuple[int, int]:
    """The number of nodes, and an upper bound of the degree after expansion."""
    if not isinstance(tree, tuple):
        return 1, int(isinstance(tree, str))
    sizes = [_size(part) for part in tree[1:]]
    nodes = 1 + sum(nodes for nodes, _ in sizes)
    degrees = [degree for _, degree in sizes]
    if tree[0] in ("*", "/"):
        return nodes, sum(degrees)
    if tree[0] == "^":
        return nodes, max(degrees[0], 1) * (abs(tree[2]) if isinstance(tree[2], int) else 2)
    return nodes, max(degrees, default=0)


def system(before: Sequence[Relation], after: Sequence[Relation]) -> Finding:
    """Whether two systems of linear equations have the same solutions.

    Compares their reduced row echelon forms over the rationals.
    """
    try:
        names = sorted({name for line in (*before, *after) for name in names_in(line)})
        first, second = _echelon(before, names), _echelon(after, names)
        if first == second:
            return VALID
        joint = _echelon((*before, *after), names)
    except (Unsupported, ZeroDivisionError) as fault:
        return unknown(str(fault))
    # If the joint system equals one of the two, that one's solutions all solve the other.
    if joint == second:
        return Finding(Verdict.LOSES, Evidence("lost", (_point(first, second, names),)))
    if joint == first:
        return Finding(Verdict.ADDS, Evidence("added", (_point(second, first, names),)))
    return Finding(Verdict.WRONG, Evidence("lost", (_point(first, second, names),)))


Rows = tuple[tuple[Fraction, ...], ...]


def _echelon(lines: Sequence[Relation], names: Sequence[str]) -> Rows:
    """The reduced row echelon form of the augmented matrix, without zero rows.

    A contradiction is returned as its only row.
    """
    rows = [list(row) for row in (linear(line, tuple(names)) for line in lines) if any(row)]
    done: list[list[Fraction]] = []
    for place in range(len(names) + 1):
        lead = next((row for row in rows if row[place]), None)
        if lead is None:
            continue
        if place == len(names):
            return ((*(Fraction(0) for _ in names), Fraction(1)),)
        rows.remove(lead)
        lead = [c / lead[place] for c in lead]
        for row in (*rows, *done):
            if times := row[place]:
                row[:] = [c - times * d for c, d in zip(row, lead, strict=True)]
        done.append(lead)
    return tuple(map(tuple, done))


@lru_cache(maxsize=8192)
def linear(line: Relation, names: Sequence[str]) -> tuple[Fraction, ...]:
    """The coefficients of a linear equation, then its right side.

    Raises:
        Unsupported: it is not a linear equation.

    >>> from journey.algebra import read_relation
    >>> [str(c) for c in linear(read_relation("2x-1=y+4"), "xy")]
    ['2', '-1', '5']
    """
    if line[0] != "=":
        raise Unsupported("no equation")
    quotient = pure(("-", line[1], line[2]))
    if quotient is None or not quotient[1].is_ground:
        raise Unsupported("no linear equation")
    top, bottom = quotient
    coefficients = dict.fromkeys(names, Fraction(0))
    right = Fraction(0)
    for exponents, coefficient in top.terms():
        part = coefficient / bottom.LC
        exact = Fraction(int(part.numerator), int(part.denominator))
        if sum(exponents) > 1:
            raise Unsupported("no linear equation")
        if sum(exponents):
            coefficients[str(top.ring.symbols[exponents.index(1)])] = exact
        else:
            right = -exact
    return *coefficients.values(), right


def _point(first: Rows, second: Rows, names: Sequence[str]) -> str:
    """A solution of the first system that does not solve the second; free unknowns are 0 or 1."""
    pivots = [next(place for place, c in enumerate(row) if c) for row in first]
    if len(names) in pivots:
        return "nothing"
    free = [place for place in range(len(names)) if place not in pivots]
    # An equation that holds with all free unknowns 0, and with each single one 1, holds for all values.
    for one in (None, *free):
        values = [Fraction(place == one) for place in range(len(names))]
        for row, pivot in zip(first, pivots, strict=True):
            values[pivot] = row[-1] - sum(row[place] * values[place] for place in free)
        if any(sum(c * v for c, v in zip(row, values, strict=False)) != row[-1] for row in second):
            break
    return ", ".join(f"{name} = {value}" for name, value in zip(names, values, strict=True))
