"""Common mistakes in the steps of a quadratic equation, by name.

    x^2=4x          divided_by_x     x=4
    (x+3)^2=2       one_root         x+3=sqrt(2)
    x(x-1)=6        zero_product     x=6 or x-1=6
    (x+3)^2=2x+9    termwise         x^2+9=2x+9
    3(x+2)=x^2      first_term_only  3x+2=x^2
    x^2+6x+7=0      one_sided        x^2+6x+9=-7
    x+2=0           sign_lost        x=2

The docstrings of the families cite the literature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from journey.algebra import Algebra, Relation, factors, read_relation, terms, total, write
from journey.claim_types import Claim, SameSolutions, SameValue
from journey.exact.polynomials import plus
from journey.exact.solutions import signed
from journey.methods.coefficients import Coefficients
from journey.methods.quadratics import (
    doubled,
    equation,
    identities,
    line,
    linear_factors,
    linear_square,
    normal,
    rooted,
    sides,
    without,
)
from journey.methods.univariate import (
    constant,
    mirrored_text,
    polynomial_tree,
    small_coefficients,
    solution_set,
    surd_text,
)
from journey.step import Move

Slips = Iterator[tuple[str, Move]]


def changes(relation: Relation, text: str) -> bool:
    """Whether a line provably has other solutions than the one before; some slips are harmless."""
    after = read_relation(text)
    one, other = normal(relation), normal(after)
    if one and other:
        return one != other and max(b * b - 4 * a * c for a, b, c in (one, other)) >= 0
    sets = solution_set(relation), solution_set(after)
    return None not in sets and sets[0] != sets[1]


def same_solutions(relation: Relation, move: Move) -> Sequence[Claim]:
    """The claims that a line has the same solutions as the one before, as equal expressions if possible."""
    equal = identities(relation, move)
    true = all(small_coefficients(one) == small_coefficients(other) for one, other in equal)
    if equal and (true or changes(relation, str(move.result))):
        return [SameValue(one, other) for one, other in equal]
    return (SameSolutions(relation, read_relation(str(move.result))),)


def slips(relation: Relation, move: Move) -> Slips:
    """The slips in place of a step of `journey.methods.quadratics`; some are harmless."""
    word, after = move.operation, read_relation(str(move.result))
    if word == "solve":
        if text := mirrored_text(after):
            yield "sign_lost", line("solve", text)
    elif relation[0] == "=":
        if word == "split":
            yield from _split(relation)
        elif word == "root":
            yield from _rooted(relation, after)
        elif word == "simplify":
            yield from _simplified(relation)
        elif both := sides(relation):
            yield from _lost_or_misused(relation, move, *both)
            yield from _carried_out(relation, move, after, *both)


def _split(relation: Relation) -> Slips:
    _, left, right = relation
    names = linear_factors(left) or []
    if doubled(right):
        yield "one_root", line("split", ("=", left, signed(right, "+")))
    elif "x" in names and len(names) > 1:
        rest = next(each for each in names if each != "x")
        yield "divided_by_x", line("divide", ("=", rest, 0), "x")
    elif len(names) > 1:
        yield "one_root", line("split", ("=", names[0], 0))


def _rooted(relation: Relation, after: Relation) -> Slips:
    square, value = linear_square(relation[1]), constant(relation[2])
    if after[0] == "=" and doubled(after[2]):
        yield "one_root", line("root", ("=", after[1], signed(after[2], "+")))
    elif square and value and value < 0:
        yield "sign_lost", rooted(square[1], -value)


def _simplified(relation: Relation) -> Slips:
    """In (6+-sqrt(20))/2, only the 6 is divided by 2."""
    right: Any = relation[2]
    if right[0] == "/" and (double := doubled(right[1])) and (below := constant(right[2])):
        root = surd_text(Fraction(0), double.square, "+-")
        yield "first_term_only", line("simplify", f"x={double.center / below}{root}")


def _lost_or_misused(relation: Relation, move: Move, left: Coefficients, right: Coefficients) -> Slips:
    """Dividing by x loses a root; the zero-product rule is used although the product is not zero."""
    word = move.operation
    if word == "factor":
        out = factors(read_relation(str(move.result))[1])[0]
        polynomial = small_coefficients(out)
        if polynomial is not None and len(polynomial) == 2:
            yield "divided_by_x", line("divide", without(out, relation), write(out))
    if word not in ("expand", "collect") or not right:
        return
    names = linear_factors(relation[1]) or []
    value = write(relation[2])
    if len(right) == 1 and len(names) == 2:
        yield "zero_product", line("split", " or ".join(f"{write(each)}={value}" for each in names))
    elif not left[-1] and len(left) == 3 and left[1] and word == "collect" and len(right) == 1:
        rest = write(polynomial_tree(left[:2]))
        yield "zero_product", line("split", f"x={value} or {rest}={value}")
    if left and not left[-1] and not right[-1]:
        yield "divided_by_x", line("divide", without("x", relation), "x")


def _carried_out(
    relation: Relation, move: Move, after: Relation, left: Coefficients, right: Coefficients
) -> Slips:
    """Squares, products, signs and sides that are treated only in part."""
    word = move.operation
    number = "".join(str(operand.value) for operand in move.operands)
    if word == "expand":
        for name, slip in (("termwise", _termwise), ("first_term_only", _first_only)):
            results = [small_coefficients(_rewritten(side, slip)) or () for side in relation[1:]]
            yield name, line("expand", equation(results[0], results[1]))
    elif word == "collect":
        yield "sign_lost", line("collect", equation(plus(left, right), ()))
    elif word == "isolate":
        yield (
            "sign_lost",
            line("isolate", ("=", after[1], total([(-sign, each) for sign, each in terms(after[2])]))),
        )
    elif word == "complete":
        kept = right or (-left[-1],)
        yield "one_sided", line("complete", ("=", after[1], polynomial_tree(kept)), number)
    elif word == "square":
        half = small_coefficients(after[1][1]) or ()
        yield (
            "half_forgotten",
            line("square", ("=", ("^", polynomial_tree((half[0], 2 * half[1])), 2), after[2])),
        )
    elif word in ("divide", "multiply") and right:
        yield "one_sided", line(word, ("=", after[1], relation[2]), number)
    elif word in ("divide", "multiply") and (new_sides := sides(after)):
        yield "first_term_only", line(word, equation((*new_sides[0][:1], *left[1:]), ()), number)


def _rewritten(tree: Any, slip: Callable[[Any], Algebra | None]) -> Algebra:
    """An expression with the slip applied wherever possible."""
    if not isinstance(tree, tuple):
        return tree  # type: ignore[no-any-return]
    changed = slip(tree)
    return changed if changed is not None else (tree[0], *(_rewritten(part, slip) for part in tree[1:]))


def _termwise(tree: Any) -> Algebra | None:
    """(p+q)^2 as p^2+q^2, (p+q)(r+s) as p r+q s."""
    pair = [tree[1], tree[1]] if tree[0] == "^" and tree[2] == 2 else tree[1:] if tree[0] == "*" else []
    sums = [terms(each) for each in pair]
    if len(sums) != 2 or any(len(each) != 2 for each in sums):
        return None
    return total([(one[0] * other[0], ("*", one[1], other[1])) for one, other in zip(*sums, strict=True)])


def _first_only(tree: Any) -> Algebra | None:
    """k(p+q) as k p+q."""
    if tree[0] != "*" or len(terms(tree[2])) != 2 or len(terms(tree[1])) != 1:
        return None
    (sign, first), second = terms(tree[2])
    return total([(sign, ("*", tree[1], first)), second])
