"""The tables of what the arms' models are made of, and of what the routers of sparse models follow."""

from __future__ import annotations

from train.analysis.results_schema import Results
from train.evaluation.metrics_schema import RouterExplained
from train.report.formatting import NONE, Table, count, operations, share, stage_label

EXPLAINED = ("token", "family", "family beyond token", "line", "line beyond token")


def sizes(results: Results) -> Table | None:
    """Parameters, cache and cost of each arm's model; None if all arms have the same."""
    rows = [
        (
            arm,
            count(each.parameters),
            count(each.active_parameters),
            count(each.cache_bytes),
            operations(each.train_flops),
            operations(each.flops_per_answer),
            share(each.pass_1),
        )
        for arm, each in results.compared_figures().items()
        if each.active_parameters is not None
    ]
    if len({row[1:4] for row in rows}) < 2:
        return None
    columns = ("arm", "parameters", "active", "cache bytes a token", "training FLOPs", "FLOPs an answer",
               "pass@1")  # fmt: skip
    note = (
        "Active: the parameters that compute a token, without inactive experts. The cache holds keys and "
        "values in float32."
    )
    return Table("sizes", "The models of the arms", columns, rows, note)


def routers(results: Results) -> Table | None:
    """How evenly each router spreads its tokens, and what explains its choices."""
    rows = [
        (
            arm,
            stage_label(stage),
            layer,
            share(router.balance),
            f"{router.dead:.1f} of {len(router.load)}",
            *(_explained(router.explained.get(name)) for name in EXPLAINED),
        )
        for arm, stage, figures in results.distinct_rows()
        for layer, router in (figures.router or {}).items()
    ]
    columns = ("arm", "stage", "layer", "balance", "dead experts", *(f"by {name}" for name in EXPLAINED))
    note = (
        "On the model's own outputs, means over the seeds. Balance: the entropy of the load; 100 % is even. "
        "Dead: chosen for less than a tenth of an even share. By: the share of the choices' entropy that is "
        "explained; beyond token, once the token is known. In brackets: the most that shuffled labels "
        "explain."
    )
    return Table("routers", "What the routers follow", columns, rows, note, words=2) if rows else None


def _explained(part: RouterExplained | None) -> str:
    if part is None:
        return NONE
    return share(part.share) + ("" if part.chance is None else f" ({share(part.chance)})")
