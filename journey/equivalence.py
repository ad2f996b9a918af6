"""The verdict on one line of algebra after another: expressions, equations and systems.

Most lines cost well under a millisecond and are decided here. A line that could cost more, by its size, is
decided in a worker that is killed at its limit (`journey.sandbox`); so is an equality that has no normal form
and no counterexample, by sympy's `equals`. What is not decided within the limits is `unknown`.

    relation(read_relation("x^2=2x"), read_relation("x=2"))     LOSES, 0 solves the line before and not this
    value(read("(x+3)^2"), read("x^2+9"))                       WRONG, it is 16 at x = 1, not 10
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any

from journey import algebra
from journey.algebra import Algebra, Relation, names_in
from journey.exact import derivatives, fields, polynomials, realroots, rough, tidy, values
from journey.exact import solutions as solve
from journey.exact.derivatives import carried_out, derivative
from journey.exact.fields import pure
from journey.exact.solutions import compare, domain, is_double, solutions
from journey.exact.surds import TooHard
from journey.exact.values import Differs, at_point, plainly, same, shown
from journey.sandbox import Died, TimedOut, lasting
from journey.step import VALID, Evidence, Finding, Verdict

MAX_NODES = 90
MAX_DEGREE = 8
"""Larger lines are decided in a worker, within its limits of time and memory."""


def relation(before: Relation, after: Relation) -> Finding:
    """Whether an equation, an inequality or several have the same real solutions as those before."""
    return _bounded(_relation, before, after)


def value(before: Algebra, after: Algebra) -> Finding:
    """Whether an expression has the same value as the one before, wherever both have one."""
    return _bounded(_value, before, after)


def antiderivative(before: Algebra, after: Algebra) -> Finding:
    """Whether two expressions differ by a constant: they are differentiated back; D(I(f)) is f."""
    return _bounded(_antiderivative, before, after)


def _relation(before: Relation, after: Relation) -> Finding:
    if len({*names_in(before), *names_in(after)}) > 1:
        raise TooHard("several unknowns")
    lost, added = compare(solutions(before), solutions(after))
    if added is not None:
        # Of a wrong line, what it adds is the proof: what it loses is often the answer.
        verdict = Verdict.ADDS if lost is None else Verdict.WRONG
        return Finding(verdict, Evidence("added", (str(added),)))
    return VALID if lost is None else Finding(Verdict.LOSES, Evidence("lost", (str(lost),)))


def _value(before: Algebra, after: Algebra) -> Finding:
    found = same(before, after)
    if isinstance(found, Differs):
        return _differs(found)
    if found is None:
        return _by_cells(before, after)
    return VALID


def _differs(found: Differs) -> Finding:
    return Finding(Verdict.WRONG, Evidence("differs", (found.first, found.point, found.second)))


def _by_cells(before: Algebra, after: Algebra) -> Finding:
    """Whether before = after holds wherever both have a value: one unknown, roots and absolute values."""
    before, after = carried_out(before), carried_out(after)
    difference = ("-", before, after)
    names = sorted({*names_in(difference)})
    if len(names) > 1 or is_double(difference):
        raise TooHard("no normal form")
    where = domain(difference, *names)
    if where.holds == (False,):
        return unknown("no value anywhere")
    apart, _ = compare(where, solutions(("=", before, after)))
    if apart is None:
        return VALID
    if apart.value is None:
        raise TooHard("no normal form")
    at = dict.fromkeys(names, apart.value)
    values = [shown(at_point(side, at)) for side in (before, after)]
    return Finding(Verdict.WRONG, Evidence("differs", (values[0], f"{names[0]} = {apart}", values[1])))


def _antiderivative(before: Algebra, after: Algebra) -> Finding:
    return _as_derivative(_value(derivative(before), derivative(after)))


def _as_derivative(found: Finding) -> Finding:
    """What was found of two derivatives, said of what they are the derivatives of."""
    if found.evidence is None:
        return found
    return Finding(found.verdict, Evidence("derivative", found.evidence.values))


def _at_once(decide: Callable[[Any, Any], Finding], before: Any, after: Any) -> Finding | None:
    """What can be told of two expressions whatever their degree; None if that is not enough."""
    if decide is _relation or any(
        _size(each)[0] > MAX_NODES or _nested(each) > 2 for each in (before, after)
    ):
        return None
    back = decide is _antiderivative
    first, second = (derivative(each) if back else carried_out(each) for each in (before, after))
    found = plainly(first, second)
    if not isinstance(found, Differs):
        return VALID if found else None
    return _as_derivative(_differs(found)) if back else _differs(found)


@lru_cache(maxsize=8192)
def _nested(tree: Any) -> int:
    """How deep derivatives stand in derivatives: each may double what is carried out."""
    if not isinstance(tree, tuple):
        return 0
    return max((_nested(part) for part in tree[1:]), default=0) + int(tree[0] == "D")


def _bounded(decide: Callable[[Any, Any], Finding], before: Any, after: Any) -> Finding:
    try:
        if (seen := _at_once(decide, before, after)) is not None:
            return seen
        if _small(before) and _small(after):
            return decide(before, after)
        found = lasting(_ready).run(_elsewhere, (decide, before, after))
    except (TooHard, ZeroDivisionError, RecursionError) as fault:
        return _last_resort(decide, before, after, str(fault))
    if isinstance(found, Died | TimedOut):
        return unknown("out of time" if isinstance(found, TimedOut) else found.reason)
    return found


def unknown(why: str) -> Finding:
    """Not decided."""
    return Finding(Verdict.UNKNOWN, Evidence("undecided", (why or "undefined",)))


def _ready() -> None:
    """What a worker imports first: this module, and with it sympy."""


def _elsewhere(job: tuple[Callable[[Any, Any], Finding], Any, Any]) -> Finding:
    decide, before, after = job
    try:
        return decide(before, after)
    except (TooHard, ZeroDivisionError, RecursionError) as fault:
        return unknown(str(fault))


def _last_resort(decide: Any, before: Any, after: Any, why: str) -> Finding:
    if decide is _relation:
        return unknown(why)
    equal = lasting(_ready).run(_equals, (before, after, decide is _antiderivative))
    return VALID if equal is True else unknown(why)


def _equals(pair: tuple[Algebra, Algebra, bool]) -> bool | None:
    """What sympy's own, slow and incomplete, test for equality says."""
    import sympy

    first, second, back = pair
    difference = to_sympy(first) - to_sympy(second)
    answer = (sympy.diff(difference, sympy.Symbol("x", real=True)) if back else difference).equals(0)
    return None if answer is None else bool(answer)


def forget() -> None:
    """Empties what is remembered of lines seen before, for a fair measurement."""
    for module in (algebra, derivatives, fields, polynomials, realroots, rough, solve, tidy, values):
        for function in vars(module).values():
            if hasattr(function, "cache_clear"):
                function.cache_clear()
    _size.cache_clear()


def to_sympy(tree: Algebra) -> Any:
    """The expression as a sympy object, built node by node; D is carried out and I integrates nothing."""
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
    """Nodes, and a bound of the degree of what the expression expands to."""
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
    """Whether linear equations in several unknowns have the same solutions as those before.

    Decided by the reduced row echelon forms of both over the rationals.
    """
    try:
        names = sorted({name for line in (*before, *after) for name in names_in(line)})
        first, second = _echelon(before, names), _echelon(after, names)
        if first == second:
            return VALID
        joint = _echelon((*before, *after), names)
    except (TooHard, ZeroDivisionError) as fault:
        return unknown(str(fault))
    # What solves both lines is all that solves one of them: then that one has no more solutions.
    if joint == second:
        return Finding(Verdict.LOSES, Evidence("lost", (_point(first, second, names),)))
    if joint == first:
        return Finding(Verdict.ADDS, Evidence("added", (_point(second, first, names),)))
    return Finding(Verdict.WRONG, Evidence("lost", (_point(first, second, names),)))


Rows = tuple[tuple[Fraction, ...], ...]


def _echelon(lines: Sequence[Relation], names: Sequence[str]) -> Rows:
    """The reduced row echelon form of the lines' coefficients and right sides, without zero rows.

    A contradiction stands alone: nothing solves it.
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
    """The coefficients of a linear equation and its right side.

    Raises:
        TooHard: it is no linear equation.

    >>> from journey.algebra import read_relation
    >>> [str(c) for c in linear(read_relation("2x-1=y+4"), "xy")]
    ['2', '-1', '5']
    """
    if line[0] != "=":
        raise TooHard("no equation")
    quotient = pure(("-", line[1], line[2]))
    if quotient is None or not quotient[1].is_ground:
        raise TooHard("no linear equation")
    top, bottom = quotient
    found = dict.fromkeys(names, Fraction(0))
    right = Fraction(0)
    for exponents, coefficient in top.terms():
        part = coefficient / bottom.LC
        exact = Fraction(int(part.numerator), int(part.denominator))
        if sum(exponents) > 1:
            raise TooHard("no linear equation")
        if sum(exponents):
            found[str(top.ring.symbols[exponents.index(1)])] = exact
        else:
            right = -exact
    return *found.values(), right


def _point(first: Rows, second: Rows, names: Sequence[str]) -> str:
    """A solution of the first rows that does not solve the second; the free unknowns take small values."""
    pivots = [next(place for place, c in enumerate(row) if c) for row in first]
    if len(names) in pivots:
        return "nothing"
    free = [place for place in range(len(names)) if place not in pivots]
    # A line that holds where all free unknowns are 0, and where any one of them is 1, holds for all.
    for one in (None, *free):
        values = [Fraction(place == one) for place in range(len(names))]
        for row, pivot in zip(first, pivots, strict=True):
            values[pivot] = row[-1] - sum(row[place] * values[place] for place in free)
        if any(sum(c * v for c, v in zip(row, values, strict=False)) != row[-1] for row in second):
            break
    return ", ".join(f"{name} = {value}" for name, value in zip(names, values, strict=True))
