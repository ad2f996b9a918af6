"""`journey map`: families run one by one, resumed and shared out, and put together from their folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from journey.errors import InputError, JourneyError
from journey.families import NAMES
from journey.runs.graphs import read_graphs
from journey.runs.store import Run, read_lines
from search.effort import search_effort
from tests.conftest import Journey
from tests.made_up_map import CLAIM, as_family
from tests.test_cli import one_after_another
from traces.run_files import read_problems
from train.analysis import map_cells
from train.analysis.evaluations import read_samples
from train.analysis.learning_map import gather_map
from train.analysis.map_cells import cells_of
from train.analysis.map_schema import read_map, write_map
from train.analysis.results_schema import read_results
from train.console import Console
from train.pipeline import map_runs
from train.pipeline.map_runs import report_map
from train.recipe.load import recipe_of
from train.recipe.recipe import Recipe

QUIET = Console(quiet=True)


def test_cells_agree_with_the_results_of_the_run(quick_run: Path) -> None:
    run = Run(quick_run)
    cells, results = cells_of(run, recipe_of(run)), read_results(quick_run)
    assert [str(cell.level) for cell in cells] == results.level_names()
    figures = {arm: results.arms[arm]["sft"] for arm in ("journey", "shortcut")}
    for cell in cells:
        part = {arm: each.levels[str(cell.level)] for arm, each in figures.items()}
        assert (cell.family, cell.difference.n) == ("diophantine", part["journey"].n)
        assert cell.difference.delta == pytest.approx(part["journey"].pass_1 - part["shortcut"].pass_1)
        assert cell.shortcut.by_seed == [pytest.approx(part["shortcut"].pass_1)]
        assert (cell.ripe, cell.verdict) == (False, "not ripe"), "one seed, trained for a moment"
        for method, chooser in (("majority", "majority"), ("best_of_n", "checker")):
            each, by_count = cell.equal_cost[chooser], (figures["shortcut"].methods or {})[method]  # type: ignore[index]
            assert each.solved == by_count[str(each.samples)].levels[str(cell.level)].solved
            fewer = [int(n) for n in by_count if int(n) < each.samples]
            cost = each.journey_tokens
            assert all(by_count[str(n)].levels[str(cell.level)].tokens < cost for n in fewer)
            assert each.enough == (each.tokens >= cost)


def test_the_search_of_a_cell_is_that_of_its_graphs(quick_run: Path) -> None:
    run = Run(quick_run)
    graphs = [graph for graph in read_graphs(quick_run / "graphs") if graph.problem.split == "heldout"]
    for cell in cells_of(run, recipe_of(run)):
        own = [graph for graph in graphs if graph.problem.level == cell.level]
        efforts = [effort for graph in own if (effort := search_effort(graph)) is not None]
        assert cell.effort is not None and (cell.effort.n, cell.effort.unsolved) == (len(efforts), 0)
        assert cell.effort.states == pytest.approx(fmean(each.states for each in efforts))
        assert cell.effort.longest_run == pytest.approx(fmean(each.longest_run for each in efforts))
        assert 0 <= cell.effort.off_path < cell.effort.states
        assert cell.effort.teacher_steps == pytest.approx(fmean(len(graph.steps()) for graph in own))
        assert (cell.journey.trace_tokens or 0) > (cell.shortcut.trace_tokens or 0) > 0


def test_equal_cost_is_counted_on_the_sampled_problems(quick_run: Path) -> None:
    run = Run(quick_run)
    folder = quick_run / "evals"
    sampled = {row["id"] for row in read_lines(folder / "shortcut-sft" / "answers.jsonl", dict)}
    greedy = [row for row in read_samples(folder / "journey-sft") if row.sample == 0]
    levels = {each.id: each.level for each in read_problems(run, "heldout")}
    for cell in cells_of(run, recipe_of(run)):
        own = [row for row in greedy if levels[row.id] == cell.level]
        tokens = [row.tokens for row in own if row.id in sampled]
        assert 0 < len(tokens) < len(own), "fewer problems are sampled than answered greedily"
        for each in cell.equal_cost.values():
            assert each.journey_tokens == pytest.approx(fmean(tokens))
            assert each.difference.n == len(tokens)


def test_ripe_cells_name_the_curve_they_rest_on(quick_run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_cells, "_unripe", lambda arms, difference: [])
    run = Run(quick_run)
    for cell in cells_of(run, recipe_of(run)):
        assert cell.ripe and cell.why.endswith("; ripe by the learning curve of all levels together")


def drop_methods(record: dict[str, Any]) -> None:
    del record["arms"]["shortcut"]["sft"]["methods"]


def drop_arm(record: dict[str, Any]) -> None:
    del record["arms"]["shortcut"]


def drop_level(record: dict[str, Any]) -> None:
    del record["arms"]["journey"]["sft"]["levels"]["1"]


def drop_sampled_level(record: dict[str, Any]) -> None:
    for by_count in record["arms"]["shortcut"]["sft"]["methods"].values():
        for figures in by_count.values():
            del figures["levels"]["1"]


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (drop_methods, "no samples of shortcut at level 1: raise evaluation.samples.shortcut"),
        (drop_sampled_level, "no samples of shortcut at level 1: raise evaluation.samples.shortcut"),
        (drop_arm, "has no arm shortcut, which a map compares"),
        (drop_level, "do not fit together (KeyError: '1')"),
        (dict.clear, "results.json: "),
    ],
)
def test_one_bad_folder_does_not_block_the_map(
    quick_run: Path, tmp_path: Path, damage: Callable[[dict[str, Any]], None], why: str
) -> None:
    as_family(quick_run, tmp_path / "roots", "roots")
    path = as_family(quick_run, tmp_path / "linear", "linear") / "results.json"
    record = json.loads(path.read_text())
    damage(record)
    path.write_text(json.dumps(record))
    result = gather_map([tmp_path])
    assert [each.family for each in result.families] == ["roots"] == sorted({c.family for c in result.cells})
    missing = {each.family: each.why for each in result.missing}
    assert set(missing) == set(NAMES) - {"roots"}
    assert missing["linear"].startswith("cannot be read: ") and why in missing["linear"]


@pytest.mark.parametrize("content", ["{", "{}", '{"settings": {"name": 3}}'])
def test_a_bad_manifest_does_not_block_the_map(quick_run: Path, tmp_path: Path, content: str) -> None:
    as_family(quick_run, tmp_path / "roots", "roots")
    as_family(quick_run, tmp_path / "linear", "linear")
    (tmp_path / "linear" / "manifest.json").write_text(content)
    result = gather_map([tmp_path])
    assert [each.family for each in result.families] == ["roots"]
    assert {each.family: each.why for each in result.missing}["linear"].startswith("cannot be read: ")


def test_folders_of_two_machines_make_one_map(quick_run: Path, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    as_family(quick_run, here / "diophantine", "diophantine")
    as_family(quick_run, here / "linear", "linear", state="running")
    as_family(quick_run, there / "roots", "roots")
    as_family(quick_run, there / "story", "story", state="failed", failed=["sft journey failed: no memory"])
    result = gather_map([here, there])
    assert [(each.family, each.folder) for each in result.families] == [
        ("diophantine", "diophantine"),
        ("roots", "roots"),
    ]
    assert {each.registered for each in result.families} == {"before training"}
    why = {each.family: each.why for each in result.missing}
    assert set(why) == set(NAMES) - {"diophantine", "roots"}
    assert why["linear"] == "not finished" and why["system"] == "not run"
    assert why["story"] == "failed: sft journey failed: no memory"
    as_family(quick_run, there / "again", "diophantine")
    with pytest.raises(InputError, match="diophantine has two runs"):
        gather_map([here, there])
    with pytest.raises(InputError, match="no folder"):
        gather_map([tmp_path / "nowhere"])


def test_a_published_map_adds_its_families(quick_run: Path, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    as_family(quick_run, here / "diophantine", "diophantine")
    as_family(quick_run, there / "roots", "roots")
    both = gather_map([here, there])
    published = tmp_path / "published.json"
    write_map(there, gather_map([there]))
    (there / "map.json").rename(published)
    assert gather_map([here, published]) == both
    record = json.loads(published.read_text())
    record["families"][0]["folder"] = "elsewhere"
    published.write_text(json.dumps(record))
    assert [each.folder for each in gather_map([here, published]).families] == ["diophantine", "elsewhere"]
    assert gather_map([there, published]) == gather_map([there]), "a run of one's own comes first"
    again = tmp_path / "again.json"
    again.write_text(published.read_text())
    with pytest.raises(InputError, match=r"roots is in two files, .*published\.json and .*again\.json"):
        gather_map([here, published, again])
    with pytest.raises(InputError, match="the folder that receives the map first"):
        report_map([published, here], QUIET)


def test_settings_that_differ_are_noted(quick_run: Path, tmp_path: Path) -> None:
    for name in ("diophantine", "linear", "roots"):
        as_family(quick_run, tmp_path / name, name)
    path = tmp_path / "roots" / "manifest.json"
    record = json.loads(path.read_text())
    record["settings"]["training"]["tokens"] = 7
    record["settings"]["search"]["workers"] = 7
    path.write_text(json.dumps(record))
    assert gather_map([tmp_path]).notes == ["roots differs from most families in training.tokens."]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The families that were run, in order; nothing is trained. `linear` fails the first time."""
    calls: list[str] = []

    def run_stages(run: Run, recipe: Recipe, console: Console) -> None:
        calls.append(next(iter(recipe.problems.families)))
        if calls[-1] == "linear" and calls.count("linear") == 1:
            raise JourneyError("a full disk")
        run.manifest["state"] = "done"
        run.save()

    monkeypatch.setattr(map_runs, "run_stages", run_stages)
    # Loads trl, and a map of the command below is checked.
    monkeypatch.setattr(map_runs, "check_configs", lambda recipe: None)
    monkeypatch.setattr(map_runs, "report_map", lambda folders, console: None)
    return calls


@pytest.fixture
def run_map(tmp_path: Path) -> Callable[..., None]:
    """Runs a quick map of four families in one folder."""
    families = ["countdown", "diophantine", "linear", "roots"]

    def call(chosen: list[str] = families, shard: tuple[int, int] = (0, 1), **more: Any) -> None:
        arguments: dict[str, Any] = {"changes": [], "quick": True, "console": QUIET, **more}
        map_runs.run_map("map", tmp_path / "map", chosen, shard=shard, **arguments)

    return call


def test_shards_share_the_families_out(ran: list[str], run_map: Callable[..., None]) -> None:
    run_map(shard=(1, 3))
    assert ran == ["diophantine"]
    run_map(shard=(0, 3))
    assert ran == ["diophantine", "countdown", "roots"]


def test_a_failed_family_stops_no_other_and_is_run_again(
    ran: list[str], run_map: Callable[..., None]
) -> None:
    with pytest.raises(JourneyError, match=r"^linear: a full disk$"):
        run_map()
    assert ran == ["countdown", "diophantine", "linear", "roots"]
    run_map()
    assert ran[4:] == ["linear"], "finished families are kept"
    run_map()
    assert len(ran) == 5


def test_a_map_of_other_settings_is_refused_before_it_runs(
    ran: list[str], run_map: Callable[..., None]
) -> None:
    run_map(["roots"])
    with pytest.raises(InputError, match=r"training\.tokens differ"):
        run_map(["countdown", "roots"], changes=["training.tokens=9000"])
    assert ran == ["roots"]
    run_map(["countdown", "roots"], changes=["training.tokens=9000"], update=True)
    assert ran == ["roots", "countdown", "roots"]
    run_map(["countdown", "roots"], changes=["training.tokens=9000"], update=True)
    assert len(ran) == 3, "nothing differs any more"
    with pytest.raises(InputError, match="no family 'rots': did you mean 'roots'"):
        run_map(["rots"])


def test_an_update_with_a_bad_option_removes_nothing(
    ran: list[str], run_map: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_map(["countdown", "roots"])
    checked = []

    def refuse(recipe: Recipe) -> None:
        checked.append(recipe.sft)
        if "some_typo" in recipe.sft:
            raise InputError("no option some_typo")

    monkeypatch.setattr(map_runs, "check_configs", refuse)
    files = [tmp_path / "map" / name / "manifest.json" for name in ("countdown", "roots")]
    before = [file.read_bytes() for file in files]
    with pytest.raises(InputError, match="some_typo"):
        run_map(["countdown", "roots"], changes=["sft.some_typo=1"], update=True)
    assert [file.read_bytes() for file in files] == before
    checked.clear()
    run_map(["countdown", "roots"], update=True)
    assert (ran, checked) == (["countdown", "roots"], []), "what does not differ was checked before"


def test_the_command_runs_a_family_and_shows_the_map(
    here: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.pipeline.replica_jobs.run_jobs", one_after_another)
    words = ("map", "--quick", "--family", "congruence", "--out", tmp_path)
    done = here(*words, "--set", "training.tokens=800")
    assert done.returncode == 0, done.stderr
    result = read_map(tmp_path)
    assert [each.family for each in result.families] == ["congruence"]
    assert [cell.level for cell in result.cells] == [1, 2]
    assert {cell.verdict for cell in result.cells} == {"not ripe"}
    assert "length: the limit of 40 tokens cuts off" in (result.families[0].reason or "")
    assert [(each.claim, each.verdict, each.registered) for each in result.claims] == [
        (CLAIM, "undecided", "before training")
    ]
    assert CLAIM in (tmp_path / "congruence" / "recipe.yaml").read_text()
    for name in ("map.html", "map.md", "map.csv", "map.parquet", "map-heat.svg", "map-scatter.svg"):
        assert (tmp_path / name).stat().st_size > 500, name
    assert "congruence" in done.stdout and "not run" in done.stdout
    shown = here("map", "report", tmp_path, "--json")
    assert json.loads(shown.stdout)["cells"] == json.loads((tmp_path / "map.json").read_text())["cells"]
    before = (tmp_path / "map.json").read_bytes()
    again = here(*words, "--set", "training.tokens=800")
    assert "congruence (1 of 1): done before" in again.stdout
    assert (tmp_path / "map.json").read_bytes() == before
