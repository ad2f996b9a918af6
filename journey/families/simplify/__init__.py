"""Simplify an expression: polynomials, quotients, roots, trigonometric identities.

The goal is an expression with at most as many numbers, letters and functions as the prompt allows. A root in
a denominator, a square under a root and a common factor of a quotient count more. Any rule may be used at any
place, but only a given number of lines may be longer than the one before, so some rewritings are dead ends.
Level 1 expands and collects, level 2 cancels factors and adds roots, level 3 adds quotients and rationalises.
Level 4 has sines and cosines, level 5 sums of three quotients, nested quotients and roots.

    (10x-20)/(x^2-4x-5)-5/(x+1) to 3, 2 longer      the prompt
    factor:(10x-20-5)/(x^2-4x-5-(x+1))              adds above and below ...
    !-5/4<                                          ... but the line before is -5/4 at x = 1: noticed
    factor:(10x-20)/((x-5)(x+1))-5/(x+1)
    factor:10(x-2)/((x-5)(x+1))-5/(x+1)             true, and leads away: the second longer line ...
    !<                                              ... and none is left for the common denominator
    common:(10x-20-5(x-5))/((x-5)(x+1))
    expand:(10x-20-(5x-25))/((x-5)(x+1))
    collect:(5x+5)/((x-5)(x+1))
    factor:5(x+1)/((x-5)(x+1))
    cancel:5/(x-6)
    !-5/4<
    cancel:5/(x-5)
    =5/(x-5)

The shortcut lacks the three wrong turns. Mistakes: `square_distributed` and `root_of_sum` (a function taken
term by term: Matz, Towards a process model for high school algebra errors, 1982), `half_multiplied`,
`sign_lost`, `term_cancelled` (Payne and Squibb, Algebra mal-rules and cognitive accounts of error, 1990),
`added_across` (Kerslake, Fractions: Children's Strategies and Errors, 1986), `conjugate_below` (multiplies
below only), `double_pulled_out` (sin(2x) as 2sin(x): Weber, Students' understanding of trigonometric
functions, 2005), `number_slip` (Radatz, Error analysis in mathematics education, 1979).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

from journey import algebra
from journey.algebra import Algebra, factors, polynomial_of, product, terms, total
from journey.check import check
from journey.claim_types import Claim, SameValue
from journey.errors import MoveError, ParseError
from journey.exact.values import difference
from journey.families.simplify.monomials import has_root, is_sum, measure, size
from journey.families.simplify.rewrites import RULES, places, rewritten, tidy
from journey.methods import lines
from journey.step import Evidence, Move

NAME = "simplify"
SUMMARY = "simplify quotients, roots and trigonometric terms; wrong turns: (a+b)^2=a^2+b^2, cancelled terms"
EXAMPLE = {"expression": "(10x-20)/(x^2-4x-5)-5/(x+1)", "size": 3, "longer": 2}

MAY_LENGTHEN = ("factor", "common", "rationalise", "double", "tangent", "expand", "merge", "pythagoras")


class Line(NamedTuple):
    """The current expression, the size to reach, and how many lines may still be longer."""

    text: str
    limit: int
    left: int


def _shifted(number: int) -> str:
    return f"(x{number:+})"


def _nonzero(random: Random, largest: int) -> int:
    return random.choice([-1, 1]) * random.randint(1, largest)


def _different(random: Random, count: int, largest: int) -> list[int]:
    """Nonzero numbers with distinct absolute values."""
    return [random.choice([-1, 1]) * n for n in random.sample(range(1, largest + 1), count)]


def _polynomial(*coefficients: int) -> str:
    return algebra.write(polynomial_of(coefficients))


def _brackets(random: Random) -> tuple[str, str, int]:
    a, b = _different(random, 2, 12)
    c = random.randint(2, 9)
    kind = random.randrange(3)
    if kind == 0:
        return f"(x{a:+})^2-x(x{b:+})", _polynomial(2 * a - b, a * a), 2
    if kind == 1:
        return f"(x{a:+})(x{b:+})-x^2", _polynomial(a + b, a * b), 1
    d = random.choice([n for n in range(2, 10) if n != c])
    return f"{c}(x{a:+})-{d}(x{b:+})", _polynomial(c - d, c * a - d * b), 2


def _quotient(random: Random) -> tuple[str, str, int]:
    a, b, c = _different(random, 3, 11)
    k = random.randint(1, 6)
    above, below = _polynomial(k, k * (a + b), k * a * b), _polynomial(1, a + c, a * c)
    top = _shifted(b) if k == 1 else f"{k}{_shifted(b)}"
    return f"({above})/({below})", f"{top}/{_shifted(c)}", 1


def _like_roots(random: Random) -> tuple[str, str, int]:
    n = random.choice([2, 3, 5, 6, 7, 10, 11, 13])
    outs, counts = [random.randint(2, 7) for _ in "123"], [_nonzero(random, 5) for _ in "123"]
    text = "".join(f"{c:+}*sqrt({n * p * p})" for c, p in zip(counts, outs, strict=True)).lstrip("+")
    return text, f"{sum(c * p for c, p in zip(counts, outs, strict=True))}*sqrt({n})", 1


def _fractions(random: Random) -> tuple[str, str, int]:
    a, b = _different(random, 2, 9)
    c, d = random.randint(1, 9), _nonzero(random, 9)
    over = _polynomial(c - d, c * a - d * b)
    return f"({over})/({_polynomial(1, a + b, a * b)}){d:+}/{_shifted(a)}", f"{c}/{_shifted(b)}", 2


def _rationalised(random: Random) -> tuple[str, str, int]:
    n, k = random.choice([2, 3, 5, 6, 7, 10]), random.randint(2, 9)
    a = random.choice([number for number in range(2, 10) if number * number > n + 1])
    sign = random.choice("+-")
    back = "-" if sign == "+" else "+"
    over = k * (a * a - n)
    second_term = "" if random.random() < 0.3 else f"{sign}{k}*sqrt({n})"
    return (
        f"{over}/({a}{sign}sqrt({n})){second_term}",
        f"{k}({a}{back}sqrt({n}))" if not second_term else str(k * a),
        1,
    )


def _angle(k: int) -> str:
    return "x" if k == 1 else f"{k}x"


def _turns(random: Random) -> tuple[str, str, int]:
    k, c, b = random.randint(1, 6), random.randint(1, 20), random.randint(2, 20)
    u, v = _angle(k), _angle(2 * k)
    odd = _angle(k - 1 + k % 2)
    kinds: list[tuple[str, str, int]] = [
        (f"{c}(sin({u})+cos({u}))^2-{c}", f"{c}*sin({v})", 1),
        (f"({c}-{c}*cos({v}))/sin({v})", f"{c}*tan({u})", 2),
        (f"{c}*sin({v})/(1+cos({v}))", f"{c}*tan({u})", 2),
        (f"{c}/(1-sin({odd}))+{c}/(1+sin({odd}))", f"{2 * c}/cos({odd})^2", 3),
        (f"({c}sin({u})+{b}cos({u}))^2+({b}sin({u})-{c}cos({u}))^2", str(b * b + c * c), 2),
        (f"{c}(cos({u})+sin({u}))(cos({u})-sin({u}))", f"{c}*cos({v})", 1),
        (f"{c}*sin({v})/cos({u})", f"{2 * c}sin({u})", 1),
        (f"({c}-{c}*sin({u})^2)/cos({u})", f"{c}*cos({u})", 1),
    ]
    return random.choice(kinds)


def _nested(random: Random) -> tuple[str, str, int]:
    a, b = _different(random, 2, 12)
    n = random.randint(1, 30)
    kind = random.randrange(4)
    if kind == 0:
        low, high = sorted((a, b))
        text = f"({n}/{_shifted(low)}-{n}/{_shifted(high)})/{high - low}"
        return text, f"{n}/({_shifted(a)}{_shifted(b)})", 4
    if kind == 1:
        c, d = random.randint(1, 9), _nonzero(random, 9)
        e = _nonzero(random, 9)
        over = _polynomial(c - d - e, c * a - d * b - e * a)
        below = _polynomial(1, a + b, a * b)
        return f"({over})/({below}){d:+}/{_shifted(a)}{e:+}/{_shifted(b)}", f"{c}/{_shifted(b)}", 3
    if kind == 2:
        u, c = random.choice(["x", "3x", "5x", "7x"]), random.randint(1, 40)
        return f"{c}*sin({u})/(1+cos({u}))+{c}(1+cos({u}))/sin({u})", f"{2 * c}/sin({u})", 3
    q, p = sorted(random.sample([2, 3, 5, 6, 7, 10, 11, 13], 2))
    quotient = n * (p - q)
    return f"{quotient}/(sqrt({p})-sqrt({q}))-{quotient}/(sqrt({p})+sqrt({q}))", f"{2 * n}*sqrt({q})", 1


SHAPES: dict[int, tuple[Callable[[Random], tuple[str, str, int]], ...]] = {
    1: (_brackets,),
    2: (_quotient, _quotient, _like_roots),
    3: (_fractions, _fractions, _rationalised),
    4: (_turns, _turns, _fractions),
    5: (_nested,),
}


def sample(random: Random, level: int) -> tuple[dict[str, Any], str]:
    while True:
        text, answer, longer = random.choice(SHAPES[level])(random)
        tree, target = tidy(algebra.read(text)), tidy(algebra.read(answer))
        if size(target) < size(tree) and target != 0:
            givens = {"expression": algebra.write(tree), "size": size(target), "longer": longer}
            return givens, algebra.write(target)


def split_key(givens: dict[str, Any]) -> str:
    """The numbers, letters and functions, in any order and with any signs."""
    return " ".join(sorted(re.findall(r"[a-z]+|[0-9]+|[/^]", givens["expression"])))


def statement(givens: dict[str, Any]) -> str:
    return (
        f"Simplify {givens['expression']} to at most {givens['size']} numbers, letters and functions. "
        f"A line may be longer than the one before it {givens['longer']} times."
    )


def prompt(givens: dict[str, Any]) -> str:
    return f"{givens['expression']} to {givens['size']}, {givens['longer']} longer"


def start(givens: dict[str, Any]) -> Line:
    return Line(givens["expression"], givens["size"], givens["longer"])


def key(state: Line) -> str:
    return f"{state.text} to {state.limit}, {state.left} longer"


@lru_cache(maxsize=8192)
def _options(text: str) -> tuple[tuple[str, str, bool], ...]:
    """The possible next lines: the word, the line, and whether it is longer."""
    tree = algebra.read(text)
    options: list[tuple[str, str, bool]] = []
    for word, new in rewritten(tree):
        try:
            after = algebra.write(algebra.read(algebra.write(new)))
        except ParseError:
            continue
        longer = measure(algebra.read(after)) >= measure(tree)
        if after != text and (word in MAY_LENGTHEN or not longer):
            options.append((word, after, longer))
    return tuple(options)


def moves(state: Line) -> Iterator[Move]:
    if not solved(state):
        for word, after, longer in _options(state.text):
            if not longer or state.left:
                yield Move(word, (), after)


def _square_distributed(node: Any) -> Iterator[Algebra]:
    if isinstance(node, tuple) and node[0] == "^" and isinstance(node[1], tuple) and node[1][0] in ("+", "-"):
        yield total([(sign, ("^", term, node[2])) for sign, term in terms(node[1])])


def _half_multiplied(node: Any) -> Iterator[Algebra]:
    if isinstance(node, tuple) and node[0] == "*" and isinstance(node[2], tuple) and node[2][0] in ("+", "-"):
        first, *rest = terms(node[2])
        yield total([(first[0], product((node[1], first[1]))), *rest])


def _term_cancelled(node: Any) -> Iterator[Algebra]:
    if not isinstance(node, tuple) or node[0] != "/":
        return
    above, below = terms(node[1]), terms(node[2])
    if len(above) > 1 and len(below) > 1:
        for shared in above:
            if shared in below:
                over, under = (total([term for term in side if term != shared]) for side in (above, below))
                yield over if under == 1 else ("/", over, under)
                return
    if len(above) > 1:
        for part in factors(node[2]):
            for _, term in above:
                if part in factors(term) and part != 1:
                    left = [each for each in factors(term) if each != part]
                    over = total([(s, product(left)) if t is term else (s, t) for s, t in above])
                    under = product([each for each in factors(node[2]) if each is not part])
                    yield over if under == 1 else ("/", over, under)
                    return


def _added_across(node: Any) -> Iterator[Algebra]:
    if isinstance(node, tuple) and node[0] in ("+", "-"):
        one, other = node[1], node[2]
        if all(isinstance(each, tuple) and each[0] == "/" for each in (one, other)):
            yield ("/", (node[0], one[1], other[1]), (node[0], one[2], other[2]))


def _roots_added(node: Any) -> Iterator[Algebra]:
    if isinstance(node, tuple) and node[0] in ("+", "-"):
        roots: list[Any] = [factors(tree)[-1] for tree in node[1:]]
        if all(isinstance(each, tuple) and each[0] == "sqrt" for each in roots):
            inside = [each[1] for each in roots]
            if all(isinstance(each, int) for each in inside):
                under = inside[0] + inside[1] if node[0] == "+" else inside[0] - inside[1]
                yield ("sqrt", max(under, 1))


def _double_pulled_out(node: Any) -> Iterator[Algebra]:
    if isinstance(node, tuple) and node[0] in ("sin", "cos"):
        inside = node[1]
        if isinstance(inside, tuple) and inside[0] == "*" and isinstance(inside[1], int):
            yield ("*", inside[1], (node[0], inside[2]))


def _sign_lost(node: Any) -> Iterator[Algebra]:
    if isinstance(node, tuple) and node[0] == "-":
        inner = terms(node[2])
        if len(inner) > 1:
            yield total([*terms(node[1]), (-inner[0][0], inner[0][1]), *inner[1:]])


def _conjugate_below(node: Any) -> Iterator[Algebra]:
    if isinstance(node, tuple) and node[0] == "/" and is_sum(node[2]) and has_root(node[2]):
        a, b = node[2][1:]
        yield ("/", node[1], ("-", ("^", a, 2), ("^", b, 2)))


WRONG: dict[str, tuple[tuple[str, ...], Callable[[Algebra], Iterator[Algebra]]]] = {
    "square_distributed": (("expand",), _square_distributed),
    "half_multiplied": (("expand",), _half_multiplied),
    "sign_lost": (("expand", "collect"), _sign_lost),
    "term_cancelled": (("factor", "cancel", "common"), _term_cancelled),
    "added_across": (("common", "factor"), _added_across),
    "root_of_sum": (("root", "collect", "rationalise"), _roots_added),
    "conjugate_below": (("rationalise",), _conjugate_below),
    "double_pulled_out": (("double", "tangent", "pythagoras"), _double_pulled_out),
}


@lru_cache(maxsize=8192)
def _slips(text: str, word: str | None) -> tuple[tuple[str, Move], ...]:
    tree = algebra.read(text)
    slips: list[tuple[str, Move]] = []
    for name, (words, rule) in WRONG.items():
        if word is not None and word not in words:
            continue
        made = (tidy(put(new)) for node, _, put in places(tree) for new in rule(node))
        for after in (algebra.write(algebra.read(algebra.write(new))) for new in made):
            if difference(tree, algebra.read(after)) is not None:
                slips.append((name, Move(word or words[0], (), after)))
                break
    return tuple(slips)


def mistakes(state: Line, move: Move | None) -> Iterator[tuple[str, Move]]:
    if solved(state):
        return
    yield from _slips(state.text, None if move is None else move.operation)
    if move is not None and (number := re.search(r"[0-9]+(?=[^0-9]*$)", str(move.result))):
        slipped = f"{number.string[: number.start()]}{int(number[0]) + 1}{number.string[number.end() :]}"
        if difference(algebra.read(state.text), algebra.read(slipped)) is not None:
            yield "number_slip", Move(move.operation, (), algebra.write(algebra.read(slipped)))


def claims(state: Line, move: Move) -> Sequence[Claim]:
    if move.result == state.text:
        raise MoveError(f"{move.operation}, which changes nothing,")
    return (SameValue(algebra.read(state.text), algebra.read(str(move.result))),)


def apply(state: Line, move: Move) -> Line:
    after = str(move.result)
    longer = measure(algebra.read(after)) >= measure(algebra.read(state.text))
    return Line(after, state.limit, max(state.left - longer, 0))


def solved(state: Line) -> bool:
    return size(algebra.read(state.text)) <= state.limit


def heuristic(state: Line) -> float:
    """How many numbers and letters there are too many."""
    return float(max(size(algebra.read(state.text)) - state.limit, 0))


def dead_end_evidence(state: Line) -> Evidence:
    return Evidence("exhausted", (state.text, f"it {state.limit} long"))


def answer(givens: dict[str, Any], path: Sequence[Move]) -> str:
    return str(path[-1].result)


def grade(givens: dict[str, Any], answer: str) -> str | None:
    """Right is every expression that is equal wherever both have a value, and as small."""
    try:
        claimed = algebra.read(answer.strip(" "))
    except ParseError as fault:
        return str(fault)
    if re.search(r"[DI]|\+-", answer):
        return f"{answer[:40]!r} is no single value"
    if size(claimed) > givens["size"]:
        return f"{answer[:40]} is {size(claimed)} long, not {givens['size']}"
    finding = check([SameValue(algebra.read(givens["expression"]), claimed)])
    return None if finding.evidence is None else str(finding.evidence)


def write(state: Line, move: Move) -> str:
    return lines.write_line(move)


def read(state: Line, line: str) -> Move:
    move = lines.read_line(line, RULES, lambda text: algebra.write(algebra.read(text)))
    if move.operands:
        raise ParseError(f"no line of {NAME}: {line[:40]!r}")
    return move
