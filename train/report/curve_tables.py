"""Tables of learning curves: the tokens that each training took, and which arms are ripe to be compared."""

from __future__ import annotations

from typing import Any

from train.analysis.reading import label, own_stages
from train.report.table import Table, count, share


def tokens_to(results: dict[str, Any]) -> Table | None:
    """The training tokens after which each seed solved certain shares of the validation problems."""
    measured = [row for row in own_stages(results) if "curve" in row[2]]
    if not measured:
        return None
    shares = list(measured[0][2]["tokens_to"])
    rows = [
        (
            arm,
            label(stage),
            seed,
            *(amount_of(figures["tokens_to"][name][seed]) for name in shares),
            share(points[-1][1]),
            amount_of(points[-1][0]),
        )
        for arm, stage, figures in measured
        for seed, points in figures["curve"].items()
    ]
    problems = measured[0][2]["curve_problems"]
    points = next(iter(measured[0][2]["curve"].values()))
    seconds = max((figures.get("curve_seconds", 0.0) for _, _, figures in measured), default=0.0)
    note = (
        f"Of {count(problems)} validation problems, greedy, at {len(points)} points of each training with "
        "straight lines between them. Never: not within its training tokens. "
        f"Measuring took up to {seconds:.0f} s of a training."
    )
    columns = ("arm", "stage", "seed", *(f"to {100 * float(name):g} %" for name in shares),
               "at the end", "tokens in all")  # fmt: skip
    return Table("tokens-to", "Training tokens to solve 50, 90 and 95 %", columns, rows, note, words=2)


def convergence(results: dict[str, Any]) -> Table | None:
    """Whether each arm is trained far enough to be compared, and why not."""
    rows = [
        (arm, label(stage), figures["why"])
        for arm, stage, figures in own_stages(results)
        if "converged" in figures
    ]
    note = (
        "Converged: flat over the last third of the training tokens, and seeds that differ by no more than "
        "the problems explain or by a standard deviation of less than 5 points. A claim about an arm that is "
        "not converged is undecided, unless it says `at the budget`."
    )
    columns = ("arm", "stage", "verdict")
    return Table("convergence", "Ripe to be compared?", columns, rows, note, words=2) if rows else None


def amount_of(number: int | None) -> str:
    """A number of training tokens.

    >>> amount_of(2_143_000), amount_of(30_000), amount_of(None)
    ('2.14 M', '30,000', 'never')
    """
    if number is None:
        return "never"
    return f"{number / 1e6:.2f} M" if number >= 1e6 else count(number)
