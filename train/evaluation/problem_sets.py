"""Other problems that a model is asked than the held-out ones: harder than trained, or of another family."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from journey import families
from journey.problem import Problem, draw_distinct
from traces.text import prompt
from train.evaluation.scoring import Sample, measure
from train.recipe.recipe import Recipe
from train.recipe.settings import ProblemSet

if TYPE_CHECKING:
    from train.evaluation.decoding.writer import Checkpoint


def drawn(recipe: Recipe, wanted: ProblemSet) -> list[Problem]:
    """The problems of a set, of the split that the recipe evaluates; as many of each family as can be."""
    names = wanted.families or list(recipe.problems.families)
    levels = wanted.levels or [max(recipe.problems.levels) + 1]
    found: list[Problem] = []
    for place, name in enumerate(names):
        count = (wanted.count - len(found)) // (len(names) - place)
        found += draw_distinct(families.get(name), recipe.seed, recipe.evaluation.split, count, levels)
    return found


def asked(
    model: Checkpoint, recipe: Recipe, wanted: ProblemSet, on_progress: Callable[[int], None]
) -> tuple[dict[str, Any], list[Sample]]:
    """The figures of `measure` on a set, and the greedy outputs.

    `unreadable` is the share of problems with a word that the model's vocabulary lacks; on those it can
    hardly be right. `on_progress` is called with how many more are asked.
    """
    from train.evaluation.inference import ask

    problems = drawn(recipe, wanted)
    style, cap = recipe.traces.style, recipe.evaluation.max_new_tokens
    samples = ask(model, problems, max_new_tokens=cap, style=style, on_progress=on_progress)
    unknown = model.tokenizer.unk_token_id
    unread = [unknown in model.encode(prompt(problem, style)) for problem in problems]
    return measure(problems, samples) | {"unreadable": sum(unread) / len(unread)}, samples
