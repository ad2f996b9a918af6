"""Sets of words."""

from __future__ import annotations


def word_set(text: str) -> frozenset[str]:
    """The words of a text.

    >>> sorted(word_set("feet inches"))
    ['feet', 'inches']
    """
    return frozenset(text.split())
