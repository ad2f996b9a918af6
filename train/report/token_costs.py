"""Accuracy against generated tokens: every way to spend them on a problem, and the best at a budget.

A mark is one arm asked in one way: best of 4 outputs of `journey` cost so many tokens and solve so many
problems. Where arms have models of several sizes a token of a larger one costs more: as many times as it has
parameters (2 operations a parameter and token: Kaplan et al. 2020, section 2.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from train.analysis.reading import label, level_names, own_stages, primary
from train.report.table import Table, between, count, share

GREEDY, COVERAGE = "greedy", "pass@k"
NAMES = {
    GREEDY: "greedy",
    COVERAGE: "pass@{}",
    "majority": "majority of {}",
    "best_of_n": "best of {}",
    "beam": "beam, {} tokens",
    "tree": "tree, {} tokens",
    "budget_forcing": "forced to {} tokens",
}
"""What is told of a method and how much it was allowed, in the order in which they are drawn."""
WORTH = 0.01
"""What a dearer choice must solve more to be named."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What one arm solves when it is asked in one way."""

    arm: str
    method: str
    """A key of `NAMES`."""
    allowed: int
    """Samples or tokens; 1 for a greedy output."""
    cost: float
    """Tokens a problem, those of a larger model weighed."""
    solved: float
    n: int
    """Problems."""
    ci95: Sequence[float] | None = None

    @property
    def label(self) -> str:
        """The method in words."""
        return NAMES[self.method].format(self.allowed)


def weights(results: dict[str, Any]) -> dict[str, float]:
    """How much a token of each arm counts: 1, or its parameters over those of the smallest model."""
    sizes = {arm: found.get("parameters") for arm, found in primary(results).items()}
    known = [size for size in sizes.values() if size]
    if len(known) < len(sizes):
        return dict.fromkeys(sizes, 1.0)
    return {arm: size / min(known) for arm, size in sizes.items() if size}


def marks(results: dict[str, Any], level: str | None = None) -> list[Mark]:
    """Every mark of the stage that arms are compared on, of all problems or of those of one level."""
    weight = weights(results)
    return [
        mark for arm, found in primary(results).items() for mark in of_figures(arm, found, level, weight[arm])
    ]


def of_figures(
    arm: str, found: dict[str, Any], level: str | None = None, weight: float = 1
) -> Iterator[Mark]:
    """The marks of one arm and stage."""
    part = found if level is None else found["levels"].get(level, {})
    if "mean_new_tokens" in part:
        cost = weight * part["mean_new_tokens"]
        yield Mark(arm, GREEDY, 1, cost, part["pass@1"], part["n"], part.get("ci95"))
    if drawn := part.get("sampled"):
        for k, solved in drawn["pass@k"].items():
            cost = weight * int(k) * drawn["mean_new_tokens"]
            yield Mark(arm, COVERAGE, int(k), cost, solved, drawn["n"])
    for method, by_n in found.get("methods", {}).items():
        for n, every in by_n.items():
            here = every if level is None else every.get("levels", {}).get(level)
            if here:
                cost = weight * here["tokens"]
                yield Mark(arm, method, int(n), cost, here["solved"], here["n"], here.get("ci95"))


def best(found: Sequence[Mark], budget: float) -> Mark | None:
    """The mark that solves most within a budget, of equal ones the cheapest.

    pass@k is left out: nobody can choose as it does. Where the checker can, that is best of k.
    """
    within = [mark for mark in found if mark.cost <= budget and mark.method != COVERAGE]
    return max(within, key=lambda mark: (mark.solved, -mark.cost), default=None)


def frontier(found: Sequence[Mark]) -> list[Mark]:
    """The marks that solve at least `WORTH` more than every cheaper one, by cost.

    >>> cheap, dear, dearer = (Mark("a", "beam", n, n, s, 9) for n, s in ((8, 0.5), (16, 0.9), (32, 0.9)))
    >>> [mark.allowed for mark in frontier([dearer, dear, cheap])]
    [8, 16]
    """
    chosen: list[Mark] = []
    for mark in sorted(found, key=lambda mark: (mark.cost, -mark.solved)):
        if mark.method != COVERAGE and (not chosen or mark.solved >= chosen[-1].solved + WORTH):
            chosen.append(mark)
    return chosen


def told(results: dict[str, Any]) -> str:
    """The best choice at every budget, in a sentence."""
    steps = [
        f"from {mark.cost:.0f} {mark.arm}, {mark.label} ({share(mark.solved)})"
        for mark in frontier(marks(results))
    ]
    return f"What solves most for the tokens spent on a problem: {'; '.join(steps)}."


def unit(results: dict[str, Any]) -> str:
    """What costs are told in."""
    weighed = any(weight > 1 for weight in weights(results).values())
    return "tokens of the smallest model" if weighed else "tokens a problem"


def choices(results: dict[str, Any]) -> Table | None:
    """The best choice within each budget, of all problems and by level."""
    levels = level_names(results)
    columns: list[list[Mark]] = [marks(results), *(marks(results, level) for level in levels)]
    if not any(mark.method not in (GREEDY, COVERAGE) for mark in columns[0]):
        return None
    rows: list[tuple[str, ...]] = []
    for budget in budgets([mark for column in columns for mark in column]):
        chosen = [best(column, budget) for column in columns]
        cells = [f"{share(mark.solved)} ({mark.arm}, {mark.label})" if mark else "none" for mark in chosen]
        if not rows or rows[-1][1:] != tuple(cells):
            rows.append((f"{budget:,}", *cells))
    heads = ("budget", "all", *(f"level {level}" for level in levels))
    note = (
        f"Budgets are {unit(results)}. Of what was measured; a budget is left out where nothing is better "
        "than within the one before. Methods are asked fewer problems than greedy decoding (n below), so "
        "small differences say little."
    )
    return Table("choices", "The best choice within a budget", heads, rows, note)


def budgets(found: Sequence[Mark]) -> list[int]:
    """Powers of two that the costs lie between."""
    costs = [mark.cost for mark in found if mark.method != COVERAGE]
    powers = [2**power for power in range(1, 40)]
    low = next(power for power in powers if power >= min(costs))
    high = next(power for power in powers if power >= max(costs))
    return [power for power in powers if low <= power <= high]


def sampled(results: dict[str, Any]) -> Table | None:
    """Every mark of every arm and stage in figures."""
    rows = []
    for arm, stage, found in own_stages(results):
        for mark in of_figures(arm, found):
            solved = share(mark.solved) + (f" ({between(mark.ci95)})" if mark.ci95 else "")
            rows.append((arm, label(stage), mark.label, solved, f"{mark.cost:.1f}", count(mark.n)))
    if not any("sampled" in found or found.get("methods") for _, _, found in own_stages(results)):
        return None
    columns = ("arm", "stage", "outputs", "solved", "tokens a problem", "n")
    note = (
        "pass@k is the unbiased estimate of the chance that one of k samples is right, so a perfect selector "
        "is given to the arm that is sampled. The cost of a method is every token generated for it."
    )
    return Table("sampled", "Accuracy against generated tokens", columns, rows, note, words=3)
