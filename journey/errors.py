"""Errors that the user can fix. The message says what is wrong, with the value, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class JourneyError(Exception):
    """A valid request failed (exit code 1)."""


class InputError(JourneyError):
    """The request, or a file that it names, is wrong (exit code 2)."""


class MoveError(JourneyError):
    """A move is not possible in the state in which it was proposed."""


class ParseError(MoveError):
    """A text cannot be read: it is not algebra, not arithmetic, or not a line of its family."""


MANY = 50
"""With more names than this, the message does not list them."""


def unknown_name(what: str, name: str, choices: Iterable[str]) -> InputError:
    """The error for a name that is not among `choices`: it suggests the nearest and lists them all.

    >>> print(unknown_name("family", "contdown", ["countdown", "factoring"]))
    no family 'contdown': did you mean 'countdown'? Known: countdown, factoring
    """
    names = sorted(choices)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f": did you mean {near[0]!r}?" if near else "."
    rest = "" if len(names) > MANY else f" Known: {', '.join(names)}"
    return InputError(f"no {what} {name!r}{hint}{rest}")
