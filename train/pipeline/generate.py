"""`journey generate`: makes problems, graphs, traces and pairs in a run folder."""

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
    """Where problems come from: a family or a file."""

    family: str | None = None
    file: Path | None = None
    fields: dict[str, str] = field(default_factory=dict)
    """The file's column for each field (`journey.runs.records.FIELDS`)."""
    count: int = 100
    levels: Sequence[int] = (1, 2, 3)
    split: str | None = None
    """The split of problems drawn from a family; None: train. A file has a split per problem."""


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
    """Makes problems, graphs, traces and pairs in a run folder. One shard of a fleet makes only its graphs.

    The folder's recipe is `origin` with these settings, so `journey train` and `journey run --out` can
    continue from it.

    Args:
        out: the run folder.
        source: where the problems come from.
        search: values for the recipe's `search` section; `proposer` is required.
        seed: the recipe's seed.
        changes: further `KEY=VALUE` changes of the recipe.
        fleet: the workers, and the shard to make.
        console: prints progress.
        origin: name or path of the recipe to start from.
        quick: use the recipe's small sizes.

    Raises:
        InputError: neither or both of `family` and `file` are given, or a name is unknown.
    """
    source = _resolve_source(source, str(search["proposer"]))
    given = read_problems(source.file, source.fields) if source.file else []
    counts = {name: sum(problem.split == name for problem in given) for name in SPLITS}
    if source.family is not None:
        families.get(source.family)
        counts = {name: source.count if name == (source.split or "train") else 0 for name in SPLITS}
    names = [source.family] if source.family else sorted({problem.family for problem in given})
    name = "generate" if origin == "laptop" else Path(origin).stem
    settings = [f"name={name}-{source.family or f'file-{_digest(given)}'}", f"seed={seed}"]
    # Quoted, because a path can contain what YAML reads as a comment.
    settings += [f"search.{key}={json.dumps(value, ensure_ascii=False)}" for key, value in search.items()]
    if not str(search["proposer"]).startswith("symbolic"):
        # Recipes insert few of the proposer's invented mistakes. Real mistakes are all worth a trace.
        settings.append("traces.mistakes=1.0")
    settings += [f"problems.{key}={value}" for key, value in counts.items()]
    settings += [f"problems.families={dict.fromkeys(names, 1.0)}", f"problems.levels={list(source.levels)}"]
    recipe = load_recipe(origin, [*settings, *changes], quick)
    run = open_run(out, recipe)
    with run.lock(wait=fleet.shard != ALL_PARTS):
        file = ProblemFile(source.file, given) if source.file else None
        if fleet.shard == ALL_PARTS:
            generate(run, recipe, console, fleet, file)
            return
        make_problems(run, recipe, console, file)
    # Without the run's lock, because other shards write to the folder. Each part file has its own lock.
    count = explore_problems(run, recipe, console, fleet)
    shard, shards = fleet.shard
    console.log(
        "graphs", f"{count:,} made for shard {shard + 1}/{shards}. To finish the run, repeat without --shard"
    )


def _resolve_source(source: Source, proposer: str) -> Source:
    kind, where = check_spec(proposer)
    if kind == "replay" and source.family is None and source.file is None:
        source = replace(source, file=Path(where))
    if (source.family is None) == (source.file is None):
        raise InputError("use either --family NAME or --problems FILE")
    if source.split is not None and source.split not in SPLITS:
        raise unknown_name("split", source.split, SPLITS)
    if source.split is not None and source.file is not None:
        raise InputError(
            "--split is for problems drawn with --family. "
            f'To choose the split of a row, add "split": "{source.split}" to it in {source.file}'
        )
    return source


def parse_shard(text: str) -> tuple[int, int]:
    """Parses a shard I/N as (i, n), with i from 0.

    >>> parse_shard("2/4")
    (1, 4)
    """
    shard, _, shards = text.partition("/")
    if not (shard.isdecimal() and shards.isdecimal() and 1 <= int(shard) <= int(shards)):
        raise InputError(f"--shard takes I/N with I from 1 to N, not {text!r}")
    return int(shard) - 1, int(shards)


def parse_fields(options: Sequence[str]) -> dict[str, str]:
    """Parses NAME=COLUMN options into the column of each field.

    >>> parse_fields(["problem=input"])
    {'problem': 'input'}
    """
    pairs = [option.partition("=") for option in options]
    if wrong := [name for name, _, column in pairs if not column]:
        raise InputError(f"--field takes NAME=COLUMN, not {wrong[0]!r}")
    return {name: column for name, _, column in pairs}


def _digest(problems: Sequence[Problem]) -> str:
    ids = ",".join(problem.id for problem in problems)
    return hashlib.blake2b(ids.encode(), digest_size=4).hexdigest()
