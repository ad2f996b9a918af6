"""The verbs that work without a whole experiment: generate traces into a run folder, measure one model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journey import families
from journey.errors import InputError, unknown_name
from journey.problem import SPLITS, Problem
from journey.runs.records import read_problems
from search.fleet import ALL_PARTS, Fleet
from search.proposers.spec import check_spec
from train.console import Console
from train.pipeline.data import ProblemFile, explore_problems, generate, make_problems
from train.pipeline.experiment import open_run
from train.recipe.load import load_recipe

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True)
class Source:
    """Where problems come from: a family that draws them, or a file."""

    family: str | None = None
    file: Path | None = None
    fields: dict[str, str] = field(default_factory=dict)
    """What things are called in the file (`journey.runs.records.FIELDS`)."""
    count: int = 100
    levels: Sequence[int] = (1, 2, 3)
    split: str | None = None
    """Of the problems that are drawn; None for train. Each problem of a file has its own."""


def generate_into(
    out: Path,
    source: Source,
    search: Mapping[str, Any],
    seed: int,
    changes: Sequence[str],
    fleet: Fleet,
    console: Console,
    origin: str = "laptop",
    quick: bool = False,
) -> None:
    """Problems, their graphs, traces and pairs, in a run folder; for a shard of a fleet, its graphs alone.

    The folder's recipe is the one called `origin` with these settings, so `journey train` and `journey run
    --out` go on from it. Solutions that a file holds are explored if `search` says `replay`.

    Raises:
        InputError: neither or both of `family` and `file` are given, or a name is unknown.
    """
    source = _resolved(source, str(search["proposer"]))
    given = read_problems(source.file, source.fields) if source.file else []
    counts = {name: sum(problem.split == name for problem in given) for name in SPLITS}
    if source.family is not None:
        families.get(source.family)
        counts = {name: source.count if name == (source.split or "train") else 0 for name in SPLITS}
    named = [source.family] if source.family else sorted({problem.family for problem in given})
    name = "generate" if origin == "laptop" else Path(origin).stem
    settings = [f"name={name}-{source.family or f'file-{_digest(given)}'}", f"seed={seed}"]
    # Quoted: a path may hold what YAML takes for a comment.
    settings += [f"search.{key}={json.dumps(value, ensure_ascii=False)}" for key, value in search.items()]
    if not str(search["proposer"]).startswith("symbolic"):
        # Invented mistakes are put in sparingly; those that someone made are what the traces are for.
        settings.append("traces.mistakes=1.0")
    settings += [f"problems.{key}={value}" for key, value in counts.items()]
    settings += [f"problems.families={dict.fromkeys(named, 1.0)}", f"problems.levels={list(source.levels)}"]
    recipe = load_recipe(origin, [*settings, *changes], quick)
    run = open_run(out, recipe)
    with run.lock(wait=fleet.shard != ALL_PARTS):
        file = ProblemFile(source.file, given) if source.file else None
        if fleet.shard == ALL_PARTS:
            generate(run, recipe, console, fleet, file)
            return
        make_problems(run, recipe, console, file)
    # Other shards write to the same folder; each part file has a lock of its own.
    count = explore_problems(run, recipe, console, fleet)
    mine, of = fleet.shard
    console.log("graphs", f"{count:,} of shard {mine + 1}/{of}; without --shard the rest is done")


def _resolved(source: Source, proposer: str) -> Source:
    kind, where = check_spec(proposer)
    if kind == "replay" and source.family is None and source.file is None:
        source = replace(source, file=Path(where))
    if (source.family is None) == (source.file is None):
        raise InputError("say either --family NAME or --problems FILE")
    if source.split is not None and source.split not in SPLITS:
        raise unknown_name("split", source.split, SPLITS)
    if source.split is not None and source.file is not None:
        raise InputError(
            "--split is for problems drawn with --family. "
            f'To choose the split of a row, add "split": "{source.split}" to it in {source.file}'
        )
    return source


def shard_of(text: str) -> tuple[int, int]:
    """A shard as (i, n) with i from 0.

    >>> shard_of("2/4")
    (1, 4)
    """
    mine, _, of = text.partition("/")
    if not (mine.isdecimal() and of.isdecimal() and 1 <= int(mine) <= int(of)):
        raise InputError(f"a shard is I/N with I from 1 to N, not {text!r}")
    return int(mine) - 1, int(of)


def fields_of(words: Sequence[str]) -> dict[str, str]:
    """The names of fields, from NAME=COLUMN.

    >>> fields_of(["problem=input"])
    {'problem': 'input'}
    """
    pairs = [word.partition("=") for word in words]
    if wrong := [thing for thing, _, name in pairs if not name]:
        raise InputError(f"--field takes NAME=COLUMN, not {wrong[0]!r}")
    return {thing: name for thing, _, name in pairs}


def _digest(problems: Sequence[Problem]) -> str:
    ids = ",".join(problem.id for problem in problems)
    return hashlib.blake2b(ids.encode(), digest_size=4).hexdigest()
