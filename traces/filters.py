"""The filters of curation.

A filter returns the reasons for dropping problems, by kind of trace and problem id, or None if its limit is
not set. A reason about the problem (its level, words or family) applies to every kind. A reason about a text
(its length or steps) applies to the kind of that text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

from journey.problem import Problem
from journey.step import Verdict
from traces.overlap import NearIndex, NgramIndex, Shingles, identity, near_duplicates, shingles
from traces.quality import quality_scores
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
    compare: str = "prompt"
    checked: bool = False
    quality: float | None = None
    labels: int = 500
    rows: int | None = None
    mistake_share: float | None = None
    family_share: float | None = None

    @property
    def reads_steps(self) -> bool:
        """Whether a filter needs the verdicts on the steps of a text."""
        return self.unknown_share is not None or self.mistake_share is not None

    @property
    def reads_audits(self) -> bool:
        """Whether a filter needs the audits of the texts."""
        return self.checked or self.quality is not None or self.compares_steps

    @property
    def compares_steps(self) -> bool:
        """Whether near duplicates are those that take the same steps."""
        return self.near_duplicates is not None and self.compare == "structure"


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
    fault: str | None = None
    """The first fault that the audit reports, or that it ends without the right answer."""
    steps: Shingles = frozenset()
    """Its steps, without the states between them; needed for near duplicates by structure."""


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
    families: Collection[str] = ()
    """The families that texts should be about, for the labels of `quality`; none: any."""

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
        index.add(problem.source, shingles(prompt(problem)))
    matches = {p.id: index.find(shingles(prompt(p))) for p in case.remaining}
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


def _checked(case: Case) -> ReasonsByKind | None:
    return case.for_each_text(lambda text: text.fault) if case.limits.checked else None


def _quality(case: Case) -> ReasonsByKind | None:
    """Drops texts with a low score, learned from the labels of a random sample."""
    limit = case.limits.quality
    if limit is None:
        return None
    ids = [problem.id for problem in case.remaining]
    # Of each problem its own draw, so the sample does not depend on what earlier filters dropped.
    sample = sorted(range(len(ids)), key=lambda at: Random(f"{ids[at]}:label").random())[: case.limits.labels]
    reasons: ReasonsByKind = {}
    for kind, texts in case.texts.items():
        labels = {at: float(_is_useful(case, case.remaining[at], texts[ids[at]])) for at in sample}
        scores = quality_scores([texts[id].prompt + texts[id].completion for id in ids], labels)
        reasons[kind] = {
            id: f"score {score:.2f}" for id, score in zip(ids, scores, strict=True) if score < limit
        }
    return reasons


def _is_useful(case: Case, problem: Problem, text: Text) -> bool:
    return text.fault is None and (not case.families or problem.family in case.families)


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
    limits = case.limits
    if limits.near_duplicates is None:
        return None
    if limits.compare == "prompt":
        prompts = ((problem.id, shingles(prompt(problem))) for problem in case.remaining)
        return case.for_all_kinds(_near_reasons(prompts, limits.near_duplicates))
    reasons: ReasonsByKind = {}
    for kind, texts in case.texts.items():
        own = ((problem.id, texts[problem.id]) for problem in case.remaining)
        compared = ((id, _compared(text, limits)) for id, text in own)
        reasons[kind] = _near_reasons(compared, limits.near_duplicates)
    return reasons


def _compared(text: Text, limits: Limits) -> Shingles:
    """The shingles by which a text is compared with others."""
    return text.steps if limits.compares_steps else shingles(text.prompt + text.completion)


def _near_reasons(texts: Iterable[tuple[str, Shingles]], threshold: float) -> Reasons:
    matches = near_duplicates(texts, threshold)
    return {id: f"{similarity:.2f} like {other}" for id, similarity, other in matches}


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


def _rows(case: Case) -> ReasonsByKind | None:
    """Keeps rows in random order until so many with different texts are kept."""
    limit = case.limits.rows
    if limit is None:
        return None
    order = sorted((problem.id for problem in case.remaining), key=lambda id: Random(f"{id}:row").random())
    different: set[tuple[tuple[str, str], ...]] = set()
    reasons: Reasons = {}
    for id in order:
        text = tuple((texts[id].prompt, texts[id].completion) for texts in case.texts.values())
        if len(different) == limit and text not in different:
            reasons[id] = f"not among {limit:,} different rows"
        else:
            different.add(text)
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
    "checked": _checked,
    "quality": _quality,
    "duplicate": _duplicate,
    "near_duplicate": _near_duplicate,
    "mistake": _mistake,
    "family": _family,
    "rows": _rows,
}
"""In order: unusable problems and overlap, then the content of problems, then balance, then number."""
BALANCES = ("mistake", "family")
