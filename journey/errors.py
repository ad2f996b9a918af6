"""The errors a person can mend: each says what is wrong, with the value, and what to do about it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class JourneyError(Exception):
    """Something failed while the request itself was sound (exit code 1)."""


class InputError(JourneyError):
    """The request or a file it names is wrong (exit code 2)."""


class MoveError(JourneyError):
    """A move cannot be carried out in the state it was proposed in, or a line says no move of its family."""


MANY = 50
"""So many names are not listed."""


def unknown_name(what: str, name: str, known: Iterable[str]) -> InputError:
    """The error for a name that is not among `known`: the nearest one, then all, unless they are very many.

    >>> print(unknown_name("family", "contdown", ["countdown", "factoring"]))
    no family 'contdown': did you mean 'countdown'? Known: countdown, factoring
    """
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1)
    hint = f": did you mean {near[0]!r}?" if near else "."
    rest = "" if len(names) > MANY else f" Known: {', '.join(names)}"
    return InputError(f"no {what} {name!r}{hint}{rest}")
