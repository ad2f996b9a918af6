"""Antiderivatives by linearity, the table, substitution and parts. Every line is checked by differentiation.

A line contains the remaining integrals as I(...), and the first one is next. `substitute u` writes it as
I(h(u)*D(u)) with the right constant factor, and `back` integrates that. `parts u` gives u*v - I(u'*v). The
choice of u is a guess, and a wrong one is a dead end: an x is left besides D(u), or the power of x grows.

Level 1 has powers and the table, level 2 functions of a x + b and brackets, level 3 one substitution or one
integral by parts. Level 4 adds a bracket or another term; level 5 has parts twice, or both methods.

    I(x*cos(x))                                 the prompt
    parts cos(x):x^2*cos(x)/2+I(x^2*sin(x))/2   valid, but ...
    !x^2<                                       ... the power of x has grown from x to x^2: noticed, and back
    parts x:x^2*sin(x)/2                        each factor integrated for itself
    !0.5403...<                                 the derivative must be x*cos(x), 0.5403... at x = 1
    parts x:x*sin(x)-I(sin(x))
    table:x*sin(x)-cos(x)                       the sign of the integral of the sine
    !0.5403...<
    table:x*sin(x)+cos(x)
    =x*sin(x)+cos(x)

The shortcut has only the right lines. Any antiderivative is a right answer, with or without +c. Mistakes:
- `not_divided`, `divided_by_old` and `differentiated`: the power rule without its divisor, with the old power
  for one, or the wrong way round; `exp_as_power`; `sign_of_sine`, and `sign_lost` in a sum; `factor_lost`: a
  number taken out, or that of a substitution, is left out or turned over; `inner_forgotten` and `multiplied`:
  sin(3x) from cos(3x), not divided by 3; `parts_sign` and `rest_forgotten`: u*v + I(u'*v), or u*v alone.
  Slips of execution and rules mixed up with those of differentiation: Orton, Students' understanding of
  integration (1983).
- `part_by_part`: a product is integrated factor by factor. Linearity carried too far: Matz, Towards a process
  model for high school algebra errors (1982).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import gcd
from random import Random
from typing import Any, NamedTuple

from journey import algebra
from journey.algebra import Algebra
from journey.check import check
from journey.claim_types import Claim, SameDerivative
from journey.errors import MoveError, ParseError
from journey.exact.derivatives import derivative
from journey.exact.surds import Unsupported
from journey.exact.terms import inside, parts, replaced, tidy, tidy_text
from journey.families.antiderivative.integration import Way, degree, ways
from journey.methods.calculus import plain, shape, somewhere
from journey.methods.lines import read_line, write_line
from journey.step import Evidence, Move, Operand

NAME = "antiderivative"
SUMMARY = "antiderivatives by table, substitution and parts; wrong turns: the wrong u, lost factors, signs"
EXAMPLE = {"f": "x*cos(x)"}

WORDS = ("sum", "multiple", "power", "table", "expand", "substitute", "back", "parts")
"""`substitute u` writes an integral as I(h(u)*D(u)), `back` carries that out, `parts u` differentiates u."""

CONSTANT = re.compile(r" *\+ *[cC] *$")


class Line(NamedTuple):
    """An expression with integrals."""

    text: str
    bound: int
    """The highest power of x in a product of the problem; a higher one is no progress."""


def sample(random: Random, level: int) -> tuple[dict[str, Any], str]:
    while True:
        text = algebra.write(tidy(algebra.read(SHAPES[level](random))))
        if len(text) > LONGEST[level]:
            continue
        if len(parts(algebra.read(text))) in TERMS[level]:
            solution = _first_answer(start({"f": text}), 40)
            if solution is not None:
                return {"f": text}, solution


def _first_answer(state: Line, depth: int) -> str | None:
    if solved(state):
        return state.text
    for move in moves(state) if depth else ():
        if (solution := _first_answer(apply(state, move), depth - 1)) is not None:
            return solution
    return None


LONGEST = {1: 44, 2: 40, 3: 40, 4: 44, 5: 48}
"""The most characters in a problem, by level."""
TERMS = {1: (4, 5, 6), 2: (1, 2, 3), 3: (1, 2), 4: (2,), 5: (2,)}
"""The allowed numbers of terms of a problem, by level."""


def _number(random: Random, largest: int = 9) -> int:
    return random.choice((1, -1)) * random.randint(1, largest)


def _linear(random: Random) -> str:
    return f"{random.randint(2, 6)}x+{random.randint(1, 9)}"


def _sum(random: Random) -> str:
    """Level 1: powers of x, a number, and half the time a function."""
    powers = sorted(random.sample(range(6), random.randint(4, 5)), reverse=True)
    text = "".join(f"{_number(random):+d}*x^{power}" for power in powers)
    function = random.choice(("sin(x)", "cos(x)", "exp(x)", "exp(x)", "1/x", "1/x^2", "sqrt(x)"))
    return (text + f"{_number(random):+d}*{function}" * (random.random() < 0.5)).lstrip("+")


def _stretched(random: Random) -> str:
    """A function of a x, or a power of a x + b."""
    name = random.choice(("sin", "cos", "exp", "exp", "power", "over"))
    if name == "power":
        return f"({_linear(random)})^{random.randint(2, 5)}"
    if name == "over":
        return f"1/({_linear(random)})"
    return f"{name}({random.choice((1, -1)) if name == 'exp' else 1}*{random.randint(2, 9)}x)"


def _brackets(random: Random) -> str:
    if random.random() < 0.5:
        return f"(x{_number(random):+d})*(x{_number(random):+d})"
    return f"x^{random.randint(1, 2)}*({random.randint(1, 5)}x{_number(random):+d})"


def _simple(random: Random) -> str:
    """Level 2: functions of a x plus a power, products of brackets."""
    other = f"{_number(random):+d}*x^{random.randint(0, 3)}"
    if random.random() < 0.25:
        return _brackets(random) + f"{_number(random):+d}*{_stretched(random)}" * (random.random() < 0.6)
    return f"{random.randint(1, 9)}*{_stretched(random)}{other}" + (
        f"{_number(random):+d}*{_stretched(random)}" * (random.random() < 0.6)
    )


def _substitution(random: Random) -> str:
    number = random.randint(1, 9)
    kind = random.randrange(6)
    if kind == 0:
        one, other = random.sample(("sin(x)", "cos(x)"), 2)
        return f"{number}*{one}^{random.randint(2, 6)}*{other}"
    if kind == 1:
        return f"{number}*log(x)^{random.randint(2, 5)}/x"
    n = random.randint(2, 4)
    g = f"x^{n}{_number(random):+d}" if random.random() < 0.7 else f"x^{n}"
    closed = g if "+" in g else f"x^{n}+{random.randint(1, 9)}"
    powers = (f"({closed})^{random.randint(3, 6)}", f"sqrt({closed})", f"1/({closed})")
    functions = (f"exp({g})", f"cos({g})", f"sin({g})")
    return f"{number}*x^{n - 1}*{random.choice((*powers, *functions))}"


def _parts(random: Random, power: int, bracket: bool) -> str:
    if random.random() < 0.2:
        return f"{random.randint(1, 9)}*x^{random.randint(power - 1, power + 3)}*log(x)^{power}"
    name = random.choice(("sin", "cos", "exp"))
    multiple = random.choice((1, -1) if name == "exp" else (1,)) * random.randint(1, 6)
    first = f"({random.randint(1, 5)}x{_number(random):+d})" if bracket else f"x^{power}"
    return f"{random.randint(1, 9)}*{first}*{name}({multiple}x)"


def _medium(random: Random) -> str:
    """Level 3: one substitution or one integral by parts, half the time plus a power."""
    one = _substitution(random) if random.random() < 0.6 else _parts(random, 1, False)
    return one + f"{_number(random):+d}*x^{random.randint(0, 3)}" * (random.random() < 0.5)


def _hard(random: Random) -> str:
    """Level 4: one of level 3, or by parts with a bracket, plus something of level 2."""
    one = _parts(random, 1, random.random() < 0.5) if random.random() < 0.4 else _substitution(random)
    return f"{one}{_number(random):+d}*{_stretched(random)}"


def _hardest(random: Random) -> str:
    """Level 5: by parts twice, or two of level 3."""
    one = _parts(random, 2, False) if random.random() < 0.6 else _parts(random, 1, True)
    return f"{one}{random.choice('+-')}{_substitution(random)}"


SHAPES = {1: _sum, 2: _simple, 3: _medium, 4: _hard, 5: _hardest}


def split_key(givens: dict[str, Any]) -> str:
    """The function without signs, order of terms and factors, and common number."""
    terms = parts(algebra.read(givens["f"]))
    common = gcd(*(number.numerator for number, _ in terms))
    return "+".join(sorted(shape((number / common, factors)) for number, factors in terms))


def statement(givens: dict[str, Any]) -> str:
    return f"Find an antiderivative of {givens['f']} with respect to x."


def prompt(givens: dict[str, Any]) -> str:
    return f"I({givens['f']})"


def start(givens: dict[str, Any]) -> Line:
    return Line(prompt(givens), degree(algebra.read(givens["f"])))


def key(state: Line) -> str:
    return state.text


def _next(state: Line) -> tuple[Algebra, tuple[Way, ...]] | None:
    """The first integral of a line, and the methods for it."""
    f = next(inside(algebra.read(state.text), "I"), None)
    return None if f is None else (f, ways(f, state.bound))


@lru_cache(maxsize=4096)
def _put(text: str, f: Algebra, word: str, operand: Algebra | None, new: Algebra) -> Move | None:
    """The line with I(f) replaced; None if that changes nothing or exceeds the limits."""
    result = tidy_text(replaced(algebra.read(text), ("I", f), new))
    if result is None or result == text:
        return None
    return Move(word, () if operand is None else (Operand(algebra.write(operand)),), result)


def moves(state: Line) -> Iterator[Move]:
    if (current := _next(state)) is not None:
        for way in current[1]:
            if (move := _put(state.text, current[0], way.word, way.operand, way.result)) is not None:
                yield move


def mistakes(state: Line, move: Move | None) -> Iterator[tuple[str, Move]]:
    if move is None or (current := _next(state)) is None:
        return
    for way in current[1]:
        if move == _put(state.text, current[0], way.word, way.operand, way.result):
            for name, slip in way.slips:
                wrong = _put(state.text, current[0], way.word, way.operand, slip)
                if wrong is not None and wrong != move:
                    yield name, wrong
            return


def claims(state: Line, move: Move) -> Sequence[Claim]:
    if solved(state):
        raise MoveError(write_line(move))
    return (SameDerivative(algebra.read(state.text), algebra.read(str(move.result))),)


def apply(state: Line, move: Move) -> Line:
    return state._replace(text=str(move.result))


def solved(state: Line) -> bool:
    return "I" not in state.text and "D" not in state.text


def heuristic(state: Line) -> float:
    """How much stands in integrals that are not carried out."""
    return float(sum(len(algebra.write(f)) for f in inside(algebra.read(state.text), "I")))


def dead_end_evidence(state: Line) -> Evidence:
    current = _next(state)
    f = "no integral" if current is None else algebra.write(current[0])
    if current is not None and (high := degree(current[0])) > state.bound:
        return Evidence("grown", (f"x^{high}", f"x^{state.bound}" if state.bound > 1 else "x"))
    return Evidence("exhausted", (f"I({f})" if current else f, "an antiderivative of it"))


def answer(givens: dict[str, Any], path: Sequence[Move]) -> str:
    return str(path[-1].result)


def grade(givens: dict[str, Any], answer: str) -> str | None:
    """Any antiderivative is right, with or without a constant, also one called c at the end."""
    f = algebra.read(givens["f"])
    try:
        claimed = plain(CONSTANT.sub("", answer[:500]), "DI")
        back = derivative(claimed)
    except (ParseError, Unsupported) as fault:
        return str(fault)
    finding = check([SameDerivative(("I", f), claimed)])
    if finding.evidence is not None:
        return str(finding.evidence)
    return (
        None
        if somewhere(f, back) and somewhere(f, claimed)
        else "it has no value where the integrand has one"
    )


def verification_line(givens: dict[str, Any], answer: str) -> str:
    return f"D({answer})={givens['f']}"


def write(state: Line, move: Move) -> str:
    return write_line(move)


def read(state: Line, line: str) -> Move:
    move = read_line(line, WORDS, lambda text: algebra.write(plain(text, "")))
    if bool(move.operands) != (move.operation in ("substitute", "parts")):
        raise ParseError(f"{move.operation} with or without something: {line[:40]!r}")
    return move
