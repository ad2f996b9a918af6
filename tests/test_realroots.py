"""Real algebraic numbers: against sympy's roots and mpmath's digits."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from random import Random

import mpmath
import pytest
import sympy

from journey.exact.realroots import Root, real_roots
from journey.exact.surds import Unsupported

X = sympy.Symbol("x")


def polynomials(seed: int, count: int) -> list[tuple[int, ...]]:
    """Random ones, and products of ones with known roots and multiplicities."""
    random = Random(seed)
    result = []
    for _ in range(count):
        if random.random() < 0.5:
            size = random.choice((3, 9, 60, 10**6))
            coefficients = [random.randint(-size, size) for _ in range(random.randint(2, 7))]
        else:
            product = sympy.Poly(random.randint(-3, 3) or 1, X)
            for _ in range(random.randint(1, 4)):
                factor = [random.randint(1, 3), *(random.randint(-9, 9) for _ in range(random.randint(1, 2)))]
                product *= sympy.Poly(factor, X) ** random.choice((1, 1, 2))
            coefficients = [int(c) for c in product.all_coeffs()]
        result.append(tuple(coefficients))
    return result


def assert_right(polynomial: tuple[int, ...]) -> None:
    ours = real_roots(polynomial)
    whole = sympy.Poly(list(polynomial), X)
    if whole.degree() < 1:
        assert ours == ()
        return
    theirs = whole.real_roots(multiple=False)
    assert len(ours) == len(theirs), polynomial
    with mpmath.workdps(60):
        for root, (exact, _) in zip(ours, theirs, strict=True):
            near = mpmath.mpf(str(exact.evalf(50)))
            about, error = root.about()
            assert abs(near - about) <= error + 1e-300, polynomial
            middle = root.interval()
            assert middle.a - mpmath.mpf(10) ** -30 <= near <= middle.b + mpmath.mpf(10) ** -30
            assert root.below() == sympy.floor(exact)
            text = str(root)
            if text.endswith("..."):
                assert abs(float(near)) - 1e-4 <= abs(float(text[:-3])) <= abs(float(near)) + 1e-12
            else:
                written = sympy.sympify(re.sub(r"(\d)sqrt", r"\1*sqrt", text))
                assert abs((written - exact).evalf(40, maxn=200)) < 1e-30, text
    assert all(low < high for low, high in pairwise(ours))
    for root in ours:
        assert root.sign(polynomial) == 0
        assert root.sign((*polynomial[:-1], polynomial[-1] + 1)) == 1


def test_roots_agree_with_sympy() -> None:
    for polynomial in polynomials(0, 40):
        assert_right(polynomial)


@pytest.mark.slow
def test_many_roots_agree_with_sympy() -> None:
    for polynomial in polynomials(1, 5_000):
        assert_right(polynomial)


def test_equal_numbers_are_equal_whatever_they_are_roots_of() -> None:
    double = real_roots((1, 0, -4, 0, 4))  # (x^2 - 2)^2
    assert double == real_roots((3, 0, -6))
    assert len({*double, *real_roots((1, 0, -2, 0))}) == 3
    near = real_roots((10**12, 0, -2 * 10**12 - 1))
    assert double[1] < near[1]
    assert double[1] != near[1]


def test_words_and_floors_do_not_depend_on_what_was_asked_before() -> None:
    fresh = real_roots((1, 0, -3, 1))
    message = [(str(root), root.below(), root.below(8)) for root in fresh]
    for root in fresh:
        root.interval()
    assert message == [(str(root), root.below(), root.below(8)) for root in fresh]


def test_signs_between_close_numbers() -> None:
    assert real_roots((1, -2, 1)) == (Root.rational(1),)
    close = real_roots((10**8, 0, -(10**8) - 1))
    assert Root.rational(1) < close[1] < Root.rational(Fraction(10**8 + 1, 10**8))


@pytest.mark.parametrize("polynomial", [(1, *[0] * 24, -2), (2**2_001, 0, 0, 1)])
def test_large_polynomials_are_refused(polynomial: tuple[int, ...]) -> None:
    with pytest.raises(Unsupported):
        real_roots(polynomial)


def test_huge_numbers_have_no_float() -> None:
    assert real_roots((1, -(10**400)))[0].about()[1] == float("inf")
    assert real_roots((1, 0, -(10**500) - 1))[1].below() == 10**250
