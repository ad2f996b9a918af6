"""A run's held-out problems as rows for an evaluation harness, and the grading of its outputs.

Shared by the task of lm-evaluation-harness (journey_heldout.yaml, which names these functions) and that of
inspect_ai (inspect_task.py). A harness does not say whether the token cap cut an output off. So an output
must conclude in the style of the traces; one without a conclusion is wrong.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from journey.problem import Problem
from journey.runs.store import Run, encode, validator
from traces.chat import strip_think_tags
from traces.run_files import read_problems
from traces.text import prompt
from train.evaluation.scoring import grade, no_conclusion
from train.recipe.load import recipe_of


def rows(run: str, split: str = "heldout") -> list[dict[str, str]]:
    """One row per problem: its prompt, its answer, and the problem as JSON.

    Raises:
        InputError: the run folder does not exist.
    """
    folder = Run.existing(Path(run))
    style = recipe_of(folder).traces.style
    return [
        {
            "id": problem.id,
            "prompt": prompt(problem, style),
            "answer": problem.answer or "",
            "style": style,
            "problem": encode(problem).decode(),
        }
        for problem in read_problems(folder, split)
    ]


def is_right(row: dict[str, str], text: str) -> tuple[bool, str | None]:
    """Whether an output solves the problem of a row, and the reason if it does not."""
    problem = validator(Problem)(json.loads(row["problem"]))
    text, style = strip_think_tags(text), row["style"]
    if (reason := no_conclusion(problem, text, style)) is not None:
        return False, reason
    return grade(problem, text, finished=True, style=style)


def dataset(run: str, split: str = "heldout", **_: Any) -> dict[str, Any]:
    """For lm-evaluation-harness: `--metadata '{"run": "RUN"}'` comes in here, among other words."""
    from datasets import Dataset

    return {"test": Dataset.from_list(rows(run, split))}


def process_results(row: dict[str, str], results: list[str]) -> dict[str, float]:
    """For lm-evaluation-harness: the metrics of one output."""
    return {"correct": float(is_right(row, results[0])[0])}
