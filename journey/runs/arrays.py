"""JSON arrays of any size, one item at a time, as Stream of Search writes its rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from journey.errors import InputError

T = TypeVar("T")
CHUNK = 1 << 20
"""Characters of an array that are read at a time."""


def is_array(path: Path) -> bool:
    """Whether a file holds a JSON array, by its first characters."""
    with open(path, "rb") as file:
        return file.read(64).lstrip()[:1] == b"["


def each_item(path: Path, read: Callable[[Any], T], kind: str) -> Iterator[T | InputError]:
    """The records of a JSON array. An item that does not fit is its error, and the rest follow.

    Args:
        path: the file.
        read: makes a record of an item; raises ValueError or TypeError if it is none.
        kind: what an item that does not fit is not, for its error.

    Raises:
        InputError: the file is not an array that can be read to its end.
    """
    for number, item in enumerate(array_items(path), 1):
        try:
            yield read(item)
        except (ValueError, TypeError) as fault:
            message = " ".join(str(fault).split())[:300]
            yield InputError(f"{path}: row {number} is {kind}: {message}")


def array_items(path: Path) -> Iterator[Any]:
    """The items of a JSON array, without loading the whole file, which can have gigabytes.

    Raises:
        InputError: the array cannot be read to its end.
    """
    decoder = json.JSONDecoder()
    with open(path, encoding="utf-8") as file:
        text = file.read(CHUNK)
        position = text.index("[") + 1
        while True:
            while position < len(text) and text[position] in " \t\r\n,":
                position += 1
            if text[position : position + 1] == "]":
                return
            try:
                item, position = decoder.raw_decode(text, position)
            except ValueError as fault:
                chunk = file.read(CHUNK)
                if not chunk:
                    raise InputError(f"{path} is cut short or is not JSON: {fault}") from fault
                text, position = text[position:] + chunk, 0
                continue
            yield item
