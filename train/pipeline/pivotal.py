"""Pivotal search: the steps or tokens of a model's own solutions that decide whether it succeeds.

This is Phi-4's pivotal token search (Abdin et al. 2024, arXiv 2412.08905, section 4.3 and figure 4). A model
writes a solution. Its success rate after a prefix is the share of sampled completions of that prefix that are
graded right. The solution is subdivided: a part over which the rate changes by less than the threshold stays
as it is, others are split at the midpoint of their cumulative log-probability, down to single tokens. A token
over which the rate changes by the threshold or more is pivotal. It makes a preference pair with another token
that completions of its prefix began with. Only problems that the model solves sometimes are searched (0.2 to
0.8 there). With steps in the place of tokens the search is the same.

Two things are not in the paper. Each pivot is estimated again from fresh completions: the standard error of a
change is sqrt(0.5 / n) at rates near a half, 0.22 for 10 completions, so some parts seem pivotal by chance.
And for each pivot a random position of the same solution makes a pair as well, as a control.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from random import Random
from typing import Literal

from journey.problem import Problem
from journey.step import Verdict
from traces.pairs import Pair
from traces.pivots import Ids, PivotSearch, Position, Rate
from traces.text import prompt
from train.evaluation.decoding.batching import Job, Output
from train.evaluation.decoding.generators import Generator
from train.evaluation.scoring import grade

Unit = Literal["step", "token"]


@dataclass(frozen=True, slots=True)
class PivotSettings:
    """The settings of a search."""

    unit: Unit
    rollouts: int
    """Completions from which a success rate is estimated."""
    fresh_rollouts: int
    """Completions from which a pivot is estimated again."""
    threshold: float
    """p_gap: the least change of the success rate, from 0 to 1."""
    rates: tuple[float, float]
    """Only problems with a success rate between these are searched."""
    temperature: float
    seed: int
    max_new_tokens: int
    style: str = "terse"


@dataclass(slots=True)
class _Rollouts:
    """The completions of one prefix: those that were right, and all, by their first step or token."""

    right: Counter[Ids] = field(default_factory=Counter)
    all: Counter[Ids] = field(default_factory=Counter)

    @property
    def rate(self) -> Rate:
        return Rate(self.right.total(), self.all.total())


class _Search:
    """The search in one solution. It names the prefixes, is given their rates, and goes on."""

    def __init__(
        self, problem: Problem, units: Sequence[Ids], logprobs: Sequence[float], solved: bool
    ) -> None:
        self.problem, self.units = problem, units
        self.cumulative = [0.0, *accumulate(-logprob for logprob in logprobs)]
        self.rollouts: dict[int, _Rollouts] = {}
        """By the number of units in the prefix. That of the whole solution has one known completion."""
        self.rollouts[len(units)] = _Rollouts(Counter({(): int(solved)}), Counter({(): 1}))
        self.segments = [(0, len(units))]
        self.single: list[tuple[int, int]] = []

    def needed(self) -> list[int]:
        """The prefixes that need a rate next."""
        return sorted({end for segment in self.segments for end in segment} - self.rollouts.keys())

    def rate(self, at: int) -> float:
        """The success rate after `at` units."""
        return self.rollouts[at].rate.share

    def subdivide(self, threshold: float) -> None:
        """Splits the segments over which the rate changes, once. All their rates must be known."""
        splits: list[tuple[int, int]] = []
        for first, last in self.segments:
            changes = abs(self.rate(last) - self.rate(first)) >= threshold
            if last - first > 1 and changes:
                middle = split(self.cumulative[first : last + 1]) + first
                splits += [(first, middle), (middle, last)]
            elif changes:
                self.single.append((first, last))
        self.segments = splits


def split(cumulative: Sequence[float]) -> int:
    """Where to split a segment: nearest to half of its cumulative log-probability, with no part empty.

    Args:
        cumulative: the negative log-probability up to each boundary, the first and last included.

    >>> split([0.0, 0.1, 0.2, 4.0, 4.1]), split([0.0, 9.0, 9.1, 9.2]), split([1.0, 1.0, 1.0, 1.0, 1.0])
    (2, 1, 2)
    """
    half, last = (cumulative[0] + cumulative[-1]) / 2, len(cumulative) - 1
    return min(range(1, last), key=lambda at: (abs(cumulative[at] - half), abs(at - last / 2)))


def search_pivots(
    problems: Sequence[Problem],
    model: Generator,
    settings: PivotSettings,
    trace: str,
    cost: Callable[[int, int], float],
) -> Iterator[PivotSearch]:
    """Searches one sampled solution of each problem; yields the results in order.

    The result for a problem does not depend on the other problems, which only share its batches.

    Args:
        problems: the problems.
        model: samples solutions and completions.
        settings: the settings of the search.
        trace: the variant of traces that the model was trained on.
        cost: the operations of an answer, by the tokens of its prompt and its own.
    """
    starts = [model.encode_prompt(prompt(problem, settings.style)) for problem in problems]
    sampler = _Sampler(model, settings, cost)
    jobs = [
        Job(start, f"{problem.id}:solution", settings.max_new_tokens)
        for problem, start in zip(problems, starts, strict=True)
    ]
    searches = []
    for problem, output in zip(problems, sampler.generate(problems, jobs), strict=True):
        units, logprobs = sampler.split_output(output)
        searches.append(_Search(problem, units, logprobs, sampler.is_right(problem, output.ids, output)))
    sampler.estimate([(search, start, 0) for search, start in zip(searches, starts, strict=True)])
    low, high = settings.rates
    active = [
        (search, start)
        for search, start in zip(searches, starts, strict=True)
        if low <= search.rate(0) <= high
    ]
    going = active
    while going:
        sampler.estimate([(search, start, at) for search, start in going for at in search.needed()])
        for search, _ in going:
            search.subdivide(settings.threshold)
        going = [(search, start) for search, start in going if search.segments]
    missing: list[Request] = []
    controls = {search.problem.id: _controls(search, settings) for search, _ in active}
    for search, start in active:
        ends = {end for at in controls[search.problem.id] for end in (at, at + 1)}
        missing += [(search, start, end) for end in sorted(ends - search.rollouts.keys())]
    sampler.estimate(missing)
    fresh = sampler.estimate_again(
        [(search, start, end) for search, start in active for ends in search.single for end in ends]
    )
    for search in searches:
        problem = search.problem
        positions = [_position(search, first, True, fresh) for first, _ in sorted(search.single)]
        positions += [_position(search, at, False, fresh) for at in controls.get(problem.id, [])]
        pairs = (pair_of(problem, each, settings, trace, model) for each in positions)
        yield PivotSearch(
            id=problem.id,
            rate=search.rate(0),
            searched=problem.id in controls,
            threshold=settings.threshold,
            units=len(search.units),
            rollouts=sum(each.all.total() for each in search.rollouts.values()) - 1,
            flops=round(sampler.flops[problem.id]),
            positions=positions,
            pairs=[pair for pair in pairs if pair is not None],
        )


def _controls(search: _Search, settings: PivotSettings) -> list[int]:
    """Random positions of the solution that are no pivots, as many as it has pivots."""
    pivots = {first for first, _ in search.single}
    others = [at for at in range(len(search.units)) if at not in pivots]
    random = Random(f"{settings.seed}:{search.problem.id}:positions")
    return sorted(random.sample(others, min(len(pivots), len(others))))


def _position(search: _Search, at: int, is_pivot: bool, fresh: dict[tuple[str, int], Rate]) -> Position:
    unit, here, id = search.units[at], search.rollouts[at], search.problem.id
    before, after = here.rate, search.rollouts[at + 1].rate
    rates = {first: Rate(here.right[first], count) for first, count in here.all.items() if first != unit}
    rises = after.share > before.share
    # The alternative with the most evidence: how many completions are right beyond what the rate predicts.
    excess = {first: rate.right - rate.sampled * before.share for first, rate in rates.items()}
    other = min(excess, key=lambda first: (excess[first] if rises else -excess[first], first), default=None)
    return Position(
        prefix=tuple(token for part in search.units[:at] for token in part),
        unit=unit,
        before=before,
        after=after,
        other=other,
        other_rate=None if other is None else rates[other],
        is_pivot=is_pivot,
        fresh_before=fresh.get((id, at)) if is_pivot else None,
        fresh_after=fresh.get((id, at + 1)) if is_pivot else None,
    )


Request = tuple[_Search, Ids, int]
"""A search, the tokens of its prompt, and the number of units in the prefix."""


class _Sampler:
    """Samples completions of prefixes and grades them."""

    def __init__(self, model: Generator, settings: PivotSettings, cost: Callable[[int, int], float]) -> None:
        self.model, self.settings, self.cost = model, settings, cost
        self.ends_line = cache(lambda token: "\n" in model.decode((token,)))
        self.flops: defaultdict[str, float] = defaultdict(float)
        """Operations of what was generated, by problem."""

    def generate(self, problems: Sequence[Problem], jobs: Sequence[Job]) -> list[Output]:
        """The outputs of jobs, each about the problem at its place."""
        outputs = self.model.generate(jobs, temperature=self.settings.temperature, seed=self.settings.seed)
        for problem, job, output in zip(problems, jobs, outputs, strict=True):
            self.flops[problem.id] += self.cost(len(job.ids), len(output.ids))
        return outputs

    def is_right(self, problem: Problem, ids: Sequence[int], output: Output) -> bool:
        """Whether an output is graded right; one that is cut off is wrong."""
        return (
            grade(problem, self.model.decode(ids), self.model.ended(output), self.settings.style)[0] is True
        )

    def split_output(self, output: Output) -> tuple[list[Ids], list[float]]:
        """The steps or tokens of an output, and their log-probabilities."""
        units: list[Ids] = []
        logprobs: list[float] = []
        for token, logprob in zip(output.ids, output.logprobs, strict=True):
            if units and self.settings.unit == "step" and not self.ends_line(units[-1][-1]):
                units[-1] = (*units[-1], token)
                logprobs[-1] += logprob
            else:
                units.append((token,))
                logprobs.append(logprob)
        return units, logprobs

    def estimate(self, requests: Sequence[Request]) -> None:
        """Samples completions of these prefixes into their searches."""
        for (search, _, at), completions in self._rollouts(requests, self.settings.rollouts, "rollout"):
            rollouts = search.rollouts[at] = _Rollouts()
            for first, right in completions:
                rollouts.all[first] += 1
                rollouts.right[first] += right

    def estimate_again(self, requests: Sequence[Request]) -> dict[tuple[str, int], Rate]:
        """The success rates of prefixes in fresh completions, by problem and number of units."""
        unique = {(search.problem.id, at): (search, start, at) for search, start, at in requests}
        whole = {
            key: each[0].rollouts[each[2]].rate
            for key, each in unique.items()
            if each[2] == len(each[0].units)
        }
        parts = [request for key, request in unique.items() if key not in whole]
        rates = dict(whole)
        for (search, _, at), completions in self._rollouts(parts, self.settings.fresh_rollouts, "fresh"):
            rates[search.problem.id, at] = Rate(sum(right for _, right in completions), len(completions))
        return rates

    def _rollouts(
        self, requests: Sequence[Request], count: int, name: str
    ) -> Iterator[tuple[Request, list[tuple[Ids, bool]]]]:
        """For each request, its completions: the first step or token of each, and whether it is right."""
        jobs, problems = [], []
        for search, start, at in requests:
            prefix = tuple(token for part in search.units[:at] for token in part)
            cap = self.settings.max_new_tokens - len(prefix)
            names = (f"{search.problem.id}:{at}:{name}:{copy}" for copy in range(count))
            jobs += [Job(start + prefix, each, cap) for each in names]
            problems += [search.problem] * count
        outputs = iter(self.generate(problems, jobs)) if jobs else iter(())
        for search, start, at in requests:
            before = [token for part in search.units[:at] for token in part]
            completions = []
            for _ in range(count):
                output = next(outputs)
                right = self.is_right(search.problem, [*before, *output.ids], output)
                completions.append((self.split_output(output)[0][0], right))
            yield (search, start, at), completions


def pair_of(
    problem: Problem, position: Position, settings: PivotSettings, trace: str, model: Generator
) -> Pair | None:
    """The preference pair of a position; None if it has no other side, or the rates prefer none.

    Over a pivot, one side must raise the success rate and the other lower it.
    """
    if position.other is None or position.other_rate is None:
        return None
    before, after, other = (rate.share for rate in (position.before, position.after, position.other_rate))
    if after == other or (position.is_pivot and (after - before) * (other - before) >= 0):
        return None
    chosen, rejected = position.unit, position.other
    if after < other:
        chosen, rejected = rejected, chosen
    question = prompt(problem, settings.style)
    rates = (position.before, position.after, position.other_rate)
    text = "right completions: {} before, {} after it, {} after the other"
    return Pair(
        id=problem.id,
        kind=f"{'pivotal' if position.is_pivot else 'random'}_{settings.unit}",
        trace=trace,
        prompt=question + model.decode(position.prefix),
        chosen=model.decode(chosen),
        rejected=model.decode(rejected),
        chosen_verdict=Verdict.UNKNOWN,
        rejected_verdict=Verdict.UNKNOWN,
        evidence=text.format(*(f"{rate.right} of {rate.sampled}" for rate in rates)),
        problem=problem,
        style=settings.style,
        ids=((*model.encode_prompt(question), *position.prefix), chosen, rejected),
    )
