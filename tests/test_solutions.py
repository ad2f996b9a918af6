"""Solution sets: against values to 60 digits at and between their ends, sign changes, and sympy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import Any

import mpmath
import pytest

from journey.algebra import Relation, read_relation, relation_text
from journey.realroots import Root
from journey.solutions import Solutions, solutions
from journey.surds import TooHard
from tests.oracles.algebra import DIGITS, alike, number, truth

GRID = [Fraction(n, 6) for n in range(-75, 76)]


def p(random: Random, degree: int, size: int = 6) -> str:
    """A random polynomial as text."""
    coefficients = [random.choice([1, 1, -1, random.randint(1, size)])] + [
        random.randint(-size, size) for _ in range(degree)
    ]
    parts = [f"{c:+}*x^{degree - place}" for place, c in enumerate(coefficients)]
    return "".join(parts).replace("*x^0", "").replace("x^1", "x").removeprefix("+").replace("-", "0-", 0)


FORMS: dict[str, list[str]] = {
    "linear": ["{1}={1}", "3({1})/4={1}", "({1})/3-({1})/2=1", "2({1})-3({1})={1}", "{1}=+-({1})"],
    "polynomial": [
        "{2}=0",
        "{2}={1}",
        "({1})({1})=0",
        "{3}=0",
        "({1})({2})={1}",
        "{4}=0",
        "({1})^2=n",
        "({2})^2={1}",
    ],
    "rational": [
        "n/({1})+n/({1})=n",
        "({1})/({1})={1}",
        "n/({2})=n/({1})",
        "n/({1})-n/({1})=({1})/({2})",
        "1/x+1/({1})=1/n",
        "x^(-2)={1}",
    ],
    "radical": [
        "sqrt({1})={1}",
        "sqrt({1})=n",
        "sqrt({1})+sqrt({1})=n",
        "sqrt({2})={1}",
        "sqrt({1})=sqrt({1})",
        "sqrt({1})-x=sqrt({1})",
        "x*sqrt({1})={1}",
        "1/sqrt({1})={1}",
        "sqrt(x+sqrt({1}))=n",
        "({1})^(1/2)={1}",
        "sqrt(n/({1}))={1}",
        "sqrt(2)x+sqrt(3)={1}",
        "sqrt(({1})^2)={1}",
        "sqrt({1})*sqrt({1})=sqrt({2})",
        "x^(3/2)={1}",
    ],
    "absolute": [
        "abs({1})=n",
        "abs({1})={1}",
        "abs({1})=abs({1})",
        "abs({2})={1}",
        "abs({1})+abs({1})=n",
        "abs(abs({1})-n)=n",
        "abs({1}/({1}))=n",
        "abs(x)({1})={1}",
        "abs(sqrt(abs({1}))-2)=n",
        "x/abs(x)={1}",
    ],
}


def relations(seed: str, count: int, kind: str, words: tuple[str, ...] = ("=",)) -> Iterator[Relation]:
    """Random relations of a kind."""
    random = Random(f"{seed}:{kind}")
    for _ in range(count):
        text = random.choice(FORMS[kind]).replace("=", random.choice(words))
        for degree in "1234":
            while f"{{{degree}}}" in text:
                text = text.replace(f"{{{degree}}}", p(random, int(degree)), 1)
        while "n" in text:
            text = text.replace("n", str(random.randint(0, 9)), 1)
        yield read_relation(text.replace("--", "+"))


def value_of(root: Root) -> Any:
    """A root to `DIGITS` digits, from mpmath's own root finder."""
    with mpmath.workdps(2 * DIGITS):
        roots = mpmath.polyroots(list(root.minimal), maxsteps=500, extraprec=600)
        real = sorted(each.real for each in map(mpmath.mpc, roots) if abs(each.imag) < mpmath.mpf(10) ** -50)
        return real[root.place]


def contains(found: Solutions, point: Fraction) -> bool:
    return Root.rational(point) in found


def double(tree: Any, sign: str) -> Any:
    """With + or - for every +-."""
    if not isinstance(tree, tuple):
        return tree
    if tree[0] == "+-":
        parts = [double(part, sign) for part in tree[1:]]
        return (sign, *parts) if len(parts) == 2 else parts[0] if sign == "+" else ("neg", parts[0])
    return (tree[0], *(double(part, sign) for part in tree[1:]))


def holds(line: Relation, at: Any) -> bool:
    return any(truth(double(line, sign), at) for sign in "+-")


def assert_right(line: Relation, found: Solutions) -> None:
    """Every number on a grid, every end and a number between any two of them is told rightly."""
    text = f"{relation_text(line)} | {found}"
    ends = [value_of(root) for root in found.breaks]
    for place, end in enumerate(ends):
        assert holds(line, end) == found.holds[2 * place + 1], (text, str(found.breaks[place]))
    middles = [(a + b) / 2 for a, b in pairwise(ends)]
    outer = [ends[0] - 1, *middles, ends[-1] + 1] if ends else [mpmath.mpf(1) / 3]
    for place, point in enumerate(outer):
        assert holds(line, point) == found.holds[2 * place], (text, point)
    for point in GRID:
        assert holds(line, point) == contains(found, point), (text, point)
    if line[0] == "=":
        for sign in "+-":
            for crossing in crossings(double(line, sign)):
                assert any(alike(crossing, end) for end in ends) or any(found.holds[::2]), (text, crossing)


def crossings(line: Relation) -> Iterator[Any]:
    """Where the difference of the sides goes through zero, by bisection."""
    tree = ("-", line[1], line[2])
    points = [Fraction(n, 9) for n in range(-100, 101, 2)]
    values = [number(tree, {"x": point}) for point in points]
    for low, high, a, b in zip(points, points[1:], values, values[1:], strict=False):
        if a is None or b is None or a * b >= 0:
            continue
        left, right = (
            mpmath.mpf(low.numerator) / low.denominator,
            mpmath.mpf(high.numerator) / high.denominator,
        )
        with mpmath.workdps(DIGITS):
            for _ in range(180):
                middle = (left + right) / 2
                value = number(tree, {"x": middle})
                if value is None:
                    break
                left, right = (middle, right) if value * a > 0 else (left, middle)
            else:
                if abs(value) < mpmath.mpf(10) ** -30:
                    yield middle


def run(seed: str, count: int, kind: str, words: tuple[str, ...]) -> Counter[str]:
    told: Counter[str] = Counter()
    for line in relations(seed, count, kind, words):
        try:
            found = solutions(line)
        except TooHard as fault:
            told[f"unknown: {fault}"] += 1
            continue
        told["decided"] += 1
        assert_right(line, found)
    return told


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("words", [("=",), ("<", ">", "<=", ">=")], ids=["equations", "inequalities"])
def test_solution_sets_agree_with_values(kind: str, words: tuple[str, ...]) -> None:
    told = run("0", 40, kind, words)
    assert told["decided"] >= 36, told


@pytest.mark.slow
@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("words", [("=",), ("<", ">", "<=", ">=")], ids=["equations", "inequalities"])
def test_many_solution_sets_agree_with_values(kind: str, words: tuple[str, ...]) -> None:
    told = run("many", 600, kind, words)
    print(kind, words, dict(told))
    assert told["decided"] >= 540, told
