r"""LaTeX as people write it, mended into the LaTeX that `journey.prose.tokens` reads.

\frac12           ->  \frac{1}{2}
{5 \choose 2}     ->  \binom{5}{2}
\log_2 8          ->  \logb{2} 8
"""

from __future__ import annotations

import re

SLIPS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(r"\\[dtc]frac"), r"\\frac"),
    (re.compile(r"\\[dt]binom"), r"\\binom"),
    (re.compile(r"\\frac\s*(\d)\s*(\d)"), r"\\frac{\1}{\2}"),
    (re.compile(r"\\frac\s*(\d|[a-z])\s*\{"), r"\\frac{\1}{"),
    (re.compile(r"(\\frac\s*\{[^{}]{0,99}\})\s*(\d|[a-z])"), r"\1{\2}"),
    (re.compile(r"\\frac\s*([\da-z])\s*([\da-z])"), r"\\frac{\1}{\2}"),
    (re.compile(r"\\sqrt\s*(\d|[a-z])"), r"\\sqrt{\1}"),
    (re.compile(r"(?<=\d)(?:\{,\}|,\\!)(?=\d{3})"), ","),
    (
        re.compile(r"\(\s*\\(?:mod|bmod|text\s*\{\s*mod\s*\}|mathrm\s*\{\s*mod\s*\})[\s~\\]*(\w{1,9})\s*\)"),
        r"\\pmod{\1}",
    ),
    (re.compile(r"\\log_\s*(\d|[a-z])"), r"\\logb{\1}"),
    (re.compile(r"\\log_\s*\{"), r"\\logb{"),
    (re.compile(r"\\(?:text|mathrm|operatorname|mbox)\s*\{\s*(gcd|lcm)\s*\}"), r"\\\1"),
    (re.compile(r"\\(?:text|mathrm|operatorname|mbox)\s*\{\s*(?:GCD)\s*\}"), r"\\gcd"),
    (re.compile(r"\\(?:text|mathrm|operatorname|mbox)\s*\{\s*(?:LCM)\s*\}"), r"\\lcm"),
    (re.compile(r"\\mathbf\s*\{\s*[A-Z]\s*\}"), r"\\matrix "),
    (re.compile(r"\\(?:begin|end)\{(?:aligned|split|gathered)\}"), " "),
    (re.compile(r"\{\s*(\w{1,9})\s*\\choose\s*(\w{1,9})\s*\}"), r"\\binom{\1}{\2}"),
    (re.compile(r"((?:\\mathbf\s*\{\w\}|\\end\{pmatrix\})\s*)\\times"), r"\1\\cross"),
    (re.compile(r"\\times(\s*\(?\s*\\(?:mathbf|begin))"), r"\\cross\1"),
    (re.compile(r"\\overline\s*\{\s*([A-Z]{2})\s*\}"), r"{\1}"),
    (
        re.compile(
            r"(\\(?:text|mbox|textrm|mathrm)\s*\{\s*(?:cm|m|km|mm|in|ft|yd|mi|inch|inches|feet|foot|units?)\.?\s*\})"
            r"\s*\^\s*(?:[23]|\{[23]\})"
        ),
        r"\1",
    ),
]
"""What TeX reads and the grammar here does not: `\\frac12`, `\\sqrt2`, `1{,}000`."""

TABLE = re.compile(r"\\begin\{(array|cases|tabular)\}.{0,4000}?\\end\{\1\}", re.DOTALL)
"""Its cells are not one expression, and its rows no chain."""
COLUMN = re.compile(r"\\begin\{pmatrix\}([^&]{1,400}?)\\end\{pmatrix\}")
ROW = re.compile(r"\s*\\\\(?:\[[^\]]{0,9}\])?\s*")


def mended(text: str) -> str:
    r"""Mathematics with these slips mended, tables left out and vectors as columns.

    >>> mended(r"\dfrac12 + \begin{pmatrix} 1 \\ 2 \end{pmatrix}")
    '\\frac{1}{2} + \\column{1}{2}'
    """
    for slip, said in SLIPS:
        text = slip.sub(said, text)
    text = TABLE.sub(r" \\table ", text)
    return COLUMN.sub(lambda found: rf"\column{{{'}{'.join(ROW.split(found[1].strip()))}}}", text)
