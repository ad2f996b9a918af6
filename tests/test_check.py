"""The verdict on a step, beside sympy's own arithmetic as the oracle."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sympy import Poly, Symbol

from journey import families
from journey.check import check, check_move, hopeless
from journey.claim_types import Equal, Expands, Holds, Substitutes
from journey.expressions import Tree, evaluate, polynomial, words
from journey.step import Evidence, Move, Operand, Verdict

numbers = some.integers(-99, 99)
trees = some.recursive(
    numbers, lambda inside: some.tuples(some.sampled_from("+-*/"), inside, inside), max_leaves=6
)


def exact(tree: Tree) -> Fraction:
    """An oracle that shares no code with ours."""
    if isinstance(tree, int):
        return Fraction(tree)
    left, right = exact(tree[1]), exact(tree[2])
    return {"+": left.__add__, "-": left.__sub__, "*": left.__mul__, "/": left.__truediv__}[tree[0]](right)


@given(trees)
def test_values_agree_with_fractions(tree: Tree) -> None:
    try:
        value = exact(tree)
    except ZeroDivisionError:
        with pytest.raises(ZeroDivisionError):
            evaluate(tree)
        return
    ours = evaluate(tree)
    assert Fraction(int(ours.p), int(ours.q)) == value


@given(trees, numbers)
def test_a_sum_is_valid_exactly_if_it_is_true(tree: Tree, message: int) -> None:
    try:
        true = exact(tree) == message
    except ZeroDivisionError:
        true = False
    verdict, evidence = check([Equal(tree, message)])
    assert (verdict is Verdict.VALID) == true
    assert (evidence is None) == true


@given(trees)
def test_words_mean_what_the_tree_means(tree: Tree) -> None:
    text = words(tree)
    try:
        value = exact(tree)
    except ZeroDivisionError:
        return
    # The oracle here is Python's own arithmetic on text that this test made from integers.
    assert eval(text.replace("/", "//") if False else _fractions(text)) == value


def _fractions(text: str) -> str:
    import re

    return re.sub(r"\d+", lambda result: f"Fraction({result[0]})", text)


@given(some.lists(numbers, min_size=1, max_size=4))
def test_a_polynomial_is_written_as_sympy_reads_it(coefficients: list[int]) -> None:
    x = Symbol("x")
    text = polynomial(coefficients)
    from sympy import sympify  # an oracle, on text that this test made

    spelled = "".join(f"*{c}" if c == "x" and text[at - 1 : at].isdigit() else c for at, c in enumerate(text))
    assert Poly(sympify(spelled.replace("^", "**")), x) == Poly(coefficients, x)


@given(some.tuples(numbers, numbers, numbers, numbers), some.integers(-2, 2))
def test_a_product_is_valid_exactly_if_it_expands(parts: tuple[int, int, int, int], off: int) -> None:
    p, q, r, s = parts
    message = (p * r, p * s + q * r + off, q * s)
    verdict, _ = check([Expands(((p, q), (r, s)), message)])
    assert (verdict is Verdict.VALID) == (off == 0)


def test_evidence_says_what_is_true_and_what_was_stated() -> None:
    _, evidence = check([Equal(("*", 3, 4), 13)])
    assert str(evidence) == "3*4 = 12, not 13"
    _, evidence = check([Equal(("/", 7, 2), 3)])
    assert str(evidence) == "7/2 = 7/2, not 3"
    _, evidence = check([Expands(((2, 3), (1, -5)), (2, -7, -14))])
    assert str(evidence) == "(2x+3)(x-5) = 2x^2-7x-15, not 2x^2-7x-14"
    _, evidence = check([Holds((17,), (28, 3))])
    assert str(evidence) == "17 is not among 28, 3"


@given(some.sampled_from("+-*"), numbers, numbers, numbers, some.permutations(["a", "b"]))
def test_a_sum_is_substituted_exactly_if_it_is_the_formula_s(
    sign: str, a: int, b: int, other: int, names: list[str]
) -> None:
    known = {"a": a, "b": b, "c": other}
    formula = (sign, names[0], names[1])
    left, right = (known[name] for name in names)
    assert check([Substitutes(formula, known, (sign, left, right))]).verdict is Verdict.VALID
    # An oracle that knows nothing of commuting: another number in place of one operand.
    verdict, _ = check([Substitutes(formula, known, (sign, left, other))])
    assert (verdict is Verdict.VALID) == (other == right)
    verdict, _ = check([Substitutes(formula, known, (sign, right, left))])
    assert (verdict is Verdict.VALID) == (sign in "+*" or left == right)


def test_what_is_not_known_cannot_be_substituted() -> None:
    verdict, evidence = check([Substitutes(("*", 2, "b"), {"a": 3}, ("*", 2, 3))])
    assert verdict is Verdict.WRONG
    assert (str(evidence), evidence.terse() if evidence else "") == ("b is not known yet", "b")
    _, evidence = check([Substitutes(("*", 2, "a"), {"a": 3}, ("+", 2, 3))])
    assert (str(evidence), evidence.terse() if evidence else "") == ("2*a is 2*3 here, not 2+3", "2*3")


def test_a_move_out_of_place_is_wrong_and_not_an_error() -> None:
    family = families.get("diophantine")
    state = family.start({"a": 7, "b": 12, "c": 173})
    verdict, evidence = check_move(family, state, Move("divide", (), 4))
    assert verdict is Verdict.WRONG
    assert evidence is not None
    assert evidence.kind == "misplaced"


def test_hopeless_is_proved_and_gives_up_at_its_limit() -> None:
    family = families.get("countdown")
    assert hopeless(family, family.start({"numbers": [1, 1], "target": 99})) is True
    assert hopeless(family, family.start({"numbers": [50, 49], "target": 99})) is False
    assert hopeless(family, family.start({"numbers": [2, 3, 5, 7, 11], "target": 7919}), limit=10) is None


def test_operands_have_identity() -> None:
    assert Operand(3, at=0) != Operand(3, at=1)
    assert Evidence("unequal", ("1 + 1", 2, 3)) == Evidence("unequal", ("1 + 1", 2, 3))
