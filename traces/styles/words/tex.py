r"""The mathematics of a terse line as LaTeX, and back: `terse(tex(line)) == line`, sign for sign.

    -7x/6-9=-(x+4)/6      -\frac{7x}{6} - 9 = -\frac{x + 4}{6}
    x+3=+-sqrt(2)         x + 3 = \pm \sqrt{2}
    I(x*exp(2x))/2        \frac{\int x \cdot e^{2x} \,dx}{2}

Both directions parse by recursive descent and evaluate nothing. Brackets that a fraction bar, a root or an
exponent makes redundant are removed and restored. All others are kept, so no information is lost.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from journey.algebra import ALL, NONE
from journey.errors import ParseError

MAX_CHARACTERS = 3_000
MAX_DEPTH = 40

TERSE = re.compile(r"(\d+(?:\.\d+)?(?:\.\.\.)?)|([a-z]+|[A-Z])|(\+-|<=|>=|[-+*/^()=<>])", re.ASCII)
SEPARATED = re.compile(r", |,| or | and ")
LATEX = re.compile(
    r" +|\\,(?!dx)|(\\,dx(?![A-Za-z])|\\[A-Za-z]+|\d+(?:\.\d+)?(?:\\ldots)?|[A-Za-z]|[-+|^()\[\]{}=<>])",
    re.ASCII,
)
SEPARATORS = {",": ", ", ", ": r",\; ", " or ": r" \text{ or } ", " and ": r" \text{ and } "}
"""The separators between lines, and their LaTeX."""
SENTENCES = {rf"\text{{{words}}}": words for words in (NONE, ALL)}
SIGNS = {"+": "+", "-": "-", "+-": r"\pm"}
COMPARED = {"=": "=", "<": "<", ">": ">", "<=": r"\le", ">=": r"\ge"}
NAMED = {"sin": r"\sin", "cos": r"\cos", "tan": r"\tan", "log": r"\ln"}
WRAPPED = {"sqrt": (r"\sqrt{", "}"), "abs": (r"\left|", r"\right|"), "exp": ("e^{", "}")}
CALLED = (*NAMED, *WRAPPED, "D", "I")
DERIVATIVE = r"\frac{d}{dx}"
BACK = {latex: plain for table in (SIGNS, COMPARED, NAMED) for plain, latex in table.items()}
BACK |= {r"\cdot": "*", r"\times": "*", r"\leq": "<=", r"\geq": ">=", r"\log": "log", r"\dfrac": r"\frac"}
SUM, PRODUCT, JOINED, POWER, ATOM = range(5)
"""The precedence of a piece: that of its outermost operation."""


class Piece(NamedTuple):
    """A translated part of a line."""

    text: str
    rank: int
    inside: Piece | None = None
    """For brackets: their content."""


class _Tokens:
    """A list of tokens with a position."""

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
        """Skips these tokens if they come next; returns whether they did."""
        matches = tuple(self.tokens[self.place : self.place + len(tokens)]) == tokens
        self.place += len(tokens) * matches
        return matches

    def need(self, *tokens: str) -> None:
        if not self.take(*tokens):
            raise self.fault()

    def fault(self) -> ParseError:
        return ParseError(f"not mathematics: {self.text[:60]!r}")


class _Reader(_Tokens):
    """The common part of both parsers: comparisons and sums."""

    compared: tuple[str, ...]
    signs: tuple[str, ...]

    def line(self) -> str:
        """Parses sides with comparison signs between them."""
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
        """The piece in braces, without the brackets that the braces make redundant."""
        if piece.inside is not None and piece.inside.rank < least:
            piece = piece.inside
        elif piece.rank < least:
            raise self.fault()
        return f"{{{piece.text}}}"


def _brackets(text: str, signs: str = "()") -> str:
    high = r"\frac" in text or r"\int" in text
    return rf"\left{signs[0]}{text}\right{signs[1]}" if high else f"{signs[0]}{text}{signs[1]}"


class _FromLatex(_Reader):
    compared = tuple(latex for latex, plain in BACK.items() if plain in COMPARED)
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
    """The tokens of a text, without spaces.

    Raises:
        ParseError: it contains anything that is not a token.
    """
    tokens: list[str] = []
    place = 0
    while place < len(text):
        match = pattern.match(text, place)
        if not match:
            raise ParseError(f"not mathematics: {text[:60]!r}")
        word = match[match.lastindex] if match.lastindex else ""
        single = len(word) == 1 or not word.isalpha() or word in CALLED
        tokens += ([word] if single else list(word)) if word else []
        place = match.end()
    return tokens


LATEX_DERIVATIVE = tuple(_tokens(LATEX, DERIVATIVE))


@lru_cache(maxsize=16384)
def tex(text: str) -> str:
    r"""The mathematics of a terse line in LaTeX.

    Raises:
        ParseError: it is not mathematics.

    >>> tex("x=(1+-sqrt(97))/4")
    'x = \\frac{1 \\pm \\sqrt{97}}{4}'
    >>> tex("28x=36 mod 76")
    '28x \\equiv 36 \\pmod{76}'
    """
    _bounded(text)
    written, place, depth = [], 0, 0
    for match in re.finditer(r"[()]|" + SEPARATED.pattern, text):
        if match[0] in "()":
            depth += 1 if match[0] == "(" else -1
        elif not depth:
            written += [_line_tex(text[place : match.start()]), SEPARATORS[match[0]]]
            place = match.end()
    return "".join([*written, _line_tex(text[place:])])


def _line_tex(text: str) -> str:
    if text in (NONE, ALL):
        return rf"\text{{{text}}}"
    line, mod, modulus = text.partition(" mod ")
    if mod and not (modulus.isascii() and modulus.isdigit() and line.count("=") == 1):
        raise ParseError(f"not mathematics: {text[:60]!r}")
    reader = _FromTerse(_tokens(TERSE, line), text)
    if " " in line:
        raise reader.fault()
    latex = reader.line()
    if reader.token:
        raise reader.fault()
    return latex.replace(" = ", r" \equiv ") + rf" \pmod{{{modulus}}}" if mod else latex


@lru_cache(maxsize=16384)
def terse(latex: str) -> str:
    r"""The terse line for a LaTeX text; the inverse of `tex`.

    Raises:
        ParseError: there is none.

    >>> terse(r"x = \frac{1 \pm \sqrt{97}}{4} \text{ or } x<2")
    'x=(1+-sqrt(97))/4 or x<2'
    """
    _bounded(latex)
    parted = {spelling.strip(): plain for plain, spelling in SEPARATORS.items()}
    parts = re.split(r"((?<!\\),(?:\\;)?| ?\\text\{ (?:or|and) \})", latex)
    lines = [_line_terse(part.strip(" ")) for part in parts[::2]]
    between = [parted[part.strip(" ")] for part in parts[1::2]]
    return "".join(word for pair in zip(lines, [*between, ""], strict=True) for word in pair)


def _line_terse(latex: str) -> str:
    if latex in SENTENCES:
        return SENTENCES[latex]
    match = re.fullmatch(r"([^=]+) \\equiv ([^=]+) \\pmod\{(\d+)\}", latex, re.ASCII)
    if match:
        latex = f"{match[1]} = {match[2]}"
    reader = _FromLatex(_tokens(LATEX, latex), latex)
    line = reader.line()
    if reader.token:
        raise reader.fault()
    return f"{line} mod {match[3]}" if match else line


def _bounded(text: str) -> None:
    if len(text) > MAX_CHARACTERS:
        raise ParseError(f"not mathematics: {len(text)} characters")
