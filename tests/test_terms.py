"""Tidying changes no value, and what is tidy is written as it is read."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest

from journey.algebra import Algebra, read, write
from journey.equivalence import antiderivative, value
from journey.exact.terms import inside, replaced, tidy, tidy_text
from journey.exact.values import Undefined, plainly, rational_at
from journey.step import Verdict

POINTS = [Fraction(point) for point in ("2", "-3", "5/7", "11/3")]


def expression(random: Random, depth: int) -> Algebra:
    kind = random.choice(("+", "-", "*", "*", "/", "^", "neg", "abs", "D")) if depth else "leaf"
    if kind == "leaf":
        return random.choice(("x", "x", random.randint(-4, 9)))
    left = expression(random, depth - 1)
    if kind in ("neg", "abs"):
        return (kind, left)
    if kind == "D":
        return ("abs", left)
    return (kind, left, random.randint(-2, 3) if kind == "^" else expression(random, depth - 1))


def test_tidying_changes_no_value_and_says_what_it_reads() -> None:
    random = Random(0)
    compared = 0
    for _ in range(6_000):
        tree = read(write(expression(random, random.randint(1, 4))))
        text = tidy_text(tree)
        if text is None:
            continue
        assert write(read(text)) == text, write(tree)
        assert write(tidy(read(text))) == text, "once is enough"
        for point in POINTS:
            try:
                true = rational_at(tree, {"x": point})
            except (Undefined, ZeroDivisionError):
                continue
            assert rational_at(read(text), {"x": point}) == true, (write(tree), text)
            compared += 1
    assert compared > 10_000


@pytest.mark.parametrize(
    ("text", "tidier"),
    [
        ("x^2*cos(3x)*3", "3x^2*cos(3x)"),
        ("x*5x^4+(x-0)", "5x^5+x"),
        ("-(x-2)*1+3", "-x+5"),
        ("cos(3x)*D(3x)*2", "2cos(3x)D(3x)"),
        ("x*D(x)/2-3/(x+1)^2*x", "x*D(x)/2-3x/(x+1)^2"),
        ("(x-x)/2", "0"),
        ("1/(x-x)", "1/(x-x)"),
    ],
)
def test_tidy_by_example(text: str, tidier: str) -> None:
    assert tidy_text(read(text)) == tidier


def test_innermost_derivatives_are_found_and_replaced() -> None:
    tree = read("D(x)*3+D(D(x^2))-D(x)")
    assert [write(each) for each in inside(tree, "D")] == ["x", "x^2", "x"]
    assert write(replaced(tree, ("D", "x"), 1)) == "1*3+D(D(x^2))-D(x)"


def test_lines_of_any_degree_are_distinguished_at_once() -> None:
    before, after = read("D((x^3+8)^9*sin(x))"), read("D((x^3+8)^9)sin(x)+(x^3+8)^9*D(sin(x))")
    assert plainly(read("9(x^3+8)^8*3x^2"), read("27x^2*(x^3+8)^8")) is True
    assert value(before, after).verdict is Verdict.VALID
    verdict, evidence = value(before, read("D((x^3+8)^9)D(sin(x))"))
    assert verdict is Verdict.WRONG
    assert str(evidence) == "it is 134217728 at x = 0, not 0"


def test_the_integral_of_a_number_is_no_number() -> None:
    assert antiderivative(read("I(x+5)"), read("I(x)+I(5)")).verdict is Verdict.VALID
    assert antiderivative(read("I(x)-2I(5)/3"), read("x^2/2-10x/3")).verdict is Verdict.VALID
    assert antiderivative(read("I(x)+I(5)"), read("I(x)+5")).verdict is Verdict.WRONG
