"""Curation as a stage: the recipe's section, the file it leaves, what is trained on, what `stats` prints."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from rich import console as rich_console

from journey.errors import InputError
from journey.runs.store import Run, read_json, read_lines, write_lines
from tests.conftest import Journey
from traces.charts import binned, charts
from traces.curate import dropped_ids
from traces.filters import Limits
from traces.run_files import read_texts
from train.console import Console
from train.pipeline import curation, data, experiment
from train.pipeline.train_job import choose_pairs
from train.recipe.corpus_settings import Curation
from train.recipe.load import load_recipe, recipe_of

TINY = ["problems.train=60", "problems.validation=0", "problems.heldout=10", "search.workers=1"]
QUIET = Console(quiet=True)


def test_the_recipe_says_what_the_limits_are() -> None:
    assert Curation().limits == Limits()
    fields = {name for name in Limits.__dataclass_fields__}
    assert set(Curation.model_fields) == fields | {"against"}
    assert load_recipe("laptop", ["curation.levels=[1, 2]"]).curation.limits.levels == (1, 2)
    with pytest.raises(
        InputError, match=r"curation\.near_duplicates: input should be less than or equal to 1"
    ):
        load_recipe("laptop", ["curation.near_duplicates=80"])
    with pytest.raises(InputError, match="no curation key 'ngrams': did you mean 'ngram'"):
        load_recipe("laptop", ["curation.ngrams=8"])
    with pytest.raises(InputError, match=r"the file nowhere\.jsonl in curation\.against does not exist"):
        load_recipe("laptop", ["curation.against=[nowhere.jsonl]"])


@pytest.fixture(scope="module")
def curated_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose journeys may have 9 lines, and whose first training problem is in an evaluation file."""
    place = tmp_path_factory.mktemp("curated")
    plain = experiment.open_run(place / "plain", load_recipe("laptop", TINY))
    data.generate(plain, load_recipe("laptop", TINY), QUIET)
    rows = list(read_lines(plain.path / "problems" / "train.jsonl", dict))
    write_lines(place / "test.jsonl", rows[:1])
    settings = [f"curation.against=[heldout, {place / 'test.jsonl'}]", "curation.max_lines=9"]
    recipe = load_recipe("laptop", [*TINY, *settings, "curation.mistake_share=0.5"])
    data.generate(experiment.open_run(place / "run", recipe), recipe, QUIET)
    return place / "run"


def test_curation_never_drops_held_out_problems(curated_run: Path) -> None:
    run, plain = Run(curated_run), Run(curated_run.with_name("plain"))
    gone = dropped_ids(curated_run)
    assert run.done("curation")
    assert not dropped_ids(plain.path)
    everything = {text.id for text in read_texts(plain, "journey", "train")}
    assert gone < everything
    for kind in ("shortcut", "journey"):
        assert {text.id for text in read_texts(run, kind, "train")} == everything - gone
        for split in ("heldout", "validation"):
            assert read_texts(run, kind, split) == read_texts(plain, kind, split)
    assert all(text.completion.count("\n") < 9 for text in read_texts(run, "journey", "train"))
    replica = recipe_of(run).replica("journey")
    dpo = replica.arm.stage("dpo")
    before, after = (choose_pairs(r, recipe_of(r), replica, dpo) for r in (plain, run))
    assert {pair.id for pair in before} & gone
    assert after
    assert not {pair.id for pair in after} & gone


def test_the_file_says_what_was_dropped_and_is_the_same_again(curated_run: Path) -> None:
    record = read_json(curated_run / "curation.json")
    first = next(iter(read_lines(curated_run / "problems" / "train.jsonl", dict)))["id"]
    assert record["dropped"][first]["filter"] == "evaluation_same"
    assert record["problems"] == 60 == record["kept"] + len(record["dropped"])
    assert (
        record["counts"]["length"]["journey"]["own"] == record["counts"]["length"]["shortcut"]["others"] > 0
    )
    assert sorted(record["evaluation"].values()) == [1, 10]
    before = (curated_run / "curation.json").read_bytes()
    run = Run(curated_run)
    del run.manifest["stages"]["curation"]
    with pytest.raises(InputError, match="has no training data yet"):
        run.save()
        experiment.train_arm(curated_run, "sft", "journey", QUIET)
    curation.make_curation(run, recipe_of(run), QUIET)
    assert (curated_run / "curation.json").read_bytes() == before
    assert Run(curated_run).done("curation")


def test_a_stage_killed_before_its_file_is_written_has_no_mark(
    curated_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run(curated_run)
    marks = run.manifest["stages"].pop("curation")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("train.pipeline.curation.write_json", killed)
        with pytest.raises(KeyboardInterrupt):
            curation.make_curation(run, recipe_of(run), QUIET)
    assert not run.done("curation")
    run.mark("curation", **marks)


def test_stats_prints_the_table_and_the_distributions(curated_run: Path, journey: Journey) -> None:
    done = journey("stats", curated_run)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    for heading in (
        "Problems by level",
        "Steps by verdict",
        "Lengths of kept traces",
        "dropped: length",
        "█",
    ):
        assert heading in done.stdout
    figures = json.loads(journey("stats", curated_run, "--json").stdout)
    assert figures["curation"]["kept"] == 60 - len(dropped_ids(curated_run))
    rows = [line.split() for line in lines]
    assert ["kept", *[str(figures["curation"]["kept"])] * 2] in rows
    assert sum(figures["levels"]["train"].values()) == 60
    for kind in ("shortcut", "journey"):
        assert sum(figures["lengths"][kind].values()) == figures["curation"]["kept"] + 10


def test_charts_are_tidy() -> None:
    lengths = {f"kind-{n}": [1, 3 * n + 1, 900] for n in range(5)}
    columns = binned({**lengths, "odd": [2], "none": []})
    columns["odd"]["513-1024"] = 1_234_567
    console = rich_console.Console(file=io.StringIO(), width=80, no_color=True)
    for table in charts("lines", columns):
        console.print(table)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert max(map(len, shown.splitlines())) <= 80
    assert all(name in shown for name in columns)
    ranges = ["1", "2", "3-4", "5-8", "9-16", "17-32", "33-64", "65-128", "129-256", "257-512", "513-1024"]
    assert [line.split()[0] for line in shown.splitlines()] == ["lines", *ranges] * 3
    assert "1,234,567 ████████████" in shown


@given(some.lists(some.integers(1, 10_000), min_size=1))
def test_every_length_is_in_the_range_that_names_it(lengths: list[int]) -> None:
    counts = binned({"all": lengths})["all"]
    for name, count in counts.items():
        low, _, high = name.partition("-")
        assert count == sum(int(low) <= length <= int(high or low) for length in lengths)
    assert sum(counts.values()) == len(lengths)
