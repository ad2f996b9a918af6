"""How a recipe searches its problems."""

from __future__ import annotations

from functools import partial

from journey.runs.store import Run
from search.explore import Budget
from search.fleet import Search
from traces.text import prompt, read_steps
from train.recipe.recipe import Recipe


def search_settings(run: Run, recipe: Recipe) -> Search:
    """How each problem of a run is searched."""
    search, style = recipe.search, recipe.traces.style
    budget = Budget(
        steps=search.steps,
        nodes=search.nodes,
        depth=search.depth,
        seconds=search.seconds,
        solutions=search.solutions,
        steps_after_mistake=search.steps_after_mistake,
    )
    return Search(
        strategy=search.strategy,
        budget=budget,
        mistakes=search.mistakes,
        lookahead=search.lookahead,
        prune=search.prune,
        seed=recipe.seed,
        proposer=search.proposer,
        read=partial(read_steps, style=style) if search.output == "solution" else None,
        question=partial(prompt, style=style) if style != "terse" else None,
        # Absolute, because Ray workers have other working directories.
        answers=(run.path / "answers").resolve(),
        samples=search.samples,
        temperature=search.temperature,
    )
