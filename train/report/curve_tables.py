"""Tables of learning curves: training tokens to reach certain shares, and which arms have converged."""

from __future__ import annotations

from train.analysis.results_schema import Results
from train.report.formatting import Table, count, share, stage_label


def tokens_to(results: Results) -> Table | None:
    """The training tokens after which each seed solved certain shares of the validation problems."""
    rows: list[tuple[str, ...]] = []
    shares: list[str] = []
    problems = points_count = 0
    seconds = 0.0
    for arm, stage, figures in results.distinct_rows():
        if figures.curve is None or figures.tokens_to is None:
            continue
        shares = list(figures.tokens_to)
        problems = figures.curve_problems or 0
        seconds = max(seconds, figures.curve_seconds or 0.0)
        for seed, points in figures.curve.items():
            points_count = len(points)
            reached = (token_amount(figures.tokens_to[name][seed]) for name in shares)
            last_tokens, solved = points[-1]
            rows.append((arm, stage_label(stage), seed, *reached, share(solved), token_amount(last_tokens)))
    if not rows:
        return None
    note = (
        f"Measured greedily on {count(problems)} validation problems at {points_count} points of each "
        "training, with straight lines between them. Never: not within the training tokens. "
        f"Measuring took up to {seconds:.0f} s of a training."
    )
    columns = ("arm", "stage", "seed", *(f"to {100 * float(name):g} %" for name in shares),
               "at the end", "tokens in all")  # fmt: skip
    return Table("tokens-to", "Training tokens to solve 50, 90 and 95 %", columns, rows, note, words=2)


def convergence(results: Results) -> Table:
    """Whether each arm is trained far enough to be compared, and why not."""
    rows = [(row.arm, stage_label(row.stage), row.figures.why) for row in results.distinct_rows()]
    note = (
        "An arm has converged if two things hold. Its accuracy is flat over the last third of the training "
        "tokens. Its seeds differ by no more than the problems explain, or by a standard deviation of less "
        'than 5 points. A claim about an arm that has not converged is undecided, unless it says "at the '
        'budget".'
    )
    return Table("convergence", "Have the arms converged?", ("arm", "stage", "verdict"), rows, note, words=2)


def token_amount(number: int | None) -> str:
    """A number of training tokens.

    >>> token_amount(2_143_000), token_amount(30_000), token_amount(None)
    ('2.14 M', '30,000', 'never')
    """
    if number is None:
        return "never"
    return f"{number / 1e6:.2f} M" if number >= 1e6 else count(number)
