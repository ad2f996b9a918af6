"""The filters of curation: what each finds in a case, or None where its limit is not set.

A filter says by kind of trace and problem why it drops it. What it finds about a problem (its level, its
words, its family) it finds in every kind; what it finds about a text (its length, its steps) in that kind
alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from journey.problem import Problem
from journey.step import Verdict
from traces.overlap import Near, Runs, identity, near_duplicates
from traces.text import prompt


@dataclass(frozen=True, slots=True)
class Limits:
    """What stays; None or False where there is no limit. A recipe's section `curation` says what each is."""

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
        """Whether it must be known what was found about the steps of a text."""
        return self.unknown_share is not None or self.mistake_share is not None


@dataclass(frozen=True, slots=True)
class Text:
    """The trace of one problem in one kind, as a row of a traces file has it."""

    prompt: str
    completion: str
    verdicts: tuple[Verdict, ...] = ()
    """Of the steps it takes; needed for `unknown_share`."""
    mistakes: tuple[str, ...] = ()
    """The names of the mistakes it makes; needed for `mistake_share`."""
    style: str = "terse"


Texts = Mapping[str, Mapping[str, Text]]
"""By kind of trace and id of the problem."""
Why = dict[str, str]
"""By id, why a problem is dropped."""
Found = dict[str, Why]
"""By kind of trace."""


@dataclass(frozen=True, slots=True)
class Case:
    """What every filter is given."""

    left: list[Problem]
    texts: Texts
    limits: Limits
    evaluation: Sequence[Problem]

    def alike(self, why: Why) -> Found:
        """What is found about a problem is found in every kind."""
        return {kind: why for kind in self.texts}

    def each(self, judge: Callable[[Text], str | None]) -> Found:
        """What is found about each text."""
        return {
            kind: {p.id: why for p in self.left if (why := judge(texts[p.id]))}
            for kind, texts in self.texts.items()
        }


def _no_trace(case: Case) -> Found:
    return {
        kind: {p.id: "it has no trace" for p in case.left if p.id not in texts}
        for kind, texts in case.texts.items()
    }


def _same_as_evaluation(case: Case) -> Found | None:
    if not case.evaluation:
        return None
    names = {identity(problem): problem.source for problem in case.evaluation}
    names |= {problem.id: problem.source for problem in case.evaluation}
    found = {p.id: names.get(p.id) or names.get(identity(p)) for p in case.left}
    return case.alike({id: f"is {source}" for id, source in found.items() if source})


def _shares_words(case: Case) -> Found | None:
    if not case.evaluation:
        return None
    runs = Runs(((problem.source, prompt(problem)) for problem in case.evaluation), case.limits.ngram)

    def judge(text: Text) -> str | None:
        found = runs.find(f"{text.prompt} {text.completion}")
        return f"{found[0]} words of {found[1]}" if found else None

    return case.each(judge)


def _near_evaluation(case: Case) -> Found | None:
    if not case.evaluation or case.limits.near_duplicates is None:
        return None
    index = Near(case.limits.near_duplicates)
    for problem in case.evaluation:
        index.add(problem.source, prompt(problem))
    found = {p.id: index.find(prompt(p)) for p in case.left}
    return case.alike({id: f"{near[0]:.2f} like {near[1]}" for id, near in found.items() if near})


def _level(case: Case) -> Found | None:
    levels = case.limits.levels
    if levels is None:
        return None
    return case.alike({p.id: f"level {p.level or 'unknown'}" for p in case.left if p.level not in levels})


def _length(case: Case) -> Found | None:
    limits = case.limits
    bounds = {
        "characters": (limits.min_characters, limits.max_characters),
        "lines": (limits.min_lines, limits.max_lines),
    }
    if all(bound is None for pair in bounds.values() for bound in pair):
        return None

    def judge(text: Text) -> str | None:
        lengths = {"characters": len(text.completion), "lines": text.completion.count("\n") + 1}
        for unit, (low, high) in bounds.items():
            if low is not None and lengths[unit] < low:
                return f"{lengths[unit]} {unit}, fewer than {low}"
            if high is not None and lengths[unit] > high:
                return f"{lengths[unit]} {unit}, more than {high}"
        return None

    return case.each(judge)


def _unknown(case: Case) -> Found | None:
    limit = case.limits.unknown_share
    if limit is None:
        return None

    def judge(text: Text) -> str | None:
        undecided = sum(verdict is Verdict.UNKNOWN for verdict in text.verdicts)
        over = undecided > limit * len(text.verdicts)
        return f"{undecided} of {len(text.verdicts)} steps undecided" if over else None

    return case.each(judge)


def _duplicate(case: Case) -> Found | None:
    if not case.limits.duplicates and case.limits.near_duplicates is None:
        return None
    first: dict[str, str] = {}
    why = {
        problem.id: f"the same as {other}"
        for problem in case.left
        if (other := first.setdefault(identity(problem), problem.id)) != problem.id
    }
    return case.alike(why)


def _near_duplicate(case: Case) -> Found | None:
    if case.limits.near_duplicates is None:
        return None
    near = near_duplicates(((p.id, prompt(p)) for p in case.left), case.limits.near_duplicates)
    return case.alike({id: f"{alike:.2f} like {other}" for id, alike, other in near})


def _mistake(case: Case) -> Found | None:
    """Drops the texts that hold most of the commonest mistake, until no mistake exceeds its share."""
    limit = case.limits.mistake_share
    if limit is None:
        return None
    found: Found = {}
    for kind, texts in case.texts.items():
        made = {p.id: Counter(texts[p.id].mistakes) for p in case.left}
        total = sum(made.values(), Counter[str]())
        queues = {name: sorted(made, key=partial(_purity, made, name)) for name in total}
        why = found.setdefault(kind, {})
        while total:
            name = max(total, key=lambda name: (total[name], name))
            if total[name] <= _possible(limit, len(total)) * total.total():
                break
            queue = queues[name]
            while queue[-1] in why:
                queue.pop()
            why[queue[-1]] = f"too much of the mistake {name}"
            total -= made[queue.pop()]
    return found


def _purity(made: Mapping[str, Counter[str]], name: str, id: str) -> tuple[float, str]:
    return made[id][name] / max(1, made[id].total()), id


def _family(case: Case) -> Found | None:
    """Drops the largest ids of families with more problems than the largest number that meets the share."""
    if case.limits.family_share is None:
        return None
    by_family: dict[str, list[str]] = {}
    for problem in case.left:
        by_family.setdefault(problem.family, []).append(problem.id)
    sizes = [len(ids) for ids in by_family.values()]
    share = _possible(case.limits.family_share, len(sizes))
    most = max(sizes, default=0)
    while most > share * sum(min(size, most) for size in sizes):
        most -= 1
    why = {id: f"too much of {name}" for name, ids in by_family.items() for id in sorted(ids)[most:]}
    return case.alike(why)


def _possible(share: float, parts: int) -> float:
    """The share, or that of equal parts where there are too few parts for it; rounding does not count.

    >>> _possible(0.25, 2) >= 0.5 > _possible(0.25, 4) - 1e-6
    True
    """
    return max(share, 1 / max(1, parts)) + 1e-9


FILTERS: dict[str, Callable[[Case], Found | None]] = {
    "no_trace": _no_trace,
    "evaluation_same": _same_as_evaluation,
    "evaluation_words": _shares_words,
    "evaluation_near": _near_evaluation,
    "level": _level,
    "length": _length,
    "unknown": _unknown,
    "duplicate": _duplicate,
    "near_duplicate": _near_duplicate,
    "mistake": _mistake,
    "family": _family,
}
"""In their order: what is no training problem at all, what it holds, then what there is too much of."""
BALANCES = ("mistake", "family")
