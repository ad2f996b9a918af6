"""Makes the spoilt corpora of a run: corpora/NAME.jsonl, one row a training problem (`traces.corpus`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from journey import families
from journey.graph import SolutionGraph
from journey.problem import Problem, draw, largest_number
from journey.runs.graphs import read_graphs
from journey.runs.store import Run, read_lines, record, validator, write_lines
from search.fleet import Search
from traces import walks
from traces.corpus import (
    COPIES,
    CorpusRow,
    choose_copied,
    choose_defect,
    fact,
    make_row,
    near_copy,
    truncated,
    with_mistake,
)
from traces.run_files import read_problems
from traces.trace import Trace
from train.console import Console
from train.evaluation.problem_sets import draw_set
from train.pipeline.run_stage import run_stage
from train.pipeline.searches import search_settings
from train.recipe.corpus_settings import Corpus
from train.recipe.recipe import Recipe
from train.recipe.stages import Arm

MAX_DRAWS = 1_000
"""Draws of a noise problem; after them its row is not spoilt."""
STRIDE = 1_000_000
"""Distance between the items that are drawn for one row, so that rows draw different ones."""


def mark_of(corpus: str) -> str:
    """The completion mark of a corpus."""
    return f"corpus-{corpus}"


def make_corpora(run: Run, recipe: Recipe, console: Console) -> None:
    """Writes every spoilt corpus of a recipe."""
    for name, arm in recipe.corpora().items():

        def work(name: str = name, arm: Arm = arm) -> tuple[str, dict[str, Any]]:
            rows = list(CorpusMaker(run, recipe, arm).rows())
            write_lines(run.path / "corpora" / f"{name}.jsonl", map(record, rows))
            counts = Counter(row.defect for row in rows if row.defect)
            spoilt = ", ".join(f"{count:,} {defect}" for defect, count in counts.items())
            return f"{len(rows):,} rows; spoilt: {spoilt}", dict(counts)

        run_stage(run, mark_of(name), console, work)


class CorpusMaker:
    """Makes the rows of an arm's corpus.

    Args:
        run: the run folder, with graphs and traces.
        recipe: the recipe.
        arm: an arm with a spoilt corpus.
    """

    def __init__(self, run: Run, recipe: Recipe, arm: Arm) -> None:
        self.run, self.recipe, self.arm = run, recipe, arm
        self.settings: Corpus = recipe.for_arm(arm).corpus
        self.kind, self.walk_settings = recipe.variants()[arm.variant]
        self.style, self.seed = recipe.traces.style, recipe.seed
        self.search: Search = search_settings(run, recipe)
        self.sets = {name: self._set_problems(name) for name in self._set_names()}

    def rows(self) -> Iterator[CorpusRow]:
        """The rows, in the order of the training problems."""
        path: Path = self.run.path / "traces" / f"{self.arm.variant}.jsonl"
        read = validator(Problem)
        own = [
            CorpusRow(
                id=row["id"],
                split="train",
                kind=self.kind,
                problem=read(row["problem"]),
                style=self.style,
                prompt=row["prompt"],
                completion=row["completion"],
            )
            for row in read_lines(path, dict)
            if row["split"] == "train"
        ]
        shares = self.settings.shares
        defects = [choose_defect(self.seed, number, shares) for number in range(len(own))]
        copied = {
            number: choose_copied(self.seed, number, shares)
            for number, defect in enumerate(defects)
            if defect in COPIES
        }
        needed = {own[at].id for at in copied.values() if at is not None}
        needed |= {row.id for row, defect in zip(own, defects, strict=True) if defect == "wrong"}
        graphs = {
            graph.problem.id: graph
            for graph in read_graphs(self.run.path / "graphs")
            if graph.problem.id in needed
        }
        for number, (row, defect) in enumerate(zip(own, defects, strict=True)):
            at = copied.get(number)
            source = row if at is None else own[at]
            spoilt = None
            if defect is not None and (defect not in COPIES or at is not None):
                spoilt = self._spoilt(defect, number, row.id, source, graphs)
            yield row if spoilt is None else spoilt

    def _spoilt(
        self, defect: str, number: int, id: str, source: CorpusRow, graphs: dict[str, SolutionGraph]
    ) -> CorpusRow | None:
        """The spoilt row with this id; None if it cannot be spoilt this way.

        Args:
            defect: how it is spoilt.
            number: its number.
            id: its id.
            source: the row that it copies, or its own unspoilt row.
            graphs: the graphs of the problems that need one, by id.
        """
        completion: str | None = source.completion
        trace: Trace | None
        if defect == "duplicate":
            return _named(source, id, defect)
        if defect == "truncated":
            completion = truncated(source.completion, self.seed, number)
            return None if completion is None else _named(source, id, defect, completion)
        if defect in ("near_duplicate", "wrong"):
            change = near_copy if defect == "near_duplicate" else with_mistake
            trace = change(graphs[source.id], self.kind, self.walk_settings, number)
        else:
            trace = self._foreign_trace(defect, number)
        if trace is None:
            return None
        text = fact(trace, self.style) if defect == "fact" else None
        made = make_row(id, trace, self.kind, self.style, self.seed, text)
        is_copy = defect == "near_duplicate" and made.completion == source.completion
        return _named(made, id, "duplicate" if is_copy else defect)

    def _foreign_trace(self, defect: str, number: int) -> Trace | None:
        """The trace of a problem that is none of the training problems, for row `number`."""
        random = Random(f"{self.seed}:corpus:{number}:problem")
        if defect == "noise":
            problem = self._noise_problem(random.choice(self.settings.noise_families), number)
            return None if problem is None else self._trace(problem)
        name = self.settings.leaked_set if defect == "leaked" else self.settings.fact_set
        traces = self.sets[str(name)]
        return random.choice(traces) if traces else None

    def _noise_problem(self, family: str, number: int) -> Problem | None:
        """A problem of another family for row `number`; None if no draw fits the recipe's numbers."""
        problems, known = self.recipe.problems, families.get(family)
        low, high = problems.numbers or (0, float("inf"))
        for index in range(number, number + MAX_DRAWS * STRIDE, STRIDE):
            problem = draw(known, self.seed, "train", index, problems.levels)
            if low <= largest_number(problem.givens) <= high:
                return problem
        return None

    def _set_names(self) -> set[str]:
        wanted = {self.settings.leaked_set: self.settings.leaked, self.settings.fact_set: self.settings.fact}
        return {name for name, share in wanted.items() if name is not None and share}

    def _set_problems(self, name: str) -> list[Trace]:
        """The traces of a set's problems that are not held-out problems of the run."""
        heldout = {problem.id for problem in read_problems(self.run, self.recipe.evaluation.split)}
        problems = draw_set(self.recipe, self.recipe.evaluation.sets[name])
        traces = map(self._trace, (problem for problem in problems if problem.id not in heldout))
        return [trace for trace in traces if trace is not None]

    def _trace(self, problem: Problem) -> Trace | None:
        graph = next(self._graphs([problem]))
        return walks.walk(self.kind, graph, self.walk_settings)

    def _graphs(self, problems: Sequence[Problem]) -> Iterator[SolutionGraph]:
        return map(SolutionGraph.from_record, self.search.graphs(problems))


def _named(row: CorpusRow, id: str, defect: str, completion: str | None = None) -> CorpusRow:
    """A row under the id of the training problem that it replaces."""
    return CorpusRow(
        id=id,
        split="train",
        kind=row.kind,
        problem=row.problem,
        style=row.style,
        prompt=row.prompt,
        completion=row.completion if completion is None else completion,
        defect=defect,
        source=row.problem.id,
    )
