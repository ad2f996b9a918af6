"""What arms are compared by: each metric is a number for every problem, so that differences can be paired.

pass@1  tokens  unfinished    of the greedy output of a held-out problem
pass@K                        the chance that one of K samples is right (Chen et al. 2021)
majority@N  best_of_n@N       the one answer that is chosen of N samples
beam@T  tree@T                the answer that a search finds within T generated tokens
budget_forcing@T              the answer of an output that is made to be T tokens long
noticed                       whether a wrong step that was planted is noticed
forgotten                     nats a token that the loss rose by on each text of earlier data
tokens_to(SHARE)              training tokens until SHARE (0.9, say) of the validation problems was first
                              solved, by the learning curve: a number for every seed, not for every problem
pass@1 in SET                 the same of another set of problems; tokens and unfinished too
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from journey.errors import InputError

if TYPE_CHECKING:
    from train.recipe.settings import Evaluation

GREEDY = ("pass@1", "tokens", "unfinished")
CHOSEN = ("majority", "best_of_n")
SEARCHED = ("beam", "tree")
FORCED = "budget_forcing"
PLAIN = ("tokens", "unfinished", "noticed", "forgotten")
COUNTED = ("pass", *CHOSEN, *SEARCHED, FORCED)
REACHED = "tokens_to"
UNITS = {"tokens": "tokens", "forgotten": "nats", REACHED: "training tokens"}
"""Of metrics that are no shares."""
PATTERN = (
    rf"(?:{REACHED}\((?:0?\.[0-9]+|1(?:\.0+)?)\)"
    rf"|(?:(?:{'|'.join(COUNTED)})@[1-9][0-9]*|{'|'.join(PLAIN)})(?: in [a-z][a-z0-9_-]*)?)"
)
"""A regular expression for the text of a metric."""
POWERS = (1, 2, 4, 8, 16, 32, 64)
"""Numbers of samples that answers are chosen from."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric."""

    name: str
    number: int | None
    """Samples or tokens, where the metric has a number."""
    set: str | None
    """The set of problems; the held-out ones if None."""
    share: float | None = None
    """Of `tokens_to`: the share of problems to be solved."""

    @property
    def unit(self) -> str:
        """What a difference of it is told in."""
        return UNITS.get(self.name, "points")

    @property
    def scale(self) -> float:
        """How many of the unit one is: a share of 1 is 100 points."""
        return 1.0 if self.name in UNITS else 100.0

    @property
    def digits(self) -> int:
        """Behind the point, when a difference is told."""
        return {"nats": 3, UNITS[REACHED]: 0}.get(self.unit, 1)

    @property
    def greedy(self) -> str | None:
        """What it measures of a greedy output, if it is about that."""
        text = self.name if self.number is None else f"{self.name}@{self.number}"
        return text if text in GREEDY else None


def parse_metric(text: str) -> Metric:
    """A metric from its text.

    >>> metric = parse_metric("pass@1 in harder")
    >>> metric.name, metric.number, metric.set, metric.unit
    ('pass', 1, 'harder', 'points')
    >>> parse_metric("tokens_to(0.9)").share
    0.9

    Raises:
        InputError: there is no such metric.
    """
    if not re.fullmatch(PATTERN, text):
        raise InputError(f"no metric {text!r}. There are {', '.join(GREEDY)}, {', '.join(PLAIN[2:])}, "
                         f"{REACHED}(SHARE), and {', '.join(f'{name}@N' for name in COUNTED)}")  # fmt: skip
    if text.startswith(REACHED):
        share = float(text[len(REACHED) + 1 : -1])
        if not share:
            raise InputError(f"{text}: say a share above 0, such as {REACHED}(0.9)")
        return Metric(REACHED, None, None, share)
    measured, _, within = text.partition(" in ")
    name, _, number = measured.partition("@")
    return Metric(name, int(number) if number else None, within or None)


def metric_of(claim: str) -> Metric:
    """The metric that a claim is told in.

    >>> metric_of("a > b by 2 on best_of_n@4 against pass@1").name
    'best_of_n'
    """
    found = re.search(rf" on ({PATTERN})", claim)
    return parse_metric(found[1] if found else GREEDY[0])


def lacking(metric: Metric, arm: str, evaluation: Evaluation) -> str | None:
    """What a recipe must say before a metric of an arm can be had; None if it says all.

    >>> from train.recipe.recipe import load
    >>> evaluation = load("laptop").evaluation
    >>> lacking(parse_metric("pass@8"), "journey", evaluation)
    'raise evaluation.samples.journey to 8'
    """
    methods, number = evaluation.methods, metric.number
    if metric.set is not None:
        if metric.greedy is None:
            return f"only {', '.join(GREEDY)} are measured in sets"
        return None if metric.set in evaluation.sets else f"say evaluation.sets.{metric.set}"
    if metric.greedy:
        return None
    if metric.name == "pass" or metric.name in CHOSEN:
        if metric.name in CHOSEN and number not in POWERS:
            return f"choose of {', '.join(map(str, POWERS))} samples"
        if evaluation.samples.get(arm, 0) < (number or 0):
            return f"raise evaluation.samples.{arm} to {number}"
        return None if evaluation.sampled_problems else "raise evaluation.sampled_problems"
    if metric.name == REACHED:
        return None if evaluation.curve.points else "raise evaluation.curve.points above 0"
    if metric.name == "forgotten":
        return None if evaluation.earlier else "name files, or heldout, in evaluation.earlier"
    if not methods.problems:
        return "raise evaluation.methods.problems"
    if metric.name == "noticed":
        return None if methods.planted else "say evaluation.methods.planted: true"
    key, said = ("minimum", methods.minimum) if metric.name == FORCED else ("budgets", methods.budgets)
    return None if number in said else f"put {number} into evaluation.methods.{key}"
