"""The rules of differentiation, one at a time, and the mistakes that people make with them.

    rules(read("x^2*sin(x)"))       product: D(x^2)sin(x)+x^2*D(sin(x))
    slips(..., "product")           part_by_part: D(x^2)D(sin(x))

Verdicts do not depend on this module: `journey.exact.derivatives` computes derivatives independently.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any

from journey.algebra import Algebra, names_in, polynomial_of, product, read, total
from journey.errors import ParseError
from journey.exact.derivatives import carried_out
from journey.exact.polynomials import Coefficients, power, times
from journey.exact.surds import Unsupported
from journey.exact.terms import Factors, Term, built, parts, tidy
from journey.exact.values import POINTS, Undefined, at_point
from journey.methods.coefficients import as_integers, coefficients

MAX_EXPANDED = 4
"""The degree up to which a product is expanded before it is differentiated."""

Rule = tuple[str, Algebra]
"""The name of a rule, and what D(...) becomes by it."""


def monomial(factors: Factors) -> bool:
    """Whether a term is a number times a power of x."""
    return len(factors) == 1 and factors[0][0] == "x"


def constant(tree: Algebra) -> bool:
    """Whether it does not contain x."""
    return "x" not in names_in(tree)


@lru_cache(maxsize=4096)
def rules(u: Algebra) -> tuple[Rule, ...]:
    """Every rule that applies to D(u), with its result; empty if none applies."""
    return tuple(_rules(u))


def _rules(u: Algebra) -> Iterator[Rule]:
    terms = parts(u)
    if constant(u) or not any(factors for _, factors in terms):
        yield "constant", 0
        return
    if len(terms) > 1:
        # A sum like 3x+2 takes one line, a longer one goes term by term.
        if len(terms) == 2 and all(monomial(factors) or not factors for _, factors in terms):
            yield "terms", built([_lowered(term) for term in terms if term[1]])
        yield "sum", total([(1 if n > 0 else -1, ("D", built([(abs(n), f)]))) for n, f in terms])
        return
    number, factors = terms[0]
    if monomial(factors):
        yield "power", built([_lowered(terms[0])])
        if factors[0][1] < 0:
            yield _quotient(u, number, factors)
    elif number != 1:
        yield "multiple", built([(number, ((("D", built([(Fraction(1), factors)])), 1),))])
    elif len(factors) == 1:
        yield from _single(*factors[0])
    elif min(exponent for _, exponent in factors) < 0:
        yield _quotient(u, number, factors)
    else:
        first, rest = built([(Fraction(1), factors[:1])]), built([(Fraction(1), factors[1:])])
        yield "product", ("+", ("*", ("D", first), rest), ("*", first, ("D", rest)))
        yield from _expanded(factors)


def _lowered(term: Term) -> Term:
    """The derivative of a x^n."""
    number, ((base, exponent),) = term
    return number * exponent, ((base, exponent - 1),) if exponent != 1 else ()


def _single(base: Algebra, exponent: int) -> Iterator[Rule]:
    """The rules for one function or one power of a bracket."""
    if exponent != 1:
        outer = built([(Fraction(exponent), ((base, exponent - 1),))])
        yield "chain", product((outer, ("D", base)))
        if exponent < 0:
            yield _quotient(built([(Fraction(1), ((base, exponent),))]), Fraction(1), ((base, exponent),))
        yield from _expanded(((base, exponent),))
    elif isinstance(base, tuple) and base[0] in TABLE:
        outer = TABLE[base[0]](base[1])
        yield ("table", outer) if base[1] == "x" else ("chain", product((outer, ("D", base[1]))))


TABLE: dict[str, Any] = {
    "sin": lambda u: ("cos", u),
    "cos": lambda u: ("neg", ("sin", u)),
    "tan": lambda u: ("/", 1, ("^", ("cos", u), 2)),
    "exp": lambda u: ("exp", u),
    "log": lambda u: ("/", 1, u),
    "sqrt": lambda u: ("/", 1, ("*", 2, ("sqrt", u))),
}
"""The outer derivative of each function at u."""


def halves(number: Fraction, factors: Factors) -> tuple[Algebra, Algebra]:
    """Numerator and denominator of a term."""
    over = built([(Fraction(number.numerator), tuple(f for f in factors if f[1] > 0))])
    under = built([(Fraction(number.denominator), tuple((b, -e) for b, e in factors if e < 0))])
    return over, under


def _quotient(u: Algebra, number: Fraction, factors: Factors) -> Rule:
    over, under = halves(number, factors)
    top = ("-", ("*", ("D", over), under), ("*", over, ("D", under)))
    return "quotient", ("/", top, ("^", under, 2))


def _expanded(factors: Factors) -> Iterator[Rule]:
    if (polynomial := multiplied_out(factors, MAX_EXPANDED)) is not None:
        yield "expand", ("D", polynomial_of(polynomial))


def multiplied_out(factors: Factors, most: int) -> Coefficients | None:
    """The coefficients of a product of integer polynomials up to degree `most`; None for other products."""
    result: Coefficients = (1,)
    for base, exponent in factors:
        each = whole_coefficients(base)
        if each is None or exponent < 0 or len(result) + (len(each) - 1) * exponent > most + 1:
            return None
        try:
            result = times(result, power(each, exponent))
        except Unsupported:
            return None
    return result


def whole_coefficients(base: Algebra) -> Coefficients | None:
    """The coefficients of an integer polynomial, highest power first, (0,) for zero; None for others."""
    polynomial = as_integers(coefficients(base))
    return None if polynomial is None or len(polynomial) > MAX_EXPANDED + 1 else polynomial or (0,)


@lru_cache(maxsize=4096)
def slips(u: Algebra, word: str) -> tuple[tuple[str, Algebra], ...]:
    """The mistakes with a rule at D(u): name and result."""
    return tuple(_slips(u, word))


def _slips(u: Algebra, word: str) -> Iterator[tuple[str, Algebra]]:
    terms = parts(u)
    if word == "constant":
        yield "constant_kept", u
    elif word in ("power", "terms"):
        powers = [(number * f[0][1], f) for number, f in terms if f]
        yield "power_kept", built(powers)
        if any(factors and abs(factors[0][1]) > 1 for _, factors in terms):
            yield "factor_forgotten", built([(n, _lowered((n, f))[1]) for n, f in terms if f])
        if word == "terms" and not terms[-1][1]:
            yield "constant_kept", built([*(_lowered(term) for term in terms if term[1]), terms[-1]])
    elif word in ("table", "chain"):
        (base, exponent) = terms[0][1][0]
        yield from _outer_slips(base, exponent, word)
    elif word in ("product", "quotient"):
        number, factors = terms[0]
        if word == "product":
            over, under = built([(Fraction(1), factors[:1])]), built([(Fraction(1), factors[1:])])
            yield "part_by_part", ("*", ("D", over), ("D", under))
            return
        over, under = halves(number, factors)
        first, second = ("*", ("D", over), under), ("*", over, ("D", under))
        yield "part_by_part", ("/", ("D", over), ("D", under))
        yield "order_swapped", ("/", ("-", second, first), ("^", under, 2))
        yield "square_forgotten", ("/", ("-", first, second), under)


def _outer_slips(base: Algebra, exponent: int, word: str) -> Iterator[tuple[str, Algebra]]:
    if exponent != 1:
        outer = built([(Fraction(exponent), ((base, exponent - 1),))])
        kept = built([(Fraction(exponent), ((base, exponent),))])
        if word == "chain" and tidy(carried_out(("D", base))) != 1:
            yield "chain_forgotten", outer
        yield "power_kept", product((kept, ("D", base)))
        return
    name, u = str(base[0]), base[1]  # type: ignore[index]
    after: Algebra = 1 if word == "table" else ("D", u)
    if word == "chain":
        if tidy(carried_out(("D", u))) != 1:
            yield "chain_forgotten", TABLE[name](u)
        yield "inside_only", (name, ("D", u))
    if name in ("sin", "cos"):
        other: Algebra = ("sin", u) if name == "cos" else ("neg", ("cos", u))
        yield "sign_of_cosine", product((other, after))
    if name == "exp":
        yield "exp_as_power", product((u, ("exp", tidy(("-", u, 1))), after))
    if name == "sqrt":
        yield "factor_forgotten", ("/", after, base)


def shape(term: Term) -> str:
    """A term without signs and without the order of commuting parts, to compare structures."""
    number, factors = term
    return f"{abs(number)}" + "*".join(sorted(f"{_within(base)}^{exponent}" for base, exponent in factors))


def _within(base: Algebra) -> str:
    if isinstance(base, str | int):
        return str(base)
    if len(base) == 2 and base[0] != "neg":
        return f"{base[0]}({_within(base[1])})"
    return "(" + "+".join(sorted(map(shape, parts(base)))) + ")"


def plain(text: str, but: str) -> Algebra:
    """Parses an expression in x alone, without +- and without the characters in `but`.

    Raises:
        ParseError: it is anything else.
    """
    tree = read(text)
    if set(names_in(tree)) - {"x"}:
        raise ParseError(f"not in x alone: {text[:40]!r}")
    if any(each in text for each in ("+-", *but)):
        raise ParseError(f"not carried out: {text[:40]!r}")
    return tree


def somewhere(true: Algebra, claimed: Algebra) -> bool:
    """Whether both are defined at some point: an answer that is defined nowhere is wrong."""
    for point in POINTS:
        try:
            at_point(true, {"x": point})
            at_point(claimed, {"x": point})
        except (Undefined, ZeroDivisionError, Unsupported):
            continue
        return True
    return False
