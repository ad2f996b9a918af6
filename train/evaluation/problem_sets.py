"""Other sets than the held-out problems: harder than trained on, of another family, or from a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from journey import families
from journey.errors import InputError
from journey.problem import Problem, draw_distinct
from journey.runs.records import read_problems
from traces.text import prompt
from train.evaluation.metrics_schema import SetAccuracy
from train.evaluation.scoring import Sample, measure
from train.recipe.evaluation_settings import ProblemSet
from train.recipe.recipe import Recipe

if TYPE_CHECKING:
    from train.evaluation.decoding.generators import CheckpointGenerator


def draw_set(recipe: Recipe, problem_set: ProblemSet) -> list[Problem]:
    """The problems of a set: those of its file, or of the split that the recipe evaluates.

    Drawn problems are divided evenly among the families.

    Raises:
        InputError: there are too few, or the file cannot be read or has problems without an answer.
    """
    if problem_set.file is not None:
        return _read_set(Path(problem_set.file), problem_set.count)
    names = problem_set.families or list(recipe.problems.families)
    levels = problem_set.levels or [max(recipe.problems.levels) + 1]
    problems: list[Problem] = []
    for place, name in enumerate(names):
        count = (problem_set.count - len(problems)) // (len(names) - place)
        problems += draw_distinct(
            families.get(name), recipe.seed, recipe.evaluation.split, count, levels, problem_set.numbers
        )
    return problems


def _read_set(path: Path, count: int) -> list[Problem]:
    problems = [each for each in read_problems(path) if each.answer or each.family not in families.READ]
    if len(problems) < count:
        raise InputError(f"{path} has {len(problems)} problems with an answer, not {count}")
    return [problems[at * len(problems) // count] for at in range(count)]


def require_sets(recipe: Recipe) -> None:
    """Draws every set once, so that an impossible one is an error before anything is trained.

    Raises:
        InputError: a family has fewer problems than a set asks for. The message names the set.
    """
    for name, problem_set in recipe.evaluation.sets.items():
        try:
            draw_set(recipe, problem_set)
        except InputError as error:
            raise InputError(f"evaluation.sets.{name}: {error}") from error


def evaluate_set(
    model: CheckpointGenerator, recipe: Recipe, problem_set: ProblemSet, on_progress: Callable[[int], None]
) -> tuple[SetAccuracy, list[Sample]]:
    """The accuracy of a model on a set, and its greedy outputs.

    A model can hardly solve a problem with a word that its vocabulary lacks, so the accuracy has the share of
    such problems. `on_progress` is called with the number of outputs that were finished since its last call.
    """
    from train.evaluation.inference import generate_outputs

    problems = draw_set(recipe, problem_set)
    style, cap = recipe.traces.style, recipe.evaluation.max_new_tokens
    samples = generate_outputs(
        model,
        problems,
        max_new_tokens=cap,
        style=style,
        instruction=problem_set.instruction,
        audited=True,
        on_progress=on_progress,
    )
    unknown = model.tokenizer.unk_token_id
    unreadable = [unknown in model.encode(prompt(problem, style)) for problem in problems]
    share = sum(unreadable) / len(unreadable)
    return SetAccuracy(**dict(measure(problems, samples)), unreadable=share), samples
