"""The fields that the index keeps of each line, read without building the graph, trace or sample.

A line that lacks them raises ValueError, LookupError, TypeError or AttributeError. The other fields are
validated when the record is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

from journey.runs.store import current
from journey.step import REFUTED, Verdict


class Facts(NamedTuple):
    """What the index knows of a problem without reading its graph."""

    id: str
    family: str
    level: int | None
    split: str
    statement: str
    states: int
    steps: int
    wrong: int
    """Steps that were refuted."""
    unknown: int
    """Steps that were not decided."""
    mistakes: int
    """Steps that a named misconception proposed."""


def facts_of_graph(line: bytes) -> tuple[Any, ...]:
    """The `Facts` of a line of RUN/graphs."""
    row = _row(line)
    problem, edges = row["problem"], row["edges"]
    level = problem["level"]
    if level is not None and not (isinstance(level, int) and abs(level) < 2**31):
        raise ValueError(f"level is {level!r}, not a number")
    verdicts = [edge["verdict"] for edge in edges]
    return Facts(
        id=_text(problem, "id"),
        family=_text(problem, "family"),
        level=level,
        split=_text(problem, "split"),
        statement=_text(problem, "statement"),
        states=len(row["nodes"]),
        steps=len(edges),
        wrong=sum(map(verdicts.count, REFUTED)),
        unknown=verdicts.count(Verdict.UNKNOWN),
        mistakes=sum(edge.get("mistake") is not None for edge in edges),
    )


def facts_of_trace(line: bytes) -> tuple[Any, ...]:
    """The problem's id, of a line of RUN/traces."""
    row = _row(line)
    _text(row, "completion")
    return (_text(row, "id"),)


def facts_of_sample(line: bytes) -> tuple[Any, ...]:
    """(problem's id, number of the sample, correct), of a line of RUN/evals/ARM-STAGE/samples.jsonl."""
    row = _row(line)
    sample, correct = row["sample"], row["correct"]
    if not (isinstance(sample, int) and 0 <= sample < 2**31 and isinstance(correct, bool)):
        raise ValueError(f"sample {str(sample)[:20]!r} is {str(correct)[:20]!r}, not true or false")
    return (_text(row, "id"), sample, correct)


@dataclass(slots=True)
class Reading:
    """The result of reading one part of a file."""

    end: int
    """Where the last complete line ends, in bytes from the start of the file."""
    lines: int
    rows: list[tuple[Any, ...]]
    """Of each valid line: its offset and length in bytes, then its facts."""
    broken: list[tuple[int, str]]
    """Of each invalid line: its number, from 1 at `start`, and the error."""


def read_facts(
    file: BinaryIO, start: int, stop: int, most: int, facts_of: Callable[[bytes], tuple[Any, ...]]
) -> Reading:
    """Reads at most `most` complete lines between two offsets of a file."""
    reading = Reading(start, 0, [], [])
    file.seek(start)
    while reading.lines < most:
        line = file.readline()
        if not line.endswith(b"\n") or reading.end + len(line) > stop:
            break
        reading.lines += 1
        try:
            reading.rows.append((reading.end, len(line), *facts_of(line)))
        except (ValueError, LookupError, TypeError, AttributeError) as fault:
            message = f"no {fault}" if isinstance(fault, KeyError) else " ".join(str(fault).split())
            reading.broken.append((reading.lines, message[:200]))
        reading.end += len(line)
    return reading


def _row(line: bytes) -> dict[str, Any]:
    from pydantic_core import from_json

    return current(from_json(line))


def _text(row: dict[str, Any], name: str) -> str:
    if not isinstance(row[name], str):
        raise ValueError(f"{name} is {str(row[name])[:40]!r}, not a text")
    return str(row[name])
