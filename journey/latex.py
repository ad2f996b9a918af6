r"""One spelling for what LaTeX and people spell in many ways."""

from __future__ import annotations

import re
from collections.abc import Callable

SUBSCRIPT = re.compile(
    r"_\s*(?:\{[^{}]*\}|\\?\w+)|\^\s*\{?\\?(?:prime|\*)\}?|\([^()]*\)(?<=[^(])(?!$)|(?<=[A-Za-z])\([^()]*\)"
)
STYLES = re.compile(
    r"\\(?:displaystyle|textstyle|limits|left|right|[bB]igg?[lr]?|mathstrut|phantom)(?![A-Za-z])\.?"
)
SPACES = re.compile(r"(?<!\\)\\(?:[,;:! >]|q?quad(?![A-Za-z])|hspace\{[^}]*\})|~")
ALIASES: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (re.compile(r"(?<=\d),\\!\s*(?=\d{3})|(?<=\d)\{,\}(?=\d{3})"), ","),
    (STYLES, " "),
    (SPACES, " "),
    (re.compile(r"\\[dtc]frac(?![A-Za-z])"), r"\\frac"),
    (re.compile(r"\\(?:mbox|text(?:bf|it|rm|normal)|math(?:rm|it|bf)|operatorname)\s*(?=\{)"), r"\\text"),
    (re.compile(r"_\s*\{\s*\\text\s*\{\s*(\w+)\s*\}\s*\}"), r"_{\1}"),
    (re.compile(r"_\s*\{?\s*\\([A-Za-z]+)\s*\}?(?![A-Za-z{])"), r"_{\1}"),
    (re.compile(r"\\text\s*\{\s*,?\s*(and|or)\s*\}|\\(?:text )?(and|or)(?![A-Za-z])"), r" \1\2 "),
    (re.compile(r"\\(?:leq?|leqslant|leqq)(?![A-Za-z])|<=|=<"), r"\\leq "),
    (re.compile(r"\\(?:geq?|geqslant|geqq)(?![A-Za-z])|>="), r"\\geq "),
    (re.compile(r"\\(?:neq?|not\s*=)(?![A-Za-z])|!="), r"\\neq "),
    (re.compile(r"\\lt(?![A-Za-z])"), "<"),
    (re.compile(r"\\gt(?![A-Za-z])"), ">"),
    (re.compile(r"\\(?:cdot|times|ast)(?![A-Za-z])|\*(?!\*)"), r"\\cdot "),
    (re.compile(r"\\(?:lbrace)(?![A-Za-z])"), r"\\{"),
    (re.compile(r"\\(?:rbrace)(?![A-Za-z])"), r"\\}"),
    (re.compile(r"\\(?:lbrack)(?![A-Za-z])"), "["),
    (re.compile(r"\\(?:rbrack)(?![A-Za-z])"), "]"),
    (re.compile(r"(?<![A-Za-z\\])(?:oo|inf|infty|infinity)(?![A-Za-z])"), r"\\infty "),
    (re.compile(r"\+?\s*\\(?:infty|infin)(?![A-Za-z])"), r"\\infty "),
    (re.compile(r"(?<![A-Za-z\\])(pi|sqrt|sin|cos|tan|log|ln)(?![A-Za-z])"), r"\\\1 "),
    (re.compile(r"\\sqrt\s*\(([^()]*)\)"), r"\\sqrt{\1}"),
    (re.compile(r"\^\s*\{?\s*\\(?:circ|degree)\s*\}?|\\degree(?![A-Za-z])|°"), " "),
    (re.compile(r"\\frac\s*(\d)\s*(\d)(?!\d)"), r"\\frac{\1}{\2}"),
    (re.compile(r"\\frac\s*(\d)\s*\{"), r"\\frac{\1}{"),
    (re.compile(r"\\frac\s*(\{[^{}]*\})\s*(\d)"), r"\\frac\1{\2}"),
    (re.compile(r"\\sqrt\s*(\d|[a-z])(?![A-Za-z])"), r"\\sqrt{\1}"),
    (re.compile(r"\\[%$]"), lambda sign: "%" if "%" in sign.group() else " "),
    (re.compile(r"[€£¥₹]"), " "),
    (re.compile(r"\\mathbb\s*\{?R\}?|\\R(?![A-Za-z])"), r"(-\\infty,\\infty)"),
    (re.compile(r"^([^=]*?)\\approx([^=]*)$"), lambda said: _exact(said[1], said[2])),
    (re.compile(r"\\approx.*|\\simeq.*|\\sim(?![A-Za-z]).*"), " "),
    (re.compile(r"\s+"), " "),
]  # fmt: skip


def tidy(text: str) -> str:
    r"""One spelling for what LaTeX and people spell in many ways.

    >>> tidy(r"\left[ 0,\, \dfrac12 \right)")
    '[ 0, \\frac{1}{2} )'
    """
    for pattern, plain in ALIASES:
        text = pattern.sub(plain, text)
    text = text.strip().rstrip("\\").lstrip(" ,;:").rstrip(" .,;:")
    return re.sub(r"^\$|\$$", "", text).strip()


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
