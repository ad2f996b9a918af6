r"""One spelling for what LaTeX and people spell in many ways."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

from journey.solution_text.spelling import braced, one_style

SUBSCRIPT = re.compile(
    r"_\s*(?:\{[^{}]*\}|\\?\w+)|\^\s*\{?\\?(?:prime|\*)\}?|\([^()]*\)(?<=[^(])(?!$)|(?<=[A-Za-z])\([^()]*\)"
)
STYLES = re.compile(
    r"\\(?:displaystyle|textstyle|limits|left|right|[bB]igg?[lr]?|mathstrut|phantom)(?![A-Za-z])\.?"
)
SPACES = re.compile(r"(?<!\\)\\(?:[,;:! >]|q?quad(?![A-Za-z])|hspace\{[^}]*\})|~")
GROUP = r"((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*?)"
FUNCTIONS = "arcsin|arccos|arctan|sinh|cosh|tanh|sin|cos|tan|cot|sec|csc|log|ln|exp|sqrt|pi"
PREFIX = re.compile(
    r"^(?:\s|&|=(?!=)|\\(?:therefore|implies|because|(?:L|l)?(?:ong)?[Rr]ightarrow)(?![A-Za-z]))+"
)
DEGREE = (
    r"(?:\^\s*\{?\s*\\(?:circ|degree)(?![A-Za-z])\s*\}?|\\degree(?![A-Za-z])"
    r"|(?<=\d)\^\{?o\}?(?![A-Za-z]))"
)
MARKED = re.compile(
    r"(\d{1,6})\s*\^\s*\{?\s*\\circ\s*\}?\s*(\d{1,2})\s*'\s*(?:(\d{1,2}(?:\.\d{1,9})?)\s*(?:''|\"))?"
)
_LETTER = (
    r"\\(?:mathbf|hat|vec|bm|boldsymbol|bold|overrightarrow)\s*\{?\s*(?:\\mathbf\s*\{)?\s*\\?([ijk])"
    r"(?:math)?\s*\}?\}?"
)
_SIZE = (
    r"[+-]?\s*(?:\(?-?(?:\d+(?:\.\d+)?(?:\s*/\s*\d+)?)?(?:\\[dt]?frac\{[^{}]*\}\{[^{}]*\})?"
    r"(?:\\sqrt\{[^{}]*\})?\)?)"
)
TERM = re.compile(rf"\s*({_SIZE})\s*(?:\\cdot|\*|\\,)?\s*{_LETTER}\s*")
CURRENCIES = {"$": "dollars", "€": "euros", "£": "quid", "¥": "yen", "₹": "rupees", "¢": "cents"}
MONEY = re.compile(
    r"(?P<sign>[-+]?)\s*\\?(?P<before>[$€£¥₹])\s*(?P<first>[-+]?\d[\d.,]*(?: (?:thousand|[mb]illion))?)"
    r"|(?P<last>[-+]?\d[\d.,]*)\s*\\?(?P<after>[$€£¥₹¢])"
)
ALIASES: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (STYLES, " "),
    (SPACES, " "),
    (re.compile(r"\\(?:color|textcolor)\s*\{[^{}]*\}"), ""),
    (re.compile(r"\\(?:underline|boldsymbol|bm|ensuremath|emph|mathsf|bold)(?![A-Za-z])"), ""),
    (re.compile(r"\\(?:mathbb|mathbf|Bbb)\s*\{?R\}?|\\R(?![A-Za-z])|ℝ"), r"(-\\infty,\\infty)"),
    (re.compile(r"\\math(?:rm|it|bf)\s*\{\s*([A-Za-z])\s*\}"), r" \1"),
    (re.compile(r"\\(?:mbox|text(?:bf|it|rm|normal)|math(?:rm|it|bf)|operatorname)\s*(?=\{)"), r"\\text"),
    (re.compile(r"_\s*\{\s*\\text\s*\{\s*(\w+)\s*\}\s*\}"), r"_{\1}"),
    (re.compile(r"_\s*\{\s*\\([A-Za-z]+)\s*\}|_\s*\\([A-Za-z]+)(?![A-Za-z{])"), r"_{\1\2}"),
    (re.compile(r"\*\*"), "^"),
    (re.compile(r"\\text\s*\{\s*,?\s*(and|or)\s*\}|\\(?:text )?(and|or)(?![A-Za-z])"), r" \1\2 "),
    (re.compile(r"\\(?:lor|vee)(?![A-Za-z])"), " or "),
    (re.compile(r"\\(?:land|wedge)(?![A-Za-z])"), " and "),
    (re.compile(r"\\text\s*\{\s*:\s*\}|\\colon(?![A-Za-z])|\{:\}"), ":"),
    (re.compile(r"(?<=\d)\s*(?:\\text\s*\{\s*to\s*\}|\bto\b)\s*(?=\d+$)"), ":"),
    (re.compile(r"\\(?:leq?|leqslant|leqq)(?![A-Za-z])|<=|=<"), r"\\leq "),
    (re.compile(r"\\(?:geq?|geqslant|geqq)(?![A-Za-z])|>="), r"\\geq "),
    (re.compile(r"\\(?:neq?|not\s*=)(?![A-Za-z])|!="), r"\\neq "),
    (re.compile(r"\\lt(?![A-Za-z])"), "<"),
    (re.compile(r"\\gt(?![A-Za-z])"), ">"),
    (re.compile(r"\\(?:cdot|times|ast)(?![A-Za-z])|\*(?!\*)|(?<=\d)\s*[xX]\s*(?=10\s*\^)"), r"\\cdot "),
    (re.compile(r"\\(?:lbrace)(?![A-Za-z])"), r"\\{"),
    (re.compile(r"\\(?:rbrace)(?![A-Za-z])"), r"\\}"),
    (re.compile(r"\\(?:lbrack)(?![A-Za-z])"), "["),
    (re.compile(r"\\(?:rbrack)(?![A-Za-z])"), "]"),
    (re.compile(r"\\langle(?![A-Za-z])(.*?)\\rangle(?![A-Za-z])"), r"(\1)"),
    (re.compile(r"\\[lr]?vert(?![A-Za-z])"), "|"),
    (re.compile(r"\\varnothing(?![A-Za-z])|\\\{\s*\\\}"), r"\\emptyset "),
    (re.compile(r"(?<![A-Za-z\\])(?:oo|inf|infty|infinity)(?![A-Za-z])"), r"\\infty "),
    (re.compile(r"\+?\s*\\(?:infty|infin)(?![A-Za-z])"), r"\\infty "),
    (re.compile(rf"(?<![A-Za-z\\])({FUNCTIONS})(?![A-Za-z])"), r"\\\1 "),
    (re.compile(r"\\log\s*_\s*\{?\s*e\s*\}?(?![A-Za-z])"), r"\\ln "),
    (re.compile(r"\\sqrt\s*\(([^()]*)\)"), r"\\sqrt{\1}"),
    (
        re.compile(r"(\\(?:sin|cos|tan|cot|sec|csc))\s*\(?\s*(\d[\d.]*)\s*(?:\^\s*\{?\s*\\circ\s*\}?)\s*\)?"),
        r"\1(\\frac{\2\\pi}{180})",
    ),
    (re.compile(rf"{DEGREE}\s*(?:\\text\s*\{{\s*C\s*\}}|C(?![A-Za-z]))"), r"\\text{ celsius}"),
    (re.compile(rf"{DEGREE}\s*(?:\\text\s*\{{\s*F\s*\}}|F(?![A-Za-z]))"), r"\\text{ fahrenheit}"),
    (re.compile(rf"{DEGREE}(?=\s*(?:$|[,;:)\]<>=]|\\\}}|\\[lg]e|\\ne|and\b|or\b))"), r"\\text{ degrees}"),
    (re.compile(DEGREE), " "),
    (re.compile(r"\^\s*\{\s*\\prime\s*\}|\^\s*\\prime(?![A-Za-z])"), "'"),
    (re.compile(r"\\frac\s*\{d([a-z])\}\s*\{dx\}"), r"\1'"),
    (re.compile(rf"\{{{GROUP}\\over(?![A-Za-z]){GROUP}\}}"), r"\\frac{\1}{\2}"),
    (re.compile(rf"^{GROUP}\\over(?![A-Za-z])(.*)$"), r"\\frac{\1}{\2}"),
    (re.compile(rf"\{{{GROUP}\\choose(?![A-Za-z]){GROUP}\}}"), r"\\binom{\1}{\2}"),
    (re.compile(r"^.*\\(?:frac|sqrt|binom|overline|bar|dot).*", re.DOTALL), lambda all_: braced(all_[0])),
    (re.compile(r"\\[%$]"), lambda sign: "%" if "%" in sign.group() else " "),
    (re.compile(r"[€£¥₹]"), " "),
    (re.compile(r"^([^=]*?)\\approx([^=]*)$"), lambda match: _exact(match[1], match[2])),
    (re.compile(r"\\approx.*|\\simeq.*|\\sim(?![A-Za-z]).*"), " "),
    (re.compile(r"\s+"), " "),
]  # fmt: skip


def degrees_marked(text: str) -> str:
    r"""Degrees, minutes and seconds of arc as degrees.

    >>> degrees_marked(r"22^\circ 30'")
    '45/2^\\circ'
    """
    return MARKED.sub(
        lambda a: f"{int(a[1]) + Fraction(int(a[2]), 60) + Fraction(a[3] or 0) / 3600}^\\circ", text
    )


def unit_vectors(text: str) -> str:
    r"""A sum of multiples of i, j and k in bold as coordinates; any other text as it is.

    >>> unit_vectors(r"-\hat{i} + \frac{1}{2}\hat{k}"), unit_vectors("3i - 4j")
    ('(-1, 0, \\frac{1}{2})', '3i - 4j')
    """
    terms = list(TERM.finditer(text))
    if not terms or "".join(term.group() for term in terms).strip() != text.strip():
        return text
    sizes: dict[str, str] = {}
    for term in terms:
        size = re.sub(r"\s", "", term[1]).lstrip("+")
        if term[2] in sizes:
            return text
        sizes[term[2]] = f"{size}1" if size in ("", "-") else size
    letters = "ijk" if "k" in sizes else "ij"
    return "(" + ", ".join(sizes.get(letter, "0") for letter in letters) + ")"


def tidy(text: str) -> str:
    r"""One spelling for what LaTeX and people spell in many ways.

    >>> tidy(r"\left[ 0,\, \dfrac12 \right)")
    '[ 0, \\frac{1}{2} )'
    """
    if money := MONEY.fullmatch(text.strip()):
        size = (money["sign"] or "") + money["first"] if money["first"] else money["last"]
        text = f"{size}\\text{{ {CURRENCIES[money['before'] or money['after']]}}}"
    text = one_style(unit_vectors(degrees_marked(text)))
    for pattern, plain in ALIASES:
        text = pattern.sub(plain, text)
    text = text.strip().rstrip("\\").lstrip(" ,;:").rstrip(" .,;:")
    return PREFIX.sub("", re.sub(r"^\$|\$$", "", text)).strip()


def naming(left: str) -> bool:
    r"""Whether the left side of an equation only names what its right side says.

    >>> [naming(s) for s in ("x", "f(2)", "(x, y)", r"\frac{NO}{BO}", "2x", "a^2 + b")]
    [True, True, True, True, False, False]
    """
    plain = SUBSCRIPT.sub("", left.strip())
    return bool(re.search("[A-Za-z]", plain)) and not re.search(r"[\d+^-]", plain)


def squeeze(text: str) -> str:
    """The text without the spaces and braces that mean nothing."""
    tokens = re.findall(r"\\[A-Za-z]+|\S", re.sub(r"(?<=\d)\s+(?=\d)", r"\\ ", text))  # 1 2 is not 12
    joined = "".join(t + " " if len(t) > 1 and t[-1].isalpha() else t for t in tokens)
    return re.sub(r"([_^])\{(\w)\}", r"\1\2", re.sub(r" (?![A-Za-z])", "", joined)).strip()


def _exact(before: str, after: str) -> str:
    """Of x = 1/3, about 0.33, the exact part; a bare name has only the other one."""
    return after if naming(before) or not before.strip() else before
