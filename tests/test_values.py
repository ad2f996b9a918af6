"""Equal or not: against values to 60 digits at random points, and against sympy."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from random import Random
from time import perf_counter
from typing import Any

import pytest

from journey.algebra import names_in, write
from journey.equivalence import value
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
    told: Counter[str] = Counter()
    for first, second in pairs(f"{seed}:{kind}", count, KINDS[kind]):
        start = perf_counter()
        verdict, evidence = value(first, second)
        told["slow"] += perf_counter() - start > 0.25
        names = sorted({*names_in(first), *names_in(second)})
        true = equal(first, second, names)
        words = f"{write(first)}   {write(second)}   {verdict} {evidence}   {true}"
        told[f"{verdict} {true}"] += 1
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
                for said, exact in zip((evidence.values[0], evidence.values[2]), (one, other), strict=True):
                    assert abs(exact - _said(str(said))) < 1e-3 * max(1, abs(exact)), words
    return told


def _said(text: str) -> float:
    return float(text[:-3]) if text.endswith("...") else float(Fraction(text))


@pytest.mark.parametrize("kind", KINDS)
def test_verdicts_agree_with_values_to_sixty_digits(kind: str, alone: None) -> None:
    told = compare("0", 400, kind)
    undecided = sum(n for key, n in told.items() if key in ("unknown True", "unknown False"))
    assert undecided <= {"exponential": 60, "trigonometric": 40}.get(kind, 24), told
    assert told["valid True"] > 100, told
    assert told["wrong False"] > 60, told


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_many_verdicts_agree_with_values_to_sixty_digits(kind: str, alone: None) -> None:
    told = compare("many", 6_000, kind)
    print(kind, dict(told))
    assert told["valid True"] > 1_500, told
