r"""LaTeX that stands in plain text without dollars, as models write it.

    "The slope is \frac{11-7}{3-1}=\frac{4}{2}=2."        \frac{11-7}{3-1}=\frac{4}{2}=2
    "I find that 60^2 \equiv 3600 \equiv 1 \pmod{3599}."  60^2 \equiv 3600 \equiv 1 \pmod{3599}

A stretch begins and ends at a word or a stop. It is mathematics where it holds a command and a relation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_LENGTH = 400
"""Characters of a stretch."""
PIECE = re.compile(
    r"(?P<command>\\[A-Za-z]+|\\[,;!{}$%])|(?P<number>(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+)"
    r"|(?P<letter>(?<![A-Za-z'\\])[A-Za-z](?![A-Za-z']))|(?P<relation>[=<>])|(?P<sign>[-+*/^_|!&])"
    r"|(?P<open>[({\[])|(?P<close>[)}\]])|(?P<comma>,(?=\s*\d+\s*\)))|(?P<space>[ \t]+)"
)
WORDS = re.compile(r"[A-Za-z]+|.", re.DOTALL)
NOT_HERE = re.compile(r"\\(?:begin|end|text|mbox|item|\\)")
RELATION = re.compile(r"=|\\(?:equiv|approx|le|ge|leq|geq|neq)(?![A-Za-z])")
PAIRS = {"(": ")", "{": "}", "[": "]"}


def bare_latex(text: str) -> Iterator[tuple[int, int]]:
    r"""Where such formulas begin and end.

    >>> [r"so \frac{4}{2}=2."[start:end] for start, end in bare_latex(r"so \frac{4}{2}=2.")]
    ['\\frac{4}{2}=2']
    """
    if "\\" not in text or NOT_HERE.search(text):
        return
    for pieces in _stretches(text):
        start, end = _trimmed(pieces)
        formula = text[start:end]
        if "\\" in formula and len(formula) <= MAX_LENGTH and RELATION.search(formula) and _closed(formula):
            yield start, end


def _stretches(text: str) -> Iterator[list[re.Match[str]]]:
    """Pieces of formulas without a word between them."""
    pieces: list[re.Match[str]] = []
    at = 0
    while at < len(text):
        piece = PIECE.match(text, at)
        if piece is None or (
            piece.lastgroup == "letter" and piece[0] in ("a", "A", "I") and _is_word(text, at)
        ):
            if pieces:
                yield pieces
            pieces = []
            other = WORDS.match(text, at)
            at = other.end() if other else at + 1
            continue
        pieces.append(piece)
        at = piece.end()
    if pieces:
        yield pieces


def _is_word(text: str, at: int) -> bool:
    """Whether a letter is the article or the pronoun."""
    before, after = text[max(0, at - 2) : at].strip(), text[at + 1 : at + 3].strip()
    return not (before and before[-1] in "=+-*/^({") and not (after and after[0] in "=+-*/^)}_")


def _trimmed(pieces: list[re.Match[str]]) -> tuple[int, int]:
    """Where a stretch begins and ends without spaces, and signs that join nothing."""
    kinds = [piece.lastgroup for piece in pieces]
    first, last = 0, len(pieces)
    while first < last and (
        kinds[first] in ("space", "relation", "close", "comma") or pieces[first][0] in "+*/^&"
    ):
        first += 1
    while first < last and kinds[last - 1] in ("space", "relation", "open", "comma", "sign"):
        if pieces[last - 1][0] in "!|":
            break
        last -= 1
    return (pieces[first].start(), pieces[last - 1].end()) if first < last else (0, 0)


def _closed(formula: str) -> bool:
    """Whether every bracket is closed."""
    opened: list[str] = []
    for sign in formula:
        if sign in PAIRS:
            opened.append(PAIRS[sign])
        elif sign in ")}]" and (not opened or opened.pop() != sign):
            return False
    return not opened
