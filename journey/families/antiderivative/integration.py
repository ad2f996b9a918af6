"""The methods of integration, one step at a time, and the mistakes that people make with them.

    ways(read("x*cos(2x)"), 1)      parts x:       x*sin(2x)/2-I(sin(2x)/2)
                                    parts cos(2x): x^2*cos(2x)/2+I(x^2*sin(2x)): no easier, a dead end

Only table forms, fitting substitutions and products with a small power of x have a method. Verdicts do not
depend on this module: `journey.exact.derivatives` differentiates every line.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from journey.algebra import Algebra, polynomial_of, total, write
from journey.exact.derivatives import derivative
from journey.exact.polynomials import Coefficients
from journey.exact.surds import Unsupported
from journey.exact.terms import Factors, Term, built, parts, tidy
from journey.methods.calculus import multiplied_out, whole_coefficients

MAX_EXPANDED = 6
MAX_POWER = 4
"""The highest degree of the polynomial in an integral by parts."""


class Way(NamedTuple):
    """A method for I(f), with its result and the common mistakes: name and wrong result."""

    word: str
    operand: Algebra | None
    result: Algebra
    slips: tuple[tuple[str, Algebra], ...] = ()


def term(number: Fraction | int, *factors: tuple[Algebra, int]) -> Algebra:
    """A number times powers, as an expression."""
    return built([(Fraction(number), factors)]) if number else 0


def scaled(number: Fraction, tree: Algebra) -> Algebra:
    """A number times an expression."""
    return ("/", ("*", number.numerator, tree), number.denominator)


@lru_cache(maxsize=4096)
def ways(f: Algebra, bound: int) -> tuple[Way, ...]:
    """Every method for I(f); a product with a higher power of x than `bound` has none."""
    try:
        return tuple(_ways(f, bound))
    except Unsupported:
        return ()


def _ways(f: Algebra, bound: int) -> Iterator[Way]:
    terms = parts(f)
    if len(terms) > 1:
        pieces = [(1 if n > 0 else -1, ("I", term(abs(n), *factors))) for n, factors in terms]
        flipped = [*pieces[:-1], (-pieces[-1][0], pieces[-1][1])]
        yield Way("sum", None, total(pieces), (("sign_lost", total(flipped)),))
        return
    number, factors = terms[0] if terms else (Fraction(0), ())
    if not factors or (len(factors) == 1 and factors[0][0] == "x"):
        yield _power(number, factors[0][1] if factors else 0)
    elif number != 1:
        alone: Algebra = ("I", term(1, *factors))
        yield Way("multiple", None, scaled(number, alone), (("factor_lost", alone),))
    else:
        yield from _products(factors, bound)


def _power(number: Fraction, n: int) -> Way:
    """I(a x^n)."""
    if n == -1:
        slip = ("differentiated", term(-number, ("x", -2)))
        return Way("table", None, term(number, (("log", ("abs", "x")), 1)), (slip,))
    slips: list[tuple[str, Algebra]] = [("differentiated", 0)] if number and not n else []
    if number and n:
        raised = ("x", n + 1)
        slips.append(("not_divided", term(number, raised)))
        slips.append(("divided_by_old", term(number / n, raised)))
        slips.append(("differentiated", term(number * n, ("x", n - 1)) if n != 1 else term(number)))
    return Way("power", None, term(number / (n + 1), ("x", n + 1)), tuple(slips))


def _products(factors: Factors, bound: int) -> Iterator[Way]:
    if len(factors) == 1 and (way := _table(*factors[0])) is not None:
        yield way
        return
    if (expanded := _expanded(factors)) is not None:
        yield Way("expand", None, ("I", expanded), _part_by_part(factors))
        return
    inner = [base[1] for base, e in factors if isinstance(base, tuple) and base[0] == "D" and e == 1]
    if inner:
        if len(inner) == 1 and (way := _outer(factors, inner[0])) is not None:
            yield way
        return
    yield from _substitutions(factors)
    choices = list(_by_parts(factors, bound))
    # Which factor to differentiate is a guess, so half the time the wrong one comes first.
    yield from choices if len(write(term(1, *factors))) % 2 else choices[::-1]


def slope(u: Algebra) -> Fraction | None:
    """The number a of a x + b; None for other expressions."""
    try:
        terms = parts(derivative(u))
    except Unsupported:
        return None
    return terms[0][0] if len(terms) == 1 and not terms[0][1] else None


def integral(base: Algebra, exponent: int, u: Algebra) -> Algebra | None:
    """The antiderivative of a table function or power of u with respect to u."""
    if base == u:
        if exponent == -1:
            return ("log", ("abs", u))
        return term(Fraction(1, exponent + 1), (u, exponent + 1))
    if exponent == 1 and isinstance(base, tuple) and len(base) == 2 and base[1] == u:
        table: dict[str, Algebra] = {
            "sin": ("neg", ("cos", u)),
            "cos": ("sin", u),
            "exp": ("exp", u),
            "sqrt": ("/", ("*", ("*", 2, u), base), 3),
        }
        return table.get(base[0])
    return None


def _table(base: Algebra, exponent: int) -> Way | None:
    """The integral of a function or a power of a x + b."""
    power = isinstance(base, tuple) and base[0] in ("+", "-")
    u = base if power else base[1] if isinstance(base, tuple) and len(base) == 2 else None
    a = None if u is None or base[0] == "D" else slope(u)  # type: ignore[index]
    if u is None or not a or (antiderivative := integral(base, exponent, u)) is None:
        return None
    slips: list[tuple[str, Algebra]] = []
    if a != 1:
        slips += [("inner_forgotten", antiderivative), ("multiplied", scaled(a, antiderivative))]
    if isinstance(base, tuple) and base[0] in ("sin", "cos"):
        slips.append(("sign_of_sine", scaled(-1 / a, antiderivative)))
    if power and exponent != -1:
        slips.append(("not_divided", scaled(1 / a, term(1, (u, exponent + 1)))))
    slips += _outer_slips(base, exponent, u)
    return Way("table", None, scaled(1 / a, antiderivative), tuple(slips))


def _outer_slips(base: Algebra, exponent: int, u: Algebra) -> list[tuple[str, Algebra]]:
    """The mistake of using the rules for powers or for differentiation instead."""
    if base == u:
        return [("differentiated", term(-1, (u, -2)))] if exponent == -1 else []
    if isinstance(base, tuple) and base[0] == "exp":
        raised = tidy(("+", u, 1))
        return [("exp_as_power", term(1, (("exp", raised), 1), (raised, -1)))]
    if isinstance(base, tuple) and base[0] == "sqrt":
        return [("not_divided", term(1, (u, 1), (base, 1)))]
    return []


def _expanded(factors: Factors) -> Algebra | None:
    """A product of brackets, or a bracket over a power of x, expanded into a sum."""
    others = tuple(each for each in factors if each[0] != "x")
    coefficients = multiplied_out(others, MAX_EXPANDED) if others else None
    if coefficients is None:
        return None
    shift = sum(exponent for base, exponent in factors if base == "x")
    if shift >= 0:
        return polynomial_of([*coefficients, *[0] * shift])
    top = len(coefficients) - 1 + shift
    return built(
        [(Fraction(c), (("x", top - at),) if top - at else ()) for at, c in enumerate(coefficients) if c]
    )


def _part_by_part(factors: Factors) -> tuple[tuple[str, Algebra], ...]:
    """The product of the antiderivatives of the factors."""
    made = [_simple(base, exponent) for base, exponent in factors]
    if len(made) < 2 or None in made:
        return ()
    result: Algebra = 1
    for each in made:
        result = ("*", result, each)  # type: ignore[assignment]
    return (("part_by_part", result),)


def _simple(base: Algebra, exponent: int) -> Algebra | None:
    if base == "x":
        return integral("x", exponent, "x")
    way = _table(base, exponent)
    if way is not None:
        return way.result
    coefficients = whole_coefficients(base) if exponent == 1 else None
    if coefficients is None:
        return None
    return _polynomial(coefficients)


def _polynomial(coefficients: Coefficients) -> Algebra:
    degree = len(coefficients)
    return built(
        [(Fraction(c, degree - at), (("x", degree - at),)) for at, c in enumerate(coefficients) if c]
    )


def _outer(factors: Factors, g: Algebra) -> Way | None:
    """The integral of h(g)*D(g): the antiderivative of h at g."""
    rest = [(base, exponent) for base, exponent in factors if base != ("D", g)]
    if not rest:
        return Way("back", None, g, (("differentiated", ("D", g)),))
    antiderivative = integral(*rest[0], g) if len(rest) == 1 else None
    if antiderivative is None:
        return None
    slips: list[tuple[str, Algebra]] = []
    (base, exponent) = rest[0]
    if isinstance(base, tuple) and base[0] in ("sin", "cos") and base != g:
        slips.append(("sign_of_sine", ("neg", antiderivative)))
    if base == g and exponent != -1:
        slips.append(("not_divided", term(1, (g, exponent + 1))))
    slips += _outer_slips(base, exponent, g)
    return Way(
        "back",
        None,
        antiderivative,
        tuple(s for s in slips if s[1] != antiderivative and tidy(s[1]) != tidy(antiderivative)),
    )


def _substitutions(factors: Factors) -> Iterator[Way]:
    """Writes I(f) as number * I(h*D(g)), for each g in f whose derivative divides f."""
    candidates: dict[Algebra, None] = {}
    for base, _ in factors:
        if not isinstance(base, tuple):
            continue
        if len(base) == 2 and slope(base[1]) is None:
            candidates[base[1]] = None
        elif base[0] in ("+", "-") if len(base) == 3 else base[0] != "exp" and len(factors) > 1:
            candidates[base] = None
    for g in candidates:
        quotient = parts(("/", term(1, *factors), derivative(g)))
        if len(quotient) != 1 or not _divides(factors, quotient[0]):
            continue
        number, rest = quotient[0]
        inside = term(1, *rest, (("D", g), 1))
        slips = [("factor_lost", ("I", inside)), ("factor_lost", scaled(1 / number, ("I", inside)))]
        kept = tuple(slips) if abs(number) != 1 else ()
        yield Way("substitute", g, scaled(number, ("I", inside)), (*kept, *_part_by_part(factors)))


def _divides(factors: Factors, quotient: Term) -> bool:
    before = dict(factors)
    return all(exponent > 0 or exponent >= before.get(base, 0) for base, exponent in quotient[1])


def _by_parts(factors: Factors, bound: int) -> Iterator[Way]:
    """Integration by parts of a polynomial times sin, cos or exp, or of a power of x times log(x)^n."""
    logs = [(base, exponent) for base, exponent in factors if base == ("log", "x") and exponent > 0]
    others = [each for each in factors if each not in logs]
    if len(logs) == 1 and (not others or (len(others) == 1 and others[0][0] == "x" and others[0][1] != -1)):
        n = others[0][1] if others else 0
        yield _parted(term(1, *logs), term(Fraction(1, n + 1), ("x", n + 1)), factors)
        return
    if len(factors) != 2:
        return
    waves = [each for each in factors if isinstance(each[0], tuple) and each[0][0] in ("sin", "cos", "exp")]
    plain = [each for each in factors if each not in waves]
    if len(waves) != 1 or len(plain) != 1 or (table := _table(*waves[0])) is None:
        return
    base, exponent = plain[0]
    coefficients = (1, *[0] * exponent) if base == "x" and exponent > 0 else whole_coefficients(base)
    if coefficients is None or (base != "x" and exponent != 1):
        return
    degree = len(coefficients) - 1
    if not 1 <= degree <= min(bound, MAX_POWER):
        return
    p, wave = term(1, *plain), term(1, *waves)
    yield _parted(p, tidy(table.result), factors)
    if degree == bound:
        yield _parted(wave, _polynomial(coefficients), factors)


def _parted(u: Algebra, v: Algebra, factors: Factors) -> Way:
    left = parts(("*", v, derivative(u)))
    number, rest = left[0] if len(left) == 1 else (Fraction(1), ((built(left), 1),))
    inside = scaled(number, ("I", term(1, *rest)))
    product = ("*", u, v)
    slips: list[tuple[str, Algebra]] = [("parts_sign", ("+", product, inside)), ("rest_forgotten", product)]
    return Way("parts", u, ("-", product, inside), (*slips, *_part_by_part(factors)))


def degree(f: Algebra) -> int:
    """The highest degree of a factor of a sine, cosine or exponential of a x + b in f."""
    degrees = [0]
    for _, factors in parts(f):
        if not any(_wave(base) for base, _ in factors):
            continue
        for base, exponent in factors:
            coefficients = whole_coefficients(base) if base != "x" and exponent == 1 else None
            degrees.append(exponent if base == "x" else len(coefficients or (0,)) - 1)
    return max(degrees)


def _wave(base: Algebra) -> bool:
    return isinstance(base, tuple) and base[0] in ("sin", "cos", "exp") and slope(base[1]) is not None
