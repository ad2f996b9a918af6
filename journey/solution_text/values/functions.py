"""Named functions of exact values: roots, rounding, logarithms, trigonometry, divisors."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor, gcd, lcm

from journey.exact.surds import (
    ONE,
    Exact,
    Terms,
    Unsupported,
    exact,
    factorial_of,
    natural_logarithm,
    quotient,
    root,
    unknown,
    whole,
)
from journey.solution_text.values.letters import Meaning

MAX_ROOT = 20
MAX_FACTOR = 100
"""The greatest that is taken out of a root."""


def root_of(parts: list[Exact], meaning: Meaning | None) -> Exact:
    """A root; of something with letters, an unknown whose square is recorded."""
    degree = whole(parts[1], MAX_ROOT) if len(parts) > 1 else 2
    inside = parts[0]
    if degree == 2 and (simpler := denested(inside)) is not None:
        return simpler
    if meaning and inside.rational() and inside.approximate() > 0:
        try:
            return root(inside, degree)
        except Unsupported:
            outside, inside = _taken_out(inside, degree)
            made = meaning.named(f"root{degree}", [inside])
            meaning.powers[next(iter(made.unknowns()))] = degree, inside
            return outside * made
    if meaning is None or degree != 2 or not inside.unknowns() or list(inside.under) != list(exact(1).under):
        return root(inside, degree)
    if (taken := _odd_power(inside)) is not None:
        outside, inside = taken
        return outside * root_of([inside], meaning)
    content = _content(inside.over)
    inner = Exact({term: quotient(number, content) for term, number in inside.over.items()}, inside.under)
    made = meaning.named("sqrt", [inner])
    meaning.powers[next(iter(made.unknowns()))] = 2, inner
    return root(exact(content)) * made


def _odd_power(inside: Exact) -> tuple[Exact, Exact] | None:
    """Of the root of c p^7, p^3 and c p: where it is real, p has the sign of c, which is positive."""
    if len(inside.over) != 1 or set(inside.under) != {ONE}:
        return None
    (((mono, root_of_it), number),) = inside.over.items()
    if len(mono) != 1 or mono[0][0] == "i" or mono[0][1] < 3 or mono[0][1] % 2 == 0 or number < 0:
        return None
    name, power = mono[0]
    return unknown(name) ** (power // 2), Exact({(((name, 1),), root_of_it): number}, inside.under)


def denested(inside: Exact) -> Exact | None:
    """The root of a + b sqrt(c) as a sum of two roots of rationals, if it is one."""
    if inside.unknowns() or set(inside.under) != {ONE} or len(inside.over) != 2 or ONE not in inside.over:
        return None
    a = inside.over[ONE]
    ((mono, c), b) = next(term for term in inside.over.items() if term[0] != ONE)
    square = a * a - b * b * c
    if mono or square < 0 or a <= 0:
        return None
    try:
        d = root(exact(square)).rational()
        if d is None:
            return None
        halves = [root(exact((a + sign * d) / 2)) for sign in (1, -1)]
    except Unsupported:
        return None
    return halves[0] + halves[1] if b > 0 else halves[0] - halves[1]


def _taken_out(inside: Exact, degree: int) -> tuple[Exact, Exact]:
    """A rational as a power times a whole number without small powers in it, for its root."""
    plain = inside.rational()
    if plain is None:
        return exact(1), inside
    number, outside = plain.numerator * plain.denominator ** (degree - 1), 1
    for factor in range(2, MAX_FACTOR):
        if factor**degree > number:
            break
        while number % factor**degree == 0:
            number //= factor**degree
            outside *= factor
    return exact(Fraction(outside, plain.denominator)), exact(number)


def _content(terms: Terms) -> Fraction:
    """The positive rational that divides out of all coefficients."""
    numbers = terms.values()
    return Fraction(gcd(*(n.numerator for n in numbers)), lcm(*(n.denominator for n in numbers)))


def _rounded(up: bool, parts: list[Exact]) -> Exact:
    if parts[0].unknowns():
        raise Unsupported("an unknown has no value")
    plain = parts[0].rational()
    number = Fraction(parts[0].approximate()) if plain is None else plain
    return exact(ceil(number) if up else floor(number))


def _absolute(parts: list[Exact]) -> Exact:
    if parts[0].unknowns():
        raise Unsupported("an unknown has no value")
    return parts[0] if not parts[0].over or parts[0].approximate() > 0 else exact(-1) * parts[0]


REAL = frozenset("abcdefghjklmnopqrstuvxy")


def _absolute_of(inside: Exact, meaning: Meaning) -> Exact:
    """Of a complex number where i is known; of other letters, an unknown with a recorded square."""
    if inside.unknowns() == {"i"} and "i" in meaning.powers and set(inside.under) == {ONE}:
        parts: list[Terms] = [{}, {}]
        for (mono, root_of_it), number in inside.over.items():
            power = dict(mono).get("i", 0)
            if len(mono) > bool(power):
                raise Unsupported("an absolute value")
            term = ((), root_of_it)
            parts[power % 2][term] = parts[power % 2].get(term, 0) + number * (-1) ** (power // 2)
        a, b = (Exact({term: n for term, n in part.items() if n}, inside.under) for part in parts)
        return root(a * a + b * b)
    made = meaning.named("abs", [inside])
    # What z, w and large letters stand for may be complex, a vector or a set.
    if all(name in REAL for name in inside.unknowns()):
        meaning.powers[next(iter(made.unknowns()))] = 2, inside * inside
    return made


def _common(least: bool, parts: list[Exact]) -> Exact:
    numbers = [part.rational() for part in parts]
    if any(number is None or number.denominator != 1 or not number for number in numbers):
        raise Unsupported("not whole numbers")
    wholes = [abs(number.numerator) for number in numbers if number is not None]
    return exact(lcm(*wholes) if least else gcd(*wholes))


def _remainder(parts: list[Exact]) -> Exact:
    a, b = (part.rational() for part in parts)
    if a is None or b is None or a.denominator != 1 or b.denominator != 1 or b <= 0:
        raise Unsupported("a remainder of something other than whole numbers")
    return exact(a.numerator % b.numerator)


def _logarithm(parts: list[Exact]) -> Exact:
    """The logarithm of a rational, where it is rational too."""
    above, below = parts[0].rational(), (parts[1].rational() if len(parts) > 1 else Fraction(10))
    if above is None or below is None or above <= 0 or below <= 0 or below == 1:
        raise Unsupported("a logarithm of something other than a positive rational")
    if max(n.bit_length() for x in (above, below) for n in (x.numerator, x.denominator)) > 400:
        raise Unsupported("a logarithm beyond the limit")
    return _cancelled(natural_logarithm(above) / natural_logarithm(below))


def _sine(degrees: Fraction) -> Exact:
    """The sine of a multiple of 15 degrees."""
    if degrees % 15:
        raise Unsupported("an angle without a simple sine")
    turned = int(degrees % 360)
    if turned >= 180:
        return exact(-1) * _sine(Fraction(turned - 180))
    turned = min(turned, 180 - turned)
    six, two = root(exact(6)), root(exact(2))
    quarter = exact(Fraction(1, 4))
    return {
        0: exact(0),
        15: quarter * (six - two),
        30: exact(Fraction(1, 2)),
        45: exact(Fraction(1, 2)) * two,
        60: exact(Fraction(1, 2)) * root(exact(3)),
        75: quarter * (six + two),
        90: exact(1),
    }[turned]


def _circular(op: str, parts: list[Exact], unit: str, meaning: Meaning | None) -> Exact:
    """A trigonometric function: of a standard angle exact, else with cos^2 = 1 - sin^2 recorded."""
    if op not in ("sin", "cos"):
        above, below = (
            _circular(side, parts, unit, meaning) if side else exact(1) for side in CIRCULAR[op].split(" ")
        )
        return above / below
    turn = parts[0] if unit else parts[0] * exact(180) / unknown("pi")
    plain = _cancelled(turn).rational()
    try:
        if plain is None:
            raise Unsupported("an angle without a simple sine")
        return _sine(plain + 90 * (op == "cos"))
    except Unsupported:
        if meaning is None:
            raise
        sine, cosine = meaning.named("sin", [parts[0]]), meaning.named("cos", [parts[0]])
        meaning.powers[next(iter(cosine.unknowns()))] = 2, exact(1) - sine * sine
        return sine if op == "sin" else cosine


def _cancelled(value: Exact) -> Exact:
    """A quotient of two terms with what stands in both of them taken out."""
    if len(value.over) != 1 or len(value.under) != 1:
        return value
    ((above, x),), ((below, y),) = value.over.items(), value.under.items()
    return exact(quotient(x, y)) if above == below else value


def function_of(op: str, parts: list[Exact], unit: str, meaning: Meaning | None) -> Exact:
    """A named function of these values; Unsupported where it has no exact value."""
    if op == "sqrt":
        return root_of(parts, meaning)
    if op in CIRCULAR:
        return _circular(op, parts, unit, meaning)
    if op == "abs" and meaning and parts[0].unknowns():
        return _absolute_of(parts[0], meaning)
    return PLAIN[op](parts)


CIRCULAR = {"sin": "", "cos": "", "tan": "sin cos", "cot": "cos sin", "sec": " cos", "csc": " sin"}
PLAIN: dict[str, Callable[[list[Exact]], Exact]] = {
    "!": lambda parts: factorial_of(parts[0]),
    "abs": _absolute,
    "floor": lambda parts: _rounded(False, parts),
    "ceil": lambda parts: _rounded(True, parts),
    "gcd": lambda parts: _common(False, parts),
    "lcm": lambda parts: _common(True, parts),
    "log": _logarithm,
    "mod": lambda parts: _remainder(parts),
    "ln": lambda parts: _natural(parts[0]),
}
FUNCTIONS = {"sqrt", *CIRCULAR, *PLAIN}


def _natural(inside: Exact) -> Exact:
    plain = inside.rational()
    if plain is None:
        raise Unsupported("the logarithm of something other than a rational")
    return natural_logarithm(plain)
