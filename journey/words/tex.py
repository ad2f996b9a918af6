r"""The mathematics of a terse line as LaTeX, and back: `terse(tex(line)) == line`, sign for sign.

    -7x/6-9=-(x+4)/6      -\frac{7x}{6} - 9 = -\frac{x + 4}{6}
    x+3=+-sqrt(2)         x + 3 = \pm \sqrt{2}
    I(x*exp(2x))/2        \frac{\int x \cdot e^{2x} \,dx}{2}

Both ways are read by recursive descent and never evaluated. Brackets that only a fraction bar, a root or an
exponent makes needless are left out and put back; all others stay, so nothing about a line is lost.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from journey.algebra import ALL, NONE
from journey.errors import MoveError

MAX_CHARACTERS = 3_000
MAX_DEPTH = 40

TERSE = re.compile(r"(\d+(?:\.\d+)?(?:\.\.\.)?)|([a-z]+|[A-Z])|(\+-|<=|>=|[-+*/^()=<>])", re.ASCII)
SEPARATED = re.compile(r", |,| or | and ")
LATEX = re.compile(
    r" +|\\,(?!dx)|(\\,dx(?![A-Za-z])|\\[A-Za-z]+|\d+(?:\.\d+)?(?:\\ldots)?|[A-Za-z]|[-+|^()\[\]{}=<>])",
    re.ASCII,
)
SEPARATORS = {",": ", ", ", ": r",\; ", " or ": r" \text{ or } ", " and ": r" \text{ and } "}
"""What stands between lines, and how it is set."""
SENTENCES = {rf"\text{{{words}}}": words for words in (NONE, ALL)}
SIGNS = {"+": "+", "-": "-", "+-": r"\pm"}
COMPARED = {"=": "=", "<": "<", ">": ">", "<=": r"\le", ">=": r"\ge"}
NAMED = {"sin": r"\sin", "cos": r"\cos", "tan": r"\tan", "log": r"\ln"}
WRAPPED = {"sqrt": (r"\sqrt{", "}"), "abs": (r"\left|", r"\right|"), "exp": ("e^{", "}")}
CALLED = (*NAMED, *WRAPPED, "D", "I")
DERIVATIVE = r"\frac{d}{dx}"
BACK = {said: plain for table in (SIGNS, COMPARED, NAMED) for plain, said in table.items()}
BACK |= {r"\cdot": "*", r"\times": "*", r"\leq": "<=", r"\geq": ">=", r"\log": "log", r"\dfrac": r"\frac"}
SUM, PRODUCT, JOINED, POWER, ATOM = range(5)
"""How tightly a piece holds together: the outermost thing in it."""


class Piece(NamedTuple):
    """A part of a line that was translated."""

    text: str
    rank: int
    inside: Piece | None = None
    """Of brackets: what stands between them."""


class _Tokens:
    """Tokens read from left to right."""

    def __init__(self, tokens: list[str], text: str) -> None:
        self.tokens, self.text, self.place = [*tokens, ""], text, 0

    @property
    def token(self) -> str:
        return self.tokens[self.place]

    def next(self) -> str:
        token = self.token
        self.place += token != ""
        return token

    def take(self, *tokens: str) -> bool:
        """Goes past these tokens if they come next."""
        found = tuple(self.tokens[self.place : self.place + len(tokens)]) == tokens
        self.place += len(tokens) * found
        return found

    def need(self, *tokens: str) -> None:
        if not self.take(*tokens):
            raise self.fault()

    def fault(self) -> MoveError:
        return MoveError(f"not mathematics: {self.text[:60]!r}")


class _Reader(_Tokens):
    """What both readers have in common: comparisons, signs, powers."""

    compared: tuple[str, ...]
    signs: tuple[str, ...]

    def line(self) -> str:
        """Sides with signs of comparison between them."""
        parts = [self.sum(0).text]
        while self.token in self.compared:
            parts += [self.sign(self.next()), self.sum(0).text]
        return "".join(parts)

    def sum(self, depth: int) -> Piece:
        if depth > MAX_DEPTH:
            raise self.fault()
        rank, text = SUM, ""
        if self.token in self.signs:
            text = self.leading(self.next())
        else:
            first = self.product(depth)
            if self.token not in self.signs:
                return first
            text = first.text + self.sign(self.next())
        text += self.product(depth).text
        while self.token in self.signs:
            text += self.sign(self.next()) + self.product(depth).text
        return Piece(text, rank)

    def sign(self, token: str) -> str:
        raise NotImplementedError

    def leading(self, token: str) -> str:
        raise NotImplementedError

    def product(self, depth: int) -> Piece:
        raise NotImplementedError


class _FromTerse(_Reader):
    compared, signs = tuple(COMPARED), tuple(SIGNS)

    def sign(self, token: str) -> str:
        return f" {(SIGNS | COMPARED)[token]} "

    def leading(self, token: str) -> str:
        return r"\pm " if token == "+-" else token

    def product(self, depth: int) -> Piece:
        piece = self.joined(depth)
        while self.token in ("*", "/"):
            if self.next() == "*":
                piece = Piece(rf"{piece.text} \cdot {self.joined(depth).text}", PRODUCT)
            else:
                under = self._braced(self.joined(depth), POWER)
                piece = Piece(rf"\frac{self._braced(piece, PRODUCT)}{under}", PRODUCT)
        return piece

    def joined(self, depth: int) -> Piece:
        piece = self.power(depth)
        while self.token == "(" or self.token.isalpha():
            parted = r" \, " if piece.text.endswith("dx") else " " if self.token == "I" else ""
            piece = Piece(piece.text + parted + self.power(depth).text, JOINED)
        return piece

    def power(self, depth: int) -> Piece:
        name = self.token
        base = self.atom(depth)
        if self.token != "^":
            return base
        if name in ("D", "I", "exp", "e"):
            raise self.fault()
        self.next()
        exponent = self._braced(self.atom(depth), ATOM)
        if len(exponent) == 3:
            exponent = exponent[1]
        if name in NAMED:
            return Piece(f"{NAMED[name]}^{exponent}{base.text.removeprefix(NAMED[name])}", POWER)
        return Piece(f"{base.text}^{exponent}", POWER)

    def atom(self, depth: int) -> Piece:
        token = self.next()
        if token[:1].isdigit():
            return Piece(token.replace("...", r"\ldots"), ATOM)
        if token == "(":
            inside = self.sum(depth + 1)
            self.need(")")
            return Piece(_brackets(inside.text), ATOM, inside)
        if token in CALLED and self.token == "(":
            return Piece(self._called(token, self.atom(depth)), ATOM)
        if len(token) == 1 and token.isalpha():
            return Piece(token, ATOM)
        raise self.fault()

    def _called(self, name: str, group: Piece) -> str:
        inside = group.inside or group
        if name in NAMED:
            return NAMED[name] + group.text
        if name in WRAPPED:
            return inside.text.join(WRAPPED[name])
        if name == "D":
            return DERIVATIVE + _brackets(inside.text, "[]")
        if inside.inside is not None and inside.inside.rank < PRODUCT:
            raise self.fault()
        return rf"\int {group.text if inside.rank < PRODUCT else inside.text} \,dx"

    def _braced(self, piece: Piece, least: int) -> str:
        """The piece in braces, without the brackets that these make needless."""
        if piece.inside is not None and piece.inside.rank < least:
            piece = piece.inside
        elif piece.rank < least:
            raise self.fault()
        return f"{{{piece.text}}}"


def _brackets(text: str, signs: str = "()") -> str:
    high = r"\frac" in text or r"\int" in text
    return rf"\left{signs[0]}{text}\right{signs[1]}" if high else f"{signs[0]}{text}{signs[1]}"


class _FromLatex(_Reader):
    compared = tuple(said for said, plain in BACK.items() if plain in COMPARED)
    signs = tuple(SIGNS.values())

    def sign(self, token: str) -> str:
        return BACK[token]

    leading = sign

    def product(self, depth: int) -> Piece:
        piece = self.joined(depth, True)
        while self.token != "" and BACK.get(self.token) == "*":
            self.next()
            piece = Piece(f"{piece.text}*{self.joined(depth, False).text}", PRODUCT)
        return piece

    def joined(self, depth: int, first: bool) -> Piece:
        pieces = [self.power(depth)]
        while self._begins():
            pieces.append(self.power(depth))
        if len(pieces) > 1:
            return Piece("".join(_bracketed(piece, POWER) for piece in pieces), JOINED)
        return pieces[0] if first or pieces[0].rank > PRODUCT else Piece(_bracketed(pieces[0], JOINED), ATOM)

    def _begins(self) -> bool:
        opens = ("(", r"\left", r"\frac", r"\dfrac", r"\sqrt", r"\int", r"\ln", r"\log", *NAMED.values())
        if self.token == r"\left" and self.tokens[self.place + 1] == "|":
            return True
        return self.token.isalpha() or self.token in opens

    def power(self, depth: int) -> Piece:
        base = self.atom(depth)
        if self.token != "^":
            return base
        return Piece(f"{_bracketed(base, ATOM)}^{self._exponent(depth)}", POWER)

    def _exponent(self, depth: int) -> str:
        self.need("^")
        if self.token != "{":
            token = self.next()
            if len(token) != 1 or not token.isalnum():
                raise self.fault()
            return token
        return _bracketed(self._argument(depth), ATOM)

    def _argument(self, depth: int) -> Piece:
        self.need("{")
        inside = self.sum(depth + 1)
        self.need("}")
        return inside

    def _group(self, depth: int, signs: str = "()") -> Piece:
        closing = (r"\right", signs[1]) if self.take(r"\left", signs[0]) else (signs[1],)
        if len(closing) == 1:
            self.need(signs[0])
        inside = self.sum(depth + 1)
        self.need(*closing)
        return Piece(f"({inside.text})", ATOM, inside)

    def atom(self, depth: int) -> Piece:
        if self.token in ("(", r"\left") and self.tokens[self.place + 1] != "|":
            return self._group(depth)
        if self.take(*LATEX_DERIVATIVE):
            return Piece(f"D{self._group(depth, '[]').text}", ATOM)
        if self.take("e", "^", "{"):
            self.place -= 1
            return Piece(f"exp({self._argument(depth).text})", ATOM)
        token = self.next()
        if token in (r"\frac", r"\dfrac"):
            over, under = self._argument(depth), self._argument(depth)
            return Piece(f"{_bracketed(over, PRODUCT)}/{_bracketed(under, POWER)}", PRODUCT)
        if token == r"\sqrt":
            return Piece(f"sqrt({self._argument(depth).text})", ATOM)
        if token == r"\left":
            self.need("|")
            inside = self.sum(depth + 1)
            self.need(r"\right", "|")
            return Piece(f"abs({inside.text})", ATOM)
        if token == r"\int":
            piece = self.sum(depth + 1)
            self.need(r"\,dx")
            return Piece(f"I({piece.inside.text if _summed(piece) and piece.inside else piece.text})", ATOM)
        if BACK.get(token) in NAMED:
            exponent = f"^{self._exponent(depth)}" if self.token == "^" else ""
            return Piece(f"{BACK[token]}{self._group(depth).text}{exponent}", POWER if exponent else ATOM)
        if token[:1].isdigit() or (len(token) == 1 and token.isalpha()):
            return Piece(token.replace(r"\ldots", "..."), ATOM)
        raise self.fault()


def _summed(piece: Piece) -> bool:
    """Whether it is a sum in brackets."""
    return piece.inside is not None and piece.inside.rank < PRODUCT


def _bracketed(piece: Piece, least: int) -> str:
    return f"({piece.text})" if piece.rank < least else piece.text


def _tokens(pattern: re.Pattern[str], text: str) -> list[str]:
    """The tokens of a text, spaces left out.

    Raises:
        MoveError: it holds something else, or too much.
    """
    tokens: list[str] = []
    place = 0
    while place < len(text):
        found = pattern.match(text, place)
        if not found:
            raise MoveError(f"not mathematics: {text[:60]!r}")
        word = found[found.lastindex] if found.lastindex else ""
        known = len(word) == 1 or not word.isalpha() or word in CALLED
        tokens += ([word] if known else list(word)) if word else []
        place = found.end()
    return tokens


LATEX_DERIVATIVE = tuple(_tokens(LATEX, DERIVATIVE))


@lru_cache(maxsize=16384)
def tex(text: str) -> str:
    r"""The mathematics of a terse line in LaTeX.

    Raises:
        MoveError: it is not only mathematics.

    >>> tex("x=(1+-sqrt(97))/4")
    'x = \\frac{1 \\pm \\sqrt{97}}{4}'
    >>> tex("28x=36 mod 76")
    '28x \\equiv 36 \\pmod{76}'
    """
    _bounded(text)
    written, place, depth = [], 0, 0
    for found in re.finditer(r"[()]|" + SEPARATED.pattern, text):
        if found[0] in "()":
            depth += 1 if found[0] == "(" else -1
        elif not depth:
            written += [_line_tex(text[place : found.start()]), SEPARATORS[found[0]]]
            place = found.end()
    return "".join([*written, _line_tex(text[place:])])


def _line_tex(text: str) -> str:
    if text in (NONE, ALL):
        return rf"\text{{{text}}}"
    line, mod, modulus = text.partition(" mod ")
    if mod and not (modulus.isascii() and modulus.isdigit() and line.count("=") == 1):
        raise MoveError(f"not mathematics: {text[:60]!r}")
    reader = _FromTerse(_tokens(TERSE, line), text)
    if " " in line:
        raise reader.fault()
    said = reader.line()
    if reader.token:
        raise reader.fault()
    return said.replace(" = ", r" \equiv ") + rf" \pmod{{{modulus}}}" if mod else said


@lru_cache(maxsize=16384)
def terse(latex: str) -> str:
    r"""The terse line that LaTeX says: the inverse of `tex`.

    Raises:
        MoveError: it says none.

    >>> terse(r"x = \frac{1 \pm \sqrt{97}}{4} \text{ or } x<2")
    'x=(1+-sqrt(97))/4 or x<2'
    """
    _bounded(latex)
    parted = {said.strip(): plain for plain, said in SEPARATORS.items()}
    parts = re.split(r"((?<!\\),(?:\\;)?| ?\\text\{ (?:or|and) \})", latex)
    lines = [_line_terse(part.strip(" ")) for part in parts[::2]]
    between = [parted[part.strip(" ")] for part in parts[1::2]]
    return "".join(word for pair in zip(lines, [*between, ""], strict=True) for word in pair)


def _line_terse(latex: str) -> str:
    if latex in SENTENCES:
        return SENTENCES[latex]
    found = re.fullmatch(r"([^=]+) \\equiv ([^=]+) \\pmod\{(\d+)\}", latex, re.ASCII)
    if found:
        latex = f"{found[1]} = {found[2]}"
    reader = _FromLatex(_tokens(LATEX, latex), latex)
    line = reader.line()
    if reader.token:
        raise reader.fault()
    return f"{line} mod {found[3]}" if found else line


def _bounded(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise MoveError(f"not mathematics: {len(text)} characters")
