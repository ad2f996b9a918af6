"""Tables of what rounding costs: accuracy and loss by precision, the scaling law, and its predictions."""

from __future__ import annotations

from train.analysis.law_schema import FittedLaw, LawPrediction, Term
from train.analysis.results_schema import Results
from train.evaluation.metrics_schema import PrecisionFigures
from train.recipe.settings import FULL
from train.report.curve_tables import token_amount
from train.report.formatting import NONE, Table, count, plural, share, stage_label

TERMS: dict[Term, str] = {
    "tokens": "exponent of training tokens",
    "weights": "exponent of the number of weights",
    "bits": "change of the logarithm for each bit",
    "decayed": "logarithm of the factor of a decayed learning rate",
}
PAPER: dict[Term, str] = {"tokens": "+0.51", "weights": "-0.34", "bits": "-1.69", "decayed": NONE}
"""Table 2 of Kumar et al.: gamma_D, -gamma_N, and -1 / gamma_post."""


def precision(results: Results) -> Table | None:
    """Accuracy of each model in each precision, and the loss that rounding adds."""
    rows = []
    names: list[str] = []
    for arm, stage, figures in results.distinct_rows():
        if figures.precision is None:
            continue
        names = list(figures.precision)
        full = figures.precision[FULL]
        least = min(each.changed for name, each in figures.precision.items() if name != FULL)
        cells = (_cell(name, each) for name, each in figures.precision.items())
        rows.append((arm, stage_label(stage), count(full.weights), share(least), *cells))
    if not rows:
        return None
    columns = ("arm", "stage", "weights rounded", "changed", *names)
    note = (
        "Problems solved greedily, and the loss on held-out traces in nats per token: the loss itself in "
        "float32, else what rounding adds to it. Matrices are rounded to the nearest level after training, "
        "with one scale for each output channel; embeddings, output layer, norms and biases are not. "
        "Changed: the share of the rounded weights that changed, in the precision that changed fewest."
    )
    return Table("precision", "Rounded weights", columns, rows, note, words=2)


def _cell(name: str, figures: PrecisionFigures) -> str:
    nats = f"{figures.loss:.4f}" if name == FULL else f"{figures.degradation:+.4f}"
    return f"{share(figures.pass_1)} ({nats})"


def law(results: Results) -> Table | None:
    """The fitted law."""
    figures = results.law
    if figures is None or figures.fitted is None:
        return None
    fitted = figures.fitted
    rows = [
        (TERMS[name], f"{term.value:+.3f}", f"{term.ci95[0]:+.3f} to {term.ci95[1]:+.3f}", f"{term.p:.2g}",
         PAPER[name])
        for name, term in fitted.terms.items()
    ]  # fmt: skip
    return Table("law", "The law of rounding", ("term", "fitted", "95 % interval", "p", "in the paper"), rows,
                 _describe(fitted))  # fmt: skip


def _describe(fitted: FittedLaw) -> str:
    left_out = (
        f" {plural(fitted.left_out, 'point')} had no logarithm, because rounding did not raise the loss."
        if fitted.left_out
        else ""
    )
    return (
        "The logarithm of the loss that rounding adds, fitted by robust least squares to "
        f"{plural(fitted.points, 'point')} of {plural(fitted.groups, 'run')}; R\N{SUPERSCRIPT TWO} = "
        f"{fitted.r2:.2f}. Intervals leave out one run at a time.{left_out} Kumar et al. (2411.04330) say "
        "that their constants do not carry over to other models and data, only the form and the signs."
    )


def predictions(results: Results) -> Table | None:
    """What the law predicted, and what was measured."""
    if results.law is None or not results.law.predictions:
        return None
    rows = [
        (each.arm, stage_label(each.stage), each.precision, count(each.weights), token_amount(each.tokens),
         f"{each.predicted:.4f}", f"{each.ci95[0]:.4f} to {each.ci95[1]:.4f}", *_measured(each))
        for each in results.law.predictions
    ]  # fmt: skip
    columns = ("arm", "stage", "precision", "weights", "tokens", "predicted", "95 % interval",
               "measured, by seed", "within")  # fmt: skip
    note = (
        "Nats per token. The interval is one that a single seed's model should lie in. The predictions were "
        f"registered {results.law.registered} of these models; sha256 {(results.law.sha256 or '')[:12]}."
    )
    return Table("predictions", "Predicted before it was trained", columns, rows, note, words=3)


def _measured(prediction: LawPrediction) -> tuple[str, str]:
    values = list((prediction.measured or {}).values())
    low, high = prediction.ci95
    inside = sum(low <= value <= high for value in values)
    return ", ".join(f"{value:.4f}" for value in values) or NONE, f"{inside} of {len(values)}"
