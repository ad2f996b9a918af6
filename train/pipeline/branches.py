"""Trains the branches of a stage that averages models, and averages them (`train.recipe.stages.Average`).

The branches lie in the stage's work folder until the average is saved, so a killed run trains only the
missing ones. They all start from the stage's start model, and the earlier stages that are averaged in belong
to the same arm and seed. So all averaged models stem from one checkpoint.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace as replaced
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journey.runs.store import read_json, read_lines, replace, write_lines
from train.recipe.stages import Average
from train.trainers import distributed as ranks

if TYPE_CHECKING:
    from train.trainers.stage import StageSpec

FOLDER = "branches"
SUMMED = (
    *("steps", "train_tokens", "loss_tokens", "examples_seen", "pairs", "epochs"),
    "train_flops",
)
"""Facts of training.json that add up over branches. The others are those of the first branch."""


def derived_seed(*parts: int | str) -> int:
    """A seed that depends on all of these parts, such as a training seed and the number of a branch.

    >>> derived_seed(0, "branch", 1) == derived_seed(1, "branch", 0)
    False
    """
    digest = hashlib.blake2b(":".join(map(str, parts)).encode(), digest_size=4).digest()
    return int.from_bytes(digest) >> 1


def train_averaged(
    spec: StageSpec, average: Average, arm: Path, train: Callable[[StageSpec, int], None]
) -> None:
    """Trains the branches of a stage and leaves their average at `spec.out`.

    Args:
        spec: the stage.
        average: what is averaged.
        arm: the folder of the models of the same arm and seed.
        train: trains one branch, given its own specification and its number from 0.
    """
    if not (spec.work / "training.json").exists():
        branches = _train_branches(spec, average, train)
        if ranks.first():
            _save_average(spec, average, arm, branches)
    if ranks.first():
        shutil.rmtree(spec.work / FOLDER, ignore_errors=True)
        shutil.rmtree(spec.out, ignore_errors=True)
        spec.work.rename(spec.out)
    ranks.wait()


def _train_branches(spec: StageSpec, average: Average, train: Callable[[StageSpec, int], None]) -> list[Path]:
    """Trains the branches that are missing; returns the folders of all."""
    folder = spec.work / FOLDER
    branches = []
    for at in range(average.branches):
        seed = derived_seed(spec.seed, "branch", at) if at else spec.seed
        branch = replaced(spec, out=folder / str(at), seed=seed)
        if not branch.out.exists():
            train(branch, at)
        branches.append(branch.out)
    return branches


def _save_average(spec: StageSpec, average: Average, arm: Path, branches: Sequence[Path]) -> None:
    """Saves the average into the stage's work folder; training.json last."""
    from train.models.averaging import average_models

    average_models([*branches, *(arm / name for name in average.stages)], spec.work)
    for name in ("log.jsonl", "data.jsonl"):
        rows = list(_numbered(branches, name))
        if rows:
            write_lines(spec.work / name, rows)
    facts = _sums([read_json(branch / "training.json") for branch in branches])
    facts["averaged"] = [*(f"branch {at}" for at in range(len(branches))), *average.stages]
    replace(spec.work / "training.json", json.dumps(facts, indent=1) + "\n")


def _numbered(branches: Sequence[Path], name: str) -> Iterable[dict[str, Any]]:
    """The rows of a file of each branch, with the number of the branch."""
    for at, branch in enumerate(branches):
        if (branch / name).exists():
            for row in read_lines(branch / name, dict):
                yield {**row, "branch": at}


def _sums(branches: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The facts of all branches as those of one stage."""
    facts = dict(branches[0])
    for key in SUMMED:
        if key in facts:
            facts[key] = round(sum(each[key] for each in branches), 2)
    if "data" in facts:
        by_source = list(zip(*(each["data"] for each in branches), strict=True))
        tokens = [sum(source["tokens"] for source in each) for each in by_source]
        facts["data"] = [
            {
                **each[0],
                "share": round(own / sum(tokens), 5),
                "tokens": own,
                "epochs": round(sum(source["epochs"] for source in each), 2),
            }
            for each, own in zip(by_source, tokens, strict=True)
        ]
    # The texts were generated once for all branches.
    if "generate_flops" in facts:
        facts["train_flops"] -= (len(branches) - 1) * facts["generate_flops"]
    return facts
