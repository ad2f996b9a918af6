"""The metrics that arms are compared by. Each gives one number per problem, so differences can be paired.

pass@1  tokens  unfinished    greedy output: graded right, length in tokens, cut off at the token limit
context                       greedy output: tokens of its longest context, the prompt included
clean  verified               greedy output: every line is proved; the same and graded right
misread                       greedy output: it begins with another prompt than that of its picture
pass@K                        chance that at least one of K samples is right (Chen et al. 2021)
majority@N  best_of_n@N       answer chosen among N samples
beam@T  tree@T                answer that a search finds within T generated tokens
budget_forcing@T              answer of an output forced to be at least T tokens long
fast  slow                    answer of a model of `mixed` traces that is asked for this mode
noticed                       after a planted wrong step: it proves that the step is wrong and goes back
recovered                     the same, and its answer is right
right_after_error             after a planted wrong step: its answer is right, noticed or not
noticed in own                the same three after a wrong step that `methods.planted_from`'s model wrote
forgotten                     increase of the loss on texts of earlier training, in nats per token
degradation in PRECISION      increase of the loss on held-out traces from rounding the model's matrices, such
                              as to int4, in nats per token
lost in PRECISION             solved by the greedy output before rounding, less the same after it
tokens_to(SHARE)              training tokens until the learning curve first reaches SHARE, such as 0.9; one
                              number per training seed, not per problem
METRIC in SET                 a metric of the greedy output on another problem set, or of the rounded model
                              (pass@1 in int4)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from journey.errors import InputError
from traces.walks import WITH_MODES
from train.recipe.settings import FULL, Precision

if TYPE_CHECKING:
    from train.recipe.evaluation_settings import Evaluation
    from train.recipe.stages import Arm

GREEDY = ("pass@1", "tokens", "context", "unfinished", "clean", "verified", "misread")
CHOSEN = ("majority", "best_of_n")
SEARCHED = ("beam", "tree")
FORCED = "budget_forcing"
MODES = ("fast", "slow")
PLANTED = ("noticed", "recovered", "right_after_error")
ROUNDED = ("degradation", "lost")
"""What rounding changes."""
OWN = "own"
"""The set of plants whose wrong steps a model wrote."""
WITHOUT_NUMBER = (*GREEDY[1:], *MODES, *PLANTED, *ROUNDED, "forgotten")
WITH_NUMBER = ("pass", *CHOSEN, *SEARCHED, FORCED)
TOKENS_TO = "tokens_to"
UNITS = {
    "tokens": "tokens",
    "context": "tokens",
    "forgotten": "nats",
    "degradation": "nats",
    TOKENS_TO: "training tokens",
}
"""The units of metrics that are not fractions."""
PATTERN = (
    rf"(?:{TOKENS_TO}\((?:0?\.[0-9]+|1(?:\.0+)?)\)"
    rf"|(?:(?:{'|'.join(WITH_NUMBER)})@[1-9][0-9]*|{'|'.join(WITHOUT_NUMBER)})(?: in [a-z][a-z0-9_-]*)?)"
)
"""A regular expression that matches a metric."""
PRECISIONS = tuple(each for each in get_args(Precision) if each != FULL)
"""The precisions that models are rounded to. No problem set has such a name."""
SAMPLE_COUNTS = (1, 2, 4, 8, 16, 32, 64)
"""The values of N in majority@N and best_of_n@N."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric with its parameters."""

    name: str
    number: int | None
    """The number after @: samples or tokens. None if the metric has none."""
    set: str | None
    """The problem set. None: the held-out problems."""
    share: float | None = None
    """For `tokens_to`: the share of problems to solve."""

    @property
    def unit(self) -> str:
        """The unit in which differences are printed."""
        return UNITS.get(self.name, "points")

    @property
    def bounded(self) -> bool:
        """Whether differences lie between -1 and 1: those of fractions."""
        return self.unit == "points" and self.name != "lost"

    @property
    def scale(self) -> float:
        """The factor from stored values to the unit: a fraction of 1 is 100 points."""
        return 1.0 if self.name in UNITS else 100.0

    @property
    def digits(self) -> int:
        """The number of decimals in which differences are printed."""
        return {"nats": 3, UNITS[TOKENS_TO]: 0}.get(self.unit, 1)

    @property
    def greedy(self) -> str | None:
        """The metric's name if it is measured on greedy outputs, else None."""
        text = self.name if self.number is None else f"{self.name}@{self.number}"
        return text if text in GREEDY else None


def parse_metric(text: str) -> Metric:
    """Parses the text of a metric.

    >>> metric = parse_metric("pass@1 in harder")
    >>> metric.name, metric.number, metric.set, metric.unit
    ('pass', 1, 'harder', 'points')
    >>> parse_metric("tokens_to(0.9)").share
    0.9

    Raises:
        InputError: the metric does not exist.
    """
    if not re.fullmatch(PATTERN, text):
        numbered = [f"{name}@N" for name in WITH_NUMBER]
        forms = [*GREEDY, *WITHOUT_NUMBER[len(GREEDY) - 1 :], f"{TOKENS_TO}(SHARE)", *numbered]
        raise InputError(f"no metric {text!r}. Known: {', '.join(forms)}")
    if text.startswith(TOKENS_TO):
        share = float(text[len(TOKENS_TO) + 1 : -1])
        if not share:
            raise InputError(f"{text} needs a share above 0, such as {TOKENS_TO}(0.9)")
        return Metric(TOKENS_TO, None, None, share)
    metric, _, problem_set = text.partition(" in ")
    name, _, number = metric.partition("@")
    return Metric(name, int(number) if number else None, problem_set or None)


def metric_of(claim: str) -> Metric:
    """The metric of a claim's first side, from the claim's text.

    >>> metric_of("a > b by 2 on best_of_n@4 against pass@1").name
    'best_of_n'
    """
    match = re.search(rf" on ({PATTERN})", claim)
    return parse_metric(match[1] if match else GREEDY[0])


def missing_setting(metric: Metric, arm: Arm, evaluation: Evaluation) -> str | None:
    """The change to a recipe without which a metric of an arm is not measured; None if it is measured.

    >>> from train.recipe.load import load_recipe
    >>> recipe = load_recipe("laptop")
    >>> missing_setting(parse_metric("pass@8"), recipe.arm("journey"), recipe.evaluation)
    'raise evaluation.samples.journey to 8'
    """
    methods, number = evaluation.methods, metric.number
    if metric.name in ROUNDED and metric.set not in PRECISIONS:
        return f"name a precision, such as {metric.name} in int4"
    if metric.set in PRECISIONS:
        if metric.greedy is None and metric.name not in ROUNDED:
            return f"rounded models are measured by {', '.join([*GREEDY, *ROUNDED])} only"
        known = metric.set in evaluation.rounded
        return None if known else f"add {metric.set} to evaluation.precision"
    if metric.set is not None and metric.name not in PLANTED:
        if metric.greedy is None:
            return f"problem sets are measured by {', '.join(GREEDY)} only"
        return None if metric.set in evaluation.sets else f"set evaluation.sets.{metric.set}"
    if metric.greedy:
        return None
    if metric.name == "pass" or metric.name in CHOSEN:
        if metric.name in CHOSEN and number not in SAMPLE_COUNTS:
            return f"N can be {', '.join(map(str, SAMPLE_COUNTS))}"
        if evaluation.samples.get(arm.name, 0) < (number or 0):
            return f"raise evaluation.samples.{arm.name} to {number}"
        return None if evaluation.sampled_problems else "raise evaluation.sampled_problems"
    if metric.name == TOKENS_TO:
        return None if evaluation.curve.points else "raise evaluation.curve.points above 0"
    if metric.name == "forgotten":
        return None if evaluation.earlier else "list files, or heldout, in evaluation.earlier"
    if metric.name in MODES and arm.traces not in WITH_MODES:
        return f"{arm.name} learns {arm.traces} traces, but only mixed traces have modes"
    if not methods.problems:
        return "raise evaluation.methods.problems"
    if metric.name in MODES:
        return None if metric.name in methods.modes else f"add {metric.name} to evaluation.methods.modes"
    if metric.name in PLANTED:
        if metric.set not in (None, OWN):
            return f"{metric.name} is measured in {OWN} only"
        if not methods.planted:
            return "set evaluation.methods.planted: true"
        return "set evaluation.methods.planted_from" if metric.set and not methods.planted_from else None
    key = "minimum" if metric.name == FORCED else "budgets"
    return None if number in getattr(methods, key) else f"add {number} to evaluation.methods.{key}"
