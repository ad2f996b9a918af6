"""The list of a run's problems in memory: searched, filtered, sorted and counted at each key press.

A scan of 100,000 statements takes 10 ms here, half of what SQLite takes and without its worst cases. What a
filter looks at takes few different values, so it is decided once for each combination of them that occurs,
and a problem is looked up there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from journey.errors import unknown_name

SORTS = ("level", "states", "steps", "wrong", "unknown", "mistakes")
FIELDS = ("family", "level", "split")


@dataclass(frozen=True, slots=True)
class Query:
    """Which problems, and in which order. None lets every value pass."""

    text: str = ""
    """Part of the statement or of the id; capitals do not matter."""
    family: str | None = None
    level: int | None = None
    split: str | None = None
    wrong: bool | None = None
    """Whether a step was refuted."""
    unknown: bool | None = None
    """Whether a step was not decided."""
    mistakes: bool | None = None
    """Whether a named misconception proposed a step."""
    greedy: tuple[tuple[str, bool], ...] = ()
    """(ARM-STAGE, right): whose greedy output must be right, or wrong."""
    sort: str | None = None
    """One of `SORTS`; None is the order of the files, and problems that came later are last."""
    descending: bool = False


class Kind(NamedTuple):
    """The values of one problem that a filter looks at."""

    family: str
    level: int | None
    split: str
    wrong: bool
    unknown: bool
    mistakes: bool
    greedy: tuple[tuple[str, bool], ...]

    def passes(self, query: Query) -> bool:
        """Whether the query lets it pass, its text aside."""
        wanted = (query.family, query.level, query.split, query.wrong, query.unknown, query.mistakes)
        return all(want is None or want == has for want, has in zip(wanted, self, strict=False)) and set(
            query.greedy
        ) <= set(self.greedy)


class Catalogue:
    """The problems of a run in the order they were indexed; a position counts from 0."""

    def __init__(self, models: Sequence[str] = (), greedy: Iterable[tuple[str, str, bool]] = ()) -> None:
        """Greedy outputs are (id, ARM-STAGE, right)."""
        self.models = sorted(models)
        """ARM-STAGE of each."""
        self.numbers: list[int] = []
        self.kinds: list[Kind] = []
        """The combinations that occur."""
        self._kind: list[int] = []
        self._texts: list[str] = []
        self._values: dict[str, list[int]] = {name: [] for name in SORTS}
        self._number_of: dict[Kind, int] = {}
        self._greedy: dict[str, dict[str, bool]] = defaultdict(dict)
        for id, model, right in greedy:
            self._greedy[id][model] = right
        # The last answers: a page, its count and the next page are one search.
        self._matching: tuple[Query, Sequence[int]] | None = None
        self._found: tuple[Query, Sequence[int]] | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    def add(self, number: int, facts: Sequence[Any]) -> None:
        """Adds the next problem: its number, and `journey.facts.Facts`."""
        id, family, level, split, statement, states, steps, wrong, unknown, mistakes = facts
        greedy = tuple(sorted(self._greedy[id].items())) if id in self._greedy else ()
        kind = Kind(family, level, split, wrong > 0, unknown > 0, mistakes > 0, greedy)
        if kind not in self._number_of:
            self._number_of[kind] = len(self.kinds)
            self.kinds.append(kind)
        self.numbers.append(number)
        self._kind.append(self._number_of[kind])
        self._texts.append(f"{id} {statement}".lower())
        values = (-1 if level is None else level, states, steps, wrong, unknown, mistakes)
        for column, value in zip(self._values.values(), values, strict=True):
            column.append(value)
        self._matching = self._found = None

    def kind(self, at: int) -> Kind:
        """What a filter sees of the problem at this position."""
        return self.kinds[self._kind[at]]

    def find(self, query: Query) -> Sequence[int]:
        """The positions of the problems that the query is about, in its order.

        Raises:
            InputError: it names an order or a model that there is not.
        """
        if self._found is None or self._found[0] != query:
            self._found = (query, self._in_order(query))
        return self._found[1]

    def counts(self, field: str, query: Query) -> dict[Any, int]:
        """How many of the query's problems have each value of a field, by value.

        Raises:
            InputError: there is no such field.
        """
        if field not in FIELDS:
            raise unknown_name("field to count by", field, FIELDS)
        counts: Counter[Any] = Counter()
        for number, count in Counter(map(self._kind.__getitem__, self._match(query))).items():
            counts[getattr(self.kinds[number], field)] += count
        return dict(sorted(counts.items(), key=lambda item: (item[0] is not None, item[0])))

    def _in_order(self, query: Query) -> Sequence[int]:
        matching = self._match(query)
        if query.sort is None:
            return matching[::-1] if query.descending else matching
        if query.sort not in SORTS:
            raise unknown_name("order of problems", query.sort, SORTS)
        # The values are few: laid in heaps, 100,000 problems are in order in a third of the time of a sort.
        values = self._values[query.sort]
        heaps: dict[int, list[int]] = defaultdict(list)
        for at in matching:
            heaps[values[at]].append(at)
        return [at for value in sorted(heaps, reverse=query.descending) for at in heaps[value]]

    def _match(self, query: Query) -> Sequence[int]:
        query = replace(query, sort=None, descending=False)
        if self._matching is None or self._matching[0] != query:
            for model, _ in query.greedy:
                if model not in self.models:
                    raise unknown_name("model that was asked", model, self.models)
            self._matching = (query, self._scan(query))
        return self._matching[1]

    def _scan(self, query: Query) -> Sequence[int]:
        passing = [kind.passes(query) for kind in self.kinds]
        text, texts = query.text.lower(), self._texts
        everything = all(passing)
        if not text:
            kinds = enumerate(self._kind)
            return range(len(self)) if everything else [at for at, kind in kinds if passing[kind]]
        # In the order they lie in memory: any other takes five times as long.
        if everything:
            return [at for at, each in enumerate(texts) if text in each]
        both = enumerate(zip(self._kind, texts, strict=True))
        return [at for at, (kind, each) in both if passing[kind] and text in each]
