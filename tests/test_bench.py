"""The benchmark of search, on sizes so small that only its shape is tested."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from search import bench, fleet
from search.strategies import STRATEGIES
from train.bench import generation
from train.bench.benchmarks import busy_sentence, draw_search, table_of


def test_the_search_benchmark_has_figures_plot_and_conclusion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (bench, fleet):
        monkeypatch.setattr(module, "PART_SIZE", 4)
    for name, size in (("PROBLEMS", 2), ("LEVELS", (1, 2)), ("SPEED_PROBLEMS", 4), ("FLEET_PARTS", 3)):
        monkeypatch.setattr(bench, name, size)
    monkeypatch.setattr("journey.families.NAMES", ["countdown", "diophantine"])
    figures = bench.bench_search()
    assert [row[:3] for row in figures.rows] == [
        (family, level, strategy)
        for family in ("countdown", "diophantine")
        for level in (1, 2)
        for strategy in STRATEGIES
    ]
    for row in figures.rows:
        assert 0 <= row[3] <= 100
        assert min(row[4:]) > 0
    for workers in ("1 worker", "2 workers"):
        for figure in ("graphs/s", "verified steps/s"):
            assert figures.values[f"countdown through the fleet, {workers}: {figure}"] > 0
    cheapest = min(STRATEGIES, key=lambda name: figures.values[f"steps a solution, {name}"])
    printed = io.StringIO()
    Console(width=80, file=printed).print(table_of("search", figures))
    text = " ".join(printed.getvalue().split())
    assert f" {cheapest} costs least per solved problem: " in text
    assert " In time " in text
    draw_search(figures, tmp_path / "plots" / "search.svg")
    assert (tmp_path / "plots" / "search.svg").stat().st_size > 10_000


def test_a_busy_machine_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (9.5, 0.0, 0.0))
    monkeypatch.setattr("train.bench.benchmarks.cores", lambda: 4)
    (sentence,) = busy_sentence()
    assert sentence.startswith("Other programs use the processors (load 9.5 on 4 cores): ")
    monkeypatch.setattr("os.getloadavg", lambda: (0.3, 9.5, 9.5))
    assert not list(busy_sentence())


def test_generation_is_measured_next_to_that_of_transformers(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generation, "OUTPUTS", 12)
    monkeypatch.setattr(generation, "ROUNDS", 1)
    figures = generation.bench_generate()
    assert [name for name, _ in figures.rows] == [
        "journey", "model.generate", "model.generate, sorted", "generate_batch"
    ]  # fmt: skip
    assert min(speed for _, speed in figures.rows) > 0
    assert "12 of 12 outputs are those of model.generate token for token." in figures.notes
    assert "Traceback" not in "".join(capfd.readouterr())


def test_a_way_that_cannot_run_is_left_out_with_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> list[list[int]]:
        raise generation.CannotRun("the cache needs more than available memory")

    monkeypatch.setattr(generation, "OUTPUTS", 4)
    monkeypatch.setattr(generation, "ROUNDS", 2)
    monkeypatch.setattr(generation, "_library", fails)
    figures = generation.bench_generate()
    assert "generate_batch" not in dict(figures.rows)
    assert "times generate_batch" not in figures.values
    (note,) = (note for note in figures.notes if "left out" in note)
    assert note.startswith("generate_batch is left out: it cannot run with this model (the cache needs")
