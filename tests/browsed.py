"""A small run folder for the browser, with outputs of models that err in every way, and its application."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from journey.graph import SolutionGraph
from journey.runs.index import Index, open_index
from journey.runs.store import write_json, write_lines
from tests.conftest import graph_of
from tests.made_up import change, recovery
from traces.browser.app import Browser
from traces.masked_text import MaskedText, ReadMasks
from traces.text import render
from traces.trace import Take
from traces.walks import WalkSettings, walk
from train.pipeline.data import trace_row
from train.report.run_numbers import format_runs

KINDS = ("shortcut", "journey", "stream")
FAMILIES = ("radical", "diophantine", "rational", "countdown")
GRAPHS = [graph_of(family, index) for index in range(6) for family in FAMILIES]
MODELS = ("shortcut-sft", "journey-sft")


def text_of(kind: str, graph: SolutionGraph) -> str:
    trace = walk(kind, graph, WalkSettings())
    return render(trace) if trace is not None else ""


def erring(graph: SolutionGraph) -> str:
    """An output that takes a wrong step and does not notice."""
    trace = walk("journey", graph, WalkSettings())
    assert trace is not None
    lines = render(trace).split("\n")
    at = next(at for at, event in enumerate(trace.events) if isinstance(event, Take))
    return "\n".join([lines[at], "what is this", "=0"])


def sample(graph: SolutionGraph, number: int, text: str, correct: bool) -> dict[str, Any]:
    about = {"schema_version": 1, "id": graph.problem.id, "sample": number, "text": text, "tokens": 12}
    return {**about, "finished": True, "correct": correct, "reason": None if correct else "not the answer"}


def make_run(path: Path) -> Path:
    """A run: two parts of graphs, three kinds of trace, two models, results."""
    for number, graphs in enumerate((GRAPHS[:16], GRAPHS[16:])):
        write_lines(path / f"graphs/part-{number:05d}.jsonl", [graph.to_record() for graph in graphs])
    for kind in KINDS:
        traces = (walk(kind, graph, WalkSettings()) for graph in GRAPHS)
        rows = [trace_row(trace, kind, WalkSettings()) for trace in traces if trace]
        write_lines(path / f"traces/{kind}.jsonl", rows)
    evaluated = GRAPHS[:8]
    write_lines(
        path / "evals/shortcut-sft/samples.jsonl",
        [sample(graph, 0, erring(graph), False) for graph in evaluated],
    )
    right = [sample(graph, 0, text_of("journey", graph), True) for graph in evaluated]
    drawn = [sample(graph, 1, erring(graph), False) for graph in evaluated]
    write_lines(path / "evals/journey-sft/samples.jsonl", right + drawn)
    shares = {"shortcut-sft": 0.25, "journey-sft": 0.875}
    figures: dict[str, dict[str, Any]] = {
        model: {"n": 8, "clusters": 8, "pass@1": share, "ci95": [share - 0.1, share + 0.1],
                "mean_new_tokens": 12.0, "unfinished": 0.0, "levels": {}, "recovery": recovery(8, 0, 0, 0, 0)}
        for model, share in shares.items()
    }  # fmt: skip
    for model, metrics in figures.items():
        write_json(path / f"evals/{model}/metrics.json", {**metrics, "seeds": 1})
    pooled = {"seeds": [0], "train_tokens": 1000, "converged": None, "why": ""}
    results = {
        "schema_version": 1,
        "recipe": "small",
        "split": "held-out",
        "seconds": {"generate": 1, "train": 2, "eval": 3, "total": 6},
        "arms": {
            model.partition("-")[0]: {"sft": {**metrics, **pooled, "by_seed": [metrics["pass@1"]]}}
            for model, metrics in figures.items()
        },
        "paired": {"journey-shortcut": {"sft": change(delta=0.625, ci95=[0.3, 0.9], p=0.01)}},
        "stage_changes": {},
        "claims": [],
        "registration": None,
        "teacher": {"solved": 1.0, "within_budget": 1.0, "mean_new_tokens": 20.0, "levels": {}},
        "tuning": [],
        "counts": {},
    }
    write_json(path / "results.json", results)
    (path / "manifest.json").write_text(json.dumps({"state": "done"}))
    (path / "report.html").write_text("<p>a report</p>")
    return path


def shown(app: Browser) -> str:
    """All that is on the screen, as text."""
    width, height = app.size
    lines = app.screen._compositor.render_strips(app.size)
    return "\n".join("".join(segment.text for segment in strip)[:width].rstrip() for strip in lines[:height])


Keys = Callable[[Browser, Pilot[None]], Awaitable[None]]


def no_masks(id: str) -> list[MaskedText]:
    """What is read of a run without training texts."""
    return []


def drive(run: Path, keys: Keys, size: tuple[int, int] = (80, 24), read_masks: ReadMasks = no_masks) -> None:
    """Opens the browser on a run and presses keys."""

    async def go() -> None:
        open_index(run).close()
        app = Browser(Index(run), format_runs, read_masks)
        async with app.run_test(size=size, notifications=True) as pilot:
            await settled(app, pilot)
            await keys(app, pilot)

    asyncio.run(go())


async def settled(app: Browser, pilot: Pilot[None], seconds: float = 20) -> None:
    """Waits until the selected problem is wholly opened and nothing is left to be painted."""
    for _ in range(int(seconds / 0.02)):
        await pilot.pause(0.02)
        opened = app.problem_view
        nothing = app._selected_id is None
        if nothing or (opened is not None and opened.complete and opened.id == app._selected_id):
            await pilot.pause()
            return
    raise AssertionError(f"not opened within {seconds} s")


async def seen(app: Browser, pilot: Pilot[None], expected: str, seconds: float = 20) -> str:
    """Waits until something is shown, and returns all that is."""
    for _ in range(int(seconds / 0.02)):
        if expected in (text := shown(app)):
            return text
        await pilot.pause(0.02)
    raise AssertionError(f"{expected!r} is not shown within {seconds} s:\n{shown(app)}")
