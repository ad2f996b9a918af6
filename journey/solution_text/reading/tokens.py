r"""Lines of English and LaTeX as tokens: which dollars open mathematics, what a command means.

    "so $\frac12 + 1 = 1.5$ for 3 x 4 = $12"
     so            prose
     \frac{1}{2} + 1 = 1.5         mathematics
     for 3 x 4 = $12               prose, the dollar is money

Text is only ever cut up, in time linear in its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from journey.solution_text.reading.bare_latex import bare_latex
from journey.solution_text.reading.commands import COMMANDS, IGNORED
from journey.solution_text.reading.inline_formulas import formulas
from journey.solution_text.reading.latex_cleanup import mended
from journey.solution_text.reading.unit_words import unit_symbols
from journey.solution_text.reading.words import word_set
from journey.solution_text.spelling import APOSTROPHES, DASHES, PRODUCTS, QUOTES, QUOTIENTS, SPACES

MAX_CHARACTERS = 10_000
"""Of a step; what is longer is not read, so it stays unknown."""
MAX_DIGITS = 100
APPLIED = frozenset([*"fghpqFGHPQSTE", "phi"])
"""Letters that before a bracket are functions and not factors."""


class Token(NamedTuple):
    """A piece of a line."""

    kind: str
    """number, word, symbol, op, open, close, money, percent, call, relation, stop or junk."""
    text: str
    tight: bool
    """No space before it."""
    start: int = 0
    """Where it begins in its span, in characters; 0 in mathematics."""


class Span(NamedTuple):
    """A stretch of a line that is all prose or all mathematics."""

    text: str
    mathematics: bool
    start: int = 0
    """Where it begins in the text."""


ONE_FOR_ONE = str.maketrans(
    {
        sign: plain
        for plain, signs in {
            "*": PRODUCTS,
            "/": QUOTIENTS,
            "-": DASHES,
            "'": APOSTROPHES,
            '"': QUOTES,
            " ": SPACES,
            "=": "＝",
        }.items()
        for sign in signs
    }
)
ANNOTATION = re.compile(r"<<[^<>\n]*>>")
ENVIRONMENT = re.compile(r"\\begin\{(align|aligned|equation|gather|gathered|eqnarray|multline)(\*?)\}")
DRAWING = "[asy]"


def spans(text: str) -> Iterator[Span]:
    r"""A text cut into prose and mathematics, nothing lost but the delimiters.

    A dollar opens mathematics where something follows it at once, and closes it where something stands right
    before it and no digit follows (pandoc's rule); other dollars are money.

    >>> [tuple(span)[:2] for span in spans(r"so $x=1$ costs $5 and \(y\)")]
    [('so ', False), ('x=1', True), (' costs $5 and ', False), ('y', True)]
    """
    for span in _with_bare_latex(text):
        done = 0
        for start, end, formula in () if span.mathematics else formulas(span.text):
            if start > done:
                yield Span(span.text[done:start], False, span.start + done)
            yield Span(formula, True, span.start + start)
            done = end
        if not done or done < len(span.text):
            yield Span(span.text[done:], span.mathematics, span.start + done)


def _with_bare_latex(text: str) -> Iterator[Span]:
    """A text cut into prose and mathematics, LaTeX without dollars included."""
    for span in delimited(text):
        done = 0
        for start, end in () if span.mathematics else bare_latex(span.text):
            if start > done:
                yield Span(span.text[done:start], False, span.start + done)
            yield Span(span.text[start:end], True, span.start + start)
            done = end
        if not done or done < len(span.text):
            yield Span(span.text[done:], span.mathematics, span.start + done)


def delimited(text: str) -> Iterator[Span]:
    """A text cut into prose and what stands between the marks of mathematics."""
    done = at = 0
    missing: set[str] = set()
    dollars = [match.start() for match in re.finditer(r"(?<!\\)\$", text)]
    nth = 0
    for opening in re.finditer(r"\$\$|(?<!\\)\$|\\\[|\\\(|\\begin\{|\[asy\]", text):
        start = opening.start()
        if start < at:
            continue
        mark, close = opening.group(), ""
        inside = opening.end()
        if mark == "$":
            while nth < len(dollars) and dollars[nth] <= start:
                nth += 1
            end = dollars[nth] if nth < len(dollars) else -1
            if end < 0 or not _pairs(text, start, end):
                continue
            close = "$"
        else:
            close = {"$$": "$$", r"\[": r"\]", r"\(": r"\)", DRAWING: "[/asy]"}.get(mark, "")
            if not close:
                match = ENVIRONMENT.match(text, start)
                if not match:
                    continue
                inside, close = match.end(), rf"\end{{{match[1]}{match[2]}}}"
            end = -1 if close in missing else text.find(close, inside)
            if end < 0:
                missing.add(close)
                continue
        if start > done:
            yield Span(text[done:start], False, done)
        yield Span("" if mark == DRAWING else text[inside:end], True, inside)
        done = at = end + len(close)
    if done < len(text):
        yield Span(text[done:], False, done)


def _pairs(text: str, start: int, end: int) -> bool:
    opens = start + 1 < end and not text[start + 1].isspace()
    return opens and not text[end - 1].isspace() and not text[end + 1 : end + 2].isdigit()


NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?![\d])|\d+)(?:\.\d+)?|\.\d+"
PROSE = re.compile(
    r"(?P<compared>\bis (?:greater|more|larger|bigger|less|smaller) than\b)"
    rf"|(?P<junk>\.{{2,}}|…|\d+(?:st|nd|rd|th)\b|\d{{1,2}}:[0-5]\d(?!\d)|\*\*)"
    rf"|(?P<command>\\(?:times|cdot|div)(?![A-Za-z]))|(?P<number>{NUMBER})|(?P<word>°|[^\W\d_]+(?:['&-][^\W\d_]+)*\.?(?=\s[a-z*/x+=-])|[^\W\d_]+(?:['&-][^\W\d_]+)*)"
    r"|(?P<stop>=>|==>|[-=]+>|<=>|<-|[;:?\"\n]|,|\.)|(?P<order><=|>=|!=|[<>≤≥≠])"
    r"|(?P<relation>==?|[≈≡])|(?P<op>[-+*/^!])|(?P<open>[(\[])|(?P<close>[)\]])"
    r"|(?P<money>\\?\$|€|£)|(?P<percent>\\?%)|(?P<space>\s+|(?<=s)'(?=\s))|(?P<other>.)",
    re.DOTALL,
)
MATHEMATICS = re.compile(
    rf"(?P<junk>\.{{2,}}|…|\d+\.\d*\\overline|_(?:\{{[^{{}}]*\}}|.)?)|(?P<number>\d+_(?:\d|\{{\d{{1,2}}\}})|{NUMBER})"
    r"|(?P<word>\\(?:text|mbox|textrm|mathrm|textbf|hbox|rm)\s*\{[^{}]*\})"
    r"|(?P<symbol>m?\\angle\s*(?:\{[A-Z]{1,3}\}|[A-Z]{1,3}(?![A-Za-z]))"
    r"|\\mathbf\s*\{\s*[a-z]\s*\}|\\(?:overline|bar)\s*\{\s*[a-z]\s*\}|\\(?:overrightarrow|vec)\s*\{\s*[A-Za-z]{1,2}\s*\}|[A-Za-z]'{0,2}(?:_(?:\w|\{[^{}]{1,8}\}))?)|(?P<degree>°|\^\s*(?:\\circ|\{\s*\\circ\s*\}))"
    r"|(?P<row>\\\\(?:\[[^\]]{0,9}\])?)|(?P<command>\\(?:[A-Za-z]+|.))"
    r"|(?P<stop>[,;.?\"])|(?P<relation>[=≈≡])|(?P<order>[<>≤≥≠])|(?P<bar>\|)|(?P<op>[-+*/^!])|(?P<open>[({\[])"
    r"|(?P<close>[)}\]])"
    r"|(?P<align>&)|(?P<percent>%)|(?P<space>[\s~]+)|(?P<other>.)",
    re.DOTALL,
)


def tokens(span: Span) -> list[Token]:
    r"""The tokens of a span.

    >>> [token.text for token in tokens(Span("She pays 3 x $4.50 = $13.50.", False))]
    ['She', 'pays', '3', '*', '$', '4.50', '=', '$', '13.50', '.']
    >>> [token.text for token in tokens(Span(r"\dfrac12 \cdot 4 &= 2", True))]
    ['\\frac', '{', '1', '}', '{', '2', '}', '*', '4', '=', '2']
    """
    text = span.text.translate(ONE_FOR_ONE)
    read = _mathematics(text) if span.mathematics else _prose(text)
    return [token for token in read if token.kind]


def _prose(text: str) -> list[Token]:
    read: list[Token] = []
    tight = False
    pieces = [(piece.lastgroup or "other", piece.group()) for piece in PROSE.finditer(text)]
    symbols = unit_symbols(text)
    start = end = 0
    for place, (kind, content) in enumerate(pieces):
        start, end = end, end + len(content)
        if kind == "space":
            kind = "stop" if "\n" in content else ""
            if kind:
                read.append(Token(kind, content, False, start))
            tight = False
            continue
        after = next((k for k, _ in pieces[place + 1 : place + 3] if k != "space"), "stop")
        if kind == "command":
            kind, content = COMMANDS[content]
        elif content in ("x", "X") and after in ("number", "money", "open") and (read and _ends(read[-1])):
            kind, content = "op", "*"
        elif kind == "compared":
            kind, content = _comparison(read, content, after)
        elif content in ("mod", "modulo") and after == "number":
            kind = "modulus"
            if read and read[-1].text == "(":
                read.pop()
        elif (
            content in SAYS
            and after in ("number", "money")
            and read
            and _is_result(read, content, pieces[place:])
        ):
            kind, content = "relation", "="
        elif (
            set(content) <= {".", "…"}
            and len(content) != 1 - (content == "…")
            and read
            and read[-1].kind == "op"
        ):
            kind = "dots"
        elif content in ("!", "**"):
            # An exclamation or bold print, but 5! = 120, 5! ways and 2**3.
            follows = ("op", "relation", "close") if content == "!" else ("number",)
            words = content == "!" and "".join(content for _, content in pieces[place + 1 : place + 3])
            goes_on = words and words[0] == " " and words[1:].islower() and words[1:].isalpha()
            kind = kind if tight and (after in follows or goes_on) else "stop"
        elif (kind == "number" and len(content) > MAX_DIGITS) or (
            content == "." and read and read[-1].kind == "op"
        ):
            kind = "junk"
        if kind == "junk" and content[0].isdigit() and content[-1].isalpha():
            kind = "word"
        if content in symbols and read and (read[-1].kind in ("number", "close") or read[-1].text == "/"):
            content = symbols[content]
        content = {"==": "=", "°": "degrees", "<=": "≤", ">=": "≥", "!=": "≠"}.get(content, content)
        if kind == "relation" and content == "=" and read and read[-1].text == "=":
            continue  # "3000/12 = = 250"
        read.append(Token("junk" if kind == "other" else kind, content, tight, start))
        tight = True
    return read


SAYS = word_set("equals is are gives makes")
"""Between two numbers these say that they are equal."""


GOES_ON = word_set("more less fewer greater times of percent short away or")


def _is_result(read: list[Token], content: str, rest: list[tuple[str, str]]) -> bool:
    """Whether an expression may end here whose value a word gives."""
    for kind, word in rest[1:12]:
        if word in GOES_ON:
            return False
        if kind == "stop":
            break
    if content == "equals":
        return bool(read) and read[-1].kind in ("number", "close", "percent", "word")
    return len(read) > 2 and read[-1].kind in ("number", "close") and read[-2].kind == "op"


def _comparison(read: list[Token], content: str, after: str) -> tuple[str, str]:
    """The relation between two numbers that "is greater than" states, or a word."""
    if after not in ("number", "money") or not read or read[-1].kind not in ("number", "close"):
        return "word", "is"
    return "order", "<" if content.split()[1] in ("less", "smaller") else ">"


def _ends(token: Token) -> bool:
    return token.kind in ("number", "close", "word", "percent")


JOINS = word_set("or and so then where if for when since because thus hence therefore")
"""Between two relations of one formula."""


def _mathematics(text: str) -> list[Token]:
    text = mended(text)
    read: list[Token] = []
    opened: list[bool | None] = []
    tight = False
    pieces = [(piece.lastgroup or "other", piece.group()) for piece in MATHEMATICS.finditer(text)]
    for place, (kind, content) in enumerate(pieces):
        if kind == "degree":
            kind, content = "word", "{degrees}"
        elif kind == "space" or content in IGNORED:
            tight = False
            continue
        if kind == "command" and content not in ("\\quad", "\\qquad"):
            kind, shown = COMMANDS.get(content, ("junk", ""))
            content = shown or content
        elif kind in ("row", "align") or content in ("\\quad", "\\qquad"):
            if _goes_on(pieces[place : place + 9], read[-1:]):
                continue
            kind = "stop"
        elif kind == "word":
            content = content[content.index("{") + 1 : -1].strip()
            if not content or not content.replace(" ", "").replace(".", "").isalpha():
                kind = "stop" if not content or content.strip(" ,.;:") == "" else "junk"
            elif content in JOINS:
                kind = "stop"
        elif kind == "number" and len(content) > MAX_DIGITS:
            kind = "junk"
        if (
            content.startswith("_")
            and len(content) > 1
            and read
            and tight
            and read[-1].text.startswith("\\")
            and (read[-1].kind == "symbol")
        ):
            read[-1] = read[-1]._replace(text=read[-1].text + content)
            continue
        if kind == "number" and "," in content and opened and opened[-1]:
            # Of \\gcd(143,858) the comma is between two numbers.
            for part in content.split(","):
                read += [Token("number", part, tight), Token("comma", ",", tight)]
            read.pop()
            tight = True
            continue
        if kind == "open":
            opened.append((bool(read) and applied(read[-1])) if content == "(" else None)
        elif kind == "close" and opened:
            opened.pop()
        elif content == "," and opened and opened[-1] is not None:
            kind = "comma"
        read.append(Token("junk" if kind == "other" else kind, content, tight))
        tight = True
    return _with_factors(read)


FACTORS = frozenset("hpqPQST")
"""Letters that are functions, unless the same formula has them without a bracket: pq + p = p(q + 1)."""


def _with_factors(read: list[Token]) -> list[Token]:
    """The tokens with a sign between such a letter and its bracket where it is a factor."""
    opened = [after.text == "(" for after in read[1:]] + [False][: len(read)]
    bare = {
        token.text.partition("_")[0]
        for token, opens in zip(read, opened, strict=True)
        if token.kind == "symbol" and token.text[0] in FACTORS and not opens
    }
    if not bare:
        return read
    written: list[Token] = []
    for token, opens in zip(read, opened, strict=True):
        written.append(token)
        if opens and token.kind == "symbol" and token.text.partition("_")[0] in bare:
            written.append(Token("op", "*", True))
    return written


def applied(token: Token) -> bool:
    """Whether a bracket behind this token holds the arguments of a function."""
    name = token.text.lstrip("\\").partition("_")[0].rstrip("'")
    return token.text in ("\\gcd", "\\lcm") or (token.kind == "symbol" and name in APPLIED)


def _goes_on(pieces: list[tuple[str, str]], last: list[Token]) -> bool:
    """Whether a chain goes on behind a row's end: the next row begins with its relation or a sign."""
    laid = [
        kind if kind != "command" or content not in ("\\quad", "\\qquad") else "align"
        for kind, content in pieces
    ]
    after = next((at for at, kind in enumerate(laid) if kind not in ("space", "align", "row")), None)
    if after is None:
        return False
    if not {laid[after], COMMANDS.get(pieces[after][1], ("",))[0]}.isdisjoint(["relation", "order"]):
        return True
    aligned = "align" in laid[:after] and (
        laid[after] == "op" or COMMANDS.get(pieces[after][1], ("",))[0] == "op"
    )
    return aligned or bool(last and last[0].kind in ("relation", "order", "op"))
