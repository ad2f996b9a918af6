"""Curation: drops training problems by decontamination, limits, duplicates and balance.

    curated = curate(problems, texts, Limits(near_duplicates=0.8), evaluation)
    curated.kept                                   ids, in the order of the problems
    curated.counts["length"]["journey"]            {"own": 12, "others": 3}
    curated.dropped["5f0c..."]                     Drop("length", {"journey": "41 lines, more than 40"})

Filters run in order, each on the problems that remain. A filter reports, for each kind of trace, which
problems it drops and why. A problem dropped for one kind is dropped for all (DESIGN rule 4). For each kind,
`own` counts the problems dropped because of its own text, and `others` those dropped because of another
kind's text. The two balance filters come last and alternate until neither drops anything.

Each row of a spoilt corpus (`traces.corpus`) stands in the place of a training problem, and is curated like
one: its id is that problem's, and its content is that of the problem that it holds.

The result depends on the problems and texts. Their order only decides which of two duplicates stays: the
first. Balance drops the largest ids; ids are hashes, so this is as good as a random choice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from journey.check import check_move
from journey.errors import InputError
from journey.families import get
from journey.graph import SolutionGraph
from journey.problem import Problem
from journey.runs.graphs import read_graphs
from journey.runs.store import SCHEMA_VERSION, read_json, read_lines, validator
from traces.audit import audit
from traces.corpus import CorpusRow
from traces.filters import BALANCES, FILTERS, Case, Limits, Text, Texts
from traces.text import read_steps

FILE = "curation.json"
"""The file in a run folder with the counts and every dropped problem, its filter and reasons. Arms with
another corpus or other filters have files of their own (`curation-ARM.json`)."""
CLEAN = "clean"
"""The name of unspoilt rows among the defects."""

Defects = dict[str, dict[str, int]]
"""Rows by how they are spoilt, and by the filter that dropped them or `kept`."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Why a problem was dropped."""

    filter: str
    why: dict[str, str]
    """The reason, by the kinds of trace to which it applies."""


@dataclass(slots=True)
class Curated:
    """The result of curation: kept problems, dropped problems and counts."""

    problems: int
    """The number of problems before curation."""
    kept: list[str] = field(default_factory=list)
    counts: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    """The counts `own` and `others`, by filter and kind."""
    dropped: dict[str, Drop] = field(default_factory=dict)

    def record(
        self, evaluation: Mapping[str, int], rows: Sequence[CorpusRow] = (), arms: Sequence[str] = ()
    ) -> dict[str, Any]:
        """The record that RUN/curation.json holds.

        Args:
            evaluation: the size of each evaluation file.
            rows: the rows of the corpus that was curated, if it is a spoilt one.
            arms: the names of the arms that train on what was kept.
        """
        return {
            "schema_version": SCHEMA_VERSION,
            "arms": list(arms),
            "problems": self.problems,
            "kept": len(self.kept),
            "evaluation": evaluation,
            "defects": self.defects(rows),
            "counts": self.counts,
            "dropped": self.dropped,
        }

    def defects(self, rows: Iterable[CorpusRow]) -> Defects:
        """What happened to the rows of each defect."""
        counts: dict[str, Counter[str]] = {}
        for row in rows:
            drop = self.dropped.get(row.id)
            counts.setdefault(row.defect or CLEAN, Counter())[drop.filter if drop else "kept"] += 1
        return {defect: dict(by_fate) for defect, by_fate in sorted(counts.items())}


@dataclass(frozen=True, slots=True)
class CurationCounts:
    """What RUN/curation.json says, without the dropped problems."""

    problems: int
    """The number of problems before curation."""
    kept: int
    evaluation: dict[str, int]
    """The size of each evaluation file."""
    counts: dict[str, dict[str, dict[str, int]]]
    """The counts `own` and `others`, by filter and kind."""
    defects: Defects
    """Rows of a spoilt corpus, by defect and what happened to them. Empty for other texts."""
    arms: list[str]
    """The arms that train on what was kept."""


def curate(
    problems: Iterable[Problem],
    texts: Texts,
    limits: Limits,
    evaluation: Iterable[Problem] = (),
    families: Collection[str] = (),
) -> Curated:
    """Drops the problems that `limits` exclude or that overlap with `evaluation`, the same for every kind.

    A problem without a text in some kind is dropped.

    Args:
        problems: the training problems, with distinct ids.
        texts: the traces, by kind and problem id.
        limits: the limits of the filters.
        evaluation: the problems against which the training problems are decontaminated.
        families: the families that texts should be about, for the labels of `quality`; none: any.
    """
    remaining, evaluation_problems = (
        list(problems),
        sorted(evaluation, key=lambda problem: (problem.source, problem.id)),
    )
    curated = Curated(len(remaining))

    def apply(name: str) -> bool:
        """Applies one filter; returns whether it dropped a problem."""
        nonlocal remaining
        reasons = FILTERS[name](Case(remaining, texts, limits, evaluation_problems, families))
        if reasons is None:
            return False
        dropped = set(chain.from_iterable(reasons.values()))
        counts = curated.counts.setdefault(name, {kind: {"own": 0, "others": 0} for kind in texts})
        for kind, by_id in reasons.items():
            counts[kind]["own"] += len(by_id)
            counts[kind]["others"] += len(dropped) - len(by_id)
        for problem in remaining:
            if problem.id in dropped:
                own_reasons = {
                    kind: by_id[problem.id] for kind, by_id in reasons.items() if problem.id in by_id
                }
                curated.dropped[problem.id] = Drop(name, own_reasons)
        remaining = [problem for problem in remaining if problem.id not in dropped]
        return bool(dropped)

    for name in FILTERS:
        apply(name)
    # One balance filter can upset the other. Both only drop problems, so this loop ends.
    while any([apply(name) for name in BALANCES]):
        continue
    curated.kept = [problem.id for problem in remaining]
    return curated


def read_texts(run: Path, kinds: Iterable[str], limits: Limits, folder: str = "traces") -> Texts:
    """Reads the training texts of these kinds, with what the filters of `limits` need to know about them.

    Args:
        run: the run folder.
        kinds: the names of the files.
        limits: the limits of the filters.
        folder: the folder of the files in the run folder.
    """
    rows = {
        kind: [row for row in read_lines(run / folder / f"{kind}.jsonl", dict) if row["split"] == "train"]
        for kind in kinds
    }
    texts = {kind: {row["id"]: _text(row, limits) for row in own_rows} for kind, own_rows in rows.items()}
    if limits.reads_steps:
        for graph in read_graphs(run / "graphs"):
            for by_id in texts.values():
                if text := by_id.get(graph.problem.id):
                    by_id[graph.problem.id] = with_steps(text, graph)
    return texts


def _text(row: Mapping[str, Any], limits: Limits) -> Text:
    text = Text(row["prompt"], row["completion"], style=row.get("style", "terse"))
    return with_audit(text, validator(Problem)(row["problem"])) if limits.reads_audits else text


def with_audit(text: Text, problem: Problem) -> Text:
    """Adds the first fault of a text about a problem, and its steps."""
    report = audit(problem, text.completion, text.style)
    faults = [f"{line.says}: {line.evidence or line.text}" for line in report.faults]
    fault = faults[0] if faults else None if report.solved else "it does not end with the right answer"
    moves = read_steps(problem, text.completion, text.style)
    steps = frozenset((move.operation, str(move.operands), str(move.result)) for _, move in moves)
    return replace(text, fault=fault, steps=steps)


def with_steps(text: Text, graph: SolutionGraph) -> Text:
    """Adds the verdicts and mistakes of its steps, taken from the graph, to a text.

    A step that is not in the graph, such as one of a control, is checked again.
    """
    family = get(graph.problem.family)
    graph_steps = {(step.source, step.move): step for step in graph.steps()}
    verdicts, mistakes = [], []
    for state, move in read_steps(graph.problem, text.completion, text.style):
        step = graph_steps.get((family.key(state), move))
        verdicts.append(step.verdict if step else check_move(family, state, move).verdict)
        if step and step.mistake and not graph.sound(step):
            mistakes.append(step.mistake)
    return replace(text, verdicts=tuple(verdicts), mistakes=tuple(mistakes))


def read_counts(run: Path, file: str = FILE) -> CurationCounts | None:
    """Reads the counts of a run folder's curation; None if the run has not been curated yet."""
    if not (run / file).exists():
        return None
    record = {"defects": {}, "arms": [], **read_json(run / file)}
    try:
        return CurationCounts(*(record[name] for name in CurationCounts.__slots__))
    except KeyError as fault:
        raise InputError(f"{run / file} has no key {fault}") from None


def read_corpora(run: Path) -> dict[str, CurationCounts]:
    """What curation says about the rows of spoilt corpora, by arms."""
    files = [run / FILE, *sorted(run.glob("curation-*.json"))]
    counts = [read_counts(run, file.name) for file in files]
    return {", ".join(each.arms): each for each in counts if each is not None and each.defects}


def dropped_ids(run: Path, file: str = FILE) -> set[str]:
    """The ids of the problems that curation dropped from a run folder."""
    return set(read_json(run / file)["dropped"]) if (run / file).exists() else set()


def count_different(texts: Texts, ids: Iterable[str]) -> int:
    """The number of rows with different texts among these, as `Limits.rows` counts them."""
    return len({tuple((own[id].prompt, own[id].completion) for own in texts.values()) for id in ids})
