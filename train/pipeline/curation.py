"""Decides which training rows each arm keeps: curation.json, and curation-ARM.json for other filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from journey.errors import InputError
from journey.problem import SPLITS, Problem
from journey.runs import records
from journey.runs.store import Run, write_json
from traces import curate
from traces.corpus import CorpusRow
from traces.filters import Texts
from traces.run_files import read_problems, read_rows
from train.console import Console
from train.evaluation.problem_sets import draw_set
from train.pipeline.run_stage import run_stage
from train.recipe.recipe import OWN_HELDOUT, Recipe
from train.recipe.stages import Arm

TextCache = dict[tuple[str, tuple[str, ...], bool, bool], Texts]
"""Texts by folder, files, and whether they are audited and their steps have verdicts."""


def make_curations(run: Run, recipe: Recipe, console: Console) -> None:
    """Curates the texts of every arm. Arms with the same texts and filters are curated together.

    A curation that keeps as many rows as another arm comes after that arm's.
    """
    groups = recipe.curations()
    read: TextCache = {}
    for file in sorted(
        groups, key=lambda file: isinstance(_settings(recipe, groups[file]).curation.rows, str)
    ):
        make_curation(run, recipe, console, file, read)


def make_curation(
    run: Run,
    recipe: Recipe,
    console: Console,
    file: str = curate.FILE,
    read: TextCache | None = None,
) -> None:
    """Decides which training rows are kept, the same for all arms of one file.

    The texts and pairs of the others stay in their files, unused.

    Args:
        run: the run folder.
        recipe: the recipe.
        console: prints the result.
        file: the file of curation.
        read: texts that were read before, to which those read here are added: audits take long.
    """
    cache: TextCache = {} if read is None else read
    arms = recipe.curations()[file]
    own = _settings(recipe, arms)
    name = Path(file).stem

    def work() -> tuple[str, dict[str, Any]]:
        evaluation = {against: evaluation_problems(run, recipe, against) for against in own.curation.against}
        sources = [source for source in recipe.first_texts if source.curation == file]
        limits = own.curation.limits
        if isinstance(other := own.curation.rows, str):
            limits = replace(limits, rows=_kept_rows(run, recipe, other))
        kinds = sorted(source.kind for source in sources)
        folder = "corpora" if own.corpus.spoilt else "traces"
        key = (folder, tuple(kinds), limits.reads_audits, limits.reads_steps)
        if key not in cache:
            cache[key] = curate.read_texts(run.path, kinds, limits, folder)
        texts = cache[key]
        problems, rows = read_problems(run, "train"), []
        if own.corpus.spoilt and kinds:
            rows = list(read_rows(run, kinds[0]))
            problems = rows_as_problems(rows)
        curated = curate.curate(
            problems, texts, limits, chain.from_iterable(evaluation.values()), recipe.problems.families
        )
        sizes = {name: len(problems) for name, problems in evaluation.items()}
        write_json(run.path / file, curated.record(sizes, rows, [arm.name for arm in arms]))
        return _summarize(run, curated, file == curate.FILE)

    run_stage(run, name, console, work)


def rows_as_problems(rows: Sequence[CorpusRow]) -> list[Problem]:
    """The problems that the rows of a corpus hold, each with the id of its row.

    Filters name a problem by its id and compare problems by their givens, so two rows can hold one problem.
    """
    return [replace(row.problem, id=row.id) for row in rows]


def evaluation_problems(run: Run, recipe: Recipe, name: str) -> list[Problem]:
    """The problems of a file, of a set of `evaluation.sets`, or the run's held-out ones."""
    if name == OWN_HELDOUT:
        return read_problems(run, name)
    if name in recipe.evaluation.sets:
        return draw_set(recipe, recipe.evaluation.sets[name])
    return records.read_problems(Path(name))


def _settings(recipe: Recipe, arms: Sequence[Arm]) -> Recipe:
    """The recipe with the overrides that the arms of one file share."""
    return recipe.for_arm(arms[0]) if arms else recipe


def _kept_rows(run: Run, recipe: Recipe, name: str) -> int:
    """The number of different rows that an arm keeps."""
    source = recipe.texts(recipe.arm(name))
    if not (run.path / source.curation).exists():
        raise InputError(
            f"{run.path / source.curation} does not exist. Make it with `journey run --out {run.path}`"
        )
    texts = curate.read_texts(run.path, [source.kind], recipe.curation.limits, source.folder)
    dropped = curate.dropped_ids(run.path, source.curation)
    return curate.count_different(texts, (id for id in texts[source.kind] if id not in dropped))


def _summarize(run: Run, curated: curate.Curated, with_others: bool) -> tuple[str, dict[str, Any]]:
    """What was kept and dropped as text, and the counts of dropped rows by filter.

    `with_others` also counts the problems of the other splits.
    """
    dropped = Counter(drop.filter for drop in curated.dropped.values())
    text = f"{len(curated.kept):,} of {curated.problems:,} training problems kept"
    if dropped:
        text += "; dropped: " + ", ".join(f"{count:,} {filter}" for filter, count in dropped.items())
    others = {split: len(read_problems(run, split)) for split in SPLITS if split != "train"}
    if with_others and any(others.values()):
        text += "; not for training: " + ", ".join(f"{n:,} {split}" for split, n in others.items() if n)
    return text, {"kept": len(curated.kept), **dropped}
