"""What a recipe says, key by key: each with its resolved value and its line of help (`journey recipes show`).

The help is the docstring under the key in `train.recipe.settings` and `train.recipe.recipe`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import yaml
from rich.console import RenderableType
from rich.markup import escape
from rich.text import Text

from traces.summary import two_columns
from train.recipe.recipe import Recipe, load, shipped
from train.recipe.settings import Section

ITEMS = {"arms": "arms[]", "stages": "stages[]", "sets": "sets.NAME", "tuning": "tuning[]"}
"""Keys that hold several of a section, as the keys of one of them are told."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a recipe."""

    key: str
    """Dotted, as `--set` takes it."""
    help: str
    has_value: bool = False
    """Not so for a section, and for the keys of sections that there may be several of."""
    value: Any = None


def entries(recipe: Recipe) -> list[Entry]:
    """Every key of a recipe, in the order in which they are declared."""
    return list(_walk(type(recipe), recipe, ""))


def _walk(section: type[Section], given: Section | None, path: str) -> Iterator[Entry]:
    for name, field in section.model_fields.items():
        key = f"{path}{name}"
        help_line = " ".join((field.description or "").split())
        value = None if given is None else getattr(given, name)
        inner = _section_in(field.annotation)
        if isinstance(value, Section):
            yield Entry(key, help_line)
            yield from _walk(type(value), value, f"{key}.")
        elif name in ITEMS and inner is not None:
            yield Entry(key, help_line, given is not None, _plain(value))
            yield from _walk(inner, None, f"{path}{ITEMS[name]}.")
        elif isinstance(value, dict) and value:
            yield Entry(key, help_line)
            yield from (Entry(f"{key}.{own}", "", True, each) for own, each in value.items())
        else:
            yield Entry(key, help_line, given is not None, _plain(value))


def _section_in(annotation: Any) -> type[Section] | None:
    """The section that a list or a map is of."""
    found = (
        inner for inner in get_args(annotation) if isinstance(inner, type) and issubclass(inner, Section)
    )
    return next(found, None)


def _plain(value: Any) -> Any:
    """A value as YAML knows it; of sections only what is said otherwise than by default."""
    if isinstance(value, Section):
        return value.model_dump(mode="json", exclude_defaults=True)
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return {key: _plain(each) for key, each in value.items()} if isinstance(value, dict) else value


def told(recipe: Recipe) -> Iterator[RenderableType]:
    """A recipe as a terminal shows it."""
    yield Text(f"{recipe.name}: {recipe.question}", style="bold")
    yield Text("")
    yield two_columns((escape(entry.key), _said(entry)) for entry in entries(recipe))


def _said(entry: Entry) -> str:
    said = f"[dim]{escape(entry.help)}[/]" if entry.help else ""
    if not entry.has_value:
        return said
    if isinstance(entry.value, list) and any(isinstance(each, (dict, str)) for each in entry.value):
        lines = [escape(flow(each)) for each in entry.value]
        return "\n".join([*lines, said] if said else lines)
    return f"{escape(flow(entry.value))}  {said}".rstrip()


def flow(value: Any) -> str:
    """A value as one line of YAML.

    >>> flow([1, 2]), flow(None), flow("a b"), flow(0.00002)
    ('[1, 2]', 'null', 'a b', '2.0e-05')
    """
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")


def unlike(recipe: Recipe) -> list[str]:
    """What is other than in the shipped recipe of this name, as KEY=VALUE; nothing for one's own."""
    if recipe.name not in shipped():
        return []
    before = flat(load(recipe.name).model_dump(mode="json"))
    own = flat(recipe.model_dump(mode="json"))
    return [f"{key}={flow(value)}" for key, value in own.items() if before.get(key) != value]


def flat(settings: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Settings by dotted key; a size is one thing, whether it has a name or not."""
    found: dict[str, Any] = {}
    for key, value in settings.items():
        inner = isinstance(value, dict) and f"{path}{key}" != "base.size"
        found |= flat(value, f"{path}{key}.") if inner else {f"{path}{key}": value}
    return found
