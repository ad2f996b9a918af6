"""Puts the runs of several families together into a map.

A folder of a map holds a run folder for each family. Folders from other machines can be copied into it, or
given as further folders. A map.json that was made elsewhere adds its families too. Every sampling family
without a finished run is listed as missing, and so is a family with files that cannot be read.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from journey.errors import InputError, JourneyError
from journey.families import NAMES
from journey.runs.store import Run, differing_keys
from traces.run_files import read_problems
from traces.text import prompt
from train.analysis.map_cells import JOURNEY, LEARNED, SHORTCUT, cells_of
from train.analysis.map_regression import conclusion, judge_map_claims, regress
from train.analysis.map_schema import Cell, FamilyRun, LearningMap, Missing, Registered, read_map
from train.analysis.results_schema import Results, StageFigures, read_results
from train.recipe import registration
from train.recipe.load import recipe_of
from train.recipe.recipe import Recipe

BEFORE: Final = "before training"
AFTER: Final = "after training"
OWN_SETTINGS: dict[str, Any] = {
    **dict.fromkeys(("name", "map"), True),
    "problems": {"families"},
    "search": {"workers"},
    "training": {"side_by_side"},
}
"""The settings in which families may differ without a note."""
HALF = 0.5
"""The share of cut-off or unreadable outputs above which it is the reason why nothing was learned."""


@dataclass(frozen=True, slots=True)
class FamilyFolder:
    """The run of one family, finished or not."""

    run: Run
    recipe: Recipe

    @property
    def family(self) -> str:
        """Its family."""
        return next(iter(self.recipe.problems.families))

    @property
    def finished(self) -> bool:
        """Whether its report was written."""
        return self.run.manifest.get("state") == "done"


UNREADABLE = (JourneyError, LookupError, OSError, ValueError)
"""What reading a run raises if its files are damaged, absent or of another version."""


def find_runs(folders: Sequence[Path]) -> tuple[list[FamilyFolder], list[Missing]]:
    """The runs of one family each in these folders, by the family's name, and those that cannot be read.

    Args:
        folders: of maps, or run folders themselves.

    Raises:
        InputError: a folder does not exist, or two runs are of one family.
    """
    by_family: dict[str, FamilyFolder] = {}
    unreadable = []
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"there is no folder {folder}. Make it with `journey map --out {folder}`")
        for manifest in sorted([*folder.glob("manifest.json"), *folder.glob("*/manifest.json")]):
            try:
                run = Run(manifest.parent)
                recipe = recipe_of(run)
            except UNREADABLE as fault:
                unreadable.append(Missing(family=manifest.parent.name, why=_fault(manifest.parent, fault)))
                continue
            if len(recipe.problems.families) > 1:
                continue
            each = FamilyFolder(run, recipe)
            if each.family in by_family:
                raise InputError(
                    f"{each.family} has two runs, {by_family[each.family].run.path} and {run.path}: "
                    "move one away"
                )
            by_family[each.family] = each
    return [by_family[name] for name in sorted(by_family)], unreadable


def gather_map(sources: Sequence[Path]) -> LearningMap:
    """The map of all finished runs, with the families that are missing.

    A run that cannot be read is listed as missing, with the reason.

    Args:
        sources: folders of maps, run folders, and map.json files of other maps. A file adds the families
            that no folder has.

    Raises:
        InputError: a folder or file does not exist, a file is no map, or two folders or two files have one
            family.
    """
    readable, unreadable = find_runs([path for path in sources if path.suffix != ".json"])
    why = {name: "not run" for name in NAMES} | {each.family: each.why for each in unreadable}
    by_family = dict(_of_files([path for path in sources if path.suffix == ".json"]))
    for each in readable:
        if not each.finished:
            why[each.family] = _why_missing(each)
            continue
        try:
            cells = cells_of(each.run, each.recipe)
            by_family[each.family] = _family_run(each), cells
        except UNREADABLE as fault:
            why[each.family] = _fault(each.run.path, fault)
    runs = [by_family[name][0] for name in sorted(by_family)]
    cells = [cell for run in runs for cell in by_family[run.family][1]]
    regression = regress(cells)
    return LearningMap(
        families=runs,
        missing=[Missing(family=name, why=why[name]) for name in sorted({*why} - {*by_family})],
        cells=cells,
        regression=regression,
        sentence=conclusion(regression),
        claims=judge_map_claims(_registered_claims(runs), cells),
        notes=list(_differing_settings(runs)),
    )


def _of_files(paths: Sequence[Path]) -> Iterator[tuple[str, tuple[FamilyRun, list[Cell]]]]:
    """The families of map.json files, each with its run and its cells."""
    seen: dict[str, Path] = {}
    for path in paths:
        learning_map = read_map(path)
        for run in learning_map.families:
            if run.family in seen:
                raise InputError(
                    f"{run.family} is in two files, {seen[run.family]} and {path}: leave one out"
                )
            seen[run.family] = path
            yield run.family, (run, [cell for cell in learning_map.cells if cell.family == run.family])


def _fault(path: Path, fault: Exception) -> str:
    """Why a run cannot be read."""
    if isinstance(fault, JourneyError):
        return f"cannot be read: {fault}"
    return f"cannot be read: the files of {path} do not fit together ({type(fault).__name__}: {fault})"


def _why_missing(folder: FamilyFolder) -> str:
    if not folder.run.manifest.get("stages"):
        return "not run"
    failed = folder.run.manifest.get("failed")
    return f"failed: {'; '.join(failed)}" if failed else "not finished"


def _family_run(folder: FamilyFolder) -> FamilyRun:
    results = read_results(folder.run.path)
    figures = {arm: results.compared_figures()[arm] for arm in (SHORTCUT, JOURNEY)}
    nothing = all(each.pass_1 < LEARNED for each in figures.values())
    return FamilyRun(
        family=folder.family,
        folder=folder.run.path.name,
        seeds=folder.recipe.seeds,
        converged={arm: each.converged for arm, each in figures.items()},
        solved={arm: each.pass_1 for arm, each in figures.items()},
        reason=_why_nothing(folder, results, figures) if nothing else None,
        registered=_registered(folder.run),
        claims=list(folder.recipe.map.claims),
        settings=folder.recipe.model_dump(mode="json", exclude=OWN_SETTINGS),
        sets={arm: each.sets for arm, each in figures.items() if each.sets} or None,
    )


def _why_nothing(folder: FamilyFolder, results: Results, figures: dict[str, StageFigures]) -> str:
    """Why neither arm learned anything, as far as the run's files show it."""
    from transformers import AutoTokenizer

    run, recipe = folder.run, folder.recipe
    tokenizer = AutoTokenizer.from_pretrained(run.path / "models" / recipe.replicas()[0].base)
    style = recipe.traces.style
    encoded = tokenizer([prompt(each, style) for each in read_problems(run, recipe.evaluation.split)])
    unknown = sum(tokenizer.unk_token_id in ids for ids in encoded["input_ids"])
    share = unknown / max(1, len(encoded["input_ids"]))
    if share > HALF:
        return f"vocabulary: {100 * share:.0f} % of the problems hold a word that no training text has"
    counts = results.counts[JOURNEY]
    if counts.dropped > counts.kept:
        return (
            f"length: {counts.dropped:,} of {counts.dropped + counts.kept:,} training problems have no trace "
            f"in {recipe.base.context:,} tokens"
        )
    unfinished = {arm: each.unfinished for arm, each in figures.items()}
    if min(unfinished.values()) > HALF:
        cut = ", ".join(f"{100 * each:.0f} % of {arm}" for arm, each in unfinished.items())
        return f"length: the limit of {recipe.evaluation.max_new_tokens:,} tokens cuts off {cut} outputs"
    errors = ", ".join(
        f"{100 * (each.recovery.error.share or 0):.0f} % of {arm}" for arm, each in figures.items()
    )
    return f"arithmetic or rules: a wrong step is in {errors} outputs"


def _registered(run: Run) -> Registered:
    """When the recipe, with the map's claims in it, was registered."""
    claims = registration.read(run.path)
    before = claims is not None and not claims.all[0].trained and not claims.recipe_changes
    return BEFORE if before else AFTER


def _registered_claims(runs: Sequence[FamilyRun]) -> dict[str, Registered]:
    """The claims of all runs, and whether each run registered each of them before its training."""
    texts = dict.fromkeys(text for each in runs for text in each.claims)
    return {
        text: BEFORE if all(text in each.claims and each.registered == BEFORE for each in runs) else AFTER
        for text in texts
    }


def _differing_settings(runs: Sequence[FamilyRun]) -> list[str]:
    """A sentence for each family whose settings are not those that most families have."""
    texts = {each.family: json.dumps(each.settings, sort_keys=True) for each in runs}
    if not texts:
        return []
    usual = json.loads(Counter(texts.values()).most_common(1)[0][0])
    keys = {each.family: differing_keys(usual, each.settings) for each in runs}
    return [
        f"{family} differs from most families in {', '.join(each)}." for family, each in keys.items() if each
    ]
