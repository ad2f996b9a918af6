"""Quotients of polynomials beside sympy's, and the solution sets they give beside those found with roots."""

from __future__ import annotations

from random import Random

import pytest
from sympy import Poly, Symbol, cancel

from journey import solutions
from journey.algebra import Algebra, read, write
from journey.equivalence import to_sympy
from journey.ratios import ratio
from journey.surds import TooHard


def drawn(random: Random, depth: int) -> Algebra:
    """A random expression in x."""
    if depth == 0 or random.random() < 0.2:
        return random.choice(("x", "x", random.randint(-4, 9)))
    operator = random.choice(("+", "-", "*", "/", "^", "neg"))
    first = drawn(random, depth - 1)
    if operator == "neg":
        return ("neg", first)
    return (operator, first, random.randint(-2, 3) if operator == "^" else drawn(random, depth - 1))


def test_a_ratio_is_the_expression() -> None:
    random, x, seen = Random(0), Symbol("x", real=True), 0
    for _ in range(400):
        tree = drawn(random, 3)
        try:
            top, bottom = (Poly(list(part), x).as_expr() for part in ratio(tree))
        except ZeroDivisionError:
            continue
        seen += 1
        assert cancel(to_sympy(tree) - top / bottom) == 0, write(tree)
    assert seen > 200
    for other in ("y", ("sin", "x"), ("^", "x", "x"), ("^", ("^", "x", 20), 2), ("+-", "x", 1)):
        with pytest.raises(TooHard):
            ratio(other)


def test_what_is_written_is_read_back_as_it_is() -> None:
    random = Random(2)
    for _ in range(2_000):
        text = write(read(write(drawn(random, 4))))
        assert write(read(text)) == text


def test_solutions_are_those_found_with_roots(monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(1)
    relations = [(random.choice(("=", "<", ">=")), drawn(random, 3), drawn(random, 2)) for _ in range(400)]
    plain = [solutions.solutions(relation) for relation in relations]

    def refused(tree: Algebra, name: str) -> None:
        raise TooHard("for the test")

    monkeypatch.setattr(solutions, "ratio", refused)
    solutions._solutions.cache_clear()
    assert [solutions.solutions(relation) for relation in relations] == plain
    solutions._solutions.cache_clear()
    assert len(set(map(str, plain))) > 60
