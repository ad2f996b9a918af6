"""The lines of a quadratic equation, and the steps that a solver may take from each.

    (x-2)(x-3)=6    x^2-5x=0    x(x-5)=0    x=0 or x-5=0    x=0 or x=5
    x^2+6x+7=0      x^2+6x+9=2  (x+3)^2=2   x+3=+-sqrt(2)   x+3=-sqrt(2) or x+3=sqrt(2)

Every step is valid and closer to the solution, so no sequence of steps returns to an earlier line.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import Any, NamedTuple

from journey.algebra import (
    Algebra,
    Relation,
    factors,
    product,
    read,
    read_relation,
    relation_text,
    terms,
    write,
)
from journey.exact.polynomials import minus, plus
from journey.exact.solutions import signed
from journey.methods.coefficients import Coefficients
from journey.methods.univariate import (
    constant,
    polynomial_tree,
    root_of,
    scaled,
    small_coefficients,
    solved_text,
    surd_text,
)
from journey.step import Move, Operand

Normal = tuple[int, int, int]


def line(word: str, result: str | Relation, operand: str = "") -> Move:
    """A move with its result in canonical spelling."""
    text = result if isinstance(result, str) else relation_text(result)
    return Move(word, (Operand(operand),) if operand else (), relation_text(read_relation(text)))


def equation(left: Coefficients, right: Coefficients) -> Relation:
    """An equation between two polynomials."""
    return ("=", polynomial_tree(left), polynomial_tree(right))


@lru_cache(maxsize=8192)
def sides(relation: Relation) -> tuple[Coefficients, Coefficients] | None:
    """Both sides of an equation as polynomials of degree 2 or less; None for other relations."""
    if relation[0] != "=":
        return None
    left, right = small_coefficients(relation[1]), small_coefficients(relation[2])
    return None if left is None or right is None or max(len(left), len(right)) > 3 else (left, right)


@lru_cache(maxsize=8192)
def normal(relation: Relation) -> Normal | None:
    """(a, b, c) of a x^2 + b x + c = 0 in lowest terms with a > 0; None if it is not quadratic."""
    both = sides(relation)
    difference = minus(*both) if both else ()
    if len(difference) < 3:
        return None
    below = lcm(*(c.denominator for c in difference)) * (1 if difference[0] > 0 else -1)
    a, b, c = (int(each * below) for each in difference)
    common = gcd(a, b, c)
    return a // common, b // common, c // common


@lru_cache(maxsize=8192)
def is_normal(relation: Relation) -> Normal | None:
    """(a, b, c) of an equation written as a x^2 + b x + c = 0 with integers and a > 0; None for others."""
    both = sides(relation)
    if both is None or both[1] or len(both[0]) < 3 or not is_plain(relation):
        return None
    a, b, c = both[0]
    return (int(a), int(b), int(c)) if a > 0 and a.denominator * b.denominator * c.denominator == 1 else None


@lru_cache(maxsize=8192)
def is_plain(relation: Relation) -> bool:
    """Whether both sides are multiplied out and their terms collected."""
    both = sides(relation)
    return both is not None and relation == equation(*both)


def linear_square(tree: Algebra) -> tuple[int, Algebra] | None:
    """(k, u) for k u^2 with a linear u and an integer k; None for other expressions."""
    scale: Any = 1
    inside: Any = tree
    if isinstance(inside, tuple) and inside[0] == "*" and isinstance(inside[1], int):
        _, scale, inside = inside
    if not (isinstance(inside, tuple) and inside[0] == "^" and inside[2] == 2 and scale):
        return None
    polynomial = small_coefficients(inside[1])
    return (scale, inside[1]) if polynomial is not None and len(polynomial) == 2 else None


def linear_factors(tree: Algebra) -> list[Algebra] | None:
    """The distinct linear factors of a product of linear factors and numbers; None for others."""
    bases: list[Algebra] = []
    for factor in factors(tree):
        base = factor[1] if isinstance(factor, tuple) and factor[0] == "^" else factor
        polynomial = small_coefficients(base)
        if polynomial is None or len(polynomial) not in (1, 2):
            return None
        if len(polynomial) == 2 and base not in bases:
            bases.append(base)
    return bases


class Double(NamedTuple):
    """center + root and center - root, where root^2 = square."""

    center: Fraction
    square: Fraction

    def __str__(self) -> str:
        return surd_text(self.center, self.square, "+-")


def doubled(tree: Any) -> Double | None:
    """The two values of an expression with +-, if it consists of rationals and one square root."""
    if not isinstance(tree, tuple):
        return None
    if tree[0] == "/":
        inside, below = doubled(tree[1]), constant(tree[2])
        return Double(inside.center / below, inside.square / below**2) if inside and below else None
    if tree[0] != "+-":
        return None
    center = constant(tree[1]) if len(tree) == 3 else Fraction(0)
    square = _squared(tree[-1])
    return None if center is None or square is None else Double(center, square)


def _squared(tree: Any) -> Fraction | None:
    """The square of a rational, of a root of one, or of a product or quotient of these."""
    if (plain := constant(tree)) is not None:
        return plain * plain
    if not isinstance(tree, tuple):
        return None
    if tree[0] == "sqrt":
        return constant(tree[1])
    if tree[0] in ("*", "/"):
        first, second = _squared(tree[1]), _squared(tree[2])
        if first is not None and second:
            return first * second if tree[0] == "*" else first / second
    return None


def parts_of(relation: Relation) -> list[Relation]:
    """The relations that `or` joins."""
    return [*parts_of(relation[1]), *parts_of(relation[2])] if relation[0] == "or" else [relation]


def is_linear(relation: Relation) -> bool:
    """Whether a line equates a linear expression with a number."""
    polynomial = small_coefficients(relation[1]) if relation[0] == "=" else None
    if polynomial is None or len(polynomial) != 2:
        return False
    other = small_coefficients(relation[2])
    return "x" not in write(relation[2]) if other is None else len(other) < 2


def steps(relation: Relation) -> Iterator[Move]:
    """Every step towards the solution, except from a x^2 + b x + c = 0, where there is a choice of method."""
    if all(map(is_linear, parts_of(relation))):
        if relation[0] == "=" and doubled(relation[2]):
            yield _parted(relation)
        elif text := solved_text(relation):
            yield line("solve", text)
        return
    both = sides(relation)
    if both is None or is_normal(relation):
        return
    if len(minus(*both)) < 3:
        if len(minus(*both)) == 2:
            yield line("collect", _linear(*both)) if is_plain(relation) else line("expand", equation(*both))
        return
    yield from _quadratic(relation, *both)


def _linear(left: Coefficients, right: Coefficients) -> Relation:
    """The unknown on the left and the number on the right."""
    slope, rest = minus(left, right)
    return equation((slope, Fraction(0)), plus((-rest,), ()))


def _parted(relation: Relation) -> Move:
    """Splits u = p +- r into two equations; if u is x, simplifies first."""
    _, left, right = relation
    double = doubled(right)
    if left == "x" and double and root_of(double.square) is None:
        if write(right) != str(double):
            return line("simplify", f"x={double}")
        return line("split", solved_text(relation) or "")
    both = (relation_text(("=", left, signed(right, sign))) for sign in "-+")
    return line("split", " or ".join(both))


def _quadratic(relation: Relation, left: Coefficients, right: Coefficients) -> Iterator[Move]:
    _, first, second = relation
    ground, names = len(right) < 2, linear_factors(first)
    if not right and names:
        yield line("split", " or ".join(f"{write(each)}=0" for each in names))
    elif ground and (square := linear_square(first)):
        scale, inside = square
        value = right[0] if right else Fraction(0)
        yield rooted(inside, value) if scale == 1 else divided_by(relation, scale)
    elif is_plain(relation):
        yield from _collected(relation, left, right)
    else:
        if ground and (isolated := _isolated(first, right)):
            yield isolated
        if names and (shared := [u for u in names if u in (linear_factors(second) or ())]):
            yield shared_out(shared[0], left, right)
        yield line("expand", equation(left, right))


def rooted(inside: Algebra, value: Fraction) -> Move:
    """Takes the square root of both sides of u^2 = value."""
    if value < 0:
        return line("root", ("none",))
    return line("root", f"{write(inside)}={Double(Fraction(0), value) if value else 0}")


def divided_by(relation: Relation, number: int) -> Move:
    """Divides both sides by a number; k u^2 keeps its square."""
    left, right = sides(relation) or ((), ())
    square = linear_square(relation[1])
    after = equation(*(scaled(each, Fraction(1, number)) for each in (left, right)))
    if square and not is_normal(relation):
        after = ("=", product((square[0] // number, ("^", square[1], 2))), after[2])
    return line("divide", after, str(number))


def _isolated(first: Algebra, right: Coefficients) -> Move | None:
    """Isolates the square in k u^2 + c = d."""
    parts = [(sign, term) for sign, term in terms(first) if constant(term) is None]
    if len(parts) != 1 or parts[0][0] < 0 or not linear_square(parts[0][1]):
        return None
    rest: Coefficients = ()
    for sign, term in terms(first):
        if (value := constant(term)) is not None:
            rest = plus(rest, (sign * value,))
    return line("isolate", ("=", parts[0][1], polynomial_tree(minus(right, rest))))


def shared_out(factor: Algebra, left: Coefficients, right: Coefficients) -> Move:
    """Brings everything to one side and takes out a factor that both sides have."""
    rest = _quotient(minus(left, right), factor)
    rest = rest if rest[0] > 0 else scaled(rest, -1)
    return line("factor", ("=", ("*", factor, polynomial_tree(rest)), 0))


def without(factor: Algebra, relation: Relation) -> Relation:
    """Both sides divided by a linear factor of each."""
    left, right = sides(relation) or ((), ())
    return equation(_quotient(left, factor), _quotient(right, factor))


def _quotient(polynomial: Coefficients, factor: Algebra) -> Coefficients:
    """The quotient of a polynomial of degree 2 or less by a linear one that divides it."""
    slope, rest = small_coefficients(factor) or (Fraction(1), Fraction(0))
    quotient: list[Fraction] = []
    carried = Fraction(0)
    for coefficient in polynomial[:-1]:
        carried = (coefficient - rest * carried) / slope
        quotient.append(carried)
    return plus(tuple(quotient), ())


def _collected(relation: Relation, left: Coefficients, right: Coefficients) -> Iterator[Move]:
    difference = minus(left, right)
    monic = len(left) == 3 and left[0] == 1 and len(right) < 2
    if monic and left[2] and left[2] == left[1] ** 2 / 4:
        inside = ("^", polynomial_tree((Fraction(1), left[1] / 2)), 2)
        yield line("square", ("=", inside, polynomial_tree(right)))
        return
    below = lcm(*(c.denominator for c in (*left, *right)))
    if below > 1:
        yield line(
            "multiply",
            equation(scaled(left, below), scaled(right, below)),
            str(below),
        )
    elif not right:
        yield divided_by(relation, -1)
    else:
        yield line("collect", equation(difference if difference[0] > 0 else scaled(difference, -1), ()))
        if monic and left[1] and not left[2]:
            yield completed(left[1], right)


def squared(b: int, c: int) -> Move:
    """The first step of completing the square in x^2 + b x + c = 0, or the last one if it is a square."""
    if b * b != 4 * c:
        return completed(Fraction(b), (Fraction(-c),))
    return line("square", ("=", ("^", polynomial_tree((Fraction(1), Fraction(b, 2))), 2), 0))


def completed(b: Fraction, right: Coefficients) -> Move:
    """Completes the square in x^2 + b x = right."""
    square = b * b / 4
    left = (Fraction(1), b, square)
    return line("complete", equation(left, plus(right, (square,))), write(polynomial_tree((square,))))


def obvious(relation: Relation, a: int, b: int, c: int) -> Move | None:
    """The only sensible step from a x^2 + b x + c = 0; None if there is a choice."""
    if (common := gcd(a, b, c)) > 1:
        return divided_by(relation, common)
    if not c:
        both = sides(relation)
        return shared_out("x", *both) if b and both else rooted("x", Fraction(0))
    return None if b else isolated_square(a, c)


def isolated_square(a: int, c: int) -> Move:
    """Isolates the square in a x^2 + c = 0."""
    return line("isolate", equation((Fraction(a), Fraction(0), Fraction(0)), (Fraction(-c),)))


def factored(a: int, pair: tuple[int, int]) -> str:
    """The factors of a x^2 + (m + n) x + m n / a, by taking a common factor out of a x^2 + m x."""
    m, n = pair
    common = gcd(a, m)
    one = (Fraction(a // common), Fraction(m // common))
    other = (Fraction(common), Fraction(n * common, a))
    return "".join(f"({write(polynomial_tree(each))})" for each in (one, other)) + "=0"


def identities(relation: Relation, move: Move) -> tuple[tuple[Algebra, Algebra], ...]:
    """The pairs of expressions that must be equal for a step to be valid, by the meaning of its word.

    Empty if the word does not determine them. A counterexample to one of these equalities refutes a step
    without giving a solution away.
    """
    after = read_relation(str(move.result))
    both, new_sides = sides(relation), sides(after)
    if both is None or new_sides is None:
        return ()
    (_, left, right), (_, first, second) = relation, after
    if move.operation in ("expand", "square"):
        return (left, first), (right, second)
    number = read(str(move.operands[0].value)) if move.operands else 1
    if move.operation in ("divide", "multiply") and constant(number):
        if move.operation == "divide":
            return (left, ("*", number, first)), (right, ("*", number, second))
        return (("*", number, left), first), (("*", number, right), second)
    if move.operation in ("collect", "complete", "factor", "isolate"):
        difference, other = minus(*both), minus(*new_sides)
        turned = bool(difference and other) and difference[0] * other[0] < 0
        return ((("-", left, right), ("-", second, first) if turned else ("-", first, second)),)
    return ()
