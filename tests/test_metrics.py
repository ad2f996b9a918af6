"""What claims may be about: metrics, which problems have them, and what a recipe must measure for them."""

from __future__ import annotations

import pytest

from journey.errors import InputError
from tests.made_up import claim
from train.recipe.claims import parse_claim
from train.recipe.load import load_recipe
from train.recipe.metrics import missing_setting, parse_metric
from train.report.claims import in_units

MEASURED = [
    "evaluation.samples={shortcut: 8, journey: 4}",
    "evaluation.methods={problems: 20, budgets: [60, 120], minimum: [20], modes: [fast], planted: true}",
    "evaluation.sets={harder: {count: 30}}",
]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("pass@1", ("pass", 1, None)),
        ("unfinished in another-family", ("unfinished", None, "another-family")),
        ("best_of_n@16", ("best_of_n", 16, None)),
        ("budget_forcing@60", ("budget_forcing", 60, None)),
        ("forgotten", ("forgotten", None, None)),
    ],
)
def test_a_metric_is_read(text: str, named: tuple[str, int | None, str | None]) -> None:
    metric = parse_metric(text)
    assert (metric.name, metric.number, metric.set) == named


@pytest.mark.parametrize("text", ["pass", "tokens@3", "beauty", "pass@0", "noticed in", "tree@5 in a set"])
def test_what_is_no_metric_is_reported(text: str) -> None:
    with pytest.raises(InputError, match=r"no metric .* Known: pass@1, tokens, context, unfinished, clean"):
        parse_metric(text)


def test_a_claim_may_compare_two_metrics_of_one_unit() -> None:
    claim = parse_claim("small > large by 5 on best_of_n@4 against pass@1")
    assert (claim.metric, claim.against, claim.margin) == ("best_of_n@4", "pass@1", 0.05)
    assert parse_claim("a > a on tree@60 against majority@8").against == "majority@8"
    assert parse_claim("a > b on pass@1 in harder").against == "pass@1 in harder"
    assert parse_claim("lora < full by 0.25 on forgotten").margin == 0.25
    with pytest.raises(InputError, match="compares tokens with points: use metrics with the same unit"):
        parse_claim("a > b on tokens against pass@1")


def test_a_difference_is_reported_in_the_unit_of_its_metric() -> None:
    def output(text: str, value: float, unit: bool = True) -> str:
        return in_units(claim(text, "undecided", value, [value, value]), value, unit)

    assert output("a < b on forgotten", -0.1234) == "-0.123 nats"
    assert output("a > b on pass@1 in harder", 0.1) == "+10.0 points"
    assert output("a < b on tokens in harder", 2.0, unit=False) == "+2.0"


@pytest.mark.parametrize(
    ("metric", "remedy"),
    [
        ("pass@8", "raise evaluation.samples.journey to 8"),
        ("majority@3", "N can be 1, 2, 4, 8, 16, 32, 64"),
        ("tree@64", "add 64 to evaluation.methods.budgets"),
        ("budget_forcing@64", "add 64 to evaluation.methods.minimum"),
        ("forgotten", "list files, or heldout, in evaluation.earlier"),
        ("pass@1 in other", "set evaluation.sets.other"),
        ("pass@8 in harder", "problem sets are measured by pass@1, tokens, context, unfinished"),
    ],
)
def test_a_claim_on_an_unmeasured_metric_is_refused(metric: str, remedy: str) -> None:
    with pytest.raises(InputError, match=rf"needs a metric that is not measured: {remedy}"):
        load_recipe("laptop", [*MEASURED, f"claims=[journey > shortcut on {metric}]"])


IN_LAPTOP = ("pass@4", "majority@4", "best_of_n@2", "tokens", "verified")
"""What the recipe measures as it is."""
WITH_CHANGES = (
    "tree@60",
    "beam@120",
    "budget_forcing@20",
    "noticed",
    "pass@1 in harder",
    "clean in harder",
)


MIXED = "arms=[{name: journey, traces: mixed}, {name: shortcut, traces: shortcut}]"


@pytest.mark.parametrize("text", [*IN_LAPTOP, *WITH_CHANGES])
def test_what_is_measured_may_be_claimed(text: str) -> None:
    load_recipe("laptop", [*MEASURED, f"claims=[journey > shortcut on {text}]"])
    recipe = load_recipe("laptop")
    missing = missing_setting(parse_metric(text), recipe.arm("journey"), recipe.evaluation)
    assert (missing is None) == (text in IN_LAPTOP)


def test_only_arms_of_mixed_traces_are_measured_in_modes() -> None:
    settings = [*MEASURED, MIXED, "compare=[]"]
    load_recipe("laptop", [*settings, "claims=[journey > shortcut on fast against pass@1]"])
    with pytest.raises(InputError, match="shortcut learns shortcut traces, but only mixed traces have modes"):
        load_recipe("laptop", [*settings, "claims=[journey > shortcut on fast]"])
    with pytest.raises(InputError, match=r"add slow to evaluation\.methods\.modes"):
        load_recipe("laptop", [*settings, "claims=[journey > shortcut on slow against pass@1]"])
