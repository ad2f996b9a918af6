"""Statistics of a run folder: problems, steps by verdict and mistake, traces, pairs, curation."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from journey.errors import InputError
from journey.problem import SPLITS
from journey.runs.graphs import read_graphs
from journey.runs.store import Run, read_json, readable_lines, reader, validator
from journey.step import Verdict
from traces.charts import binned, charts
from traces.curate import CurationCounts, dropped_ids, read_corpora, read_counts
from traces.pivots import PivotCounts, PivotSearch, count_pivots


@dataclass(frozen=True, slots=True)
class Spread:
    """How some numbers are spread."""

    n: int
    mean: float
    median: float
    max: float


@dataclass(frozen=True, slots=True)
class PairLengths:
    """The pairs of one kind."""

    n: int
    chosen_characters: Spread
    rejected_characters: Spread


@dataclass(frozen=True, slots=True)
class SourceTexts:
    """What a training stage saw of one source of its texts."""

    source: str
    share: float
    """Of the stage's training tokens."""
    tokens: int
    """Training tokens."""
    texts: int
    epochs: float
    """How often training saw each text, on average."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The statistics of a run folder."""

    problems: dict[str, int]
    """By family, level and split."""
    levels: dict[str, dict[str, int]]
    """Problems by split and level."""
    graphs: int
    states: Spread
    steps: Spread
    hopeless_states: int
    verdicts: dict[str, int]
    """Steps by verdict."""
    undecided: dict[str, int]
    """Undecided steps by reason."""
    mistakes: dict[str, int]
    """Steps by mistake."""
    labels: dict[str, dict[str, int]]
    """Steps by the label that people gave, and verdict."""
    shares: Spread
    """The soft scores of undecided steps."""
    traces: dict[str, Spread]
    """Lines of the traces, by kind."""
    lengths: dict[str, dict[str, int]]
    """Kept traces by kind and number of lines."""
    pairs: dict[str, PairLengths]
    """By kind."""
    pivots: dict[str, PivotCounts]
    """The results of pivotal searches, by file."""
    training: dict[str, list[SourceTexts]]
    """What each trained model saw of each source, by ARM/STAGE."""
    curation: CurationCounts | None
    corpora: dict[str, CurationCounts]
    """What was spoilt on purpose, and what filters dropped; by the arms that share their filters."""
    unreadable: list[str]
    """Lines that hold no record, each as a sentence."""


def summarize(path: Path) -> Summary:
    """Computes the statistics of a run folder; lines that hold no record are left out and named.

    Raises:
        InputError: the folder holds no graphs.
    """
    run = Run.existing(path)
    unreadable: list[str] = []
    problems: Counter[str] = Counter()
    levels: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    verdicts: Counter[str] = Counter()
    undecided: Counter[str] = Counter()
    mistakes: Counter[str] = Counter()
    labels: dict[int, Counter[str]] = defaultdict(Counter)
    shares: list[float] = []
    states: list[int] = []
    steps: list[int] = []
    hopeless = 0
    for graph in read_graphs(run.path / "graphs", unreadable):
        problem = graph.problem
        problems[f"{problem.family}, level {problem.level}, {problem.split}"] += 1
        levels[problem.split][str(problem.level or "none")] += 1
        graph_steps = graph.steps()
        states.append(len(graph))
        steps.append(len(graph_steps))
        verdicts.update(step.verdict.value for step in graph_steps)
        undecided.update(str(s.evidence) for s in graph_steps if s.verdict is Verdict.UNKNOWN)
        mistakes.update(step.mistake for step in graph_steps if step.mistake)
        for step in graph_steps:
            if step.label is not None:
                labels[step.label][step.verdict.value] += 1
        shares += [step.share for step in graph_steps if step.share is not None]
        hopeless += sum(state.hopeless for state in graph.states())
    if not states:
        if unreadable:
            raise InputError(unreadable[0])
        raise InputError(
            f"{path} holds no graphs. Make some with `journey generate --family diophantine --out {path}`"
        )
    lines = {
        file.stem: dict(readable_lines(file, _trace_length, unreadable))
        for file in sorted((run.path / "traces").glob("*.jsonl"))
    }
    dropped = dropped_ids(run.path)
    pairs = {file.stem: _pairs(file, unreadable) for file in sorted((run.path / "pairs").glob("*.jsonl"))}
    return Summary(
        problems=dict(sorted(problems.items())),
        levels={
            split: {level: counts[level] for level in sorted(set().union(*levels.values()))}
            for split, counts in levels.items()
            if counts
        },
        graphs=len(states),
        states=spread(states),
        steps=spread(steps),
        hopeless_states=hopeless,
        verdicts={verdict.value: verdicts[verdict.value] for verdict in Verdict},
        undecided=dict(undecided.most_common(20)),
        mistakes=dict(mistakes.most_common()),
        labels={str(label): dict(counts.most_common()) for label, counts in sorted(labels.items())},
        shares=spread(shares),
        traces={kind: spread(counts.values()) for kind, counts in lines.items()},
        lengths=binned(
            {
                kind: [length for id, length in counts.items() if id not in dropped]
                for kind, counts in lines.items()
            }
        ),
        pairs=pairs,
        pivots={
            file.stem: count_pivots(readable_lines(file, reader(PivotSearch), unreadable))
            for file in sorted((run.path / "pivots").glob("*.jsonl"))
        },
        training=dict(_training_sources(run.path)),
        curation=read_counts(run.path),
        corpora=read_corpora(run.path),
        unreadable=unreadable,
    )


def spread(values: Iterable[float]) -> Spread:
    """Count, mean, median and maximum; zeros for no numbers.

    >>> spread([1, 2, 6])
    Spread(n=3, mean=3, median=2, max=6)
    """
    numbers = list(values)
    if not numbers:
        return Spread(0, 0, 0, 0)
    return Spread(len(numbers), round(mean(numbers), 2), median(numbers), max(numbers))


def _trace_length(row: dict[str, Any]) -> tuple[str, int]:
    """The id of a trace's problem and the number of its lines."""
    return str(row["id"]), str(row["completion"]).count("\n") + 1


def _pair_lengths(row: dict[str, Any]) -> tuple[int, int]:
    return len(row["chosen"]), len(row["rejected"])


def _pairs(file: Path, unreadable: list[str]) -> PairLengths:
    lengths = list(readable_lines(file, _pair_lengths, unreadable))
    chosen, rejected = ([pair[side] for pair in lengths] for side in (0, 1))
    return PairLengths(len(lengths), spread(chosen), spread(rejected))


def _training_sources(run: Path) -> Iterator[tuple[str, list[SourceTexts]]]:
    """The sources of each trained model, without the stages that learn from pairs or rewards."""
    for path in sorted(run.glob("models/*/*/training.json")):
        facts = read_json(path)
        if sources := facts.get("data"):
            name = path.parent.relative_to(run / "models").as_posix()
            yield name, list(map(validator(SourceTexts), sources))


def summary_table(figures: Summary) -> Table:
    """The statistics as a table."""
    rows = [(name, f"{count:,}") for name, count in figures.problems.items()]
    rows.append(("states per graph", _format_spread(figures.states)))
    rows.append(("steps per graph", _format_spread(figures.steps)))
    rows.append(("hopeless states", f"{figures.hopeless_states:,}"))
    for label, values in figures.labels.items():
        text = ", ".join(f"{verdict} {count:,}" for verdict, count in values.items())
        rows.append((f"steps that people labelled {label}", text))
    if figures.shares.n:
        rows.append(("scores of undecided steps", _format_spread(figures.shares)))
    rows += [(f"traces {name}, lines", _format_spread(values)) for name, values in figures.traces.items()]
    for name, pairs in figures.pairs.items():
        rows.append((f"pairs {name}", f"{pairs.n:,}"))
        if pairs.n:
            rows.append((f"pairs {name}, chosen characters", _format_spread(pairs.chosen_characters)))
            rows.append((f"pairs {name}, rejected characters", _format_spread(pairs.rejected_characters)))
    for name, pivot_counts in figures.pivots.items():
        rows.append((f"pivots {name}", _format_pivots(pivot_counts)))
    for name, sources in figures.training.items():
        for source in sources:
            amount = f"{source.tokens:,} tokens of {source.texts:,} texts, each {source.epochs:g} times"
            rows.append((f"{name}, {source.source}", f"{source.share:.2%}: {amount}"))
    return two_columns(rows)


def render_summary(figures: Summary) -> Iterator[RenderableType]:
    """Renders the statistics for a terminal of 80 columns."""
    yield summary_table(figures)
    for title, heading, columns in (
        ("level", "Problems by level", figures.levels),
        ("verdict", "Steps by verdict", {"steps": figures.verdicts}),
        ("mistake", "Steps by mistake", {"steps": figures.mistakes}),
        ("lines", "Lengths of kept traces", figures.lengths),
    ):
        if any(columns.values()):
            yield Text(f"\n{heading}", style="bold underline")
            yield from charts(title, columns)
    if figures.undecided:
        yield Text("\nWhy steps are undecided", style="bold underline")
        yield two_columns((f"{count:,}", reason) for reason, count in figures.undecided.items())
    if figures.curation:
        yield Text("\nTraining problems, kept and dropped", style="bold underline")
        yield curation_table(figures.curation)
        for name, count in figures.curation.evaluation.items():
            yield Text(f"against {count:,} problems of {name}")
        yield Text(
            "1 + 2: 1 dropped for its text of this kind, 2 for their texts of other kinds", style="dim"
        )
    for arms, counts in figures.corpora.items():
        yield Text(f"\nSpoilt rows, kept and dropped for {arms}", style="bold underline")
        yield corpus_table(counts)


def corpus_table(figures: CurationCounts) -> Table:
    """The rows of a spoilt corpus by defect: how many, how many are kept, and what dropped the others."""
    filters = [name for name in figures.counts if any(name in by for by in figures.defects.values())]
    table = _counts_table(["rows", "kept", *(name.replace("_", " ") for name in filters)])
    for defect, by in figures.defects.items():
        cells = [f"{by.get(name, 0):,}" for name in ("kept", *filters)]
        table.add_row(defect.replace("_", " "), f"{sum(by.values()):,}", *cells)
    return table


def curation_table(figures: CurationCounts) -> Table:
    """The number of problems each filter dropped, one column per kind of trace."""
    kinds = list(next(iter(figures.counts.values())))
    table = _counts_table(kinds)
    table.add_row("problems", *[f"{figures.problems:,}"] * len(kinds))
    for name, counts in figures.counts.items():
        cells = [f"{counts[kind]['own']:,} + {counts[kind]['others']:,}" for kind in kinds]
        table.add_row(f"dropped: {name.replace('_', ' ')}", *cells)
    table.add_row("kept", *[f"{figures.kept:,}"] * len(kinds), style="bold")
    return table


def _counts_table(columns: Iterable[str]) -> Table:
    """An empty table with a column of names and these columns of counts."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style="bold")
    table.add_column("")
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _format_pivots(counts: PivotCounts) -> str:
    again = (
        f", {counts.survived / counts.pivots:.0%} of them again in fresh completions" if counts.pivots else ""
    )
    pairs = ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in counts.pairs.items())
    text = f"{counts.pivots:,} in {counts.searched:,} of {counts.problems:,} solutions{again}"
    return f"{text}; pairs: {pairs}" if pairs else text


def _format_spread(numbers: Spread) -> str:
    return f"{numbers.n:,}: mean {numbers.mean}, median {numbers.median}, largest {numbers.max}"


def two_columns(rows: Iterable[tuple[str, str]]) -> Table:
    """A borderless table of names and texts."""
    table = Table(show_header=False, show_edge=False, box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in rows:
        table.add_row(name, text)
    return table
