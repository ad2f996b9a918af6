"""A dataset for the Hub: parquet files, one configuration per kind of data, and a card.

    datasets.load_dataset("DIR", "journey", split="train")      traces, one configuration per kind
    datasets.load_dataset("DIR", "pairs", split="train")        preference pairs with their proofs
    datasets.load_dataset("DIR", "graphs", split="test")        node-link JSON, as `networkx` reads it

Data that differ by family (givens, the graph) are columns of JSON text. A parquet column has one type, and a
struct with the fields of all families would be mostly null.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet as pq

from journey.graph import SolutionGraph
from journey.runs.store import Run, encode, replace
from traces.export.card import GraphStatistics, card
from traces.export.files import SPLITS, graphs_of, pair_rows, trace_rows

BATCH = 1_000
"""Rows per row group, and held in memory per file."""

TRACE = pa.schema(
    {
        "id": pa.string(),
        "kind": pa.string(),
        "family": pa.string(),
        "level": pa.int64(),
        "statement": pa.string(),
        "givens": pa.string(),
        "answer": pa.string(),
        "style": pa.string(),
        "prompt": pa.string(),
        "completion": pa.string(),
        "walk_settings": pa.string(),
        "source": pa.string(),
        "licence": pa.string(),
        "schema_version": pa.int64(),
    }
)
PAIR = pa.schema(
    {
        **dict.fromkeys(("id", "kind", "trace", "prompt", "chosen", "rejected"), pa.string()),
        **dict.fromkeys(("chosen_verdict", "rejected_verdict", "evidence", "mistake"), pa.string()),
        "schema_version": pa.int64(),
    }
)
GRAPH = pa.schema(
    {
        "id": pa.string(),
        "family": pa.string(),
        "level": pa.int64(),
        "statement": pa.string(),
        "solved": pa.bool_(),
        "states": pa.int64(),
        "steps": pa.int64(),
        "wrong_steps": pa.int64(),
        "graph": pa.string(),
        "licence": pa.string(),
        "schema_version": pa.int64(),
    }
)


class ParquetFiles:
    """Parquet files CONFIGURATION/SPLIT.parquet in one folder, each opened at its first row."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counts: Counter[str] = Counter()
        self._open: dict[str, tuple[pq.ParquetWriter, list[dict[str, Any]]]] = {}

    def add(self, config: str, split: str, row: dict[str, Any], schema: pa.Schema) -> None:
        """Adds a row."""
        name = f"{config}/{split}.parquet"
        if name not in self._open:
            (self.folder / config).mkdir(exist_ok=True)
            self._open[name] = pq.ParquetWriter(self.folder / name, schema, compression="zstd"), []
        writer, waiting = self._open[name]
        waiting.append(row)
        self.counts[name] += 1
        if len(waiting) == BATCH:
            writer.write_table(pa.Table.from_pylist(waiting, schema=schema))
            waiting.clear()

    def close(self) -> None:
        """Writes the remaining rows and closes the files."""
        for writer, waiting in self._open.values():
            if waiting:
                writer.write_table(pa.Table.from_pylist(waiting, schema=writer.schema))
            writer.close()


def write_parquet(run: Run, folder: Path) -> Mapping[str, int]:
    """Writes the files and the card; returns the number of rows by file.

    Raises:
        InputError: the run holds no traces.
    """
    statistics = GraphStatistics()
    with closing(ParquetFiles(folder)) as files:
        for row in trace_rows(run):
            files.add(row["kind"], SPLITS[row["split"]], trace_record(row), TRACE)
            statistics.walk_settings[row["kind"]] = row["walk_settings"]
        for row in pair_rows(run):
            files.add("pairs", "train", row, PAIR)
        for graph in graphs_of(run):
            files.add("graphs", SPLITS[graph.problem.split], graph_record(graph), GRAPH)
            statistics.add(graph)
    replace(folder / "README.md", card(run, files.counts, statistics))
    return files.counts


def trace_record(row: dict[str, Any]) -> dict[str, Any]:
    """A trace as a flat row."""
    problem = row["problem"]
    flat = {name: problem[name] for name in ("family", "level", "statement", "answer", "source", "licence")}
    texts = {name: row[name] for name in ("id", "kind", "prompt", "completion", "schema_version")}
    texts["style"] = row.get("style", "terse")
    return {**flat, **texts, "givens": _json(problem["givens"]), "walk_settings": _json(row["walk_settings"])}


def graph_record(graph: SolutionGraph) -> dict[str, Any]:
    """A graph as a row: columns for filtering, and the full graph as JSON."""
    problem, record = graph.problem, graph.to_record()
    return {
        "id": problem.id,
        "family": problem.family,
        "level": problem.level,
        "statement": problem.statement,
        "solved": any(state.solved for state in graph.states()) and graph.solution() is not None,
        "states": len(graph),
        "steps": graph.graph.number_of_edges(),
        "wrong_steps": sum(not graph.sound(step) for step in graph.steps()),
        "graph": _json(record),
        "licence": problem.licence,
        "schema_version": record["schema_version"],
    }


def _json(value: Any) -> str:
    return encode(value).decode()
