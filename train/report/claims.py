"""The judged claims of a run in sentences: each claim, and how many of them are supported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from train.analysis.judging import CONTRADICTED, SUPPORTED, UNDECIDED
from train.analysis.results_schema import JudgedClaim, Results
from train.recipe.metrics import metric_of
from train.recipe.registration import AFTER, BEFORE, FILE
from train.report.formatting import NONE, Table, count, plural, size

SIGNS = {SUPPORTED: "\u2713", CONTRADICTED: "\u2717", UNDECIDED: "?"}
"""The sign before a verdict, for readers who see no colour."""


def claim_sentences(results: Results) -> Iterator[str]:
    """The summary of the claims, then each claim in a sentence."""
    if results.claims:
        yield summary(results)
    yield from map(sentence, results.claims)


def summary(results: Results) -> str:
    """How many claims are supported, how they were corrected, and when they were registered."""
    claims = results.claims
    verdicts = Counter(claim.verdict for claim in claims)
    parts = [f"{verdicts[SUPPORTED]} of {plural(len(claims), 'claim')} {_are(verdicts[SUPPORTED])} supported"]
    for verdict in (CONTRADICTED, UNDECIDED):
        if verdicts[verdict]:
            parts.append(f"{verdicts[verdict]} {_are(verdicts[verdict])} {verdict}")
    sentences = [f"{', '.join(parts[:-1])} and {parts[-1]}." if len(parts) > 1 else f"{parts[0]}."]
    withdrawn = results.registration.withdrawn if results.registration else []
    if len(claims) + len(withdrawn) > 1:
        sentences.append(
            "They were tested together: the chance of any wrong verdict is at most 5 % (Holm's correction)."
        )
    return " ".join([*sentences, _registration(results)])


def _registration(results: Results) -> str:
    """When the claims were registered, and what changed later."""
    registration = results.registration
    if registration is None:
        return f"No claim was registered: the run has no {FILE}."
    late = sum(claim.registered == AFTER for claim in results.claims)
    digest = f"{FILE}, sha256 {registration.claims_sha256[:12]}"
    sentences = [f"All were registered before training ({digest})."]
    if late:
        verb = "was" if late == 1 else "were"
        sentences = [f"{late} of them {verb} registered only after training began ({digest})."]
    if removed := len(registration.withdrawn):
        verb = "was" if removed == 1 else "were"
        sentences.append(f"{plural(removed, 'registered claim')} {verb} withdrawn later.")
    if changes := registration.recipe_changes:
        sentences.append(f"The recipe was changed {'once' if changes == 1 else f'{changes} times'} later.")
    return " ".join(sentences)


def table(results: Results) -> Table | None:
    """The claims with their verdicts and tests; None without claims."""
    rows = [
        (
            f"{SIGNS[claim.verdict]} {claim.verdict}",
            claim.claim,
            "; ".join(filter(None, (claim.note, claim.needs))) or NONE,
            in_units(claim, claim.delta),
            " to ".join(in_units(claim, bound, unit=False) for bound in claim.ci95),
            f"{claim.p:.2g}",
            f"{claim.p_holm:.2g}",
            detectable(claim),
            size(claim.n, claim.clusters),
            count(claim.seeds),
            claim.registered or "no",
        )
        for claim in results.claims
    ]
    if not rows:
        return None
    columns = ("verdict", "claim", "what would decide it", "difference", "95 % interval", "p", "p, corrected",
               "detectable", "n", "number of seeds", "registered")  # fmt: skip
    note = (
        f"{summary(results)} A verdict rests on the corrected p. An interval is that of its claim alone. "
        "Detectable: what this design detects with a power of 80 %."
    )
    return Table("claims", "The claims", columns, rows, note, words=3)


def sentence(claim: JudgedClaim) -> str:
    """A judged claim, with a sign that needs no colour."""
    sign = SIGNS[claim.verdict]
    if not claim.n:
        return f"{sign} {claim.verdict}: {claim.claim} (not measured: {claim.needs})."
    low, high = (in_units(claim, bound, unit=False) for bound in claim.ci95)
    note = f"; {claim.note}" if claim.note else ""
    late = "" if claim.registered in (None, BEFORE) else f"; registered {AFTER}"
    return (
        f"{sign} {claim.verdict}: {claim.claim} ({in_units(claim, claim.delta)}, "
        f"95 % interval {low} to {high}, {p_values(claim)}, {evidence(claim)}"
        f"{note}{what_decides(claim)}{late})."
    )


def evidence(claim: JudgedClaim) -> str:
    """The problems and seeds that a claim rests on."""
    clusters = f" in {claim.clusters:,} clusters" if claim.clusters < claim.n else ""
    return f"{plural(claim.n, 'problem')}{clusters}, {plural(claim.seeds, 'seed')}"


def p_values(claim: JudgedClaim) -> str:
    """The p of a claim, and the corrected p if it differs."""
    corrected = f", corrected {claim.p_holm:.2g}" if claim.p_holm != claim.p else ""
    return f"p = {claim.p:.2g}{corrected}"


def what_decides(claim: JudgedClaim) -> str:
    """What the design of an undecided claim can detect, and what would decide the claim."""
    if claim.verdict != UNDECIDED:
        return ""
    needs = f"; it takes {claim.needs}" if claim.needs else ""
    return f"; this design detects {detectable(claim)}{needs}"


def detectable(claim: JudgedClaim) -> str:
    """The smallest difference that the design detects with a power of 80 %; for `~` the smallest margin."""
    size = claim.minimum_detectable
    if size is None or (metric_of(claim.claim).unit == "points" and size > 1):
        return "nothing"  # shares differ by 100 points at most
    amount = in_units(claim, size).lstrip("+")
    return f"a margin of {amount} or more" if " ~ " in claim.claim else f"a difference of {amount} or more"


def in_units(claim: JudgedClaim, value: float, unit: bool = True) -> str:
    """A difference that a claim is about, in the unit of its metric: `+10.0 points`, `-12.5 tokens`."""
    metric = metric_of(claim.claim)
    text = f"{metric.scale * value:+,.{metric.digits}f}"
    return f"{text} {metric.unit}" if unit else text


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
