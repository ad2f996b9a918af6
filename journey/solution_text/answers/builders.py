r"""Sets by a property and functions by cases, as the values that they hold.

\{x \in \mathbb{Z} \mid 1 \le x \le 4\}        1, 2, 3, 4
\{x : x^2 = 4\}                                -2, 2
\begin{cases} x & x > 0 \\ -x & x \le 0 \end{cases}     two rows: a value and its condition
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from math import isqrt

from journey.exact.surds import Unsupported
from journey.solution_text.answers.amounts import number
from journey.solution_text.answers.shapes import Shape
from journey.solution_text.reading.formula import Reader
from journey.solution_text.reading.tokens import Span, tokens
from journey.solution_text.reading.trees import Node, Unreadable
from journey.solution_text.values.evaluate import value

MAX_VALUES = 60
"""Of a set that is listed."""
MAX_DEGREE = 6
MAX_ROOT = 1_000
"""A polynomial with greater roots is not solved here."""
CASES = re.compile(r"\\begin\{(cases|array)\}(?:\{[^}]*\})?(.*)\\end\{\1\}", re.DOTALL)
ROW = re.compile(r"\\\\(?:\[[^\]]*\])?")
CONNECTIVE = re.compile(r"\\text\s*\{\s*,?\s*(?:if|for|when|where|as)\b\s*([^{}]*)\}|\b(?:if|for|when)\b")
CONDITION = re.compile(r"<|>|\\[lg]eq|\\neq|\\in(?![A-Za-z])|=|otherwise|else")
SIGNS: dict[str, Callable[[Fraction], bool]] = {
    "<": lambda worth: worth < 0,
    ">": lambda worth: worth > 0,
    r"\leq": lambda worth: worth <= 0,
    r"\geq": lambda worth: worth >= 0,
    "=": lambda worth: worth == 0,
}
RELATION = re.compile(r"\\leq(?![A-Za-z])|\\geq(?![A-Za-z])|<|>|=")


def integers_of(region: Shape) -> Shape | None:
    """The whole numbers of an interval as a set, or None if they are too many."""
    if region.kind != "tuple" or len(region.parts) != 2:
        return None
    low, high = (number(part.text) for part in region.parts)
    if low is None or high is None or high - low > MAX_VALUES:
        return None
    first, last = -(-low.numerator // low.denominator), high.numerator // high.denominator
    first += region.brackets[0] == "(" and first == low
    last -= region.brackets[1] == ")" and last == high
    return _listed([Fraction(n) for n in range(first, last + 1)])


def solutions(name: str, condition: str, whole: bool) -> Shape | None:
    """The numbers that solve a polynomial equation or, among whole numbers, an inequality; else None."""
    signs = RELATION.findall(condition)
    if len(signs) != 1:
        return None
    left, right = RELATION.split(condition)
    coefficients = _difference(name, left, right)
    if not coefficients or len(coefficients) < 2:
        return None
    bound = 1 + max(abs(c / coefficients[-1]) for c in coefficients[:-1])
    if bound > MAX_ROOT:
        return None
    test = SIGNS[signs[0]]
    if whole:
        points = range(-int(bound) - 1, int(bound) + 2)
        solved = [Fraction(n) for n in points if test(_at(coefficients, Fraction(n)))]
        bounded = not any(test(_at(coefficients, Fraction(end))) for end in (points[0], points[-1]))
        return _listed(solved) if bounded else None
    return _shown(list(_roots(coefficients))) if signs[0] == "=" else None


def _difference(name: str, left: str, right: str) -> list[Fraction]:
    """The coefficients of the difference of two polynomials, from the constant on; [] if it is none."""
    try:
        difference = value(_tree(left)) - value(_tree(right))
    except (Unreadable, Unsupported, ZeroDivisionError, RecursionError):
        return []
    if len(difference.under) != 1 or any(mono for mono, _ in difference.under):
        return []
    scale = next(iter(difference.under.values()))
    coefficients: dict[int, Fraction] = {}
    for (mono, inside), worth in difference.over.items():
        if inside != 1 or len(mono) > 1 or (mono and mono[0][0] != name):
            return []
        coefficients[mono[0][1] if mono else 0] = Fraction(worth) / scale
    degree = max(coefficients, default=0)
    if degree > MAX_DEGREE or min(coefficients, default=0) < 0:
        return []
    return [coefficients.get(power, Fraction(0)) for power in range(degree + 1)]


def _tree(text: str) -> Node:
    read = tokens(Span(text, True))
    reader = Reader(read, 0, True)
    tree = reader.expression()
    if reader.at != len(read):
        raise Unreadable
    return tree


def _at(coefficients: list[Fraction], point: Fraction) -> Fraction:
    worth = Fraction(0)
    for coefficient in reversed(coefficients):
        worth = worth * point + coefficient
    return worth


def _roots(coefficients: list[Fraction]) -> Iterator[str]:
    """The real roots, rational or of a quadratic; none if there are others."""
    rest, roots = coefficients, set()
    for root in _candidates(coefficients):
        while len(rest) > 1 and _at(rest, root) == 0:
            roots.add(root)
            rest = _divided(rest, root)
    if len(rest) not in (1, 3):
        return
    yield from map(str, sorted(roots))
    if len(rest) == 3 and (inside := rest[1] ** 2 - 4 * rest[0] * rest[2]) > 0:
        for sign in "-+":
            yield f"({-rest[1]} {sign} \\sqrt{{{inside}}})/({2 * rest[2]})"


def _candidates(coefficients: list[Fraction]) -> list[Fraction]:
    """Zero and the quotients of divisors of the last and the first coefficient."""
    common = 1
    for coefficient in coefficients:
        common *= coefficient.denominator
    whole = [int(coefficient * common) for coefficient in coefficients]
    last = next((n for n in whole if n), 0)
    if max(abs(last), abs(whole[-1])) > MAX_ROOT**2:
        return [Fraction(0)]
    tops, bottoms = _divisors(abs(last)), _divisors(abs(whole[-1]))
    return [Fraction(0), *{Fraction(s * top, below) for top in tops for below in bottoms for s in (1, -1)}]


def _divisors(n: int) -> list[int]:
    low = [d for d in range(1, isqrt(n) + 1) if n % d == 0]
    return [*low, *(n // d for d in low)]


def _divided(coefficients: list[Fraction], root: Fraction) -> list[Fraction]:
    quotient, carry = [], Fraction(0)
    for coefficient in reversed(coefficients):
        carry = carry * root + coefficient
        quotient.append(carry)
    return quotient[-2::-1]


def _listed(values: list[Fraction]) -> Shape | None:
    if not 0 < len(values) <= MAX_VALUES:
        return None
    return _shown([str(worth) for worth in values])


def _shown(values: list[str]) -> Shape | None:
    leaves = tuple(Shape("leaf", worth) for worth in values)
    return leaves[0] if len(leaves) == 1 else Shape("set", parts=leaves) if leaves else None


def cases(text: str) -> list[tuple[str, str]] | None:
    r"""The values of a function by cases, each with its condition, or None if the text is none.

    >>> cases(r"\begin{cases} x & x > 0 \\ 0 & \text{otherwise} \end{cases}")
    [('x', 'x > 0'), ('0', 'otherwise')]
    """
    match = CASES.fullmatch(text.strip())
    if not match:
        return None
    rows = [row for row in ROW.split(match[2]) if row.strip()]
    pairs = [[CONNECTIVE.sub(r" \1 ", cell).strip(" ,.") for cell in row.split("&")] for row in rows]
    if len(pairs) < 2 or any(len(pair) != 2 or not CONDITION.search(pair[1]) for pair in pairs):
        return None
    if any("=" in value_ or not value_ for value_, _ in pairs):
        return None
    return [
        (value_, re.sub(r"\\text\s*\{([^{}]*)\}", r"\1", condition).strip()) for value_, condition in pairs
    ]
