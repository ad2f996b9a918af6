"""The scaling law of rounding: known exponents come back, and a prediction precedes what it predicts."""

from __future__ import annotations

from math import exp, log
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from journey.errors import InputError
from journey.runs.store import Run, read_json, read_lines
from train.analysis.law_schema import LawPoint
from train.analysis.results_schema import Results
from train.analysis.scaling_law import FILE, fit_law, law_at, law_figures, predict
from train.console import Console
from train.pipeline import experiment
from train.recipe import dependencies
from train.recipe.claims import parse_claim
from train.recipe.load import load_recipe
from train.recipe.metrics import missing_setting, parse_metric
from train.recipe.validate import validate
from train.statistics.regression import fit

QUIET = Console(quiet=True)
SIZES = [30_000, 100_000, 400_000]


def made(jump: float, growth: float = 0.5, noise: float = 0.02, seed: int = 0) -> list[LawPoint]:
    """Points of a law: three sizes, three seeds, four budgets, and a branch that decays from each."""
    random = Random(seed)
    return [
        LawPoint(
            arm="a",
            stage="s",
            seed=seed,
            precision=f"int{bits}",
            weights=weights,
            tokens=round(tokens * (1.2 if decayed else 1)),
            decayed=decayed,
            degradation=exp(
                -2
                + growth * log(tokens)
                - 0.34 * log(weights)
                - 1.7 * bits
                + jump * decayed
                + random.gauss(0, noise)
            ),
        )
        for weights in SIZES
        for seed in range(3)
        for tokens in (250_000, 500_000, 1_000_000, 2_000_000)
        for decayed in (False, True)
        for bits in (3, 4)
    ]


@pytest.mark.parametrize(("jump", "growth"), [(0.0, 0.5), (0.8, 0.0)])
def test_tokens_and_decay_are_told_apart(jump: float, growth: float) -> None:
    """Kumar et al. expect the first, 2510.06213 the second."""
    result = fit_law(made(jump, growth))
    assert result is not None
    terms = result[0].terms
    assert terms["weights"].value == pytest.approx(-0.34, abs=0.05)
    assert terms["bits"].value == pytest.approx(-1.7, abs=0.05)
    assert terms["decayed"].value == pytest.approx(jump - growth * log(1.2), abs=0.05)
    assert terms["tokens"].value == pytest.approx(growth, abs=0.05)
    assert (terms["tokens"].p < 0.001) == bool(growth)
    assert (result[0].groups, result[0].points, result[0].left_out) == (9, 144, 0)


def test_points_without_a_logarithm_are_counted_and_one_outlier_moves_little() -> None:
    points = made(0.0)
    spoilt = [
        point.model_copy(update={"degradation": value})
        for point, value in zip(points, (-0.001, 1e-9), strict=False)
    ]
    clean, result = fit_law(points[2:]), fit_law([*spoilt, *points[2:]])
    assert clean is not None and result is not None
    assert (result[0].points, result[0].left_out) == (143, 1)
    assert result[0].terms["tokens"].value == pytest.approx(clean[0].terms["tokens"].value, abs=0.05)
    columns = np.array([[log(point.tokens)] for point in points[1:]])
    values = np.array([log(point.degradation) for point in [spoilt[1], *points[2:]]])
    plain = fit(columns, values, [str(point.weights) for point in points[1:]])
    robust = fit(columns, values, [str(point.weights) for point in points[1:]], 0.1)
    assert plain is not None and robust is not None
    assert abs(robust.slopes[0].value - plain.slopes[0].value) > 0.05, "so this test can fail"


def test_too_few_runs_have_no_law() -> None:
    assert fit_law([]) is None
    assert fit_law([point for point in made(0.0) if point.weights == SIZES[0] and point.seed < 2]) is None


def test_new_values_lie_in_the_interval_of_their_prediction() -> None:
    rng = np.random.default_rng(0)
    covered = 0
    groups = [name for name in "abcdef" for _ in range(4)]
    for _ in range(300):
        x = rng.normal(size=(24, 2))
        result = fit(x, 1 + x @ [0.5, -1.0] + 0.3 * rng.normal(size=24), groups)
        assert result is not None
        at = rng.normal(size=2)
        _, (low, high) = result.predict(list(at))
        value = float(1 + at @ [0.5, -1.0] + 0.3 * rng.normal())
        covered += low <= value <= high
    assert covered >= 0.93 * 300


# --- the recipe ---


def test_the_largest_models_are_predicted_from_the_others() -> None:
    recipe = load_recipe("precision")
    result = fit_law(made(0.0))
    assert result is not None
    predictions = list(predict(recipe, *result, {"journey_8": 425_984}))
    places = [(each.stage, each.precision, each.tokens, each.decayed) for each in predictions]
    tokens = recipe.training.tokens
    assert places == [
        ("at8", "int4", 8 * tokens, False),
        ("at8", "int3", 8 * tokens, False),
        ("decayed", "int4", round(9.6 * tokens), True),
        ("decayed", "int3", round(9.6 * tokens), True),
    ], "what journey_4 trained too is known"
    for each in predictions:
        low, high = each.ci95
        law = law_at(result[0], each.precision, each.weights, each.tokens, each.decayed)
        assert low < each.predicted < high and each.predicted == pytest.approx(law)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("law.precisions=[int7]", r"law\.precisions: add int7 to evaluation\.precision"),
        ("law.precisions=[]", r"law\.arms needs law\.precisions"),
        ("law.predict=[tiny_1]", "tiny_1 is in law.arms too, so it is no prediction"),
        ("law.arms=[]", r"law\.predict needs law\.arms"),
        ("law.predict=[tiny_9]", "no arm 'tiny_9'"),
        ("evaluation.sets={int4: {count: 9}}", r"evaluation\.sets\.int4 is the name of a precision"),
        ("claims=[tiny_1 > tiny_2 on lost in int7]", r"add int7 to evaluation\.precision"),
        ("claims=[tiny_1 > tiny_2 on lost]", "name a precision, such as lost in int4"),
        ("claims=[tiny_1 > tiny_2 on pass@4 in int4]", "rounded models are measured by pass@1, tokens"),
        ("evaluation.precision=[int9]", "evaluation.precision"),
    ],
)
def test_what_does_not_fit_is_reported_at_once(change: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_recipe("precision", [change])


def test_no_other_arm_trains_a_predicted_model_first() -> None:
    recipe = load_recipe("precision")
    twin = {**recipe.arm("journey_8").model_dump(mode="json"), "name": "twin"}
    arms = [*(arm.model_dump(mode="json") for arm in recipe.arms), twin]
    with pytest.raises(InputError, match=r"twin trains a model of law\.predict: add twin to law\.predict"):
        validate({**recipe.model_dump(mode="json"), "arms": arms}, "mine")


def test_metrics_of_rounded_models() -> None:
    recipe = load_recipe("precision")
    arm = recipe.arm("tiny_1")
    for text in ("degradation in int3", "lost in int3", "pass@1 in bfloat16", "verified in int8"):
        assert missing_setting(parse_metric(text), arm, recipe.evaluation) is None
    assert parse_metric("degradation in int3").unit == "nats"
    assert parse_claim("a > b by 5 on lost in int3").margin == 0.05
    assert not parse_claim("a > b on lost in int3").bounded, "a difference of differences"
    assert parse_claim("a > b on pass@1 in int3").bounded


def test_a_change_of_the_law_repeats_the_prediction_alone() -> None:
    recipes = [load_recipe("precision", changes) for changes in ([], ["law.precisions=[int3]"])]
    old, new = ({each.mark: each.digest for each in dependencies.stages(recipe)} for recipe in recipes)
    assert {mark for mark in old if old[mark] != new[mark]} == {"predictions"}


# --- a run ---

TINY = [
    *("problems.train=40", "problems.validation=2", "problems.heldout=4", "search.workers=1", "claims=[]"),
    *("training.tokens=8000", "training.seeds=[0, 1, 2]", "training.side_by_side=false"),
    *("training.batch_tokens=256", "sft.learning_rate=1.0e-2", "sft.warmup_steps=4"),
    *("evaluation.max_new_tokens=8", "evaluation.precision=[float32, int3, int2]"),
    *("evaluation.samples={}", "evaluation.sampled_problems=0", "evaluation.curve.points=0"),
    "base.size={hidden: 16, layers: 1, heads: 2, kv_heads: 2, intermediate: 16}",
    "arms=[{name: short, traces: journey}, {name: long, traces: journey, stages: [sft, {kind: continue}]}, "
    "{name: longer, traces: journey, stages: [sft, {kind: continue}, {kind: continue, name: last}]}]",
    "law={arms: [short, long], precisions: [int3, int2], predict: [longer]}",
]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Results, list[str]]:
    """A run of tiny models in this process, with the order in which its jobs ran."""
    pytest.importorskip("torchao", reason="torchao is not installed")
    recipe = load_recipe("laptop", TINY)
    run = experiment.open_run(tmp_path_factory.mktemp("law") / "run", recipe)
    order: list[str] = []

    def run_jobs(jobs: Any, side_by_side: bool, console: Any, title: str) -> None:
        for job in jobs:
            order.append(f"{title} {job.name}")
            job.call(*job.arguments, on_progress=lambda done, total, note="": None)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("train.pipeline.replica_jobs.run_jobs", run_jobs)
        results = experiment.run_stages(run, recipe, QUIET)
    return run, results, order


def test_predictions_are_registered_before_their_models_are_trained(
    finished: tuple[Run, Results, list[str]],
) -> None:
    run, results, order = finished
    marks = list(run.manifest["stages"])
    assert marks.index("eval-long-continue") < marks.index("predictions") < marks.index("last-longer")
    assert order.index("eval continue long") < order.index("last longer")
    assert not [job for job in order if job in ("sft longer", "continue longer")], "shared with `long`"
    law = results.law
    assert law is not None and law.registered == "before training" and law.fitted is not None
    assert law.sha256 == read_json(run.path / FILE)["sha256"]
    assert [(each.arm, each.stage, each.tokens) for each in law.predictions] == [
        ("longer", "last", 24_000)
    ] * 2
    assert all(each.measured and set(each.measured) == {"0", "1", "2"} for each in law.predictions)
    assert len(law.measured) == 2 * 3 * 3, "a shared model counts once"


def test_the_report_shows_the_law_and_what_rounding_costs(finished: tuple[Run, Results, list[str]]) -> None:
    run, results, _ = finished
    figures = results.arms["longer"]["last"].precision
    assert figures is not None and list(figures) == ["float32", "int3", "int2"]
    assert figures["float32"].degradation == 0 and figures["float32"].changed == 0
    assert figures["int2"].weights == 7 * 16 * 16 and figures["int2"].changed > 0.9
    assert figures["int2"].loss == pytest.approx(figures["float32"].loss + figures["int2"].degradation)
    for name in ("report.md", "report.html"):
        text = (run.path / name).read_text()
        assert "Rounded weights" in text and "Predicted before it was trained" in text, name
        assert "exponent of training tokens" in text
    assert (run.path / "plots" / "law.svg").exists()


def test_claims_on_rounded_models_are_paired_over_problems(finished: tuple[Run, Results, list[str]]) -> None:
    from train.analysis.results import read_evaluations

    run, _, _ = finished
    evaluations = read_evaluations(run, load_recipe("laptop", TINY))["longer", "last"]
    ids, values = evaluations.values("degradation in int2")
    rows = [read_losses(folder) for folder in evaluations.folders.values()]
    assert values.shape == (3, len(ids)) and set(ids) == {row["id"] for row in rows[0]}
    assert values[0].tolist() == [row["int2"] - row["float32"] for row in rows[0]]
    whole, rounded = evaluations.values("pass@1"), evaluations.values("pass@1 in int2")
    assert whole[0] == rounded[0]
    assert (evaluations.values("lost in int2")[1] == whole[1] - rounded[1]).all()


def read_losses(folder: Path) -> list[dict[str, Any]]:
    return list(read_lines(folder / "losses.jsonl", dict))


def test_a_prediction_made_after_training_says_so(
    finished: tuple[Run, Results, list[str]], tmp_path: Path
) -> None:
    import shutil

    from train.analysis.results import read_evaluations
    from train.pipeline.predictions import register_predictions

    copied = Run(Path(shutil.copytree(finished[0].path, tmp_path / "run")))
    recipe = load_recipe("laptop", TINY)
    first = (copied.path / FILE).read_text()
    del copied.manifest["stages"]["predictions"]
    register_predictions(copied, recipe, QUIET)
    law = law_figures(copied, recipe, read_evaluations(copied, recipe))
    assert law is not None and law.registered == "after training"
    assert read_json(copied.path / FILE)["trained"] == ["longer/last"]
    assert '"trained": []' in first
    assert law.sha256 and law.sha256 in first, "the prediction itself is the same"
