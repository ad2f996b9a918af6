"""Made-up results for the tests of the report. Arms and stages are JSON objects, as in the file."""

from __future__ import annotations

from typing import Any

from train.analysis.results_schema import JudgedClaim, Results
from train.statistics.closed_form import wilson


def alone(n: int) -> dict[str, int]:
    """Every problem a cluster of its own, and one seed."""
    return {"clusters": n, "seeds": 1}


FATES = ("noticed", "left", "answered", "open")


def recovery(n: int, error: int, noticed: int, left: int, answered: int) -> dict[str, Any]:
    """Figures of `train.evaluation.recovery` for so many outputs with so many first errors."""

    def share(count: int, of: int) -> dict[str, Any]:
        share = count / of if of else None
        return {"count": count, "share": share, "ci95": wilson(count, of), "n": of, **alone(of)}

    fates = dict(zip(FATES, (noticed, left, answered, error - noticed - left - answered), strict=True))
    figures: dict[str, Any] = {
        "error": share(error, n),
        "noticed": share(noticed, error),
        "left": share(left, error),
        "answered": share(answered, error),
        "right_noticed": share(noticed, noticed),
        "right_left": share(0, left),
        "false_alarms": share(1, noticed + 1),
        "unproved": share(left, noticed + left),
        "unreadable": share(0, n),
        "fates": fates,
        "counts": {"outputs": n, "errors": error, "errors noticed": noticed},
    }
    return {**figures, "levels": {"1": figures}}


def stage(n: int, right: int, tokens: float, **more: Any) -> dict[str, Any]:
    """The figures of one arm and stage; half of the problems are of level 1 and half of level 2."""
    half = {"n": n // 2, "pass@1": right / n, "ci95": wilson(right // 2, n // 2), **alone(n // 2)}
    half |= {"mean_new_tokens": tokens, "unfinished": 0.0}
    return {
        "n": n,
        "clusters": n,
        "pass@1": right / n,
        "ci95": wilson(right, n),
        "mean_new_tokens": tokens,
        "unfinished": 0.0,
        "levels": {"1": half, "2": half},
        "recovery": recovery(n, n - right, (n - right) // 2, (n - right) // 4, (n - right) // 8),
        "seeds": [0],
        "by_seed": [right / n],
        "converged": True,
        "why": "converged: 2 seeds agree",
        **more,
    }


def change(**more: Any) -> dict[str, Any]:
    """The difference of two arms of one seed."""
    known = {"delta": 0.25, "ci95": [0.125, 0.375], "p": 0.001, "n": 100, **alone(100), "by_seed": [0.25]}
    return {**known, "iqm": None, "improvement": None, "improvement_ci95": None, **more}


def results(arms: dict[str, dict[str, Any]], **more: Any) -> Results:
    """The results of these arms, with each of the others compared with the first."""
    first, *others = arms
    record = {
        "recipe": "laptop",
        "split": "held-out",
        "seconds": {"generate": 1, "train": 2, "eval": 3, "total": 6},
        "arms": arms,
        "paired": {f"{arm}-{first}": {next(iter(arms[arm])): change()} for arm in others},
        "stage_changes": {},
        "claims": [],
        "registration": None,
        "teacher": {"solved": 1.0, "within_budget": 0.96, "mean_new_tokens": 40.0, "levels": {}},
        "tuning": [],
        "counts": {arm: {"kept": 900, "truncated": 0, "dropped": 100} for arm in arms},
        **more,
    }
    return Results.model_validate(record)


def changed(results: Results, **more: Any) -> Results:
    """The same results with other values of some keys."""
    return Results.model_validate({**results.model_dump(), **more})


NINE = results(
    {
        name: {"sft": stage(100, 20 + 8 * place, 15.0 + 9 * place, train_tokens=1_000_000)}
        for place, name in enumerate(
            ("shortcut", "k1", "k2", "k4", "journey", "shortened", "stream", "filler", "shuffled")
        )
    }
)


def claim(text: str, verdict: str, delta: float, ci95: list[float], **more: Any) -> JudgedClaim:
    """A judged claim, on 1,000 problems in 7 clusters."""
    known = {"claim": text, "verdict": verdict, "delta": delta, "ci95": ci95, "n": 1000, "clusters": 7}
    tested = {"seeds": 3, "p": 0.01, "p_holm": 0.03, "minimum_detectable": 0.05, "needs": None, "note": None}
    return JudgedClaim.model_validate({**known, **tested, "registered": "before training", **more})


CLAIMS = [
    claim("journey > shortcut on pass@1", "supported", 0.4, [0.3, 0.5]),
    claim("filler <i>~</i> shortcut", "contradicted", -0.2, [-0.3, -0.1]),
    claim(
        "rewarded.grpo < rewarded.sft on tokens",
        "undecided",
        1.0,
        [-2.0, 4.0],
        seeds=1,
        p=0.5,
        p_holm=0.5,
        minimum_detectable=4.25,
        needs="about 4,000 problems",
        registered="after training",
    ),
]
REGISTRATION = {"claims_sha256": "5f" * 32, "recipe_sha256": "9a" * 32, "recipe_changes": 0, "withdrawn": []}
