"""Filters and sort orders of the list of problems: the choices and their descriptions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from journey.runs.index import Index
from journey.runs.problem_list import FIELDS, SORTS, Query

FLAGS = {
    "wrong": ("has wrong steps", "has no wrong step"),
    "mistakes": ("has mistakes", "has no mistake"),
    "unknown": ("has unknown steps", "has no unknown step"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter that can be turned on or off."""

    section: str
    words: str
    query: Query
    """The query after choosing it."""
    on: bool
    """Whether it is on."""
    count: int | None = None
    """The number of problems after choosing it; None if counting is slow."""


def choices(index: Index, query: Query) -> list[Choice]:
    """The filters for the problems of a run."""
    result = []
    for field in FIELDS:
        counts = index.counts(field, _with(query, field, None))
        for value, count in counts.items():
            if value is not None:
                result.append(_choice(query, field, f"{_value_label(field, value)}", value, count))
    for field, (yes, no) in FLAGS.items():
        result += [_choice(query, field, yes, True), _choice(query, field, no, False)]
    models = index.models()
    for first, second in (("shortcut", "journey"), ("journey", "shortcut")):
        for model in models:
            other = second + model.removeprefix(first)
            if model.startswith(first) and other in models:
                words = f"{model} wrong and {other} right"
                result.append(_model_choice(query, words, ((model, False), (other, True))))
    for model in models:
        for right in (True, False):
            label = f"{model} {'right' if right else 'wrong'}"
            result.append(_model_choice(query, label, ((model, right),)))
    return result


def _with(query: Query, field: str, value: Any) -> Query:
    change: dict[str, Any] = {field: value}
    return replace(query, **change)


def _value_label(field: str, value: Any) -> str:
    return f"level {value}" if field == "level" else str(value)


def _choice(query: Query, field: str, words: str, value: Any, count: int | None = None) -> Choice:
    on = getattr(query, field) == value and getattr(query, field) is not None
    section = "steps" if field in FLAGS else field
    return Choice(section, words, _with(query, field, None if on else value), on, count)


def _model_choice(query: Query, words: str, outcomes: tuple[tuple[str, bool], ...]) -> Choice:
    on = set(outcomes) <= set(query.greedy)
    kept = tuple(pair for pair in query.greedy if pair[0] not in dict(outcomes))
    return Choice("models", words, replace(query, greedy=kept if on else (*kept, *outcomes)), on)


def describe(query: Query) -> str:
    """Describes the filters and the order in words; "" for none.

    >>> describe(Query(level=2, mistakes=True, greedy=(("journey-sft", True),), sort="wrong"))
    'level 2 · has mistakes · journey-sft right · by wrong ↑'
    """
    values = {field: getattr(query, field) for field in FIELDS}
    parts = [_value_label(field, value) for field, value in values.items() if value is not None]
    for field, (yes, no) in FLAGS.items():
        if getattr(query, field) is not None:
            parts.append(yes if getattr(query, field) else no)
    parts += [f"{model} {'right' if right else 'wrong'}" for model, right in query.greedy]
    if query.sort is not None or query.descending:
        order = "models asked" if query.sort == "asked" else query.sort or "place in the files"
        parts.append(f"by {order} {'↓' if query.descending else '↑'}")
    return " · ".join(parts)


ASKED_FIRST = Query(sort="asked", descending=True)
"""The problems with outputs of most models first: what a run was made for."""


def next_sort(query: Query) -> Query:
    """The query with the next sort order: those of `SORTS`, the largest first, then the order of the files.

    >>> next_sort(Query()).sort, next_sort(Query(sort="mistakes")).sort
    ('asked', None)
    """
    orders = (None, *SORTS)
    order = orders[(orders.index(query.sort) + 1) % len(orders)]
    return replace(query, sort=order, descending=order not in (None, "level"))


def cleared(query: Query) -> Query:
    """The query without filters; the search text and the order stay."""
    return Query(text=query.text, sort=query.sort, descending=query.descending)


def reversed_order(query: Query) -> Query:
    """The query with the reverse order."""
    return replace(query, descending=not query.descending)
