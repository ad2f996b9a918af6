"""Derivatives by the rules, one at a time: sums, products, quotients and chains of the usual functions.

A line contains the remaining derivatives as D(...). Each step computes one of the first two, and the goal is
a line without any. There is often a choice of rules: a product of brackets can be expanded first, and
1/(x+1)^2 is a power or a quotient. Level 1 has sums of powers, level 2 one product, quotient or chain. Level
3 has a chain in a product or functions in a quotient, level 4 products and quotients of chains and chains of
three functions. Level 5 has three factors or two such terms.

    D(x^2*sin(3x))                          the prompt
    product:D(x^2)D(sin(3x))                the derivative of a product is no product of derivatives ...
    !-2.6877...<                            ... it is -2.6877... at x = 1, not -5.9400...: noticed, and back
    product:D(x^2)sin(3x)+x^2*D(sin(3x))
    power:2x*sin(3x)+x^2*D(sin(3x))
    chain:2x*sin(3x)+x^2*cos(3x)*D(3x)
    power:2x*sin(3x)+3x^3*cos(3x)           D(3x) is 3, not 3x
    !10.4044...<                            it is 10.4044... at x = 2, not 21.9264...
    power:2x*sin(3x)+3x^2*cos(3x)
    =2x*sin(3x)+3x^2*cos(3x)

The shortcut has only the right lines. Any equal expression without a D is a right answer. Mistakes:
- `part_by_part`: products and quotients as if D went through them as through a sum; `inside_only`: sin(D(u))
  for D(sin(u)). Linearity carried too far: Matz, Towards a process model for high school algebra errors
  (1982).
- `chain_forgotten`: the inner derivative. Clark and others, Constructing a schema: the case of the chain rule
  (1997).
- `power_kept` and `factor_forgotten`: the power is not lowered, or its number not written in front;
  `constant_kept`: D(5) is 5; `sign_of_cosine`; `order_swapped` and `square_forgotten` in a quotient;
  `exp_as_power`: D(exp(u)) by the rule for powers. Slips of execution and rules taken for one another: Orton,
  Students' understanding of differentiation (1983).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import gcd
from random import Random
from typing import Any

from journey import algebra
from journey.algebra import Algebra
from journey.check import check
from journey.claim_types import Claim, SameValue
from journey.errors import MoveError, ParseError
from journey.exact.derivatives import carried_out
from journey.exact.terms import inside, parts, replaced, tidy, tidy_text
from journey.methods.calculus import constant, plain, rules, shape, slips, somewhere
from journey.methods.lines import read_line, write_line
from journey.step import Evidence, Move

NAME = "derivative"
SUMMARY = "derivatives by the rules, one at a time; wrong turns: chain factor, product rule as product, signs"
EXAMPLE = {"f": "x^2*sin(3x)"}

WORDS = ("sum", "constant", "multiple", "power", "terms", "table", "chain", "product", "quotient", "expand")
"""One word per rule. `terms` differentiates a short polynomial at once, `multiple` takes a number out."""

WINDOW = 2
"""How many of the derivatives in a line, from the left, may be computed next."""


def sample(random: Random, level: int) -> tuple[dict[str, Any], str]:
    while True:
        text = algebra.write(tidy(algebra.read(SHAPES[level](random))))
        u = algebra.read(text)
        if constant(u) or len(text) > LONGEST[level]:
            continue
        path = list(_first_way(f"D({text})"))
        if path and len(path) >= SHORTEST[level]:
            return {"f": text}, path[-1]


def _first_way(state: str) -> Iterator[str]:
    """The lines of a solver that always uses the first rule."""
    while not solved(state):
        move = next(moves(state), None)
        if move is None:
            return
        state = str(move.result)
        yield state


LONGEST = {1: 30, 2: 30, 3: 32, 4: 34, 5: 44}
"""The most characters in a problem, by level."""
SHORTEST = {1: 3, 2: 3, 3: 4, 4: 5, 5: 6}
"""The fewest lines to the answer, by level."""


def _number(random: Random, largest: int = 9) -> int:
    return random.choice((1, -1)) * random.randint(1, largest)


def _power(random: Random, largest: int = 5) -> str:
    power = random.randint(1, largest)
    return "x" if power == 1 else f"x^{power}"


def _linear(random: Random) -> str:
    """A linear expression that is positive for x >= 1, so that roots and logarithms are defined."""
    return f"{random.randint(1, 6)}x+{random.randint(1, 9)}"


def _bracket(random: Random) -> str:
    """A polynomial that is positive for x >= 1, so that its root and logarithm are defined."""
    power = f"x^{random.randint(2, 3)}+{random.randint(1, 9)}"
    return random.choice((_linear(random), power))


def _function(random: Random) -> str:
    return random.choice(("sin(x)", "cos(x)", "exp(x)", "log(x)", "sqrt(x)"))


def _chained(random: Random) -> str:
    """A function of something, or a power of a bracket."""
    name = random.choice(("sin", "cos", "exp", "log", "sqrt", "power"))
    if name == "power":
        return f"({_bracket(random)})^{random.randint(2, 6)}"
    if name in ("log", "sqrt"):
        return f"{name}({_bracket(random)})"
    multiple = (
        f"{random.choice((-1, 1)) if name == 'exp' else 1}*{random.randint(2, 9 - 4 * (name == 'exp'))}x"
    )
    return f"{name}({random.choice((multiple, f'x^{random.randint(2, 3)}', _linear(random)))})"


def _nested(random: Random) -> str:
    """A chain of three links."""
    inside = random.choice((f"{random.randint(2, 9)}x", f"x^{random.randint(2, 3)}", _linear(random)))
    name, other = random.choice(("sin", "cos")), random.choice(("exp", "sin", "cos"))
    bare = (
        f"exp({name}({inside}))",
        f"{name}({inside})^{random.randint(2, 5)}",
        f"{name}({other}({inside}))",
    )
    closed = (f"{name}(log({_bracket(random)}))", f"{name}(sqrt({_bracket(random)}))")
    return random.choice((*bare, *closed))


def _sum(random: Random) -> str:
    """Level 1: powers of x, a number, and half the time a function."""
    powers = sorted(random.sample(range(1, 7), random.randint(2, 3)), reverse=True)
    text = "".join(f"{_number(random):+d}*x^{power}" for power in powers)
    text += f"{_number(random):+d}*{_function(random)}" * (random.random() < 0.5)
    return (text + f"{_number(random):+d}" * (random.random() < 0.6)).lstrip("+")


def _simple(random: Random) -> str:
    """Level 2: a product of two simple factors, a simple quotient, or a chain plus a power."""
    kind = random.randrange(4)
    if kind == 0:
        return f"{_power(random)}*{_function(random)}{_number(random):+d}"
    if kind == 1:
        return f"({_linear(random)})*(x^{random.randint(1, 3)}{_number(random):+d})"
    if kind == 2:
        return _fraction(random)
    return f"{random.randint(1, 9)}*{_chained(random)}{_number(random):+d}*{_power(random)}"


def _fraction(random: Random) -> str:
    under = random.choice((_linear, _square))(random)
    return f"{random.randint(1, 9)}*{_power(random, 3)}/({under})"


def _medium(random: Random) -> str:
    """Level 3: a quotient, or a product with a chain."""
    if random.random() < 0.3:
        return f"{_power(random)}*{_chained(random)}" + f"{_number(random):+d}" * (random.random() < 0.5)
    # (x+1)/(2x+2) would be a constant, so there is no quotient of two linear expressions.
    over, under = random.choice(((_linear, _square), (_function, _linear), (_power, _function)))
    return f"{random.randint(1, 5)}*({over(random)})/({under(random)})"


def _square(random: Random) -> str:
    return f"x^2+{random.randint(1, 9)}"


def _hard(random: Random) -> str:
    """Level 4: quotients and products of chains, and longer chains."""
    kind, one = random.randrange(4), _chained(random)
    if kind < 2:
        return f"({one})/({random.choice((_linear, _square, _function))(random)})"
    return f"{one}*{_chained(random)}" if kind == 2 else f"{_power(random)}*{_nested(random)}"


def _hardest(random: Random) -> str:
    """Level 5: three factors, a product in a quotient, or two terms of level 3 or 4."""
    kind = random.randrange(3)
    if kind == 0:
        return f"{_power(random)}*{_chained(random)}*{_chained(random)}"
    if kind == 1:
        return f"({_power(random)}*{_chained(random)})/({random.choice((_linear, _chained))(random)})"
    return f"{_medium(random)}{random.choice('+-')}{random.choice((_medium, _hard))(random)}"


SHAPES = {1: _sum, 2: _simple, 3: _medium, 4: _hard, 5: _hardest}


def split_key(givens: dict[str, Any]) -> str:
    """The function without signs, order of terms and factors, common number and added constant."""
    terms = [term for term in parts(algebra.read(givens["f"])) if term[1]]
    common = gcd(*(number.numerator for number, _ in terms))
    return "+".join(sorted(shape((number / common, factors)) for number, factors in terms))


def statement(givens: dict[str, Any]) -> str:
    return f"Differentiate {givens['f']} with respect to x."


def prompt(givens: dict[str, Any]) -> str:
    return f"D({givens['f']})"


def start(givens: dict[str, Any]) -> str:
    return prompt(givens)


def key(state: str) -> str:
    return state


def _open(state: str) -> list[Algebra]:
    """The arguments of the derivatives that may be computed next."""
    return list(dict.fromkeys(inside(algebra.read(state), "D")))[:WINDOW]


@lru_cache(maxsize=4096)
def _put(state: str, u: Algebra, word: str, new: Algebra) -> Move | None:
    """The line with D(u) replaced; None if that changes nothing or exceeds the limits."""
    result = tidy_text(replaced(algebra.read(state), ("D", u), new))
    return None if result is None or result == state else Move(word, (), result)


def moves(state: str) -> Iterator[Move]:
    for u in _open(state):
        for word, new in rules(u):
            if (move := _put(state, u, word, new)) is not None:
                yield move


def mistakes(state: str, move: Move | None) -> Iterator[tuple[str, Move]]:
    for u in _open(state) if move else ():
        for word, new in rules(u):
            if move == _put(state, u, word, new):
                for name, slip in slips(u, word):
                    if (wrong := _put(state, u, word, slip)) is not None:
                        yield name, wrong
                return


def claims(state: str, move: Move) -> Sequence[Claim]:
    if solved(state):
        raise MoveError(write_line(move))
    return (SameValue(algebra.read(state), algebra.read(str(move.result))),)


def apply(state: str, move: Move) -> str:
    return str(move.result)


def solved(state: str) -> bool:
    return "D" not in state


def heuristic(state: str) -> float:
    """How much stands in derivatives that are not carried out."""
    return float(sum(len(algebra.write(u)) for u in inside(algebra.read(state), "D")))


def dead_end_evidence(state: str) -> Evidence:
    left = next((u for u in inside(algebra.read(state), "D") if not rules(u)), "x")
    return Evidence("exhausted", (f"D({algebra.write(left)})", "a derivative of it"))


def answer(givens: dict[str, Any], path: Sequence[Move]) -> str:
    return str(path[-1].result)


def grade(givens: dict[str, Any], answer: str) -> str | None:
    try:
        claimed = plain(answer, "DI")
    except ParseError as fault:
        return str(fault)
    f: Algebra = ("D", algebra.read(givens["f"]))
    finding = check([SameValue(f, claimed)])
    if finding.evidence is not None:
        return str(finding.evidence)
    return None if somewhere(carried_out(f), claimed) else "it has no value where the derivative has one"


def write(state: str, move: Move) -> str:
    return write_line(move)


def read(state: str, line: str) -> Move:
    move = read_line(line, WORDS, lambda text: algebra.write(plain(text, "I")))
    if move.operands:
        raise ParseError(f"{move.operation} stands alone: {line[:40]!r}")
    return move
