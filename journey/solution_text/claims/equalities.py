r"""The equalities that a line of English or LaTeX states between expressions: read, not judged.

    "She sold 48/2 = 24 clips in May"            48/2  =  24         units and words around are left out
    r"so $\frac{6}{3} + x = 2 + x = 5$"          6/3 + x  =  2 + x   and   2 + x  =  5

What cannot be read for certain is either not returned, or returned with the reason in `unclear`: such an
equality may be confirmed but never refuted. Nothing is evaluated here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from journey.solution_text.claims.labels import is_bullet, is_label, is_marker, is_named
from journey.solution_text.reading.formula import Reader
from journey.solution_text.reading.tokens import Span, Token, spans, tokens
from journey.solution_text.reading.trees import Node, Unreadable
from journey.solution_text.reading.unit_words import SYMBOLS, share_a_kind
from journey.solution_text.reading.words import word_set

MAX_TOKENS = 150
"""Of one side."""
MAX_BEHIND = 6
"""Tokens behind a formula that are looked at: "$x = 72$ sours / 0.75" goes on."""
MAX_EQUALITIES = 200
"""Of one step."""


class Side(NamedTuple):
    """One side of an equality."""

    tree: Node
    text: str
    unclear: str | None
    """Why this may not be all that the writer meant, or None."""
    units: frozenset[str]
    """The words and money signs in it and right behind it, in small letters."""
    start: int = 0
    """Where it begins in plain text, in characters."""
    leads: str = ""
    """The word right before it, in small letters."""


class Equality(NamedTuple):
    """Two expressions with a relation between them: = or ≈, and in mathematics < > ≤ ≥ and ≡."""

    left: Side
    right: Side
    relation: str
    mathematics: bool
    modulus: int = 0
    """Of a congruence."""
    start: int = 0
    """Where its left side begins in the text, in characters; in mathematics, where that begins."""
    words: frozenset[str] = frozenset()
    """The words of the plain text that it stands in, in small letters."""

    @property
    def approximate(self) -> bool:
        """Whether the writer says that it is only about equal."""
        return self.relation == "≈"

    @property
    def text(self) -> str:
        """The equality as it is written, without the words around it."""
        modulus = f" (mod {self.modulus})" if self.modulus else ""
        return f"{self.left.text} {self.relation} {self.right.text}{modulus}"

    @property
    def unclear(self) -> str | None:
        """Why it must not be refuted."""
        return self.left.unclear or self.right.unclear


PARTIAL = word_set(
    "twice thrice half double triple quadruple quarter third thirds quarters fourth fourths fifth "
    "fifths sixth eighth tenth plus minus times less divided multiplied percent dozen"
)
"""Before a number, these change what it says."""
AFTER = word_set("half remainder r mod modulo percent percents")
"""After a number, these change what it says."""
CUTS = frozenset(["stop", "relation", "order", "modulus"])
STARTS = frozenset(["number", "money", "open", "op", "call"])


RELATED = re.compile(
    r"[=≈≡<>≤≥≠＝]|\\(?:approx|doteq|equiv|ne|le|ge|lt|gt)"
    r"|\b(?:equals|is|are|gives|makes)\s*(?:\\?\$|[€£]|\.?\d)"
    r"|\bis (?:greater|more|larger|bigger|less|smaller) than\b"
)
"""What every text with a relation holds; half of the steps hold none."""


def equalities(text: str) -> Iterator[Equality]:
    r"""The equalities in a line, in order; at most `MAX_EQUALITIES`.

    >>> [found.text for found in equalities("Tom ate 3 apples * 2 = 6 apples, so $9 - 6 = 3$ are left.")]
    ['3 * 2 = 6', '9 - 6 = 3']
    """
    if not RELATED.search(text):
        return
    parts = [(span, tokens(span)) for span in spans(text)]
    count = 0
    for place, (span, read) in enumerate(parts):
        before = parts[place - 1][1][-3:] if place else []
        after = parts[place + 1][1][:MAX_BEHIND] if place + 1 < len(parts) else []
        for equality in _of_span(span, read, before, after):
            yield equality
            count += 1
            if count == MAX_EQUALITIES:
                return


def _of_span(span: Span, read: list[Token], before: list[Token], after: list[Token]) -> Iterator[Equality]:
    words = frozenset() if span.mathematics else _words(read)
    cuts = [-1, *(at for at, token in enumerate(read) if token.kind in CUTS), len(read)]
    for (left, at), right in zip(pairwise(cuts), cuts[2:], strict=False):
        if read[at].kind not in ("relation", "order") or max(at - left, right - at) > MAX_TOKENS:
            continue
        relation = read[at].text
        if relation == "=" and right < len(read) and read[right].kind == "modulus":
            relation = "≡"
        modulus = (_modulus(read, at) or 0) if relation == "≡" else 0
        listed = relation == "≡" and not modulus and any(token.kind == "modulus" for token in read)
        if listed:
            modulus = _only_modulus(read)
        if (listed and not modulus) or (left >= 0 and read[left].kind == "modulus"):
            continue
        try:
            a = _left(read, left + 1, at, span.mathematics, before)
            b = _right(read, at + 1, right, span.mathematics, after)
        except Unreadable:
            continue
        where = (span.start + (0 if span.mathematics else a.start), words)
        if listed:
            a = a._replace(unclear=a.unclear or "its modulus stands further on")
        if span.mathematics and left >= 0 and read[left].text.isalpha():
            a = a._replace(leads=read[left].text)
        if span.mathematics and _in_list(read, left, right):
            a = a._replace(unclear=a.unclear or "a list equals a list")
        if a.tree.op == b.tree.op == "column" and len(a.tree.parts) == len(b.tree.parts):
            for place, (first, second) in enumerate(zip(a.tree.parts, b.tree.parts, strict=True), 1):
                left_side = a._replace(tree=first, text=f"item {place} of {a.text}")
                right_side = b._replace(tree=second, text=f"item {place} of {b.text}")
                yield Equality(left_side, right_side, relation, span.mathematics, modulus, *where)
            continue
        yield Equality(a, b, relation, span.mathematics, modulus, *where)


def _in_list(read: list[Token], left: int, right: int) -> bool:
    """Whether items of a list stand on both sides, as in "2/6, 2/8 = 1/3, 1/4"."""
    if left < 0 or right >= len(read) or read[left].text != "," or read[right].text != ",":
        return False
    before = next((t.kind for t in reversed(read[:left]) if t.kind in CUTS), "stop")
    after = next((t.kind for t in read[right + 1 :] if t.kind in CUTS), "stop")
    return before == after == "stop"


def _modulus(read: list[Token], at: int) -> int | None:
    """The number behind the next "mod", if only a chain is between."""
    for place in range(at, min(at + MAX_TOKENS, len(read))):
        if read[place].kind == "stop":
            return None
        if read[place].kind == "modulus":
            behind = [token for token in read[place + 1 : place + 4] if token.kind != "open"]
            text = behind[0].text.replace(",", "") if behind else ""
            return int(text) if text.isdecimal() and int(text) > 1 else None
    return None


def _left(read: list[Token], start: int, end: int, mathematics: bool, before: list[Token]) -> Side:
    """The longest expression that ends at `end`; in mathematics, all of it."""
    for at in range(start, start + 1 if mathematics else end):
        if not mathematics and (read[at].kind not in STARTS or is_bullet(read, at) or is_label(read, at)):
            continue
        reader = Reader(read[:end], at, mathematics)
        try:
            tree = reader.expression()
            reader.skip_units(end_too=True)
        except Unreadable:
            continue
        if reader.at == end:
            around = read[max(0, start - 2) : at] or before
            if is_marker(around):
                around = []
            if not mathematics and around is before and before:
                why = "it goes on from a formula"
                return Side(tree, _text(read[at:end]), why, _units(read[at:end]), read[at].start)
            unclear = _unclear_before(around, read[at]) or _compound(read, at) or is_named(read, at)
            if not mathematics and tree.op == "number" and _is_described(read, start, at, end):
                raise Unreadable
            unclear = unclear or _unclear_label(read[start:at], tree, read[at:end], read[max(0, at - 3) : at])
            unclear = (None if mathematics else unclear) or reader.unclear
            if mathematics and not start:
                unclear = unclear or _unclear_before(before, read[at])
            leads = read[at - 1].text.lower() if at > start else ""
            return Side(tree, _text(read[at:end]), unclear, _units(read[at:end]), read[at].start, leads)
    raise Unreadable


def _right(read: list[Token], start: int, end: int, mathematics: bool, after: list[Token]) -> Side:
    """The longest expression that begins at `start`; in mathematics, all of it."""
    reader = Reader(read[:end], start, mathematics)
    tree = reader.expression()
    stop = reader.at
    if mathematics:
        reader.skip_units(end_too=True)
        if reader.at != end:
            raise Unreadable
        if end == len(read) and _is_calculated_with(after):
            return Side(tree, _text(read[start:stop]), "the calculation goes on", _units(read[start:stop]))
    rest = (read[stop:end] + read[end : end + 2]) or after
    if not mathematics and rest is after and after:
        return Side(tree, _text(read[start:stop]), "a formula follows it", _units(read[start:stop]))
    unclear = _unclear_after(rest) or reader.unclear
    return Side(tree, _text(read[start:stop]), unclear, _units([*read[start:stop], *rest[:2]]))


def _is_calculated_with(after: Sequence[Token]) -> bool:
    """Whether the text behind a formula goes on with its calculation, past units: "feet / 6"."""
    words = [token.kind for token in after]
    operator = next((at for at, kind in enumerate(words) if kind != "word"), len(words))
    sign, number = after[operator : operator + 1], after[operator + 1 : operator + 2]
    return bool(operator and sign and number and number[0].kind in ("number", "money", "open")) and (
        sign[0].text in "*/" or (sign[0].kind == "op" and sign[0].text == "+")
    )


def _only_modulus(read: list[Token]) -> int:
    """The modulus of all congruences of a list, such as "2^4 ≡ 2, 2^5 ≡ 4 (mod 7)", or 0."""
    moduli = {_modulus(read, at) for at, token in enumerate(read) if token.kind == "modulus"}
    return (next(iter(moduli)) or 0) if len(moduli) == 1 else 0


def _is_described(read: list[Token], start: int, at: int, end: int) -> bool:
    """Whether the number belongs to a description: "3 times Darcy =", "the sum of all 4 subjects ="."""
    number = at + (read[at].kind == "money")
    words = [token.text.lower() for token in read[number + 1 : end]]
    compared = len(words) > 2 and (words[0] == "times" or (words[0] in COMPARED and words[1] == "than"))
    before = read[at - 1].text.lower() if at > start else ""
    return compared or (before in ("all", "these", "those") and len(words) == 1)


COMPARED = word_set("less more fewer greater")


def _compound(read: list[Token], at: int) -> str | None:
    """Whether a quantity in another unit stands right before it, as in "5 dollars 50 cents * 2"."""
    before = read[:at]
    if before and before[-1].text.lower() in ("and", "&"):
        before = before[:-1]
    behind = read[at + 1].text if at + 1 < len(read) else ""
    if len(before) < 2 or not share_a_kind(before[-1].text, behind) or read[at].kind != "number":
        return None
    return "a quantity in two units" if before[-2].kind in ("number", "close") else None


def _unclear_label(
    before: Sequence[Token], tree: Node, part: Sequence[Token], nearby: Sequence[Token]
) -> str | None:
    """Whether words hold a part of the side, as in "a total of 4 subjects = 9" and "apples + 3 = 9"."""
    words = before or any(token.kind == "word" for token in part)
    if words and tree.op == "number":
        return "the number is part of a description"
    if before and part[0].kind == "op" and not _is_negative(before[-1], part):
        return "it adds to a description"
    if any(token.text == "\\" for token in nearby):
        return "LaTeX stands before it"
    if any(token.kind == "junk" for token in before):
        return "something unreadable stands before it"
    for token, after in pairwise([*before, part[0]]):
        if token.kind == "op" and (
            token.text in "+*" or (token.text == "-" and not token.tight and not after.tight)
        ):
            return "it adds to a description"
    return None


BEFORE_NUMBER = word_set(
    "have has get gets is are be so then thus hence therefore gives to compute calculate means that find "
    "obtain and because since as"
)


def _is_negative(last: Token, part: Sequence[Token]) -> bool:
    """Whether a side begins with a negative number: "We have -78 + 6"."""
    sign = part[0].text == "-" and not part[0].tight and len(part) > 1 and part[1].tight
    return sign and part[1].kind == "number" and last.text.lower() in BEFORE_NUMBER


def _unclear_before(around: Sequence[Token], first: Token) -> str | None:
    if not around:
        return None
    last, words = around[-1], [token.text.lower() for token in around[-4:]]
    joined = last.tight and first.tight
    if last.text == "," and around[-2:-1] and around[-2].kind == "number" and joined:
        return "a comma and a number stand before it"
    if last.text == "," and around[-2:-1] and last.tight and _is_group(around[-2].text, first.text):
        return "a comma may group its digits"
    if last.kind in CUTS:
        return None
    if last.kind != "word":
        return f"{last.text!r} stands before it"
    if words[-1] in PARTIAL or (len(last.text) == 1 and words[-1] not in "ai"):
        return f"{last.text!r} stands before it"
    nearby = words[-2:-1] if words[-1] == "by" else words[:-1]  # "filled to half capacity by" is complete
    if words[-1] in ("of", "by", "from", "the") and any(word in PARTIAL or word == "%" for word in nearby):
        return f"{' '.join(words)!r} stands before it"
    if words[-1] in ("of", "and") and len(around) > 1 and around[-2].kind in ("number", "close", "percent"):
        return f"{words[-2]!r} and {words[-1]!r} stand before it"
    return None


def _is_group(before: str, first: str) -> bool:
    """Whether digits may go on behind a comma and a space, as in "14, 400"."""
    return before.isdecimal() and len(before) <= 3 and first.isdecimal() and len(first) == 3


def _unclear_after(rest: Sequence[Token]) -> str | None:
    if not rest or rest[0].text == "?":
        return "a question" if rest else None
    first = rest[0]
    if first.text == "," and first.tight and rest[1:] and rest[1].kind == "number" and rest[1].tight:
        return "a comma and a number follow it"
    if first.kind == "word" and first.tight and (first.text.isupper() or not first.text.isascii()):
        return f"{first.text!r} follows it"
    if first.text == "!" and first.tight:
        return "an exclamation or a factorial"
    if len(rest) > 2 and rest[1].kind == "number" and share_a_kind(first.text, rest[2].text):
        return "a quantity in two units"
    if first.kind in CUTS:
        return None
    if first.text.lower() in ("plus", "minus", "times"):
        return f"{first.text!r} follows it" if len(rest) > 1 and rest[1].kind in ("number", "money") else None
    for token, after in pairwise(rest[:8]):
        if token.kind == "op" and after.kind == "word" and len(after.text) == 1:
            return "an unknown follows it"
    if first.text == "/" and len(rest) > 1 and rest[1].kind == "word" and rest[1].tight:
        return None  # a rate, as in $336/week
    kinds = [token.kind for token in rest[:3]]
    if kinds == ["money", "number", "word"] or (kinds == ["number", "op", "word"] and rest[2].tight):
        return None  # what is counted, as in "6 $5 bills" and "90 18-inch boards"
    if first.kind != "word" or first.text.lower() in AFTER:
        return f"{first.text!r} follows it"
    if first.text in SYMBOLS and (len(rest) == 1 or rest[1].kind == "stop"):
        return None
    if len(first.text) == 1 and first.text not in "aI":
        return f"{first.text!r} follows it"
    if (
        first.text == "and"
        and len(rest) > 1
        and (rest[1].kind in ("number", "money") or rest[1].text in ("a", "half"))
    ):
        return "'and' follows it"
    return None


UNSHOWN = ("word", "money")


def _text(part: Sequence[Token]) -> str:
    text, spaced = "", False
    for place, token in enumerate(part):
        spaced = spaced or not token.tight
        after = part[place + 1].kind if place + 1 < len(part) else ""
        joins = token.text == "of" or (token.text == "/" and token.kind == "op")
        # "of" and a bar before a word belong to units: 1 pair of shoes, 50 inches/pump.
        if after not in ("word", "") if joins else token.kind not in UNSHOWN:
            text += " " * bool(text and spaced) + token.text
            spaced = False
    return text[:200]


def _words(read: Sequence[Token]) -> frozenset[str]:
    return frozenset(token.text.lower() for token in read if token.kind == "word")


def _units(part: Sequence[Token]) -> frozenset[str]:
    return frozenset(token.text.lower() for token in part if token.kind in ("word", "money"))
