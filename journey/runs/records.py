r"""Problems and solutions from files, in common schemas or with named columns.

    {"question": "...", "answer": "... #### 72"}                          GSM8K
    {"problem": "...", "solution": "... \boxed{5}", "level": "Level 3"}    MATH
    {"id", "problem", "answer", "samples": ["...", ...]}                   several attempts at a problem
    {"problem", "steps": ["...", ...], "labels": [1, -1, ...]}              one attempt, its steps labelled
    {"nums": [30, 93, 100], "target": 23, ...}                             Stream of Search, JSONL or array

Each row becomes a problem of the family `prose` with its solutions, and a row with numbers and a target one
of `countdown`, without solutions. Text is never executed. A row that
cannot be used is an error that names its line and its columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from journey import families
from journey.errors import InputError, unknown_name
from journey.problem import SPLITS, Problem, canonical_id, make_problem, split_of
from journey.runs.arrays import each_item, is_array
from journey.runs.store import read_lines, reader
from journey.solution_text.answers.final import final_answer

FIELDS: dict[str, tuple[str, ...]] = {
    "problem": ("problem", "question", "prompt", "query"),
    "answer": ("answer", "final_answer", "gold", "target"),
    "solution": ("solution", "response", "generated_solution"),
    "samples": ("samples", "responses", "solutions"),
    "steps": ("steps",),
    "labels": ("labels",),
    "id": ("id", "unique_id", "idx"),
    "level": ("level",),
    "split": ("split",),
    "licence": ("licence", "license"),
    "source": ("source",),
}
"""The column names that each field may have; the first that the row has is used."""
NAMES_OF_SPLITS = {"test": "heldout", "valid": "validation", "dev": "validation"}
FAMILY = "prose"
LABELS = (1, 0, -1, None)


class Attempt(NamedTuple):
    """An attempt at a problem."""

    steps: tuple[str, ...]
    labels: tuple[int | None, ...] = ()
    """Human labels of the steps: 1 right, -1 wrong, 0 neither; () without labels."""


@dataclass(frozen=True, slots=True)
class Record:
    """A problem and its attempted solutions."""

    problem: Problem
    """Its answer is "" if a labelled attempt came without one; then no answer is graded right."""
    samples: tuple[Attempt, ...] = ()


def read_records(path: Path, named: Mapping[str, str] | None = None) -> Iterator[Record]:
    """The records of a JSONL file. `named` gives the column of a field in this file.

    A row in the schema of RUN/problems is read unchanged.

    Raises:
        InputError: a field in `named` is unknown, or a row lacks a problem or an answer.
    """
    for name in named or ():
        if name not in FIELDS:
            raise unknown_name("field", name, FIELDS)
    own = reader(Problem)

    def read(row: Any) -> Record:
        if isinstance(row, dict) and "givens" in row and "schema_version" in row:
            samples = row.pop("samples", [])
            return Record(_validated(own(row)), tuple(map(_sample, samples)))
        return _record(row, named or {}, path)

    if path.is_file() and is_array(path):
        for item in each_item(path, read, "no problem"):
            if isinstance(item, InputError):
                raise item
            yield item
    else:
        yield from read_lines(path, read)


def read_problems(path: Path, named: Mapping[str, str] | None = None) -> list[Problem]:
    """The distinct problems of a JSONL file.

    Raises:
        InputError: as in `read_records`, or the file has no problems.
    """
    problems = {record.problem.id: record.problem for record in read_records(path, named)}
    if not problems:
        raise InputError(f"{path} holds no problems")
    return list(problems.values())


def _validated(problem: Problem) -> Problem:
    families.get(problem.family)
    if problem.split not in SPLITS:
        raise unknown_name(f"split of problem {problem.id}", problem.split, SPLITS)
    return problem


def _record(row: Any, named: Mapping[str, str], path: Path) -> Record:
    if not isinstance(row, dict):
        raise ValueError(f"not an object: {str(row)[:60]}")
    if "nums" in row and "target" in row:
        return _countdown(row, path)

    def get(thing: str) -> Any:
        names = (named[thing],) if thing in named else FIELDS[thing]
        return next((row[name] for name in names if row.get(name) is not None), None)

    text = get("problem")
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"no problem under {' or '.join(FIELDS['problem'])}; it has {', '.join(row)}")
    samples = get("samples") or [each for each in (get("solution"), get("steps")) if each is not None][:1]
    stated = get("answer")
    if isinstance(stated, str) and "####" in stated:
        # In GSM8K, `answer` holds the solution, and the answer follows the mark.
        samples = samples or [stated]
        stated = stated.rpartition("####")[2].strip()
    if stated is None and isinstance(get("solution"), str):
        stated = final_answer(get("solution"))
    if stated is None and get("labels") is None:
        raise ValueError(f"no answer is stated; it has {', '.join(row)}")
    stated = stated or ""
    givens = {"problem": text, "answer": str(stated)}
    family = families.get(FAMILY)
    split = NAMES_OF_SPLITS.get(str(get("split")), str(get("split")))
    problem = Problem(
        id=canonical_id(FAMILY, givens),
        family=FAMILY,
        statement=text,
        givens=givens,
        answer=str(stated),
        split=split if split in SPLITS else split_of(FAMILY, family.split_key(givens)),
        level=_level(get("level")),
        source=f"{get('source') or path.name}:{get('id') if get('id') is not None else ''}",
        licence=str(get("licence") or "unknown"),
    )
    labels = get("labels") or ()
    return Record(problem, tuple(_sample(sample, labels) for sample in samples))


def _countdown(row: Mapping[str, Any], path: Path) -> Record:
    nums, target = row["nums"], row["target"]
    if not (isinstance(nums, list) and nums and all(type(each) is int for each in [*nums, target])):
        raise ValueError(
            f"numbers and a target that are no whole numbers: {str(nums)[:60]}, {str(target)[:60]}"
        )
    family = families.get("countdown")
    givens = {"numbers": sorted(nums), "target": target}
    problem = make_problem(family, givens, level=_level(row.get("level")), source=path.name)
    split = NAMES_OF_SPLITS.get(str(row.get("split")), str(row.get("split")))
    return Record(replace(problem, split=split) if split in SPLITS else problem)


def _level(value: Any) -> int | None:
    digits = [int(character) for character in str(value) if character.isdigit()]
    return digits[0] if len(digits) == 1 else None


def _sample(sample: Any, labels: Sequence[Any] = ()) -> Attempt:
    from journey.solution_text.reading.steps import split_steps

    steps = [str(step) for step in (sample if isinstance(sample, list) else split_steps(str(sample)))]
    if labels and len(labels) != len(steps):
        raise ValueError(f"{len(labels)} labels for {len(steps)} steps")
    if any(label not in LABELS for label in labels):
        raise ValueError(f"a label that is none of {', '.join(map(str, LABELS))}")
    labelled = [
        (" ".join(step.split()), label)
        for step, label in zip(steps, labels or [None] * len(steps), strict=True)
    ]
    labelled = [(step, label) for step, label in labelled if step]
    kept_labels = tuple(label for _, label in labelled) if labels else ()
    return Attempt(tuple(step for step, _ in labelled), kept_labels)
