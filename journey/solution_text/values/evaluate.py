r"""What a tree is worth: the exact value of an expression, with what is known of its letters put in.

    \frac{\sqrt{12}}{2}                 sqrt(3)
    2x + 1      where x = 3             7
    f(3)        where f(x) = x^2        9
    \sin 60^\circ, \log_2 8, \gcd(4, 6) sqrt(3)/2, 3, 2

What has no exact value here is an `Unsupported` fault, or, within a `Meaning`, an unknown with a name of its
own: `sqrt(x + 1)` is then one, whose square is known, so that identities about it can be proved.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from journey.exact.surds import (
    EITHER,
    MAX_TERMS,
    Exact,
    Terms,
    Unsupported,
    binomial,
    exact,
    factorial_of,
    unknown,
    whole,
)
from journey.solution_text.reading.trees import Node, nodes
from journey.solution_text.values.analysis import BINDS, SPECIAL, special
from journey.solution_text.values.calculus import ENDLESS, derivative
from journey.solution_text.values.functions import FUNCTIONS, MAX_ROOT, function_of, root_of
from journey.solution_text.values.letters import READINGS, VECTOR, Meaning, Reading

CACHED = 4096
"""Trees whose values and letters are kept; one step has fewer."""


def readings(tree: Node) -> list[Reading]:
    """The readings that make a difference to a tree."""
    used = tree.operations
    again = "/" in used and any(node.op == "/" and node.name for node in nodes(tree))
    return [
        reading
        for reading in READINGS
        if (reading.percent or "percent" in used)
        and (reading.mixed or "mixed" in used)
        and (again or not reading.nested)
    ]


def value(tree: Node, reading: Reading = READINGS[0], meaning: Meaning | None = None) -> Exact:
    """The exact value of a tree; raises ZeroDivisionError and Unsupported."""
    if meaning is None or not (meaning.sides or meaning.concerns(letters(tree))):
        alone = _alone(tree, reading)
        if isinstance(alone, Exact):
            return alone
        if meaning is None:
            raise alone.with_traceback(None)
    return _value(tree, reading, meaning)


@lru_cache(maxsize=CACHED)
def _alone(tree: Node, reading: Reading) -> Exact | Unsupported | ZeroDivisionError:
    """The value, or why it has none, where nothing is known of letters; the same is asked again and again."""
    try:
        return _value(tree, reading, None)
    except (Unsupported, ZeroDivisionError) as fault:
        return fault


def _value(tree: Node, reading: Reading, meaning: Meaning | None) -> Exact:
    if tree.op == "number":
        return exact(tree.value)
    if meaning:
        meaning.cost += 1
    if tree.op == "letter":
        bound = meaning.letters.get(tree.name) if meaning else None
        return unknown(tree.name) if bound is None else bound
    if meaning and meaning.sides and tree in meaning.sides:
        return meaning.sides[tree]
    if tree.op in ("ln", "^") and (inner := _of_euler(tree)) is not None:
        return value(inner, reading, meaning)
    if tree.op in SPECIAL:
        return special(tree, lambda part: value(part, reading, meaning))
    if tree.op == "/" and tree.name and reading.nested:
        above, below = tree.parts[0].parts
        tree = Node("/", (above, Node("/", (below, tree.parts[1]))))
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
            return function_of(tree.op, parts, tree.name, meaning)
        except Unsupported:
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
    defined = meaning.functions.get(name) or _derived(name, meaning)
    if defined is None or len(defined[0]) != len(parts) or meaning.depth > 3:
        return meaning.named(name, parts)
    inner = Meaning({**meaning.letters, **dict(zip(defined[0], parts, strict=True))}, meaning.functions)
    inner.powers, inner.depth = meaning.powers, meaning.depth + 1
    try:
        return value(defined[1], reading, inner)
    finally:
        meaning.cost += inner.cost


MAX_FALLING = 6


def _falling(a: Exact, b: Exact) -> Exact:
    """The binomial coefficient of a letter over a small number."""
    below = whole(b, MAX_FALLING)
    product = exact(1)
    for place in range(below):
        product = product * (a - exact(place))
    return product / factorial_of(exact(below))


def _derived(name: str, meaning: Meaning) -> tuple[tuple[str, ...], Node] | None:
    """The derivative f' of a function f that is defined."""
    plain = name.rstrip("'")
    defined = meaning.functions.get(plain)
    if defined is None or len(defined[0]) != 1:
        return None
    tree = defined[1]
    for _ in range(len(name) - len(plain)):
        tree = derivative(tree, defined[0][0])
    return defined[0], tree


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
        return _falling(a, b) if a.unknowns() else binomial(a, b)
    power = b.rational()
    if power is None or power.denominator > MAX_ROOT:
        if meaning is None:
            raise Unsupported("an exponent that is no small fraction")
        return meaning.named("^", [a, b])
    if power < 0 and not a.over:
        raise ZeroDivisionError
    base = a if power.denominator == 1 else root_of([a, exact(power.denominator)], meaning)
    return base**power.numerator


def _of_euler(tree: Node) -> Node | None:
    """The exponent k of ln(e^k), and u of e^(ln u)."""
    e = Node("letter", name="e")
    if tree.op == "ln":
        inside = tree.parts[0].parts[0] if tree.parts[0].op == "abs" else tree.parts[0]
        if inside == e:
            return Node("number", value=Fraction(1))
        return inside.parts[1] if inside.op == "^" and inside.parts[0] == e else None
    return (
        tree.parts[1].parts[0] if tree.op == "^" and tree.parts[0] == e and tree.parts[1].op == "ln" else None
    )


@lru_cache(maxsize=CACHED)
def letters(tree: Node) -> frozenset[str]:
    """What in a tree has no value of its own: letters other than pi, functions and ±."""
    names = _free(tree) - {"pi", ENDLESS}
    if "column" in tree.operations:
        names.add(VECTOR)
    return frozenset(names | {EITHER} if tree.operations & SIGNS else names)


SIGNS = frozenset("±∓")


def _free(tree: Node) -> set[str]:
    """The letters and functions of a tree that are not bound in it."""
    names = {tree.name} if tree.op in ("letter", "apply") else set()
    for part in tree.parts:
        if part.op != "number":
            names |= _free(part)
    return names - {tree.name} if tree.op in BINDS else names


@lru_cache(maxsize=CACHED)
def computes(tree: Node) -> bool:
    """Whether a tree is more than a number written down."""
    return any(
        (len(node.parts) > 1 and node.op not in ("mixed", "apply"))
        or node.op in FUNCTIONS
        or node.op in SPECIAL
        for node in nodes(tree)
    )


def reduced(terms: Terms, bound: dict[str, tuple[int, Exact]]) -> Terms:
    """A polynomial with the known powers of its unknowns put in; zero if it has no terms."""
    for _ in range(MAX_ROOT):
        name = next(
            (n for mono, _ in terms for n, power in mono if n in bound and power >= bound[n][0]), None
        )
        if name is None:
            break
        degree, worth = bound[name]
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
    """A closed expression modulo a number, powers included.

    Raises Unsupported for a fraction that is no whole number.

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
        raise Unsupported("not a whole number")
    return plain.numerator % modulus
