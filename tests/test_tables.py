"""The tables of results, and the pictures beside them, on results that are made up."""

from __future__ import annotations

import io
import warnings
from typing import Any

import pytest
from rich.console import Console

from tests.made_up import CLAIMS, NINE, REGISTRATION, change, changed, results, stage
from train.analysis.results_schema import Results
from train.report import claims, cost_plots, data_plots, error_tables, plots, set_plots, stage_plots, tables
from train.report.canvas import INK, PAPER, ink, looks
from train.report.formatting import Table
from train.report.summary import answers, comparisons

POOLED: dict[str, Any] = {"seeds": [0, 1, 2], "by_seed": [0.48, 0.50, 0.53], "iqm": 0.502}
STAGED = results(
    {
        "plain": {"sft": stage(100, 50, 15, train_tokens=1_000, **POOLED)},
        "rewarded": {"sft": stage(100, 60, 20), "grpo": stage(100, 75, 22)},
    },
    claims=CLAIMS,
    registration=REGISTRATION,
)


def cells(table: Table | None) -> list[tuple[str, ...]]:
    assert table is not None
    assert all(len(row) == len(table.columns) for row in table.rows)
    return list(table.rows)


def shown(part: Any, width: int) -> str:
    page = io.StringIO()
    Console(file=page, width=width, highlight=False).print(part)
    return page.getvalue()


def test_stages_of_any_name_are_shown_and_the_first_compared() -> None:
    rows = cells(tables.figures(STAGED))
    assert [row[:3] for row in rows] == [
        ("plain", "SFT", "50.0 %"),
        ("rewarded", "SFT", "60.0 %"),
        ("rewarded", "GRPO", "75.0 %"),
        ("teacher", "", "96.0 %"),
    ]
    assert STAGED.compared_figures()["rewarded"].pass_1 == 0.6


def test_what_later_stages_changed_is_reported() -> None:
    later = {"before": "sft", **change(delta=0.15, ci95=[0.05, 0.25], p=0.01)}
    rows = cells(tables.differences(changed(STAGED, stage_changes={"rewarded": {"grpo": later}})))
    assert rows[-1] == ("rewarded: GRPO minus SFT", "+15.0", "+5.0 to +25.0", "0.01", "–", "–", "100", "1")
    seeds = change(seeds=3, clusters=7, iqm=0.2, improvement=8 / 9, improvement_ci95=[0.5, 1.0])
    rows = cells(
        tables.differences(changed(STAGED, stage_changes={"rewarded": {"grpo": {**later, **seeds}}}))
    )
    assert rows[-1][3:] == ("0.001", "+20.0", "88.9 % (50.0 to 100.0)", "100 (7 clusters)", "3")


def test_what_training_and_answers_cost_stands_side_by_side() -> None:
    cost = {"train_tokens": 4_000_000, "problems": 8_900, "train_flops": 16.2e12, "flops_per_answer": 5.4e7}
    made = results({"plain": {"sft": stage(100, 50, 15, **cost)}})
    table = tables.figures(made)
    row = dict(zip(table.columns, cells(table)[0], strict=True))
    assert row["training tokens"] == "4,000,000"
    assert row["different problems"] == "8,900"
    assert row["training FLOPs"] == "16.2 T"
    assert row["FLOPs an answer"] == "54 M"


def test_pooled_seeds_are_named_with_their_range() -> None:
    assert cells(tables.figures(STAGED))[0][-1] == "3 (48.0 to 53.0, IQM 50.2)"
    assert cells(tables.figures(STAGED))[1][-1] == "1"


def test_claims_are_reported_with_their_signs_and_needs() -> None:
    verdicts = ["✓ supported", "✗ contradicted", "? undecided"]
    rows = cells(claims.table(STAGED))
    assert [row[0] for row in rows] == verdicts
    assert rows[0][1:] == (
        "journey > shortcut on pass@1",
        "–",
        "+40.0 points",
        "+30.0 to +50.0",
        "0.01",
        "0.03",
        "a difference of 5.0 points or more",
        "1,000 (7 clusters)",
        "3",
        "before training",
    )
    assert rows[2][2:8] == ("about 4,000 problems", "+1.0 tokens", "-2.0 to +4.0", "0.5", "0.5",
                            "a difference of 4.2 tokens or more")  # fmt: skip
    assert rows[2][-1] == "after training"
    assert claims.table(NINE) is None


def test_arms_are_compared_after_the_last_stage_that_is_no_tuning() -> None:
    solved = {"reading": 0, "sft": 50, "dpo": 60}
    stages = {name: stage(100, right, 15) for name, right in solved.items()}
    by_stage = dict.fromkeys(solved, change())
    made = results({"plain": stages, "searching": stages}, paired={"searching-plain": by_stage})
    assert "searching solves 50.0% and plain 50.0%" in comparisons(made)[0]
    tuned = changed(made, paired={"searching-plain": {"dpo": change()}})
    assert "searching solves 60.0%" in comparisons(tuned)[0], "where nothing before it differs"


def test_a_design_that_would_miss_100_points_detects_nothing() -> None:
    for size, detected in ((0.99, "a difference of 99.0 points or more"), (1.5, "nothing")):
        assert claims.detectable(CLAIMS[0].model_copy(update={"minimum_detectable": size})) == detected


def test_the_summary_counts_claims_and_their_registration() -> None:
    text = answers(STAGED)
    counted, *sentences = text[-4:]
    assert counted == (
        "1 of 3 claims is supported, 1 is contradicted and 1 is undecided. They were tested together: the "
        "chance of any wrong verdict is at most 5 % (Holm's correction). 1 of them was registered only "
        "after training began (claims.json, sha256 5f5f5f5f5f5f)."
    )
    assert [sentence[0] for sentence in sentences] == ["✓", "✗", "?"]
    assert "p = 0.01, corrected 0.03, 1,000 problems in 7 clusters, 3 seeds)" in sentences[0]
    assert sentences[2].endswith(
        "1 seed; this design detects a difference of 4.2 tokens or more; it takes "
        "about 4,000 problems; registered after training)."
    )
    assert answers(STAGED) == [*comparisons(STAGED), *text[-4:]]
    registration = {**REGISTRATION, "recipe_changes": 2, "withdrawn": ["a > b on tokens"]}
    later = answers(changed(STAGED, claims=CLAIMS[:1], registration=registration))[-2]
    assert "1 of 1 claim is supported. They were tested together" in later
    assert later.endswith("1 registered claim was withdrawn later. The recipe was changed 2 times later.")
    none = answers(changed(STAGED, claims=CLAIMS[:1], registration=None))[-2]
    assert none == "1 of 1 claim is supported. No claim was registered: the run has no claims.json."


def test_recovery_is_reported_with_counts_and_intervals() -> None:
    row = cells(error_tables.recovery(STAGED))[0]
    assert row[:3] == ("plain", "SFT", "50.0 % (50 of 100; 40.4 to 59.6)")
    assert row[3] == "50.0 % (25 of 50; 36.6 to 63.4)"


def test_a_table_is_wide_where_there_is_room_and_else_a_list() -> None:
    table = error_tables.recovery(STAGED)
    wide, narrow = shown(table, 300), shown(table, 80)
    assert wide.splitlines()[2].split()[:3] == ["arm", "stage", "P(error)"]
    assert "  P(notice | error)             50.0 % (25 of 50; 36.6 to 63.4)" in narrow
    assert "…" not in narrow
    assert all(len(line) <= 80 for line in narrow.splitlines())


@pytest.mark.parametrize("made", [NINE, STAGED], ids=["nine arms", "stages"])
def test_every_plot_is_drawn_and_described(made: Results) -> None:
    arms = list(made.arms)
    log = [
        {"arm": arm, "stage": "sft", "tokens": 1000 * at, "loss": 2 / at}
        for arm in arms
        for at in range(1, 9)
    ]
    spread = data_plots.quantiles([9, 12, 15])
    with warnings.catch_warnings(), ink():
        warnings.simplefilter("error")
        drawn = [
            plots.accuracy(made),
            cost_plots.tokens(made),
            plots.recovery(made),
            plots.levels(made),
            data_plots.losses(log, made),
            data_plots.lengths({arm: {"trained on": spread, "wrote": spread} for arm in arms}, 200),
            data_plots.counts(made),
        ]
    for plot in drawn:
        assert plot is not None
        assert all(arm in plot.alt for arm in arms), plot.name
        assert plot.svg.startswith('<svg role="img" aria-label="')
        assert INK in plot.svg
        assert PAPER in plot.svg
        assert INK not in plot.inline
        assert PAPER not in plot.inline
        assert "currentColor" in plot.inline


def test_nine_arms_look_different() -> None:
    seen = looks(list(NINE.arms))
    assert len({look.colour for look in seen.values()}) == 9
    assert len({look.marker for look in seen.values()}) == 9
    assert len({str(look.line) for look in seen.values()}) == 9


def audited(right: int, verified: float) -> dict[str, Any]:
    """The figures of a stage whose outputs were audited, on 100 problems of a set."""
    figures = stage(100, right, 20)
    accuracy = {
        key: figures[key] for key in ("n", "clusters", "pass@1", "ci95", "mean_new_tokens", "unfinished")
    }
    return {**accuracy, "seeds": 1, "levels": {}, "unreadable": 0.0, "verified": verified, "clean": verified}


def test_gain_is_drawn_against_forgetting_in_each_set() -> None:
    def second(right: int, after: float) -> dict[str, Any]:
        lost = {"heldout": {"tokens": 9, "before": 0.1, "after": after}}
        return stage(100, right, 20, forgotten=lost, sets={"old": audited(right, 0), "new": audited(90, 0)})

    arms = {"keep": {"second": second(80, 0.1)}, "rewarm": {"second": second(20, 0.9)}}
    with ink():
        plot = stage_plots.forgetting(results(arms))
        assert stage_plots.forgetting(NINE) is None, "nothing was forgotten"
    assert plot is not None
    assert "old, rewarm: 20.0% at +0.800 nats" in plot.alt
    assert plot.alt.count("new, ") == 2


def test_rounds_are_drawn_stage_by_stage_and_compared_on_the_last() -> None:
    def sampled(right: int, share: float) -> dict[str, Any]:
        outputs = {"n": 10, "samples": 4, "mean_new_tokens": 20.0, "pass@k": {"1": 0.2, "4": share}}
        return stage(100, right, 20, generated_tokens=900, outputs=60, accepted=7, sampled=outputs)

    arms = {
        "shortcut": {"sft": stage(100, 40, 15), "last": stage(100, 45, 15)},
        "rounds": {
            "sft": stage(100, 40, 15, same_as="shortcut"),
            "a": sampled(50, 0.6),
            "last": sampled(60, 0.55),
        },
    }
    made = results(arms)
    assert made.compared_stages() == {"shortcut": "last", "rounds": "last"}
    with ink():
        plot = stage_plots.rounds(made)
        assert stage_plots.rounds(NINE) is None, "no stage sampled outputs"
    assert plot is not None
    assert "solved by the greedy output, rounds: 0.4, 0.5, 0.6" in plot.alt
    assert "solved by one of 4 samples, rounds: 0.6, 0.55" in plot.alt
    assert ("rounds", "last", "60", "900", "7") in cells(tables.generated(made))


def test_verified_outputs_have_a_panel_for_each_set() -> None:
    arms = {
        arm: {"sft": stage(100, right, 20, verified=proved, clean=proved, sets={"deeper": audited(30, 0.1)})}
        for arm, right, proved in (("journey", 90, 0.85), ("swapped", 60, 0.0))
    }
    with ink():
        plot = set_plots.verified(results(arms))
    assert plot is not None
    assert "held out, swapped: 60.0%, verified 0.0%" in plot.alt
    assert plot.alt.count("deeper, ") == 2
    assert "every line proved" in plot.note
    with ink():
        assert set_plots.verified(STAGED) is None, "nothing was audited"
    rows = cells(error_tables.verified(results(arms)))
    assert ("swapped", "SFT", "all", "60.0 %", "0.0 %", "60.0 %", "0.0 %", "100") in rows
