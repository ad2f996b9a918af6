"""Equal or not: against values to 60 digits at random points, and against sympy."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from journey.algebra import names_in, read, write
from journey.equivalence import value
from journey.exact.values import Differs, same
from journey.step import Verdict
from tests.oracles.algebra import alike, equal, everywhere, expression, number, rightly, wrongly

KINDS: dict[str, tuple[str, ...]] = {
    "rational": (),
    "radical": ("sqrt",),
    "absolute": ("abs", "sqrt"),
    "trigonometric": ("sin", "cos", "tan"),
    "exponential": ("exp", "log"),
}


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without sympy's `equals` in a worker."""
    monkeypatch.setattr("journey.equivalence._last_resort", lambda decide, before, after, why: _unknown(why))


def _unknown(why: str) -> Any:
    from journey.equivalence import unknown

    return unknown(why)


def pairs(seed: str, count: int, functions: tuple[str, ...]) -> Any:
    """Expressions beside others that are rewritten at one place, rightly or as people do it wrongly."""
    random = Random(seed)
    while count:
        tree = expression(random, random.choice((2, 3)), functions, random.choice(("x", "x", "xy")))
        rules = rightly if random.random() < 0.6 else wrongly
        ways = [
            way for place in everywhere(tree, lambda node: ("hole", node)) for way in _filled(place, rules)
        ]
        if ways and any(True for _ in names_in(tree)):
            count -= 1
            yield tree, random.choice(ways)


def _filled(tree: Any, rules: Any) -> list[Any]:
    """The trees with what the rules make of the node in the hole."""
    if isinstance(tree, tuple):
        if tree[0] == "hole":
            return list(rules(tree[1]))
        for place in range(1, len(tree)):
            if filled := _filled(tree[place], rules):
                return [(*tree[:place], each, *tree[place + 1 :]) for each in filled]
    return []


def compare(seed: str, count: int, kind: str) -> Counter[str]:
    """How often our verdict and the oracle's came together; a disagreement fails."""
    output: Counter[str] = Counter()
    for first, second in pairs(f"{seed}:{kind}", count, KINDS[kind]):
        verdict, evidence = value(first, second)
        names = sorted({*names_in(first), *names_in(second)})
        true = equal(first, second, names)
        words = f"{write(first)}   {write(second)}   {verdict} {evidence}   {true}"
        output[f"{verdict} {true}"] += 1
        if verdict is Verdict.VALID:
            assert true is not False, words
        elif verdict is Verdict.WRONG:
            assert true is not True, words
            assert evidence is not None
            if evidence.values[1] != "every point":
                parts = (part.split(" = ") for part in str(evidence.values[1]).split(", "))
                at = {name: Fraction(text) for name, text in parts}
                one, other = number(first, at), number(second, at)
                assert one is not None and other is not None and not alike(one, other), words
                for message, exact in zip(
                    (evidence.values[0], evidence.values[2]), (one, other), strict=True
                ):
                    assert abs(exact - _said(str(message))) < 1e-3 * max(1, abs(exact)), words
    return output


def _said(text: str) -> float:
    return float(text[:-3]) if text.endswith("...") else float(Fraction(text))


@pytest.mark.parametrize("kind", KINDS)
def test_verdicts_agree_with_values_to_sixty_digits(kind: str, alone: None) -> None:
    output = compare("0", 150, kind)
    undecided = sum(n for key, n in output.items() if key in ("unknown True", "unknown False"))
    assert undecided <= 25, output
    assert output["valid True"] > 50, output
    assert output["wrong False"] > 25, output


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_verdicts_agree_with_values_to_sixty_digits(kind: str, alone: None) -> None:
    output = compare("many", 2_000, kind)
    print(kind, dict(output))
    assert output["valid True"] > 500, output


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("(x-1)(x-2)(x-3)(x+1)x(2x-1)(x+2)(x-5)(3x-7)(4x+5)", "0", False),
        ("x^2", "x^2+0*(x-1)(x-2)", True),
        ("sqrt(x-100)", "sqrt(x-100)+1", False),
        ("log(x-5000)", "log(x-5000)", True),
        ("sqrt(x^2)", "x", False),
        ("sqrt(x+y)", "sqrt(y+x)", True),
        ("sin(xy)", "sin(yx)", True),
        ("log(x+y)", "log(y+x)", True),
        ("(xy)^2-x^2*y^2", "0", True),
        ("x+-1", "x+-1", None),
        ("x/0", "1", None),
        ("sqrt(-1)", "1", None),
        ("10^18*x", "10^18*x+1", False),
        ("sqrt(10^17+1)-sqrt(10^17)", "0", False),
        ("I(x)", "x", None),
        ("x^y", "x^y+1", False),
    ],
)
def test_equal_unequal_or_open(first: str, second: str, message: bool | None) -> None:
    result = same(read(first), read(second))
    assert (False if isinstance(result, Differs) else result) is message


@pytest.mark.parametrize(
    ("first", "second", "verdict"),
    [
        ("sqrt(x^3)", "x*sqrt(x)", Verdict.VALID),
        ("sqrt((x^2+1)^2)", "x^2+1", Verdict.VALID),
        ("sqrt(x(x-1))", "sqrt(x)sqrt(x-1)", Verdict.VALID),
        ("sqrt(x-4)^2/abs(x-4)", "1", Verdict.VALID),
        ("abs(x)/x", "1+0x", Verdict.WRONG),
        ("sqrt((x-100)^2)", "abs(x-100)", Verdict.VALID),
    ],
)
def test_roots_and_bars_are_decided_by_cells(first: str, second: str, verdict: Verdict) -> None:
    assert value(read(first), read(second)).verdict is verdict


def test_what_has_no_value_anywhere_proves_nothing(alone: None) -> None:
    for text in ("sqrt(-1-x^2)", "sqrt(x-1)sqrt(-x)"):
        assert value(read(f"x+{text}"), read(f"5+{text}")).verdict is Verdict.UNKNOWN
