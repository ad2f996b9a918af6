"""The filters of curation.

A filter returns the reasons for dropping problems, by kind of trace and problem id, or None if its limit is
not set. A reason about the problem (its level, words or family) applies to every kind. A reason about a text
(its length or steps) applies to the kind of that text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from journey.problem import Problem
from journey.step import Verdict
from traces.overlap import NearIndex, NgramIndex, identity, near_duplicates
from traces.text import prompt


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of the filters; None or False is no limit. The recipe section `curation` documents them."""

    levels: tuple[int, ...] | None = None
    min_characters: int | None = None
    max_characters: int | None = None
    min_lines: int | None = None
    max_lines: int | None = None
    unknown_share: float | None = None
    ngram: int = 13
    duplicates: bool = False
    near_duplicates: float | None = None
    mistake_share: float | None = None
    family_share: float | None = None

    @property
    def reads_steps(self) -> bool:
        """Whether a filter needs the verdicts on the steps of a text."""
        return self.unknown_share is not None or self.mistake_share is not None


@dataclass(frozen=True, slots=True)
class Text:
    """The trace of one problem in one kind, from a row of a traces file."""

    prompt: str
    completion: str
    verdicts: tuple[Verdict, ...] = ()
    """The verdicts on its steps; needed for `unknown_share`."""
    mistakes: tuple[str, ...] = ()
    """The names of its mistakes; needed for `mistake_share`."""
    style: str = "terse"


Texts = Mapping[str, Mapping[str, Text]]
"""Texts by kind of trace and problem id."""
Reasons = dict[str, str]
"""The reason for dropping a problem, by problem id."""
ReasonsByKind = dict[str, Reasons]
"""Reasons by kind of trace."""


@dataclass(frozen=True, slots=True)
class Case:
    """The input of every filter."""

    remaining: list[Problem]
    texts: Texts
    limits: Limits
    evaluation: Sequence[Problem]

    def for_all_kinds(self, reasons: Reasons) -> ReasonsByKind:
        """Applies reasons about problems to every kind."""
        return {kind: reasons for kind in self.texts}

    def for_each_text(self, find_reason: Callable[[Text], str | None]) -> ReasonsByKind:
        """Collects the reason that a function returns for each text."""
        return {
            kind: {p.id: reason for p in self.remaining if (reason := find_reason(texts[p.id]))}
            for kind, texts in self.texts.items()
        }


def _no_trace(case: Case) -> ReasonsByKind:
    return {
        kind: {p.id: "it has no trace" for p in case.remaining if p.id not in texts}
        for kind, texts in case.texts.items()
    }


def _same_as_evaluation(case: Case) -> ReasonsByKind | None:
    if not case.evaluation:
        return None
    known_sources = {identity(problem): problem.source for problem in case.evaluation}
    known_sources |= {problem.id: problem.source for problem in case.evaluation}
    sources = {p.id: known_sources.get(p.id) or known_sources.get(identity(p)) for p in case.remaining}
    return case.for_all_kinds({id: f"is {source}" for id, source in sources.items() if source})


def _shares_ngram(case: Case) -> ReasonsByKind | None:
    if not case.evaluation:
        return None
    ngrams = NgramIndex(((problem.source, prompt(problem)) for problem in case.evaluation), case.limits.ngram)

    def find_reason(text: Text) -> str | None:
        match = ngrams.find(f"{text.prompt} {text.completion}")
        return f"{match[0]} words of {match[1]}" if match else None

    return case.for_each_text(find_reason)


def _near_evaluation(case: Case) -> ReasonsByKind | None:
    if not case.evaluation or case.limits.near_duplicates is None:
        return None
    index = NearIndex(case.limits.near_duplicates)
    for problem in case.evaluation:
        index.add(problem.source, prompt(problem))
    matches = {p.id: index.find(prompt(p)) for p in case.remaining}
    return case.for_all_kinds(
        {id: f"{match[0]:.2f} like {match[1]}" for id, match in matches.items() if match}
    )


def _level(case: Case) -> ReasonsByKind | None:
    levels = case.limits.levels
    if levels is None:
        return None
    return case.for_all_kinds(
        {p.id: f"level {p.level or 'unknown'}" for p in case.remaining if p.level not in levels}
    )


def _length(case: Case) -> ReasonsByKind | None:
    limits = case.limits
    bounds = {
        "characters": (limits.min_characters, limits.max_characters),
        "lines": (limits.min_lines, limits.max_lines),
    }
    if all(bound is None for pair in bounds.values() for bound in pair):
        return None

    def find_reason(text: Text) -> str | None:
        lengths = {"characters": len(text.completion), "lines": text.completion.count("\n") + 1}
        for unit, (low, high) in bounds.items():
            if low is not None and lengths[unit] < low:
                return f"{lengths[unit]} {unit}, fewer than {low}"
            if high is not None and lengths[unit] > high:
                return f"{lengths[unit]} {unit}, more than {high}"
        return None

    return case.for_each_text(find_reason)


def _unknown(case: Case) -> ReasonsByKind | None:
    limit = case.limits.unknown_share
    if limit is None:
        return None

    def find_reason(text: Text) -> str | None:
        undecided = sum(verdict is Verdict.UNKNOWN for verdict in text.verdicts)
        too_many = undecided > limit * len(text.verdicts)
        return f"{undecided} of {len(text.verdicts)} steps undecided" if too_many else None

    return case.for_each_text(find_reason)


def _duplicate(case: Case) -> ReasonsByKind | None:
    if not case.limits.duplicates and case.limits.near_duplicates is None:
        return None
    first: dict[str, str] = {}
    reasons = {
        problem.id: f"the same as {other}"
        for problem in case.remaining
        if (other := first.setdefault(identity(problem), problem.id)) != problem.id
    }
    return case.for_all_kinds(reasons)


def _near_duplicate(case: Case) -> ReasonsByKind | None:
    if case.limits.near_duplicates is None:
        return None
    matches = near_duplicates(((p.id, prompt(p)) for p in case.remaining), case.limits.near_duplicates)
    return case.for_all_kinds({id: f"{similarity:.2f} like {other}" for id, similarity, other in matches})


def _mistake(case: Case) -> ReasonsByKind | None:
    """Drops texts with the largest share of the most common mistake until no mistake exceeds its limit."""
    limit = case.limits.mistake_share
    if limit is None:
        return None
    reasons_by_kind: ReasonsByKind = {}
    for kind, texts in case.texts.items():
        mistakes_of = {p.id: Counter(texts[p.id].mistakes) for p in case.remaining}
        total = sum(mistakes_of.values(), Counter[str]())
        queues = {name: sorted(mistakes_of, key=partial(_purity, mistakes_of, name)) for name in total}
        reasons = reasons_by_kind.setdefault(kind, {})
        while total:
            name = max(total, key=lambda name: (total[name], name))
            if total[name] <= _attainable(limit, len(total)) * total.total():
                break
            queue = queues[name]
            while queue[-1] in reasons:
                queue.pop()
            reasons[queue[-1]] = f"too much of the mistake {name}"
            total -= mistakes_of[queue.pop()]
    return reasons_by_kind


def _purity(mistakes_of: Mapping[str, Counter[str]], name: str, id: str) -> tuple[float, str]:
    return mistakes_of[id][name] / max(1, mistakes_of[id].total()), id


def _family(case: Case) -> ReasonsByKind | None:
    """Drops the largest ids of each family that exceeds the largest size allowed by the share."""
    if case.limits.family_share is None:
        return None
    by_family: dict[str, list[str]] = {}
    for problem in case.remaining:
        by_family.setdefault(problem.family, []).append(problem.id)
    sizes = [len(ids) for ids in by_family.values()]
    share = _attainable(case.limits.family_share, len(sizes))
    limit = max(sizes, default=0)
    while limit > share * sum(min(size, limit) for size in sizes):
        limit -= 1
    reasons = {id: f"too much of {name}" for name, ids in by_family.items() for id in sorted(ids)[limit:]}
    return case.for_all_kinds(reasons)


def _attainable(share: float, parts: int) -> float:
    """The share, raised to that of equal parts if there are too few parts to attain it, plus rounding slack.

    >>> _attainable(0.25, 2) >= 0.5 > _attainable(0.25, 4) - 1e-6
    True
    """
    return max(share, 1 / max(1, parts)) + 1e-9


FILTERS: dict[str, Callable[[Case], ReasonsByKind | None]] = {
    "no_trace": _no_trace,
    "evaluation_same": _same_as_evaluation,
    "evaluation_words": _shares_ngram,
    "evaluation_near": _near_evaluation,
    "level": _level,
    "length": _length,
    "unknown": _unknown,
    "duplicate": _duplicate,
    "near_duplicate": _near_duplicate,
    "mistake": _mistake,
    "family": _family,
}
"""In order: unusable problems and overlap, then the content of problems, then balance."""
BALANCES = ("mistake", "family")
