"""A small run folder to index, and what a scan of its files says."""

from __future__ import annotations

import json
import random
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from journey.graph import SolutionGraph
from journey.runs import index_file
from journey.runs.index import Index, open_index
from journey.runs.index_rows import Facts, read_facts
from journey.runs.store import INDEX, write_lines
from journey.step import REFUTED, Verdict
from tests.conftest import graph_of
from traces.walks import WalkSettings, walk
from train.pipeline.data import trace_row

KINDS = ("shortcut", "journey", "stream")
MODELS = ("shortcut-sft", "journey-sft")
GRAPHS = [graph_of(family, index) for family in ("diophantine", "radical", "linear") for index in range(8)]
PARTS = [GRAPHS[:10], GRAPHS[10:20], GRAPHS[20:]]


def samples(model: str) -> list[dict[str, Any]]:
    """Some outputs: each third problem was asked, greedily and twice by sampling."""
    chance = random.Random(model)
    return [
        {
            **{"schema_version": 1, "id": graph.problem.id, "sample": number, "text": "", "tokens": 1},
            **{"finished": True, "correct": chance.random() < 0.5, "reason": None},
        }
        for number in (0, 1, 2)
        for graph in GRAPHS[::3]
    ]


def make_run(path: Path) -> Path:
    for number, graphs in enumerate(PARTS):
        write_lines(part(path, number), [graph.to_record() for graph in graphs])
    for kind in KINDS:
        traces = (walk(kind, graph, WalkSettings()) for graph in GRAPHS)
        write_lines(
            path / f"traces/{kind}.jsonl",
            [trace_row(trace, kind, WalkSettings()) for trace in traces if trace],
        )
    for model in MODELS:
        write_lines(path / f"evals/{model}/samples.jsonl", samples(model))
    (path / "manifest.json").write_text("{}")
    return path


def part(run: Path, number: int) -> Path:
    return run / f"graphs/part-{number:05d}.jsonl"


def rows(path: Path) -> list[Any]:
    """The records of a file, by a plain scan."""
    return [json.loads(line) for line in path.read_bytes().split(b"\n") if line]


def contents(index: Index) -> dict[str, Any]:
    """All that an index says, free of the order in which it read the files."""
    result = index.problems(limit=10**6)
    ids = sorted({row.facts.id for row in result})
    return {
        "problems": sorted(result, key=lambda row: row.facts.id),
        "graphs": [index.graph(id) for id in ids],
        "traces": [(id, kind, index.trace(kind, id)) for id in ids for kind in index.kinds(id)],
        "samples": [index.samples(id) for id in ids],
        "broken": index.broken(),
        "models": index.models(),
    }


def anew(run: Path, tmp_path: Path) -> dict[str, Any]:
    """The same of an index that is made from nothing."""
    copy = Path(shutil.copytree(run, tmp_path / f"copy-{time.monotonic_ns()}"))
    (copy / INDEX).unlink(missing_ok=True)
    with open_index(copy) as index:
        return contents(index)


def facts_by_the_graph(graph: SolutionGraph) -> Facts:
    """The same facts, by networkx."""
    problem, steps = graph.problem, graph.steps()
    return Facts(
        problem.id,
        problem.family,
        problem.level,
        problem.split,
        problem.statement,
        len(graph),
        len(steps),
        sum(step.verdict in REFUTED for step in steps),
        sum(step.verdict is Verdict.UNKNOWN for step in steps),
        sum(step.mistake is not None for step in steps),
    )


class Reads:
    """Which lines of which files were read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.lines: list[tuple[str, int]] = []
        plain = read_facts

        def spied(file: Any, start: int, *rest: Any) -> Any:
            reading = plain(file, start, *rest)
            self.lines.append((Path(file.name).name, reading.lines))
            return reading

        monkeypatch.setattr(index_file, "read_facts", spied)

    def taken(self) -> list[tuple[str, int]]:
        lines, self.lines = self.lines, []
        return lines
