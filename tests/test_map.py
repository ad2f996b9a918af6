"""The map: verdicts on cells, what separates them, and its files; on made-up results of every kind."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet
from rich.console import Console

from journey.errors import InputError
from journey.families import NAMES
from tests.made_up_map import CLAIM, cell, difference, equal_cost, every_kind, map_of
from train.analysis.map_cells import gain, judge_cell
from train.analysis.map_regression import (
    NO_JOINT_FIT,
    conclusion,
    judge_map_claims,
    regress,
)
from train.analysis.map_schema import LearningMap, read_map, write_map
from train.evaluation.metrics_schema import SetAccuracy
from train.recipe.load import load_family_recipe, load_recipe
from train.recipe.map_claims import MEASURES, parse_map_claim
from train.report.map_plots import family_order
from train.report.map_report import as_parquet, format_map, write_map_report
from train.report.map_tables import flat_row, grid, map_tables, slopes, verdict_counts


@pytest.fixture(scope="module")
def full() -> LearningMap:
    """A map with cells of every verdict and two missing families."""
    return map_of(every_kind(NAMES[:13]), missing=NAMES[13:])


@pytest.fixture(scope="module")
def folder(full: LearningMap, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with that map's files."""
    out = tmp_path_factory.mktemp("map")
    write_map(out, full)
    write_map_report(out, full)
    return out


@pytest.mark.parametrize(
    ("delta", "majority", "checker", "verdict", "reason"),
    [
        (0.3, 0.2, 0.1, "pays", "+10.0 points (+6.0 to +14.0) against the checker's choice of 4 shortcuts"),
        (0.3, 0.2, -0.1, "pays only without a checker", "-10.0 points (-14.0 to -6.0) against the checker"),
        (0.3, 0.2, 0.0, "pays only without a checker", "+0.0 points (-4.0 to +4.0) against the checker"),
        (0.3, -0.1, 0.1, "does not pay", "-10.0 points (-14.0 to -6.0) against the majority of 4"),
        (-0.3, 0.2, 0.1, "does not pay", "-30.0 points (-34.0 to -26.0) against the shortcut"),
        (0.0, 0.0, 0.0, "does not pay", "+0.0 points (-4.0 to +4.0) against the shortcut"),
        (0.03, 0.2, 0.1, "undecided", "+3.0 points (-1.0 to +7.0) against the shortcut"),
        (0.3, 0.2, 0.03, "undecided", "+3.0 points (-1.0 to +7.0) against the checker"),
    ],
)
def test_a_cell_says_whether_the_search_pays(
    delta: float, majority: float, checker: float, verdict: str, reason: str
) -> None:
    result, why = judge_cell(
        difference(delta), {"majority": equal_cost(majority), "checker": equal_cost(checker)}
    )
    assert result == verdict
    assert reason in why


def test_too_few_samples_decide_against_the_journey_only() -> None:
    few = equal_cost(0.2, enough=False)
    verdict, why = judge_cell(difference(0.3), {"majority": equal_cost(0.2), "checker": few})
    assert (verdict, "draw more samples" in why) == ("undecided", True)
    better = equal_cost(-0.2, enough=False)
    verdict, _ = judge_cell(difference(0.3), {"majority": equal_cost(0.2), "checker": better})
    assert verdict == "pays only without a checker", "cheaper samples that do better need no more"


def test_a_gain_is_shown_refused_or_open() -> None:
    assert [gain(difference(delta)) for delta in (0.05, 0.0, 0.02, -0.2)] == [True, False, None, False]


def test_a_known_slope_is_the_map_s_sentence() -> None:
    cells = every_kind(NAMES[:13], slope=0.08)
    regression = regress(cells)
    assert regression is not None
    assert (regression.n, regression.families) == (sum(each.ripe for each in cells), 13)
    states = next(each for each in regression.alone if each.measure == "states")
    assert states.ci95[0] < 0.08 < states.ci95[1] and states.slope == pytest.approx(0.08, abs=0.01)
    within = next(each for each in regression.within if each.measure == "states")
    assert within.slope == pytest.approx(0.08, abs=0.02)
    assert regression.r2_left_out is not None and regression.r2_left_out > 0.9
    text = conclusion(regression)
    assert text.startswith("The difference grows with the search needed: +")
    assert f"({regression.n} ripe cells of 13 families)" in text


def test_what_nothing_explains_is_said_to_be_so() -> None:
    cells = every_kind(NAMES, slope=0.0, seed=2)
    text = conclusion(regress(cells))
    assert text.startswith("Nothing that was measured explains where the search pays")
    judged = judge_map_claims({CLAIM: "before training"}, cells)[0]
    assert judged.verdict == "undecided" and judged.ci95[0] < 0 < judged.ci95[1]


def test_two_families_separate_nothing() -> None:
    cells = every_kind(NAMES[:2])
    assert regress(cells) is None
    assert conclusion(None) == "Too few families are ripe to say what separates the cells: this takes 3."
    judged = judge_map_claims({CLAIM: "before training"}, cells)[0]
    assert (judged.verdict, judged.correlation, judged.p) == ("undecided", None, 1.0)


@pytest.mark.parametrize("families", [3, 4, 5, 6, 8])
def test_few_families_in_order_decide_no_claim(families: int) -> None:
    cells = [cell(name, 1, 0.05 * at, states=5.0 + at) for at, name in enumerate(NAMES[:families])]
    judged = judge_map_claims({CLAIM: "before training"}, cells)[0]
    assert judged.verdict == ("supported" if families >= 6 else "undecided")
    assert judged.p > 0 and judged.ci95[0] < judged.ci95[1]


@pytest.mark.parametrize("families", [3, 4, 5, 6])
def test_chance_seldom_decides_a_map_s_claim(families: int) -> None:
    """Of 100 maps without a correlation, 5 % are 5, with an error of 2.2."""
    rng = np.random.default_rng(families)
    decided = 0
    for _ in range(100):
        deltas, states = rng.uniform(-0.3, 0.3, families), rng.uniform(4, 40, families)
        cells = [cell(NAMES[at], 1, deltas[at], states=states[at]) for at in range(families)]
        decided += judge_map_claims({CLAIM: "before training"}, cells)[0].verdict != "undecided"
    assert decided <= 5 + 2.5 * 2.2


def test_measures_without_a_fit_together_are_named() -> None:
    """Three families leave too few cells for four measures once one is left out."""
    cells = [cell(name, 1, 0.1 * at, states=5.0 + at**2) for at, name in enumerate(NAMES[:4])]
    regression = regress(cells)
    assert regression is not None and (regression.together, regression.r2) == ([], None)
    certain = [each.model_copy(update={"p_holm": 0.01}) for each in regression.alone]
    assert NO_JOINT_FIT in conclusion(regression.model_copy(update={"alone": certain}))
    table = slopes(map_of(cells))
    assert table is not None and NO_JOINT_FIT in table.note
    full = slopes(map_of(every_kind(NAMES)))
    assert full is not None and NO_JOINT_FIT not in full.note


def test_unripe_cells_do_not_count() -> None:
    ripe = every_kind(NAMES[:8])
    misleading = [cell(NAMES[9], level, -0.9, states=500.0, ripe=False) for level in range(1, 6)]
    assert regress([*ripe, *misleading]) == regress(ripe)


def test_a_measure_of_one_value_is_left_out_by_name() -> None:
    cells = [cell(name, level, 0.1 * level + 0.01 * at, states=4.0 * level + at, to_proof=0.0, branching=1.0)
             for at, name in enumerate(NAMES[:5]) for level in range(1, 6)]  # fmt: skip
    regression = regress(cells)
    assert regression is not None
    assert set(regression.omitted) == {"to_proof", "branching"}
    assert {each.measure for each in regression.alone} == set(MEASURES) - {"to_proof", "branching"}


@pytest.mark.parametrize(
    ("slope", "claim", "verdict"),
    [
        (0.08, CLAIM, "supported"),
        (-0.08, CLAIM, "contradicted"),
        (-0.08, "the difference falls with the search needed", "supported"),
    ],
)
def test_the_map_s_claim_is_judged(slope: float, claim: str, verdict: str) -> None:
    judged = judge_map_claims({claim: "before training"}, every_kind(NAMES, slope=slope))[0]
    assert (judged.claim, judged.verdict) == (claim, verdict)
    assert (judged.correlation or 0) * slope > 0 and judged.families == len(NAMES)


def test_a_map_s_claim_of_another_form_is_refused() -> None:
    with pytest.raises(InputError, match="reads `the difference grows with the search needed`"):
        parse_map_claim("journey > shortcut")
    with pytest.raises(InputError, match="no measure of a map 'branch': did you mean 'branching'"):
        parse_map_claim("the difference grows with the branch")
    with pytest.raises(InputError, match="no family 'root': did you mean 'roots'"):
        load_recipe("map", ["map.set={root: {training.tokens: 5}}"])


def test_map_json_is_read_back(full: LearningMap, folder: Path) -> None:
    assert read_map(folder) == full
    with pytest.raises(InputError, match="journey map report"):
        read_map(folder / "nowhere")


def test_csv_and_parquet_hold_the_same_cells(full: LearningMap, folder: Path) -> None:
    with open(folder / "map.csv", newline="") as file:
        from_csv = list(csv.DictReader(file))
    from_parquet = parquet.read_table(folder / "map.parquet").to_pylist()
    assert len(from_csv) == len(from_parquet) == len(full.cells) == 65
    for each, text, row in zip(full.cells, from_csv, from_parquet, strict=True):
        assert row["difference.delta"] == each.difference.delta == float(text["difference.delta"])
        assert (row["difference.ci95.low"], row["difference.ci95.high"]) == each.difference.ci95
        assert json.loads(text["shortcut.by_seed"]) == each.shortcut.by_seed
        assert (row["verdict"], row["effort.states"]) == (each.verdict, each.effort and each.effort.states)
        assert row["equal_cost.checker.difference.n"] == each.equal_cost["checker"].difference.n
        assert text.keys() == row.keys()


def test_a_cell_without_search_has_empty_fields(tmp_path: Path) -> None:
    unsearched = cell("linear", 1, 0.1).model_copy(update={"effort": None})
    assert unsearched.measures() == {}
    (tmp_path / "rows").write_bytes(as_parquet([flat_row(cell("roots", 1, 0.1)), flat_row(unsearched)]))
    rows = parquet.read_table(tmp_path / "rows").to_pylist()
    assert [row["effort.states"] for row in rows] == [8.0, None]
    write_map_report(tmp_path, map_of([unsearched]))
    assert not (tmp_path / "map-scatter.svg").exists()


def test_the_page_has_figures_in_words_and_no_links(full: LearningMap, folder: Path) -> None:
    page = (folder / "map.html").read_text()
    assert page.count("<svg") == 2
    assert not re.search(r"""(?:src|href)=["'](?!#)|url\((?!#)|@import""", page)
    assert full.sentence.replace("'", "&#39;") in page
    assert "65 cells. Pays: " in page and verdict_counts(full) in page
    for name in NAMES[:13]:
        assert re.search(rf'aria-label="Heat map[^"]*{name} 1: [+\u2212]', page), name
    for name in NAMES[13:]:
        assert re.search(rf">{name}</th>\s*<td[^>]*>not run<", page), name
    for verdict in ("pays", "pays only without a checker", "does not pay", "undecided", "not ripe"):
        assert verdict in page
    assert "A cell has 300 problems and 3 training seeds." in page
    markdown = (folder / "map.md").read_text()
    assert "![Where learning the search pays](map-heat.svg)" in markdown
    assert markdown.count("\n| linear | 1 |") == 4


def test_the_page_shows_what_a_family_s_models_solve_of_others(full: LearningMap, tmp_path: Path) -> None:
    assert "map-transfer" not in {table.name for table in map_tables(full)}

    def solved(share: float, unreadable: float) -> SetAccuracy:
        figures = {"n": 60, "clusters": 9, "seeds": 2, "mean_new_tokens": 9.0, "unfinished": 0.0}
        return SetAccuracy.model_validate(
            {**figures, "pass@1": share, "ci95": (0.0, 1.0), "levels": {}, "unreadable": unreadable}
        )

    sets = {
        "shortcut": {"roots": solved(0.25, 0.0)},
        "journey": {"roots": solved(0.5, 0.6), "story": solved(1, 0)},
    }
    first = full.families[0].model_copy(update={"sets": sets})
    learning_map = full.model_copy(update={"families": [first, *full.families[1:]]})
    write_map(tmp_path, learning_map)
    (table,) = [each for each in map_tables(read_map(tmp_path)) if each.name == "map-transfer"]
    assert table.columns == ("trained on", "arm", "roots", "story")
    assert list(table.rows) == [
        (first.family, "shortcut", "25.0 % (0.0 to 100.0)", "\u2013"),
        (first.family, "journey", "50.0 %* (0.0 to 100.0)", "100.0 % (0.0 to 100.0)"),
    ]
    assert "60 held-out problems of each set" in table.note


def test_a_terminal_shows_families_by_levels() -> None:
    cells = [
        cell("linear", 1, 0.1),
        cell("linear", 3, 0.1, checker=-0.1),
        cell("roots", 1, -0.2),
        cell("roots", 3, 0.02),
        cell("story", 1, 0.3, ripe=False),
    ]
    table = grid(map_of(cells))
    assert table is not None
    assert table.columns == ("family", "level 1", "level 3")
    assert table.rows == [
        ("linear", "● +10.0", "◐ +10.0"),
        ("roots", "○ -20.0", "? +2.0"),
        ("story", "(+30.0)", "–"),
    ]
    page = io.StringIO()
    for part in format_map(map_of(cells, missing=["system"])):
        Console(file=page, width=80).print(part)
    assert "5 cells. Pays: 1;" in page.getvalue() and "Missing families" in page.getvalue()
    assert all(len(line) <= 80 for line in page.getvalue().splitlines())


def test_a_map_without_a_finished_family_has_a_page(tmp_path: Path) -> None:
    empty = map_of([], missing=NAMES)
    write_map_report(tmp_path, empty)
    page = (tmp_path / "map.html").read_text()
    assert "No cell yet." in page and "Missing families" in page and "<svg" not in page
    assert [table.name for table in map_tables(empty)] == ["map-missing"]


def test_families_are_in_order_of_the_difference() -> None:
    cells = [cell("linear", 1, 0.1), cell("roots", 1, 0.4), cell("story", 1, 0.9, ripe=False)]
    assert family_order(cells) == ["roots", "linear", "story"]


def test_a_family_s_settings_lie_over_the_recipe_s() -> None:
    changes = ["map.set={roots: {training.tokens: 7000, base.context: 300}}", "base.context=400"]
    own, other = (load_family_recipe("map", name, changes) for name in ("roots", "story"))
    assert own.problems.families == {"roots": 1.0} and own.name == "map-roots" and own.map.set == {}
    assert own.training.tokens == 7000 != other.training.tokens
    assert own.base.context == other.base.context == 400, "what the user sets has the last word"
    assert own.map.claims == other.map.claims == [CLAIM]


def test_the_shipped_map_has_settings_for_every_family() -> None:
    shared = load_recipe("map")
    assert set(shared.problems.families) <= set(NAMES)
    for family in shared.problems.families:
        own = load_family_recipe("map", family)
        cap = shared.map.set.get(family, {}).get(
            "evaluation.max_new_tokens", shared.evaluation.max_new_tokens
        )
        assert own.evaluation.max_new_tokens == cap
        assert [arm.set for arm in own.arms] == [{}, {}], "arms differ in their traces alone"


def test_a_recipe_without_a_map_is_recorded_as_before() -> None:
    """A run that was made before maps existed goes on, and its registration stays as it is."""
    assert "map" not in load_recipe("laptop").model_dump(mode="json")
    assert load_recipe("map").model_dump(mode="json")["map"]["claims"] == [CLAIM]
