"""A recipe's judged claims in words: each in a sentence, and how many of them hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from train.analysis.judging import CONTRADICTED, SUPPORTED, UNDECIDED
from train.recipe.metrics import metric_of
from train.recipe.registration import AFTER, BEFORE, FILE

SIGNS = {SUPPORTED: "\u2713", CONTRADICTED: "\u2717", UNDECIDED: "?"}
"""Before a verdict, for those who see no colour."""


def verdicts(results: Mapping[str, Any]) -> Iterator[str]:
    """How many claims hold, then each claim in a sentence."""
    if results["claims"]:
        yield summary(results)
    yield from map(sentence, results["claims"])


def summary(results: Mapping[str, Any]) -> str:
    """How many of the claims hold, how they were corrected, and when they were registered.

    >>> claims = [{"verdict": "supported", "registered": "before training"}] * 2
    >>> claims.append({"verdict": "undecided", "registered": "after training"})
    >>> summary({"claims": claims, "registration": None})[:60]
    '2 of 3 claims are supported and 1 is undecided. They were te'
    """
    claims = results["claims"]
    many = Counter(claim["verdict"] for claim in claims)
    parts = [f"{many[SUPPORTED]} of {_count(len(claims), 'claim')} {_are(many[SUPPORTED])} supported"]
    parts += [f"{many[each]} {_are(many[each])} {each}" for each in (CONTRADICTED, UNDECIDED) if many[each]]
    said = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
    said += "."
    withdrawn = (results.get("registration") or {}).get("withdrawn", [])
    if len(claims) + len(withdrawn) > 1:
        said += (
            " They were tested together: the chance of any wrong verdict is at most 5 % (Holm's correction)."
        )
    return f"{said} {_registered(results)}"


def _registered(results: Mapping[str, Any]) -> str:
    """When the claims were registered, and what was changed since."""
    found, claims = results.get("registration"), results["claims"]
    if found is None:
        return f"None was registered: the run has no {FILE}."
    late = sum(claim["registered"] == AFTER for claim in claims)
    digest = f"{FILE}, sha256 {found['claims_sha256'][:12]}"
    said = f"All were registered before training ({digest})."
    if late:
        said = f"{late} of them {'was' if late == 1 else 'were'} added after training began ({digest})."
    if gone := len(found["withdrawn"]):
        said += f" {_count(gone, 'registered claim')} {'was' if gone == 1 else 'were'} withdrawn after it."
    if changes := found["recipe_changes"]:
        said += f" The recipe was changed {'once' if changes == 1 else f'{changes} times'} after it."
    return said


def sentence(judged: Mapping[str, Any]) -> str:
    """A judged claim, with a sign before it that needs no colour."""
    sign = SIGNS.get(judged["verdict"], "?")
    if not judged["n"]:
        return (
            f"{sign} {judged['verdict']}: {judged['claim']} (not measured; to decide it: {judged['needs']})."
        )
    low, high = (in_units(judged, bound, unit=False) for bound in judged["ci95"])
    note = f"; {judged['note']}" if judged.get("note") else ""
    late = "" if judged["registered"] in (None, BEFORE) else f"; added {AFTER} began"
    return (
        f"{sign} {judged['verdict']}: {judged['claim']} ({in_units(judged, judged['delta'])}, "
        f"95 % interval {low} to {high}, {p_in_words(judged)}, {evidence(judged)}"
        f"{note}{detectable(judged)}{late})."
    )


def evidence(found: Mapping[str, Any]) -> str:
    """What an estimate rests on.

    >>> evidence({"n": 1000, "clusters": 7, "seeds": 1}), evidence({"n": 60, "clusters": 60, "seeds": 3})
    ('1,000 problems in 7 clusters, 1 seed', '60 problems, 3 seeds')
    """
    clusters = f" in {found['clusters']:,} clusters" if found["clusters"] < found["n"] else ""
    return f"{_count(found['n'], 'problem')}{clusters}, {_count(found['seeds'], 'seed')}"


def p_in_words(judged: Mapping[str, Any]) -> str:
    """The p of a claim, and that after the correction where it differs."""
    alone = f"p = {judged['p']:.2g}"
    corrected = f", corrected {judged['p_holm']:.2g}" if judged["p_holm"] != judged["p"] else ""
    return alone + corrected


def detectable(judged: Mapping[str, Any]) -> str:
    """What an undecided claim's design could have found, and what would decide the claim."""
    if judged["verdict"] != UNDECIDED:
        return ""
    needs = f"; to decide it: {judged['needs']}" if judged["needs"] else ""
    return f"; {smallest(judged)} could have been found{needs}"


def smallest(judged: Mapping[str, Any]) -> str:
    """The smallest difference, or for `~` the smallest margin, that the design finds with a power of 80 %."""
    size = judged["minimum_detectable"]
    if size is None:
        return "nothing"
    words = in_units(judged, size).lstrip("+")
    return f"a margin of {words} or more" if " ~ " in judged["claim"] else f"a difference of {words} or more"


def in_units(claim: Mapping[str, Any], value: float, unit: bool = True) -> str:
    """A difference that a claim is about, in the unit of its metric.

    >>> in_units({"claim": "a < b on tokens"}, -12.5), in_units({"claim": "a > b on pass@1"}, 0.1)
    ('-12.5 tokens', '+10.0 points')
    """
    metric = metric_of(claim["claim"])
    said = f"{metric.scale * value:+,.{metric.digits}f}"
    return f"{said} {metric.unit}" if unit else said


def _count(many: int, what: str) -> str:
    return f"{many:,} {what}{'' if many == 1 else 's'}"


def _are(many: int) -> str:
    return "is" if many == 1 else "are"
