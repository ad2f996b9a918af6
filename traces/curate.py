"""Which training problems stay: decontamination, limits, duplicates, balance; counted by kind of trace.

    curated = curate(problems, texts, Limits(near_duplicates=0.8), evaluation)
    curated.kept                                   ids, in the order of the problems
    curated.counts["length"]["journey"]            {"own": 12, "others": 3}
    curated.dropped["5f0c..."]                     Drop("length", {"journey": "41 lines, more than 40"})

Filters act one after another, each on what those before it left. Each says for each kind of trace what it
drops and why, and what it drops from one kind it drops from all (DESIGN rule 4): `own` counts the problems
dropped for this kind's own text, `others` those it loses because another kind's text was dropped. The two
balances come last and take turns until neither drops anything.

The result depends on what the problems and texts are; their order decides which of two duplicates stays, the
first, and nothing else. Balance drops the largest ids, which are hashes and so as good as drawn by lot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any

from journey.check import check_move
from journey.families import get
from journey.graph import SolutionGraph, read_graphs
from journey.problem import Problem
from journey.store import SCHEMA_VERSION, read_json, read_lines
from traces.filters import BALANCES, FILTERS, Case, Limits, Text, Texts
from traces.text import taken

FILE = "curation.json"
"""In a run folder: the counts, and every dropped problem with the filter and the reasons."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Why a problem was dropped."""

    filter: str
    why: dict[str, str]
    """By the kinds of trace whose own text, or whose problem, the filter found fault with."""


@dataclass(slots=True)
class Curated:
    """What is left, and what became of the rest."""

    problems: int
    """How many there were."""
    kept: list[str] = field(default_factory=list)
    counts: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    """By filter and kind: `own` and `others`."""
    dropped: dict[str, Drop] = field(default_factory=dict)

    def record(self, evaluation: Mapping[str, int]) -> dict[str, Any]:
        """As RUN/curation.json has it, with the number of problems in each evaluation file."""
        return {
            "schema_version": SCHEMA_VERSION,
            "problems": self.problems,
            "kept": len(self.kept),
            "evaluation": evaluation,
            "counts": self.counts,
            "dropped": self.dropped,
        }


def curate(
    problems: Iterable[Problem], texts: Texts, limits: Limits, evaluation: Iterable[Problem] = ()
) -> Curated:
    """Drops the problems that `limits` forbid or that `evaluation` holds too, the same from every kind.

    A problem without a text in some kind is dropped. Problems have different ids.
    """
    left, against = list(problems), sorted(evaluation, key=lambda problem: (problem.source, problem.id))
    curated = Curated(len(left))

    def act(name: str) -> bool:
        """Carries one filter out; whether it dropped anything."""
        nonlocal left
        found = FILTERS[name](Case(left, texts, limits, against))
        if found is None:
            return False
        gone = set(chain.from_iterable(found.values()))
        counts = curated.counts.setdefault(name, {kind: {"own": 0, "others": 0} for kind in texts})
        for kind, why in found.items():
            counts[kind]["own"] += len(why)
            counts[kind]["others"] += len(gone) - len(why)
        for problem in left:
            if problem.id in gone:
                reasons = {kind: why[problem.id] for kind, why in found.items() if problem.id in why}
                curated.dropped[problem.id] = Drop(name, reasons)
        left = [problem for problem in left if problem.id not in gone]
        return bool(gone)

    for name in FILTERS:
        act(name)
    # What one balance drops may tip the other; both only drop, so this ends.
    while any([act(name) for name in BALANCES]):
        continue
    curated.kept = [problem.id for problem in left]
    return curated


def read_texts(run: Path, kinds: Iterable[str], limits: Limits) -> Texts:
    """The training texts of these kinds, with what is known of their steps if `limits` ask for it."""
    texts: dict[str, dict[str, Text]] = {
        kind: {
            row["id"]: Text(row["prompt"], row["completion"], style=row.get("style", "terse"))
            for row in read_lines(run / "traces" / f"{kind}.jsonl", dict)
            if row["split"] == "train"
        }
        for kind in kinds
    }
    if limits.reads_steps:
        for graph in read_graphs(run / "graphs"):
            for by_id in texts.values():
                if text := by_id.get(graph.problem.id):
                    by_id[graph.problem.id] = with_steps(text, graph)
    return texts


def with_steps(text: Text, graph: SolutionGraph) -> Text:
    """The text with the verdicts on its steps and the names of its mistakes, as its graph has them.

    A step that the graph lacks, such as one of a control, is checked anew.
    """
    family = get(graph.problem.family)
    known = {(step.source, step.move): step for step in graph.steps()}
    verdicts, mistakes = [], []
    for state, move in taken(graph.problem, text.completion, text.style):
        step = known.get((family.key(state), move))
        verdicts.append(step.verdict if step else check_move(family, state, move).verdict)
        if step and step.mistake and not graph.sound(step):
            mistakes.append(step.mistake)
    return replace(text, verdicts=tuple(verdicts), mistakes=tuple(mistakes))


def read_counts(run: Path) -> dict[str, Any] | None:
    """What curation dropped from a run folder, or None where it has not come to that yet."""
    return read_json(run / FILE) if (run / FILE).exists() else None


def dropped_ids(run: Path) -> set[str]:
    """The problems of a run folder that nothing may be trained on."""
    return set((read_counts(run) or {"dropped": ()})["dropped"])
