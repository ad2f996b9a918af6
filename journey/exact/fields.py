"""Expressions as quotients of polynomials in sympy's rings: the normal form that decides equality.

The generators are the variables and the functions in the expressions: sqrt(p) with p square-free, |p| and
log(p). For angles and exponents, each monomial has one unit of which all its multiples are multiples. Known
squares are substituted as soon as they occur:

    sqrt(p)^2 = p      |p|^2 = p^2      cos(m)^2 = 1 - sin(m)^2      sin(2m + n) by the addition theorems

No other relation between generators is used. So a zero difference proves equality, but a nonzero difference
proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache, reduce
from math import gcd, lcm
from typing import Any, NamedTuple

from sympy import factorint
from sympy.polys.domains import QQ
from sympy.polys.rings import PolyElement, PolyRing

from journey.algebra import Algebra, names_in, product, total, write
from journey.exact.polynomials import constant, functions, quotient
from journey.exact.surds import Unsupported

MAX_POWER = 24
MAX_TERMS = 400
"""The most terms of a polynomial."""
MAX_PRODUCT = 20_000
"""The most pairs of terms in a multiplication."""
MAX_MULTIPLE = 12
"""The largest angle or exponent, as a multiple of its unit."""
MAX_RADICAND = 10**12
"""The largest number whose square root is split into primes."""

Quotient = tuple[PolyElement, PolyElement]
Monomial = tuple[tuple[str, int], ...]


class Split(NamedTuple):
    """A root or an absolute value: its outside factor, and its generators, each with its square."""

    outside: Algebra
    generators: tuple[tuple[str, Algebra], ...]


class Field:
    """The field of quotients of polynomials in the variables and functions of some expressions.

    Raises:
        Unsupported: a function has no normal form here, or the expressions are beyond the limits.

    >>> from journey.algebra import read
    >>> tree = read("sin(x)^2+cos(x)^2-sqrt(x+1)^2")
    >>> Field([tree]).quotient(tree)
    (-x, 1)
    """

    def __init__(self, trees: Iterable[Algebra]) -> None:
        trees = list(trees)
        self.forms: dict[Algebra, Split | str | list[tuple[Monomial, Fraction]]] = {}
        """The normal form of each function in the expressions."""
        squares: dict[str, Algebra] = {}
        names: dict[str, None] = dict.fromkeys(sorted({name for tree in trees for name in names_in(tree)}))
        multiples: dict[tuple[str, Monomial], list[Fraction]] = {}
        for node in dict.fromkeys(node for tree in trees for node in functions(tree)):
            name, inside = node[0], node[1]
            if name in ("sin", "cos", "tan", "exp"):
                parts = _monomials(inside)
                self.forms[node] = parts
                for monomial, coefficient in parts:
                    multiples.setdefault(("exp" if name == "exp" else "sin", monomial), []).append(
                        coefficient
                    )
            elif name == "log":
                self.forms[node] = text = f"log {_key(inside)}"
                names[text] = None
            else:
                self.forms[node] = split = _absolute(inside) if name == "abs" else _root(inside)
                squares.update(split.generators)
        names.update(dict.fromkeys(squares))
        self.units = {of: _unit(coefficients) for of, coefficients in multiples.items()}
        for name, monomial in multiples:
            names.update(dict.fromkeys([f"{name}{monomial}"] + [f"cos{monomial}"] * (name == "sin")))
        self.ring = _ring(tuple(names))
        self.gens = dict(zip(names, self.ring.gens, strict=False))
        self.one = self.ring.one
        self.rules: list[tuple[int, PolyElement]] = []
        self.bars: dict[int, PolyElement] = {}
        """The argument of each absolute value."""
        for name, monomial in multiples:
            if name == "sin":
                self._rule(f"cos{monomial}", self.one - self.gens[f"sin{monomial}"] ** 2)
        for name, square in squares.items():
            inside, bottom = self.quotient(square[1] if name.startswith("abs ") else square)  # type: ignore[index]
            if bottom != self.one:
                raise Unsupported("a root of a quotient of functions")
            if name.startswith("abs "):
                self.bars[list(self.gens).index(name)] = inside
                inside = self.reduced(inside**2)
            self._rule(name, inside)

    def _rule(self, name: str, square: PolyElement) -> None:
        self.rules.append((list(self.gens).index(name), square))

    def quotient(self, tree: Algebra) -> Quotient:
        """Numerator and denominator of an expression; they may have common factors."""
        if isinstance(tree, int):
            return self.ring(tree), self.one
        if isinstance(tree, str):
            return self.gens[tree], self.one
        if tree in self.forms:
            return self._function(tree)
        name = tree[0]
        if len(tree) == 2:
            if name != "neg":
                raise Unsupported(f"{name}(...) has no normal form")
            top, bottom = self.quotient(tree[1])
            return -top, bottom
        left = self.quotient(tree[1])
        if name == "^":
            return self.power(left, _whole(tree[2]))
        right = self.quotient(tree[2])
        if name == "+":
            return self.plus(left, right)
        if name == "-":
            return self.minus(left, right)
        if name == "*":
            return self.times(left, right)
        if name == "/":
            return self.over(left, right)
        raise Unsupported(f"{name} has two values")

    def plus(self, first: Quotient, second: Quotient) -> Quotient:
        """The sum of two quotients."""
        if first[1] == second[1]:
            return first[0] + second[0], first[1]
        top = self._times(first[0], second[1]) + self._times(second[0], first[1])
        return top, self._times(first[1], second[1])

    def minus(self, first: Quotient, second: Quotient) -> Quotient:
        """Their difference."""
        return self.plus(first, (-second[0], second[1]))

    def times(self, first: Quotient, second: Quotient) -> Quotient:
        """Their product."""
        return self._times(first[0], second[0]), self._times(first[1], second[1])

    def over(self, first: Quotient, second: Quotient) -> Quotient:
        """Their quotient."""
        if not second[0]:
            raise ZeroDivisionError
        return self._times(first[0], second[1]), self._times(first[1], second[0])

    def power(self, base: Quotient, exponent: int) -> Quotient:
        """An integer power, within the limits."""
        if abs(exponent) > MAX_POWER:
            raise Unsupported(f"the exponent {exponent}")
        if exponent < 0:
            return self.over((self.one, self.one), self.power(base, -exponent))
        result = (self.one, self.one)
        for _ in range(exponent):
            result = self.times(result, base)
        return result

    def _times(self, first: PolyElement, second: PolyElement) -> PolyElement:
        if first == self.one or second == self.one:
            return second if first == self.one else first
        if len(first) * len(second) > MAX_PRODUCT:
            raise Unsupported("too many terms")
        return self.reduced(first * second)

    def reduced(self, polynomial: PolyElement) -> PolyElement:
        """The polynomial with every stored square substituted."""
        for place, square in reversed(self.rules):
            while polynomial.degree(place) > 1:
                by_power: dict[int, PolyElement] = {}
                for exponents, coefficient in polynomial.terms():
                    twos, rest = divmod(exponents[place], 2)
                    plain = (*exponents[:place], rest, *exponents[place + 1 :])
                    by_power.setdefault(twos, self.ring.zero)[plain] = coefficient
                parts = (part * square**twos if twos else part for twos, part in by_power.items())
                polynomial = sum(parts, self.ring.zero)
        if len(polynomial) > MAX_TERMS:
            raise Unsupported("too many terms")
        return polynomial

    def _function(self, tree: Any) -> Quotient:
        form, name = self.forms[tree], tree[0]
        if isinstance(form, str):
            return self.gens[form], self.one
        if isinstance(form, Split):
            base = self.quotient(form.outside)
            for generator, _ in form.generators:
                base = self.times(base, (self.gens[generator], self.one))
            return self.power(base, int(2 * _exponent(tree[2]))) if name == "^" else base
        if name == "exp":
            result = (self.one, self.one)
            for monomial, coefficient in form:
                unit = (self.gens[f"exp{monomial}"], self.one)
                result = self.times(result, self.power(unit, self._count("exp", monomial, coefficient)))
            return result
        sine, cosine = self.ring.zero, self.one
        for monomial, coefficient in form:
            times = self._count("sin", monomial, coefficient)
            turn = self.gens[f"sin{monomial}"], self.gens[f"cos{monomial}"]
            turn = turn if times > 0 else (-turn[0], turn[1])
            for _ in range(abs(times)):
                sine, cosine = (
                    self._times(sine, turn[1]) + self._times(cosine, turn[0]),
                    self._times(cosine, turn[1]) - self._times(sine, turn[0]),
                )
        if name == "tan":
            return self.over((sine, self.one), (cosine, self.one))
        return (sine if name == "sin" else cosine), self.one

    def _count(self, name: str, monomial: Monomial, coefficient: Fraction) -> int:
        times = coefficient / self.units[name, monomial]
        if abs(times) > MAX_MULTIPLE:
            raise Unsupported(f"{times} times the same angle")
        return int(times)


@lru_cache(maxsize=256)
def _ring(names: tuple[str, ...]) -> PolyRing:
    return PolyRing(names or ("x",), QQ)


@lru_cache(maxsize=2048)
def pure(tree: Algebra) -> Quotient | None:
    """An expression without functions as a quotient in lowest terms; None for other expressions."""
    if next(functions(tree), None) is not None:
        return None
    names = {*names_in(tree)}
    plain = quotient(tree, *names) if len(names) == 1 else None
    if plain is not None:
        top, bottom = (_polynomial(each, *names) for each in plain)
    else:
        top, bottom = Field([tree]).quotient(tree)
    if bottom.is_ground:
        common = gcd(int(bottom.LC), *(int(c) for c in top.values()))
        top, bottom = top.quo_ground(common), bottom.quo_ground(common)
    else:
        top, bottom = top.cancel(bottom)
    return (-top, -bottom) if bottom.LC < 0 else (top, bottom)


def _polynomial(coefficients: Sequence[int], name: str) -> PolyElement:
    ring = _ring((name,))
    top = len(coefficients) - 1
    result: PolyElement = ring.from_dict({(top - n,): QQ(c) for n, c in enumerate(coefficients) if c})
    return result


def tree_of(polynomial: PolyElement) -> Algebra:
    """A polynomial as an expression; its coefficients must be integers."""
    names = [str(symbol) for symbol in polynomial.ring.symbols]
    signed: list[tuple[int, Algebra]] = []
    for exponents, coefficient in polynomial.terms():
        powers: list[Algebra] = [
            name if power == 1 else ("^", name, power)
            for name, power in zip(names, exponents, strict=True)
            if power
        ]
        if coefficient.denominator != 1:
            raise Unsupported("a fraction for a coefficient")
        signed.append((1 if coefficient > 0 else -1, product((abs(int(coefficient)), *powers))))
    return total(signed)


@lru_cache(maxsize=2048)
def _root(inside: Algebra) -> Split:
    """sqrt(u) = c |f| ... sqrt(g) ... with f and g polynomials without squares, c a number."""
    quotient = pure(inside)
    if quotient is None:
        return Split(1, ((f"sqrt {write(inside)}", inside),))
    top, bottom = quotient
    if not top:
        return Split(0, ())
    content, factors = _factored(top * bottom)
    outside: list[Algebra] = []
    generators: list[tuple[str, Algebra]] = []
    odd = top.ring.one
    for factor, power in factors:
        if power % 2:
            odd *= factor
        if power > 1:
            name, square = _bars(factor)
            generators += [(name, square)] * (power // 2)
    if content < 0:
        content, odd = -content, -odd
    if odd != top.ring.one:
        generators.append((f"sqrt {write(tree_of(odd))}", tree_of(odd)))
    number, below = content.numerator * content.denominator, content.denominator
    if number > MAX_RADICAND:
        raise Unsupported(f"the root of {content}")
    for prime, power in factorint(number).items():
        outside.append(prime ** (power // 2))
        generators += [(f"sqrt {prime}", prime)] * (power % 2)
    # sqrt(n/d) = sqrt(nd)/|d|
    under = _inverse(bottom)
    return Split(("/", product(outside), product((below, under.outside))), (*generators, *under.generators))


def _inverse(bottom: PolyElement) -> Split:
    """1/|d| = |d|/d^2; the denominator is in `outside`."""
    if bottom.is_ground:
        return Split(abs(int(bottom.LC)), ())
    absolute = _absolute(tree_of(bottom))
    # |d| is the outside number of `absolute` times its generators.
    return Split(("/", ("^", tree_of(bottom), 2), absolute.outside), absolute.generators)


@lru_cache(maxsize=2048)
def _absolute(inside: Algebra) -> Split:
    """|u| as a product of |f| with irreducible polynomials f."""
    quotient = pure(inside)
    if quotient is None:
        return Split(1, ((f"abs {write(inside)}", ("^", inside, 2)),))
    top, bottom = quotient
    content, factors = _factored(top)
    generators = [_bars(factor) for factor, power in factors for _ in range(power)]
    under = _inverse(bottom)
    over = Fraction(abs(content.numerator), content.denominator)
    return Split(
        ("/", over.numerator, product((over.denominator, under.outside))), (*generators, *under.generators)
    )


def _bars(factor: PolyElement) -> tuple[str, Algebra]:
    return f"abs {write(tree_of(factor))}", ("^", tree_of(factor), 2)


def _factored(polynomial: PolyElement) -> tuple[Fraction, list[tuple[PolyElement, int]]]:
    """The content and the irreducible factors, which are primitive with positive leading coefficients."""
    if not polynomial:
        return Fraction(0), []
    if polynomial.is_ground:
        content, factors = polynomial.LC, []
    elif len(polynomial.ring.gens) == 1 and polynomial.degree() == 1:
        content, factors = QQ(1), [(polynomial, 1)]
    else:
        content, factors = polynomial.factor_list()
    number = Fraction(int(content.numerator), int(content.denominator))
    primitives = []
    for factor, power in factors:
        c, primitive = factor.primitive()
        c, primitive = (-c, -primitive) if primitive.LC < 0 else (c, primitive)
        number *= Fraction(int(c.numerator), int(c.denominator)) ** power
        primitives.append((primitive, power))
    return number, primitives


@lru_cache(maxsize=2048)
def _monomials(inside: Algebra) -> list[tuple[Monomial, Fraction]]:
    """An angle or exponent as monomials with coefficients; a non-polynomial counts as one monomial."""
    quotient = pure(inside)
    if quotient is None or not quotient[1].is_ground:
        return [(((_key(inside), 1),), Fraction(1))]
    top, below = quotient
    names = [str(symbol) for symbol in top.ring.symbols]
    result = []
    for exponents, coefficient in top.terms():
        part = coefficient / below.LC
        powers = tuple((name, power) for name, power in zip(names, exponents, strict=True) if power)
        result.append((powers, Fraction(int(part.numerator), int(part.denominator))))
    return result


def _key(inside: Algebra) -> str:
    quotient = pure(inside)
    return write(inside) if quotient is None else f"({quotient[0]})/({quotient[1]})"


def _unit(multiples: list[Fraction]) -> Fraction:
    """The largest number of which all are integer multiples."""
    bottom = lcm(*(value.denominator for value in multiples))
    return Fraction(reduce(gcd, (abs(int(value * bottom)) for value in multiples)), bottom)


def _exponent(tree: Algebra) -> Fraction:
    """A constant exponent: an integer, or a half."""
    value = constant(tree)
    if value is None or value.denominator > 2 or abs(value) > MAX_POWER:
        raise Unsupported(f"the exponent {write(tree)[:40]}")
    return value


def _whole(tree: Algebra) -> int:
    value = _exponent(tree)
    if value.denominator != 1:
        raise Unsupported(f"the exponent {write(tree)[:40]}")
    return int(value)
