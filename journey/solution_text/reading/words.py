"""Sets of words."""

from __future__ import annotations

import re

NUMBER = re.compile(r"(?<![\d.])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|(?<![\d.])\.\d+")
"""A number in plain text, its thousands in groups or not."""


def word_set(text: str) -> frozenset[str]:
    """The words of a text.

    >>> sorted(word_set("feet inches"))
    ['feet', 'inches']
    """
    return frozenset(text.split())
