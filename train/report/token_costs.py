"""Accuracy against generated tokens: every way to spend tokens on a problem, and the best within a budget.

A point is one arm that is decoded in one way: the best of 4 outputs of `journey` costs so many tokens and
solves so many problems. If arms have models of several sizes, a token of a larger model costs more, in
proportion to the parameters that compute it (2 operations per parameter and token: Kaplan et al. 2020,
section 2.1). Those of inactive experts do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from train.analysis.results_schema import Results, StageFigures
from train.report.formatting import Table, count, interval, share, stage_label

GREEDY, COVERAGE = "greedy", "pass@k"
NAMES = {
    GREEDY: "greedy",
    COVERAGE: "pass@{} (perfect selector)",
    "majority": "majority vote of {}",
    "best_of_n": "best of {} (checker)",
    "beam": "beam search (checker), {} tokens",
    "tree": "tree search (checker), {} tokens",
    "budget_forcing": "forced to {} tokens",
    "fast": "asked for the solution alone",
    "slow": "asked for the search",
}
"""The label of each method with its number of samples or tokens, and what selects the answer, in the order
of the plots."""
GAIN = 0.01
"""What a more expensive choice must solve more to be listed."""


@dataclass(frozen=True, slots=True)
class CostPoint:
    """What one arm solves with one method of decoding, and at what cost."""

    arm: str
    method: str
    """A key of `NAMES`."""
    number: int
    """Samples or tokens of the method; 1 for a greedy output."""
    cost: float
    """Tokens a problem; those of a larger model weighted."""
    solved: float
    n: int
    """Problems."""
    ci95: tuple[float, float] | None = None

    @property
    def label(self) -> str:
        """The method with its number."""
        return NAMES[self.method].format(self.number)


def weights(results: Results) -> dict[str, float]:
    """The cost of a token of each arm: its active parameters over those of the smallest model."""
    arms = results.compared_figures()
    sizes = {arm: figures.active_parameters or figures.parameters for arm, figures in arms.items()}
    given = [size for size in sizes.values() if size]
    if len(given) < len(sizes):
        return dict.fromkeys(sizes, 1.0)
    return {arm: size / min(given) for arm, size in sizes.items() if size}


def cost_points(results: Results, level: str | None = None) -> list[CostPoint]:
    """The points of the stage that arms are compared on, of all problems or of those of one level."""
    weight = weights(results)
    return [
        point
        for arm, figures in results.compared_figures().items()
        for point in stage_points(arm, figures, level, weight[arm])
    ]


def stage_points(
    arm: str, figures: StageFigures, level: str | None = None, weight: float = 1
) -> Iterator[CostPoint]:
    """The points of one arm and stage."""
    part = figures if level is None else figures.levels.get(level)
    if part is not None:
        yield CostPoint(
            arm=arm,
            method=GREEDY,
            number=1,
            cost=weight * part.mean_new_tokens,
            solved=part.pass_1,
            n=part.n,
            ci95=part.ci95,
        )
        if sampled := part.sampled:
            for k, solved in sampled.pass_k.items():
                cost = weight * int(k) * sampled.mean_new_tokens
                yield CostPoint(
                    arm=arm, method=COVERAGE, number=int(k), cost=cost, solved=solved, n=sampled.n
                )
    for method, by_n in (figures.methods or {}).items():
        for n, accuracy in by_n.items():
            row = accuracy if level is None else accuracy.levels.get(level)
            if row is not None:
                yield CostPoint(
                    arm=arm,
                    method=method,
                    number=int(n),
                    cost=weight * row.tokens,
                    solved=row.solved,
                    n=row.n,
                    ci95=row.ci95,
                )


def common_budget(points: Iterable[CostPoint]) -> float:
    """The largest budget that every arm with more than a greedy output can spend; infinite without such arms.

    An arm that was given more samples than another is compared with it within this budget.
    """
    most: dict[str, float] = {}
    for point in points:
        if point.method != GREEDY:
            most[point.arm] = max(point.cost, most.get(point.arm, 0))
    return min(most.values(), default=float("inf"))


def within_budget(points: Sequence[CostPoint], budget: float) -> list[CostPoint]:
    """The points within a budget, and every greedy output."""
    return [point for point in points if point.method == GREEDY or point.cost <= budget]


def best(points: Sequence[CostPoint], budget: float) -> CostPoint | None:
    """The point that solves most within a budget, of equal ones the cheapest.

    pass@k is left out, because nobody has its perfect selector. If the checker can decide, best of k does it.
    """
    affordable = [point for point in points if point.cost <= budget and point.method != COVERAGE]
    return max(affordable, key=lambda point: (point.solved, -point.cost), default=None)


def frontier(points: Sequence[CostPoint]) -> list[CostPoint]:
    """The points that solve at least `GAIN` more than every cheaper one, by cost.

    >>> points = [CostPoint("a", "beam", n, n, solved, 9) for n, solved in ((8, 0.5), (16, 0.9), (32, 0.9))]
    >>> [point.number for point in frontier(points)]
    [8, 16]
    """
    chosen: list[CostPoint] = []
    for point in sorted(points, key=lambda point: (point.cost, -point.solved)):
        if point.method != COVERAGE and (not chosen or point.solved >= chosen[-1].solved + GAIN):
            chosen.append(point)
    return chosen


def unit(results: Results) -> str:
    """The unit of costs."""
    weighted = any(weight > 1 for weight in weights(results).values())
    return "tokens of the smallest model" if weighted else "tokens a problem"


def _several_methods(points: Iterable[CostPoint]) -> bool:
    """Whether an arm was decoded with more than greedy outputs and samples."""
    return any(point.method not in (GREEDY, COVERAGE) for point in points)


def frontier_table(results: Results) -> Table | None:
    """The cheapest ways to solve more; None if there is nothing to choose from."""
    points = cost_points(results)
    if not _several_methods(points):
        return None
    rows = [(point.arm, point.label, f"{point.cost:.0f}", share(point.solved)) for point in frontier(points)]
    columns = ("arm", "decoding", unit(results), "solved")
    title = "The cheapest ways to solve more"
    note = f"Each row solves at least {100 * GAIN:.0f} point more than every cheaper choice."
    return Table("frontier", title, columns, rows, note, words=2)


def choices(results: Results) -> Table | None:
    """The best choice within each budget, for all problems and by level; None without a choice."""
    levels = results.level_names()
    columns = [cost_points(results), *(cost_points(results, level) for level in levels)]
    if not _several_methods(columns[0]):
        return None
    rows: list[tuple[str, ...]] = []
    for budget in budgets([point for column in columns for point in column]):
        chosen = [best(column, budget) for column in columns]
        cells = [f"{share(each.solved)} ({each.arm}, {each.label})" if each else "none" for each in chosen]
        if not rows or rows[-1][1:] != tuple(cells):
            rows.append((f"{budget:,}", *cells))
    heads = ("budget", "all", *(f"level {level}" for level in levels))
    note = (
        f"Budgets are {unit(results)}. A budget is left out if it buys nothing more than the one before. "
        "Methods other than greedy decoding are measured on fewer problems (n below), so small differences "
        "mean little."
    )
    return Table("choices", "The best choice within a budget", heads, rows, note)


def budgets(points: Sequence[CostPoint]) -> list[int]:
    """The powers of two from the cheapest to the most expensive point."""
    costs = [point.cost for point in points if point.method != COVERAGE]
    powers = [2**power for power in range(1, 40)]
    low = next(power for power in powers if power >= min(costs))
    high = next(power for power in powers if power >= max(costs))
    return [power for power in powers if low <= power <= high]


def points_table(results: Results) -> Table | None:
    """Every point of every arm and stage in figures."""
    rows = []
    for arm, stage, figures in results.distinct_rows():
        for point in stage_points(arm, figures):
            solved = share(point.solved) + (f" ({interval(point.ci95)})" if point.ci95 else "")
            rows.append((arm, stage_label(stage), point.label, solved, f"{point.cost:.1f}", count(point.n)))
    if not any(row.figures.sampled or row.figures.methods for row in results.distinct_rows()):
        return None
    columns = ("arm", "stage", "decoding", "solved", "tokens a problem", "n")
    note = (
        "pass@k is the unbiased estimate of the chance that one of k samples is right. It assumes a perfect "
        "selector. The cost of a method is every token generated for the problem."
    )
    return Table("sampled", "Accuracy against generated tokens", columns, rows, note, words=3)
