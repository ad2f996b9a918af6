"""The verbs that work without a whole experiment: generate traces into a run folder, measure one model."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from journey import families
from journey.errors import InputError, unknown_name
from journey.problem import SPLITS, Problem, draw_distinct
from journey.store import read_lines, reader, record, write_json, write_lines
from train import recipe as recipes
from train.console import Narrator
from train.data import generate
from train.experiment import open_run

PROPOSERS = ("symbolic",)


def generate_into(
    out: Path,
    family: str | None,
    file: Path | None,
    count: int,
    levels: Sequence[int],
    split: str,
    proposer: str,
    strategy: str,
    workers: int,
    seed: int,
    changes: Sequence[str],
    narrator: Narrator,
) -> None:
    """Problems drawn from a family or read from a file, their graphs, traces and pairs, in a run folder.

    The folder's recipe is `laptop` with these settings, so `journey train` and `journey run --out` go on from
    it.

    Raises:
        InputError: neither or both of `family` and `file` are given, or a name is unknown.
    """
    if (family is None) == (file is None):
        raise InputError("say either --family NAME or --problems FILE")
    if split not in SPLITS:
        raise unknown_name("split", split, SPLITS)
    if proposer not in PROPOSERS:
        raise unknown_name("proposer", proposer, PROPOSERS)
    given = read_problem_file(file) if file else []
    counts = {name: sum(problem.split == name for problem in given) for name in SPLITS}
    if family is not None:
        families.get(family)
        counts = {name: count if name == split else 0 for name in SPLITS}
    shares = (
        {family: 1.0} if family else {name: 1.0 for name in sorted({problem.family for problem in given})}
    )
    name = family or f"file-{_digest(given)}"
    settings = [
        f"name=generate-{name}",
        f"seed={seed}",
        f"search.strategy={strategy}",
        f"search.workers={workers}",
    ]
    settings += [f"problems.{key}={value}" for key, value in counts.items()]
    settings += [f"problems.families={shares}", f"problems.levels={list(levels)}", *changes]
    recipe = recipes.load("laptop", settings)
    run = open_run(out, recipe)
    with run.lock():
        if given and not run.done("problems"):
            for each in SPLITS:
                rows = [problem for problem in given if problem.split == each]
                write_lines(out / "problems" / f"{each}.jsonl", map(record, rows))
            run.mark("problems", **counts)
        generate(run, recipe, narrator)


def _digest(problems: Sequence[Problem]) -> str:
    ids = ",".join(problem.id for problem in problems)
    return hashlib.blake2b(ids.encode(), digest_size=4).hexdigest()


def read_problem_file(path: Path) -> list[Problem]:
    """The problems of a JSONL file in the schema of RUN/problems; every family must be known."""
    problems = list(read_lines(path, reader(Problem)))
    if not problems:
        raise InputError(f"{path} holds no problems")
    for problem in problems:
        families.get(problem.family)
        if problem.split not in SPLITS:
            raise unknown_name(f"split of problem {problem.id}", problem.split, SPLITS)
    return problems


def evaluate_model(
    model: Path,
    problems: str,
    samples: int,
    max_new_tokens: int,
    count: int,
    levels: Sequence[int],
    out: Path | None,
    seed: int = 0,
) -> dict[str, Any]:
    """The figures of one model on held-out problems of a family, or on those of a file."""
    if not (model / "config.json").exists():
        raise InputError(f"{model} is no model folder: it has no config.json")
    if problems in families.NAMES:
        asked = list(draw_distinct(families.get(problems), seed, "heldout", count, levels))
    elif Path(problems).exists():
        asked = read_problem_file(Path(problems))
    else:
        raise unknown_name("family or file", problems, families.NAMES)
    from train.evaluate import ask
    from train.measure import measure

    outputs = list(ask(model, asked, max_new_tokens=max_new_tokens, batch=250))
    if samples:
        outputs += ask(model, asked, max_new_tokens=max_new_tokens, batch=250, samples=samples, seed=seed)
    figures = measure(asked, outputs)
    if out is not None:
        write_lines(out / "samples.jsonl", map(record, outputs))
        write_json(out / "metrics.json", figures)
    return figures
