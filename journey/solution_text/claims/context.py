r"""How a solution says that its numbers are to be read: modulo a number, in a base, on a clock.

    "All sums are taken mod 7: 5 + 6 = 4."         both sides leave 4 mod 7
    "We add in base 5." then "44 + 3 = 102"        equal in base 5
    "It is 11 o'clock, and 11 + 4 = 3"             not decided: the sides differ by 12

A statement holds for the rest of the solution. It can confirm an equality only where it was announced for
the calculations that follow; everything else that is mentioned only keeps an equality from being refuted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from journey.solution_text.reading.trees import Node
from journey.solution_text.reading.words import word_set

MODULUS = re.compile(
    r"(?:\bmod(?:ul(?:o|us))?\b|\\[bp]?mod\b|(?:\b|\\mathbb\s*\{?\s*|\\mathbf\s*\{?\s*)[ZF]\s*\}?\s*[_/])"
    r"[\s{$\\(~]{0,4}(\d{1,9})\b|divided by \$?(\d{1,9})\b|\bmultiples? of \$?(\d{1,9})\b"
)
REMAINDER = re.compile(r"\bmod|remainder|\\[bp]?mod\b|[ZF]\s*\}?\s*[_/]|leaves? ", re.IGNORECASE)
"""Near these words a division may have a remainder."""
ANNOUNCED = re.compile(
    r"(?:\b(?:works?|working|arithmetic|taken|calculat\w*|comput\w*|all|everything|always|reduc\w*|we are|"
    r"modulus is)\b[^.=<>\n]{0,60}?(?:\bmod(?:ul(?:o|us))?\b(?: is)?|\\bmod\b)"
    r"|\bin\b[\s$]{0,3}(?:\\mathbb\s*\{?\s*|\\mathbf\s*\{?\s*)?[ZF]\s*\}?\s*[_/])[\s{$\\(~]{0,4}(\d{1,9})\b",
    re.IGNORECASE,
)
BASE = re.compile(
    r"\bbase[\s-]*[$\\(]*(\d{1,2}|two|three|four|five|six|seven|eight|nine|twelve|sixteen)\b"
    r"|\b(binary|ternary|octal|hexadecimal)\b",
    re.IGNORECASE,
)
BASES = {
    "two": 2,
    "binary": 2,
    "three": 3,
    "ternary": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "octal": 8,
    "nine": 9,
    "twelve": 12,
    "sixteen": 16,
    "hexadecimal": 16,
}
CLOCK = re.compile(
    r"o'clock|\bclock\b|\d\s*[ap]\.?m\b|\bmilitary time\b|\bmidnight\b|\bnoon\b", re.IGNORECASE
)
CYCLES = frozenset([12, 24])
"""The hours after which a clock shows the same."""
LAST_DIGITS = re.compile(r"\b(?:units?|ones|last|final|tens|(?:right|left)most)(?: two| three)? digits?\b")
OTHER = re.compile(
    r"\bXOR\b|\bbitwise\b|\b[Bb]oolean\b|\bGF\s*\(|\bfinite field|\bfield (?:of|with) (?:\d+|two|three) elem|"
    r"\b[Dd]efine[sd]?\b[^.]{0,40}[a-zA-Z]\s*(?:\*|@|#|\\[a-zA-Z]{3,8})\s*[a-zA-Z]\s*\$?\s*(?:=|to be|as|by)|"
    r"\boperation\b[^.]{0,60}[a-zA-Z]\s*(?:\*|@|#)\s*[a-zA-Z]\s*\$?\s*(?:=|to be|as|by|is)|\bparity\b|"
    r"\b(?:If|if|Let|Suppose)[\s$]{1,3}(?P<first>[a-z])\s*(?:\*|@|#)\s*[a-z]\s*=[^=$]*(?P=first)|"
    r"\bNim\b|\bnim-sum\b|\\oplus\b|\btropical (?:semi|add|sum|multi|prod|arith|alg|poly|math)|"
    r"\bcharacteristic 2\b"
)
"""Near these words, + and * are other operations."""
WORDS = word_set(
    "mod remainder leave digit base inary ternary octal hexadecimal clock military midnight noon xor bitwise "
    "boolean gf field define nim oplus tropical operation parity characteristic"
)
SIGNS = re.compile(r"\d\s*[ap]\.?m|[zf]\s*\}?\s*[_/]|[a-z]\s?[*@#]\s?[a-z]\s?=")
"""In small letters, every pattern here holds one of the words or signs; few texts do."""


@dataclass(frozen=True, slots=True)
class Context:
    """What was stated up to a step, the step included."""

    modulus: int = 0
    """Announced for the calculations that follow, or 0."""
    moduli: frozenset[int] = frozenset()
    """All that were mentioned."""
    bases: frozenset[int] = frozenset()
    other: str = ""
    """The words that say that + and * are other operations."""

    def excuse(self, left: Node, right: Node, a: Fraction, b: Fraction) -> str | None:
        """Why two different values are no proof that their writer is wrong, or None."""
        if self.other:
            return f"the text says {self.other!r} of the operations"
        gap = a - b
        for modulus in self.moduli:
            # On a clock hours are added, and read to 12 or 24; 96 and 48 are none, and 8 * 1 is no time.
            sums = left.op in "+-" or right.op in "+-"
            small = modulus not in CYCLES or (sums and max(a, b) <= 36 and min(a, b) >= 0)
            if gap % modulus == 0 and small:
                return f"the sides are equal mod {modulus}"
        for base in self.bases:
            sides = [_values_in(side, base, plain) for side, plain in ((left, a), (right, b))]
            if sides[0] & sides[1]:
                return f"the sides are equal in base {base}"
        return None

    def confirm(self, left: Node, right: Node, a: Fraction, b: Fraction) -> str | None:
        """The proof that the sides are equal as they were announced to be read, or None."""
        if self.other:
            return None
        if self.modulus and a.denominator == b.denominator == 1 and (a - b) % self.modulus == 0:
            return f"both sides leave {a % self.modulus} mod {self.modulus}"
        if len(self.bases) == 1:
            base = next(iter(self.bases))
            c, d = in_base(left, base), in_base(right, base)
            if c is not None and c == d:
                return f"equal in base {base}: both sides are {c} in base 10"
        return None


def announced(text: str, before: Context) -> Context:
    """What is stated after a text.

    >>> announced("We work modulo 7.", Context()).modulus
    7
    """
    small = text.lower()
    if not any(word in small for word in WORDS) and not SIGNS.search(small):
        return before
    moduli = {int(n) for match in MODULUS.finditer(text) for n in match.groups() if n and int(n) > 1}
    if not REMAINDER.search(text):
        moduli = set()
    if CLOCK.search(text):
        moduli |= CYCLES
    if LAST_DIGITS.search(text):
        moduli |= {10, 100, 1000}
    announcement = ANNOUNCED.search(text)
    bases = {
        BASES.get(word.lower()) or int(word)
        for match in BASE.finditer(text)
        for word in match.groups()
        if word
    }
    other = OTHER.search(text)
    return Context(
        int(announcement[1]) if announcement and int(announcement[1]) > 1 else before.modulus,
        before.moduli | moduli,
        before.bases | {base for base in bases if 1 < base <= 36 and base != 10},
        before.other or (other[0] if other else ""),
    )


def _values_in(tree: Node, base: int, plain: Fraction) -> set[Fraction]:
    """The value of a side as it stands, and with its digits in a base."""
    read = in_base(tree, base)
    return {plain} if read is None else {plain, read}


def in_base(tree: Node, base: int) -> Fraction | None:
    """A sum, difference, product or quotient of whole numbers with their digits read in a base.

    >>> in_base(Node("number", value=Fraction(102)), 5)
    Fraction(27, 1)
    """
    if tree.op == "number":
        digits = str(tree.value)
        if tree.decimals or not digits.isdecimal() or any(int(digit) >= base for digit in digits):
            return None
        return Fraction(int(digits, base))
    if tree.op not in ("+", "-", "*", "/"):
        return None
    parts = [in_base(part, base) for part in tree.parts]
    if any(part is None for part in parts):
        return None
    a, *rest = [part for part in parts if part is not None]
    if not rest:
        return -a if tree.op == "-" else a
    if tree.op == "/":
        return a / rest[0] if rest[0] else None
    return {"+": a + rest[0], "-": a - rest[0], "*": a * rest[0]}[tree.op]
