r"""What a tree is worth: the exact value of an expression, with what is known of its letters put in.

    \frac{\sqrt{12}}{2}                 sqrt(3)
    2x + 1      where x = 3             7
    f(3)        where f(x) = x^2        9
    \sin 60^\circ, \log_2 8, \gcd(4, 6) sqrt(3)/2, 3, 2

What has no exact value here is a `TooHard` fault, or, within a `Meaning`, an unknown with a name of its own:
`sqrt(x + 1)` is then one, whose square is known, so that identities about it can be proved.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor, gcd, lcm, log
from typing import NamedTuple

from journey.exact.surds import (
    EITHER,
    MAX_TERMS,
    Exact,
    Terms,
    TooHard,
    binomial,
    exact,
    factorial_of,
    root,
    unknown,
    whole,
)
from journey.prose.formula import Node, nodes

MAX_ROOT = 20
MAX_NAME = 400
"""Characters of the name of an unknown such as sqrt(x + 1)."""


VECTOR = "mathbf"
"""How the names of unknowns that are vectors begin."""


class Reading(NamedTuple):
    """How to take what people write in two ways."""

    percent: bool = True
    """5% is 5/100; otherwise it is 5 of a unit called percent."""
    mixed: bool = True
    """2 1/2 is two and a half; otherwise it is a product."""


READINGS = [Reading(percent, mixed) for percent in (True, False) for mixed in (True, False)]


class Meaning:
    """What is known of letters, functions and whole expressions; and the squares of the unknowns made."""

    def __init__(
        self,
        letters: dict[str, Exact] | None = None,
        functions: dict[str, tuple[tuple[str, ...], Node]] | None = None,
    ) -> None:
        self.letters = letters or {}
        self.functions = functions or {}
        self.powers: dict[str, tuple[int, Exact]] = {}
        """Of the unknowns made here: which power is known, and what it is."""
        self.sides: dict[Node, Exact] = {}
        self.depth = 0
        self.cost = 0
        """Terms computed so far."""

    def named(self, name: str, parts: list[Exact]) -> Exact:
        """The unknown that stands for a function of these values."""
        said = f"{name}({','.join(key(part) for part in parts)})"
        if len(said) > MAX_NAME:
            raise TooHard("a long name")
        return unknown(said)


def key(value: Exact) -> str:
    """A text that is the same for values of the same form."""
    return f"{sorted(value.over.items())}/{sorted(value.under.items())}"


def readings(tree: Node) -> list[Reading]:
    """The readings that make a difference to a tree."""
    used = {node.op for node in nodes(tree)}
    return [r for r in READINGS if (r.percent or "percent" in used) and (r.mixed or "mixed" in used)]


def value(tree: Node, reading: Reading = READINGS[0], meaning: Meaning | None = None) -> Exact:
    """The exact value of a tree; raises ZeroDivisionError and TooHard."""
    if tree.op == "number":
        return exact(tree.value)
    if meaning:
        meaning.cost += 1
    if tree.op == "letter":
        known = meaning.letters.get(tree.name) if meaning else None
        return unknown(tree.name) if known is None else known
    if meaning and meaning.sides and tree in meaning.sides:
        return meaning.sides[tree]
    parts = [value(part, reading, meaning) for part in tree.parts]
    if meaning:
        meaning.cost += _cost(tree.op, parts)
    if tree.op == "apply":
        return _applied(tree.name, parts, reading, meaning)
    first = parts[0]
    if tree.op == "percent":
        return first * exact(Fraction(1, 100)) if reading.percent else first
    if tree.op in FUNCTIONS:
        try:
            return _function(tree.op, parts, tree.name, meaning)
        except TooHard:
            if meaning is None:
                raise
            return meaning.named(tree.op, parts)
    if tree.op in "±∓":
        sign = unknown(EITHER) if tree.op == "±" else exact(-1) * unknown(EITHER)
        return first + sign * parts[1] if len(parts) > 1 else sign * first
    if tree.op == "column":
        axes = [part * unknown(f"{VECTOR} e{place}") for place, part in enumerate(parts)]
        return sum(axes[1:], axes[0])
    if len(parts) == 1:
        return exact(-1) * first
    return _binary(tree.op, first, parts[1], reading, meaning)


def _cost(op: str, parts: list[Exact]) -> int:
    """About how many terms an operation on these makes."""
    sizes = [len(part.over) * len(part.under) for part in parts]
    if op == "^":
        power = parts[1].rational()
        return sizes[0] * MAX_TERMS * min(MAX_ROOT, abs(power.numerator)) if sizes[0] > 1 and power else 1
    return sizes[0] * sizes[-1] if op in "*/" else sum(sizes)


def _applied(name: str, parts: list[Exact], reading: Reading, meaning: Meaning | None) -> Exact:
    """A function at these arguments: its definition with them put in, or an unknown."""
    if meaning is None:
        return Meaning().named(name, parts)
    defined = meaning.functions.get(name)
    if defined is None or len(defined[0]) != len(parts) or meaning.depth > 3:
        return meaning.named(name, parts)
    inner = Meaning({**meaning.letters, **dict(zip(defined[0], parts, strict=True))}, meaning.functions)
    inner.powers, inner.depth = meaning.powers, meaning.depth + 1
    try:
        return value(defined[1], reading, inner)
    finally:
        meaning.cost += inner.cost


def _binary(op: str, a: Exact, b: Exact, reading: Reading, meaning: Meaning | None) -> Exact:
    if op == "+" or (op == "mixed" and reading.mixed):
        return a + b
    if op == "-":
        return a - b
    if op in ("*", "mixed"):
        return a * b
    if op == "/":
        return a / b
    if op == "binom":
        return binomial(a, b)
    power = b.rational()
    if power is None or power.denominator > MAX_ROOT:
        if meaning is None:
            raise TooHard("an exponent that is no small fraction")
        return meaning.named("^", [a, b])
    if power < 0 and not a.over:
        raise ZeroDivisionError
    base = a if power.denominator == 1 else _root([a, exact(power.denominator)], meaning)
    return base**power.numerator


def _root(parts: list[Exact], meaning: Meaning | None) -> Exact:
    """A root; of something with letters, an unknown whose square is recorded."""
    degree = whole(parts[1], MAX_ROOT) if len(parts) > 1 else 2
    inside = parts[0]
    if meaning and inside.rational() and inside.approximate() > 0:
        try:
            return root(inside, degree)
        except TooHard:
            made = meaning.named(f"root{degree}", [inside])
            meaning.powers[next(iter(made.unknowns()))] = degree, inside
            return made
    if meaning is None or degree != 2 or not inside.unknowns() or list(inside.under) != list(exact(1).under):
        return root(inside, degree)
    content = _content(inside.over)
    inner = Exact({term: number / content for term, number in inside.over.items()}, inside.under)
    made = meaning.named("sqrt", [inner])
    meaning.powers[next(iter(made.unknowns()))] = 2, inner
    return root(exact(content)) * made


def _content(terms: Terms) -> Fraction:
    """The positive rational that divides out of all coefficients."""
    numbers = [abs(number) for number in terms.values()]
    return Fraction(gcd(*(n.numerator for n in numbers)), lcm(*(n.denominator for n in numbers)))


def _rounded(up: bool, parts: list[Exact]) -> Exact:
    if parts[0].unknowns():
        raise TooHard("an unknown has no value")
    plain = parts[0].rational()
    number = Fraction(parts[0].approximate()) if plain is None else plain
    return exact(ceil(number) if up else floor(number))


def _absolute(parts: list[Exact]) -> Exact:
    if parts[0].unknowns():
        raise TooHard("an unknown has no value")
    return parts[0] if not parts[0].over or parts[0].approximate() > 0 else exact(-1) * parts[0]


def _common(least: bool, parts: list[Exact]) -> Exact:
    numbers = [part.rational() for part in parts]
    if any(number is None or number.denominator != 1 or not number for number in numbers):
        raise TooHard("not whole numbers")
    wholes = [abs(number.numerator) for number in numbers if number is not None]
    return exact(lcm(*wholes) if least else gcd(*wholes))


def _logarithm(parts: list[Exact]) -> Exact:
    """The logarithm of a rational, where it is rational too."""
    above, below = parts[0].rational(), (parts[1].rational() if len(parts) > 1 else Fraction(10))
    if above is None or below is None or above <= 0 or below <= 0 or below == 1:
        raise TooHard("a logarithm of something other than a positive rational")
    if max(n.bit_length() for x in (above, below) for n in (x.numerator, x.denominator)) > 400:
        raise TooHard("a logarithm beyond the limit")
    exponent = _ln(above) / _ln(below)
    guess = Fraction(exponent).limit_denominator(12)
    if abs(guess) > 400 or above**guess.denominator != below**guess.numerator:
        raise TooHard("a logarithm that is not rational")
    return exact(guess)


def _ln(number: Fraction) -> float:
    return log(number.numerator) - log(number.denominator)


def _sine(degrees: Fraction) -> Exact:
    """The sine of a multiple of 15 degrees."""
    if degrees % 15:
        raise TooHard("an angle without a simple sine")
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
            raise TooHard("an angle without a simple sine")
        return _sine(plain + 90 * (op == "cos"))
    except TooHard:
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
    return exact(x / y) if above == below else value


def _function(op: str, parts: list[Exact], unit: str, meaning: Meaning | None) -> Exact:
    """A named function of these values; TooHard where it has no exact value."""
    if op == "sqrt":
        return _root(parts, meaning)
    if op in CIRCULAR:
        return _circular(op, parts, unit, meaning)
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
    "ln": lambda parts: _natural(parts[0]),
}
FUNCTIONS = {"sqrt", *CIRCULAR, *PLAIN}


def _natural(inside: Exact) -> Exact:
    if inside.rational() != 1:
        raise TooHard("a logarithm that is not rational")
    return exact(0)


def letters(tree: Node) -> set[str]:
    """What in a tree has no value of its own: letters other than pi, functions and ±."""
    found = {node.name for node in nodes(tree) if node.op in ("letter", "apply") and node.name != "pi"}
    if any(node.op == "column" for node in nodes(tree)):
        found.add(VECTOR)
    return found | ({EITHER} if any(node.op in "±∓" for node in nodes(tree)) else set())


def computes(tree: Node) -> bool:
    """Whether a tree is more than a number written down."""
    return any(
        (len(node.parts) > 1 and node.op not in ("mixed", "apply")) or node.op in FUNCTIONS
        for node in nodes(tree)
    )


def reduced(terms: Terms, known: dict[str, tuple[int, Exact]]) -> Terms:
    """A polynomial with the known powers of its unknowns put in; zero if it has no terms."""
    for _ in range(MAX_ROOT):
        name = next(
            (n for mono, _ in terms for n, power in mono if n in known and power >= known[n][0]), None
        )
        if name is None:
            break
        degree, worth = known[name]
        total = exact(0)
        for (mono, inside), number in terms.items():
            powers = dict(mono)
            times, left = divmod(powers.pop(name, 0), degree)
            if left:
                powers[name] = left
            rest = Exact({(tuple(sorted(powers.items())), inside): number}, exact(1).under)
            total = total + rest * worth**times
        terms = total.over
    return terms


def residue(tree: Node, modulus: int) -> int:
    """A closed expression modulo a number, powers included; TooHard for a fraction that is no whole number.

    >>> residue(Node("^", (Node("number", value=Fraction(3)), Node("number", value=Fraction(10**9)))), 7)
    4
    """
    if tree.op == "^":
        exponent = value(tree.parts[1]).rational()
        if exponent is not None and exponent.denominator == 1 and 0 <= exponent < 10**30:
            return pow(residue(tree.parts[0], modulus), exponent.numerator, modulus)
    if tree.op in ("+", "-", "*"):
        parts = [residue(part, modulus) for part in tree.parts]
        if len(parts) == 1:
            return -parts[0] % modulus
        a, b = parts
        return {"+": a + b, "-": a - b, "*": a * b}[tree.op] % modulus
    plain = value(tree).rational()
    if plain is None or plain.denominator != 1:
        raise TooHard("not a whole number")
    return plain.numerator % modulus
