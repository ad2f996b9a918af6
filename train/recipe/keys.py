"""Explains a recipe key by key, with the resolved values and their help (`journey recipes show`).

The help is the docstring under each key in `train.recipe.settings`, `evaluation_settings` and `recipe`.
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
from train.recipe.load import load_recipe, shipped
from train.recipe.recipe import Recipe
from train.recipe.settings import Section

COLLECTIONS = {
    "arms": "arms[]",
    "stages": "stages[]",
    "data": "data[]",
    "sets": "sets.NAME",
    "tuning": "tuning[]",
}
"""Keys with a list or map of sections, and how their items appear in dotted keys."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a recipe."""

    key: str
    """The dotted key, as `--set` takes it."""
    help: str
    has_value: bool = False
    """False for sections, and for keys inside lists or maps of sections."""
    value: Any = None


def entries(recipe: Recipe) -> list[Entry]:
    """Every key of a recipe, in order of declaration."""
    return list(_walk(type(recipe), recipe, ""))


def _walk(section: type[Section], values: Section | None, path: str) -> Iterator[Entry]:
    for name, field in section.model_fields.items():
        key = f"{path}{field.alias or name}"
        help_line = " ".join((field.description or "").split())
        value = None if values is None else getattr(values, name)
        item = _item_section(field.annotation)
        own = type(value) if isinstance(value, Section) else _section(field.annotation)
        if own is not None:
            yield Entry(key, help_line)
            yield from _walk(own, value, f"{key}.")
        elif name in COLLECTIONS and item is not None:
            yield Entry(key, help_line, values is not None, _plain(value))
            yield from _walk(item, None, f"{path}{COLLECTIONS[name]}.")
        elif isinstance(value, dict) and value:
            yield Entry(key, help_line)
            yield from (Entry(f"{key}.{name}", "", True, inner) for name, inner in value.items())
        else:
            yield Entry(key, help_line, values is not None, _plain(value))


def _item_section(annotation: Any) -> type[Section] | None:
    """The type of the items of a list or map of sections; None for other types."""
    return next(filter(None, map(_section, get_args(annotation))), None)


def _section(annotation: Any) -> type[Section] | None:
    """The annotation if it is the type of a section."""
    return annotation if isinstance(annotation, type) and issubclass(annotation, Section) else None


def _plain(value: Any) -> Any:
    """A value as plain YAML data. Sections are reduced to the keys that differ from their defaults."""
    if isinstance(value, Section):
        return value.model_dump(mode="json", exclude_defaults=True)
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return {key: _plain(each) for key, each in value.items()} if isinstance(value, dict) else value


def render_recipe(recipe: Recipe) -> Iterator[RenderableType]:
    """Renders a recipe for a terminal."""
    yield Text(f"{recipe.name}: {recipe.question}", style="bold")
    yield Text("")
    yield two_columns((escape(entry.key), _render_value(entry)) for entry in entries(recipe))


def _render_value(entry: Entry) -> str:
    """The value of an entry and its help, with rich markup."""
    help_text = f"[dim]{escape(entry.help)}[/]" if entry.help else ""
    if not entry.has_value:
        return help_text
    if isinstance(entry.value, list) and any(isinstance(each, (dict, str)) for each in entry.value):
        lines = [escape(flow_yaml(each)) for each in entry.value]
        return "\n".join([*lines, help_text] if help_text else lines)
    return f"{escape(flow_yaml(entry.value))}  {help_text}".rstrip()


def flow_yaml(value: Any) -> str:
    """A value as one line of YAML.

    >>> flow_yaml([1, 2]), flow_yaml(None), flow_yaml("a b"), flow_yaml(0.00002)
    ('[1, 2]', 'null', 'a b', '2.0e-05')
    """
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000, allow_unicode=True)
    return text.removesuffix("\n").removesuffix("\n...")


def changed_keys(recipe: Recipe) -> list[str]:
    """The keys that differ from the shipped recipe of this name, as KEY=VALUE; none if no recipe has it."""
    if recipe.name not in shipped():
        return []
    default = flatten(load_recipe(recipe.name).model_dump(mode="json"))
    own = flatten(recipe.model_dump(mode="json"))
    return [f"{key}={flow_yaml(value)}" for key, value in own.items() if default.get(key) != value]


def flatten(settings: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Nested settings by dotted key. A model size stays one value, named or not."""
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        nested = isinstance(value, dict) and f"{path}{key}" != "base.size"
        flat |= flatten(value, f"{path}{key}.") if nested else {f"{path}{key}": value}
    return flat
