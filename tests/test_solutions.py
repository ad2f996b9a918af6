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
import sympy

from journey.algebra import Relation, read_relation, relation_text
from journey.equivalence import relation, to_sympy
from journey.exact.realroots import Root
from journey.exact.solutions import Solutions, compare, solutions
from journey.exact.surds import Unsupported
from journey.step import Verdict
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


def contains(result: Solutions, point: Fraction) -> bool:
    return Root.rational(point) in result


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


def assert_right(line: Relation, result: Solutions) -> None:
    """Every number on a grid, every end and a number between any two of them is classified rightly."""
    text = f"{relation_text(line)} | {result}"
    ends = [value_of(root) for root in result.breaks]
    for place, end in enumerate(ends):
        assert holds(line, end) == result.holds[2 * place + 1], (text, str(result.breaks[place]))
    middles = [(a + b) / 2 for a, b in pairwise(ends)]
    outer = [ends[0] - 1, *middles, ends[-1] + 1] if ends else [mpmath.mpf(1) / 3]
    for place, point in enumerate(outer):
        assert holds(line, point) == result.holds[2 * place], (text, point)
    for point in GRID:
        assert holds(line, point) == contains(result, point), (text, point)
    if line[0] == "=":
        for sign in "+-":
            for crossing in crossings(double(line, sign)):
                assert any(alike(crossing, end) for end in ends) or any(result.holds[::2]), (text, crossing)


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
    output: Counter[str] = Counter()
    for line in relations(seed, count, kind, words):
        try:
            result = solutions(line)
        except Unsupported as fault:
            output[f"unknown: {fault}"] += 1
            continue
        output["decided"] += 1
        assert_right(line, result)
    return output


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("words", [("=",), ("<", ">", "<=", ">=")], ids=["equations", "inequalities"])
def test_solution_sets_agree_with_values(kind: str, words: tuple[str, ...]) -> None:
    output = run("0", 12, kind, words)
    assert output["decided"] >= 11, output


@pytest.mark.slow
@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("words", [("=",), ("<", ">", "<=", ">=")], ids=["equations", "inequalities"])
def test_many_solution_sets_agree_with_values(kind: str, words: tuple[str, ...]) -> None:
    output = run("many", 600, kind, words)
    print(kind, words, dict(output))
    assert output["decided"] >= 540, output


def changed(line: Relation, random: Random) -> Relation:
    """The line with one number in it moved by one, or its sides squared, or a side taken alone."""
    word, left, right = line
    ways = [
        (word, left, ("+", right, 1)),
        (word, ("^", left, 2), ("^", right, 2)),
        (word, ("*", left, "x"), ("*", right, "x")),
        (word, ("/", left, "x"), ("/", right, "x")),
        (word, ("*", left, 3), ("*", right, 3)),
        (word, ("-", left, right), 0),
        (word, ("-", left, "x"), ("-", right, "x")),
        ("or", line, ("=", "x", random.randint(-4, 4))),
        ("and", line, (">", "x", random.randint(-4, 4))),
    ]
    return random.choice(ways)


def assert_compared(line: Relation, after: Relation) -> Verdict:
    """The verdict on one line after another agrees with values at its evidence and on the grid."""
    verdict, evidence = relation(line, after)
    text = f"{relation_text(line)}  |  {relation_text(after)}  |  {verdict} {evidence}"
    if verdict is Verdict.UNKNOWN:
        return verdict
    both = [(holds(line, point), holds(after, point)) for point in GRID]
    if verdict is not Verdict.WRONG:
        assert verdict is Verdict.LOSES or not any(a and not b for a, b in both), text
        assert verdict is Verdict.ADDS or not any(b and not a for a, b in both), text
    lost, added = compare(solutions(line), solutions(after))
    for number_, first, second in ((lost, True, False), (added, False, True)):
        if number_ is not None:
            assert (holds(line, value_of(number_)), holds(after, value_of(number_))) == (first, second), text
    return verdict


def compared(seed: str, count: int) -> Counter[Verdict]:
    random = Random(seed)
    output: Counter[Verdict] = Counter()
    for kind in FORMS:
        for line in relations(seed, count // len(FORMS), kind, ("=", "=", "<", ">=")):
            output[assert_compared(line, changed(line, random))] += 1
    return output


def test_verdicts_on_lines_agree_with_values() -> None:
    output = compared("0", 120)
    assert output[Verdict.UNKNOWN] <= 4
    assert min(output[each] for each in (Verdict.VALID, Verdict.LOSES, Verdict.ADDS, Verdict.WRONG)) > 5


@pytest.mark.slow
def test_many_verdicts_on_lines_agree_with_values() -> None:
    output = compared("many", 5_000)
    print(dict(output))
    assert output[Verdict.UNKNOWN] <= 100


def test_polynomial_and_rational_equations_agree_with_sympy() -> None:
    x = sympy.Symbol("x", real=True)
    for kind in ("polynomial", "rational", "absolute"):
        for line in relations("sympy", 12, kind):
            if "sqrt" in relation_text(line):
                continue
            left, right = (to_sympy(side) for side in line[1:])
            theirs = sympy.solveset(left - right, x, sympy.S.Reals)
            if not isinstance(theirs, sympy.FiniteSet):
                continue
            ours = [value_of(root) for root in solutions(line).breaks]
            with mpmath.workdps(50):
                exact = sorted(mpmath.mpf(str(sympy.N(each, 45))) for each in theirs)
                assert len(ours) == len(exact), relation_text(line)
                assert all(abs(a - b) < 1e-30 for a, b in zip(ours, exact, strict=True)), relation_text(line)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1/0=1", "no solution"),
        ("0/0=0", "no solution"),
        ("0^0=1", "no solution"),
        ("x^0=1", "x < 0 or 0 < x"),
        ("x/x=1", "x < 0 or 0 < x"),
        ("0/x=0", "x < 0 or 0 < x"),
        ("sqrt(-1)=x", "no solution"),
        ("sqrt(x)=-1", "no solution"),
        ("sqrt(-x^2)=0", "0"),
        ("sqrt((x^2-2)^2(x-5))=0", "-sqrt(2), sqrt(2), 5"),
        ("abs(2x+1)=3", "-2, 1"),
        ("abs(abs(x)-1)=1/2", "-3/2, -1/2, 1/2, 3/2"),
        ("abs(3x+0/(-x-2))<7", "-7/3 < x < -2 or -2 < x < 7/3"),
        ("sqrt(x)sqrt(x-1)=sqrt(x(x-1))", "1 <= x"),
        ("sqrt(0/(x-3))<x-2", "2 < x < 3 or 3 < x"),
        ("x^(1/2)=0", "0"),
        ("x^(-1/2)=2", "1/4"),
        ("sqrt(x+sqrt(x))=2", "(9-sqrt(17))/2"),
        ("x^2=10^18", "-1000000000, 1000000000"),
        ("999999999999999999x=1", "1/999999999999999999"),
        ("x+-2=3", "1, 5"),
        ("all numbers", "all numbers"),
        ("no solution or x=1", "1"),
        ("1<x<1", "no solution"),
        ("x=1 or x=1", "1"),
    ],
)
def test_lines_at_the_borders(line: str, message: str) -> None:
    assert str(solutions(read_relation(line))) == message


@pytest.mark.parametrize(
    ("before", "after", "verdict", "number_"),
    [
        ("x=1", "(x-1)^2(x^2+1)=0", Verdict.VALID, ""),
        ("x>=0", "x>0", Verdict.LOSES, "0"),
        ("x<2", "x<=2", Verdict.ADDS, "2"),
        ("all numbers", "x/x=1", Verdict.LOSES, "0"),
        ("(x-1)/(x-1)>0", "all numbers", Verdict.ADDS, "1"),
        ("x^3=2", "x^3=2 or x=10^9", Verdict.ADDS, "1000000000"),
        ("x^2=2", "x=sqrt(2)", Verdict.LOSES, "-sqrt(2)"),
        ("x^2=2", "x=+-sqrt(2)", Verdict.VALID, ""),
        ("x=y", "y=x", Verdict.UNKNOWN, ""),
        ("x=2", "y=2", Verdict.UNKNOWN, ""),
        ("0=0", "all numbers", Verdict.VALID, ""),
        ("sin(x)=0", "x=0", Verdict.UNKNOWN, ""),
    ],
)
def test_sets_that_differ_by_a_point(before: str, after: str, verdict: Verdict, number_: str) -> None:
    result, evidence = relation(read_relation(before), read_relation(after))
    assert result is verdict
    assert not number_ or (evidence is not None and evidence.values[0] == number_)


def test_evidence_does_not_depend_on_what_was_decided_before() -> None:
    lines = ["x^3-3x+1<0", "x^2<7", "sqrt(x)<3", "x^5-x-1>0"]
    nothing = solutions(read_relation("no solution"))

    def message() -> list[str]:
        return [str(compare(solutions(read_relation(line)), nothing)[0]) for line in lines]

    before = message()
    for line in lines:
        for root in solutions(read_relation(line)).breaks:
            root.interval()
    assert message() == before


def test_a_root_of_a_quotient_keeps_the_number_below() -> None:
    assert str(solutions(read_relation("sqrt(5/(4x+6))=1"))) == "-1/4"
    assert str(solutions(read_relation("1/abs(2x+4)=1"))) == "-5/2, -3/2"
