r"""Formulas that stand in plain text without dollars, found and set as LaTeX.

    "Let x be his age, so x + (1/2)x = 54 years"     x + (1/2)x = 54
    "gcd(12, 18) = 6 and C(7, 3) = 35"               \gcd(12, 18) = 6     \binom{7}{3} = 35

Arithmetic without letters is left in the text, where `reading.formula` also reads words and units.
A letter is an unknown where a sign stands next to it; "a", "x" between two numbers and letters that can only
be units ("5m = 500 cm") are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from journey.solution_text.reading.unit_words import unit_symbols
from journey.solution_text.reading.words import word_set

MAX_FORMULA = 300
"""Characters of a formula in plain text."""
NAMED = "sqrt sin cos tan cot sec csc log ln gcd lcm GCD LCM gcf GCF"
PIECE = re.compile(
    rf"(?P<call>\b(?:{'|'.join(NAMED.split())})\s?(?=\()|\bC(?=\(\s?\d+\s?,\s?\d+\s?\)))"
    r"|(?P<choose>\b\d{1,3}C\d{1,3}\b)|(?P<degree>°)"
    r"|(?P<number>\$?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?%?|\$?(?<![\d.])\.\d+%?)"
    r"|(?P<letter>(?<![A-Za-z'])[A-Za-zπθ](?:_\d{1,2})?(?![A-Za-z'\d_]))"
    r"|(?P<letters>(?<=\d)[a-z]{2}(?![A-Za-z']))"
    r"|(?P<relation>==|=>|<=|>=|!=|[=<>≤≥≈])|(?P<op>\*\*|[-+*/^−×·÷])|(?P<open>\()|(?P<close>\))"
    r"|(?P<comma>,)|(?P<space>[ \t]+)"
)
UNITS = word_set("m g h s l L t k d c C F K J N W V A")
PAIRS = word_set(
    "km cm mm kg mg ml lb oz ft in yd mi hr mn pm am st nd rd th ms kw ha pt qt gb mb kb tb pp xx of to"
)
SUMS = frozenset(["+", "-", "−", "^", "**"])
SIGNS = {"−": "-", "×": "*", "·": "*", "÷": "/", "**": "^"}
RELATIONS = {"==": "=", "<=": r"\le ", ">=": r"\ge ", "≤": r"\le ", "≥": r"\ge ", "≈": r"\approx ", "!=": ";"}
CALLS = {"GCD": "gcd", "LCM": "lcm", "gcf": "gcd", "GCF": "gcd"}


class Piece(NamedTuple):
    """A part of a formula."""

    kind: str
    text: str
    start: int
    end: int


def formulas(text: str) -> Iterator[tuple[int, int, str]]:
    r"""The formulas of a plain text, each as where it begins, where it ends, and its LaTeX.

    >>> list(formulas("He has x apples, and 2x + 3 = 9."))
    [(21, 31, '2x + 3 = 9')]
    """
    if "=" not in text and "<" not in text and ">" not in text:
        return
    symbols = frozenset(unit_symbols(text))
    for run in _runs(text):
        run = _trimmed(run) if len(run) <= MAX_FORMULA else []
        if run and _is_formula(run, symbols) and run[-1].end - run[0].start <= MAX_FORMULA:
            yield run[0].start, run[-1].end, _latex(run)


def _runs(text: str) -> Iterator[list[Piece]]:
    """Stretches of numbers, letters and signs."""
    run: list[Piece] = []
    at, open_calls = 0, 0
    while at < len(text):
        match = PIECE.match(text, at)
        kind = match.lastgroup if match else None
        if match is None or kind is None:
            word_end = re.compile(r"\w+|.", re.DOTALL).match(text, at)
            if run:
                yield run
            run, open_calls = [], 0
            at = word_end.end() if word_end else at + 1
            continue
        piece = Piece(kind, match[0], at, match.end())
        if kind == "comma" and not open_calls:
            if run:
                yield run
            run = []
        elif kind != "space":
            if kind == "open":
                open_calls += bool(open_calls) or bool(run and run[-1].kind == "call")
            elif kind == "close" and open_calls:
                open_calls -= 1
            if run and _parted(run, piece):
                yield run
                run, open_calls = [], 0
            run.append(piece)
        at = match.end()
    if run:
        yield run


def _parted(run: list[Piece], piece: Piece) -> bool:
    """Whether this begins something new: two operands with a space between them."""
    last = run[-1]
    operand = last.kind in ("number", "letter", "letters", "close", "choose", "degree")
    if piece.kind == "open":
        return last.kind == "letter" and last.end < piece.start
    if not operand or piece.kind not in ("number", "letter", "call"):
        return False
    if piece.text in ("x", "X") and last.kind in ("number", "close"):
        return False
    return last.end < piece.start or piece.kind == "number"


def _trimmed(run: list[Piece]) -> list[Piece]:
    """A run without signs at its ends that belong to no operand, and without unmatched brackets."""
    run = _times(run)
    while run and (
        run[0].kind in ("relation", "close", "comma") or (run[0].kind == "op" and run[0].text != "-")
    ):
        run = run[1:]
    if len(run) > 1 and run[0].text == "-" and run[1].start > run[0].end:
        run = run[1:]
    while run and run[-1].kind in ("relation", "op", "open", "comma", "call"):
        run = run[:-1]
    depth = 0
    for place, piece in enumerate(run):
        depth += (piece.kind == "open") - (piece.kind == "close")
        if depth < 0:
            return _trimmed(run[:place])
    if depth and run[0].kind == "open":
        return _trimmed(run[1:])
    return [] if depth else run


def _times(run: list[Piece]) -> list[Piece]:
    """A run where x between two numbers is a sign."""
    changed = list(run)
    for place in range(1, len(run) - 1):
        before, piece, after = run[place - 1 : place + 2]
        spaced = before.end < piece.start or after.kind == "number"
        if (
            piece.text in ("x", "X")
            and before.kind in ("number", "close")
            and after.kind in ("number", "open")
            and spaced
        ):
            changed[place] = piece._replace(kind="op", text="*")
    return changed


def _is_formula(run: list[Piece], symbols: frozenset[str]) -> bool:
    """Whether it states something about letters, or calls a function."""
    if not any(piece.kind == "relation" for piece in run):
        return False
    if any(piece.kind in ("call", "choose") for piece in run):
        return True
    names = [place for place, piece in enumerate(run) if piece.kind == "letter"]
    if names and all(run[place].text in symbols for place in names) and _are_factors(run):
        return False
    if any(piece.kind == "letters" and piece.text in PAIRS for piece in run):
        return False
    alone = [place for place in names if not place or run[place - 1].kind not in ("number",)]
    plain = [
        piece
        for place, piece in enumerate(run)
        if piece.kind == "number" and not (place + 1 < len(run) and run[place + 1].kind == "letter")
    ]
    if alone:
        return True
    return bool(names) and (bool(plain) or not all(run[place].text in UNITS for place in names))


def _are_factors(run: list[Piece]) -> bool:
    """Whether every number without a unit is a factor, as in 2 * 50g, or the one before a relation."""
    for place, piece in enumerate(run):
        around = run[max(0, place - 1) : place] + run[place + 1 : place + 2]
        if piece.kind != "number" or any(
            other.kind == "letter" and other.start >= piece.end for other in around
        ):
            continue
        if any(other.kind == "op" and other.text in SUMS for other in around):
            return False
    return True


def _latex(run: list[Piece]) -> str:
    text, last = "", run[0].start
    for piece in run:
        text += " " * (piece.start > last) + _piece(piece)
        last = piece.end
    return re.sub(
        r"(?<=\^)(-?\d{2,})", r"{\1}", re.sub(r"C\(\s?(\d+)\s?,\s?(\d+)\s?\)", r"\\binom{\1}{\2}", text)
    )


def _piece(piece: Piece) -> str:
    if piece.kind == "call" and piece.text != "C":
        name = piece.text.strip()
        return "\\" + CALLS.get(name, name)
    if piece.kind == "relation":
        return RELATIONS.get(piece.text, ";" if piece.text == "=>" else piece.text)
    if piece.kind == "degree":
        return "^\\circ "
    if piece.kind == "choose":
        return "\\binom{" + piece.text.replace("C", "}{") + "}"
    if piece.kind == "letter":
        return {"π": "\\pi ", "θ": "\\theta "}.get(piece.text, piece.text)
    return SIGNS.get(piece.text, piece.text.replace("$", ""))
