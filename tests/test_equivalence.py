"""The verdicts on lines: their limits, the worker beyond them, antiderivatives and systems."""

from __future__ import annotations

from fractions import Fraction
from itertools import product as combinations
from random import Random
from typing import Any

import pytest
import sympy

from journey import equivalence
from journey.algebra import Algebra, Relation, read, read_relation, write
from journey.check import check
from journey.claim_types import SameValue
from journey.equivalence import antiderivative, relation, system, to_sympy, unknown, value
from journey.runs.sandbox import Sandbox
from journey.step import Verdict
from tests.timing import within

X, Y, Z = sympy.symbols("x y z", real=True)


def test_lines_beyond_the_limits_are_decided_in_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same verdicts, whoever finds them."""
    pairs = [("x^2=2x", "x=2"), ("x^2=2x", "x(x-2)=0"), ("sqrt(x)=x-2", "x=(x-2)^2"), ("x=1", "y=1")]
    message = [relation(read_relation(a), read_relation(b)) for a, b in pairs]
    monkeypatch.setattr(equivalence, "MAX_NODES", 3)
    assert [relation(read_relation(a), read_relation(b)) for a, b in pairs] == message
    assert value(read("(x+1)^2"), read("x^2+1")).verdict is Verdict.WRONG
    assert value(read("(x+1)^2"), read("x^2+2x+1")).verdict is Verdict.VALID


BOMBS = [
    "(x+1)^24(x+2)^24(x+3)^24",
    "((x+1)^24)^24",
    "(a+b+c+d+e+f+g+h)^24",
    "sin(" * 30 + "x" + ")" * 30,
    "sqrt(" * 30 + "x" + ")" * 30,
    "abs(" * 20 + "x" + "-1)" * 20,
    "exp(" * 30 + "x" + ")" * 30,
    "+".join(f"sqrt(x+{n})" for n in range(30)),
    "+".join(f"1/(x+{n})" for n in range(40)),
    "x^24" * 60,
    "sin(12x)^24",
    "(999999999999999999x+1)^24",
    "x^x^1"[:3] + "+1",
]


@pytest.mark.parametrize("text", BOMBS, ids=lambda text: text[:14])
def test_a_bomb_costs_a_verdict_one_call_of_the_worker(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the worker takes is bounded by its own limit; what this process takes is little."""
    tree = read(text)
    asked: list[Any] = []
    run = Sandbox.run

    def counted(sandbox: Sandbox, function: Any, item: Any) -> Any:
        asked.append(item)
        return run(sandbox, function, item)

    monkeypatch.setattr(Sandbox, "run", counted)
    with within(2, text[:40]):
        findings = [
            value(tree, ("+", tree, ("*", "x", 0))),
            value(tree, ("+", tree, 1)),
            relation(("=", tree, 1), ("=", tree, 2)),
        ]
    for finding in findings:
        assert finding.verdict in Verdict
        assert (finding.evidence is None) == (finding.verdict is Verdict.VALID)
    assert len(asked) <= len(findings)


def test_sympy_decides_what_no_normal_form_does() -> None:
    assert value(read("sqrt(3+2sqrt(2))"), read("1+sqrt(2)")).verdict is Verdict.VALID
    assert value(read("log(x^2+1)"), read("log(x^2+1)+I(x)-I(x)")).verdict in (Verdict.VALID, Verdict.UNKNOWN)


def test_a_check_of_hostile_trees_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equivalence, "_last_resort", lambda decide, before, after, why: unknown(why))
    random = Random(0)
    texts = ["x", "0", "1/0", "sqrt(-1)", "0^0", "x^(1/3)", "D(x)", "I(x)", "D(I(abs(x)))", "+-x", "x^y"]
    for _ in range(150):
        first, second = (
            (random.choice("+-*/^"), read(a), read(b)) for a, b in (random.sample(texts, 2) for _ in "12")
        )
        for decide in (value, antiderivative):
            assert decide(first, second).verdict in Verdict, (first, second)
        assert relation(("=", first, 1), ("<", second, 1)).verdict in Verdict
        assert check([SameValue(first, second)]).verdict in Verdict


def test_antiderivatives_agree_with_sympy() -> None:
    random = Random(1)
    pieces = ["x^3", "sin(2x)", "exp(3x)", "x*exp(x)", "log(x)", "sqrt(x)", "1/x", "cos(x)^2", "x/(x+1)", "5"]
    for _ in range(25):
        chosen = [[f"{random.randint(1, 4)}*{piece}" for piece in random.sample(pieces, 2)] for _ in "12"]
        first, second = (read("+".join(each)) for each in chosen)
        if random.random() < 0.5:
            added: Algebra = random.choice([read("3"), read("x"), read("-7")])
            second = ("+", first, added)
        difference = sympy.diff(to_sympy(first) - to_sympy(second), sympy.Symbol("x", real=True))
        true = sympy.simplify(difference) == 0
        verdict = antiderivative(first, second).verdict
        assert verdict is (Verdict.VALID if true else Verdict.WRONG), (write(first), write(second))
        assert antiderivative(("I", ("D", first)), first).verdict is Verdict.VALID


def lines(random: Random, count: int) -> list[Relation]:
    result = []
    for _ in range(count):
        a, b, c, d = (random.randint(-2, 2) for _ in range(4))
        result.append(read_relation(f"{a}*x+{b}*y+{c}*z={d}".replace("+-", "-")))
    return result


def test_verdicts_on_systems_agree_with_sympy() -> None:
    random = Random(0)
    output = set()
    for _ in range(120):
        before = tuple(lines(random, random.randint(1, 3)))
        if random.random() < 0.5:
            k = random.randint(1, 3)
            (_, left, right), (_, other, beside) = before[0], before[-1]
            after = (("=", ("+", left, ("*", k, other)), ("+", right, ("*", k, beside))), *before[1:])
        else:
            after = tuple(lines(random, random.randint(1, 3)))
        verdict, evidence = system(before, after)
        first, second = (
            sympy.linsolve([to_sympy(("-", a, b)) for _, a, b in each], (X, Y, Z)) for each in (before, after)
        )
        output.add(verdict)
        inside, outside = contained(first, after), contained(second, before)
        expected = {(True, True): Verdict.VALID, (False, True): Verdict.LOSES, (True, False): Verdict.ADDS}
        assert verdict is expected.get((inside, outside), Verdict.WRONG), (before, after)
        if evidence is not None and evidence.values[0] != "nothing":
            at = dict(part.split(" = ") for part in str(evidence.values[0]).split(", "))
            here = {sympy.Symbol(name, real=True): Fraction(value) for name, value in at.items()}
            sides = [all(solves(line, here) for line in each) for each in (before, after)]
            assert sides == ([False, True] if evidence.kind == "added" else [True, False]), (before, after)
    assert output == {Verdict.VALID, Verdict.LOSES, Verdict.ADDS, Verdict.WRONG}


def solves(line: Relation, at: dict[sympy.Symbol, Fraction]) -> bool:
    difference = to_sympy(("-", line[1], line[2]))
    return bool(
        difference.subs({name: sympy.Rational(v.numerator, v.denominator) for name, v in at.items()}) == 0
    )


def contained(result: sympy.Set, others: tuple[Relation, ...]) -> bool:
    """Whether every solution of a linear system solves these lines: tried at its corners."""
    if result == sympy.S.EmptySet:
        return True
    (point,) = result
    for corner in combinations((0, 1), repeat=3):
        here = [part.subs(dict(zip((X, Y, Z), corner, strict=True)), simultaneous=True) for part in point]
        at = dict(zip((X, Y, Z), here, strict=True))
        if any(to_sympy(("-", a, b)).subs(at, simultaneous=True) != 0 for _, a, b in others):
            return False
    return True
