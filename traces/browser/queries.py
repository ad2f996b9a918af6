"""Filters and orders of the list of problems, as a person chooses them and as they are told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from journey.catalogue import FIELDS, SORTS, Query
from journey.index import Index

FLAGS = {
    "wrong": ("has wrong steps", "has no wrong step"),
    "mistakes": ("has mistakes", "has no mistake"),
    "unknown": ("has unknown steps", "has no unknown step"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter that may be chosen, or taken back."""

    section: str
    words: str
    query: Query
    """What the query will be."""
    on: bool
    """It is chosen."""
    count: int | None = None
    """How many problems there are then, where that is known at once."""


def choices(index: Index, query: Query) -> list[Choice]:
    """Every filter there is for the problems of a run."""
    found = []
    for field in FIELDS:
        counts = index.counts(field, _with(query, field, None))
        for value, count in counts.items():
            if value is not None:
                found.append(_choice(query, field, f"{_named(field, value)}", value, count))
    for field, (yes, no) in FLAGS.items():
        found += [_choice(query, field, yes, True), _choice(query, field, no, False)]
    models = index.models()
    for first, second in (("shortcut", "journey"), ("journey", "shortcut")):
        for model in models:
            other = second + model.removeprefix(first)
            if model.startswith(first) and other in models:
                words = f"{model} wrong and {other} right"
                found.append(_about_models(query, words, ((model, False), (other, True))))
    for model in models:
        for right in (True, False):
            said = f"{model} {'right' if right else 'wrong'}"
            found.append(_about_models(query, said, ((model, right),)))
    return found


def _with(query: Query, field: str, value: Any) -> Query:
    change: dict[str, Any] = {field: value}
    return replace(query, **change)


def _named(field: str, value: Any) -> str:
    return f"level {value}" if field == "level" else str(value)


def _choice(query: Query, field: str, words: str, value: Any, count: int | None = None) -> Choice:
    on = getattr(query, field) == value and getattr(query, field) is not None
    section = "steps" if field in FLAGS else field
    return Choice(section, words, _with(query, field, None if on else value), on, count)


def _about_models(query: Query, words: str, wanted: tuple[tuple[str, bool], ...]) -> Choice:
    on = set(wanted) <= set(query.greedy)
    others = tuple(pair for pair in query.greedy if pair[0] not in dict(wanted))
    return Choice("models", words, replace(query, greedy=others if on else (*others, *wanted)), on)


def told(query: Query) -> str:
    """The filters and the order in words; "" for none.

    >>> told(Query(level=2, mistakes=True, greedy=(("journey-sft", True),), sort="wrong", descending=True))
    'level 2 · has mistakes · journey-sft right · by wrong ↓'
    """
    parts = [_named(field, getattr(query, field)) for field in FIELDS if getattr(query, field) is not None]
    for field, (yes, no) in FLAGS.items():
        if getattr(query, field) is not None:
            parts.append(yes if getattr(query, field) else no)
    parts += [f"{model} {'right' if right else 'wrong'}" for model, right in query.greedy]
    if query.sort is not None or query.descending:
        parts.append(f"by {query.sort or 'place in the files'} {'↓' if query.descending else '↑'}")
    return " · ".join(parts)


def next_sort(query: Query) -> Query:
    """The same in the next order: those of `SORTS` in turn, the largest first, then that of the files.

    >>> next_sort(Query()).sort, next_sort(Query(sort="mistakes")).sort
    ('level', None)
    """
    orders = (None, *SORTS)
    order = orders[(orders.index(query.sort) + 1) % len(orders)]
    return replace(query, sort=order, descending=order not in (None, "level"))


def cleared(query: Query) -> Query:
    """Without filters; the words that are searched for and the order stay."""
    return Query(text=query.text, sort=query.sort, descending=query.descending)


def reversed_order(query: Query) -> Query:
    """The same from its other end."""
    return replace(query, descending=not query.descending)
