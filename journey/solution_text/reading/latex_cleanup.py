r"""LaTeX as people write it, mended into the LaTeX that `journey.solution_text.reading.tokens` reads.

\frac12           ->  \frac{1}{2}
{5 \choose 2}     ->  \binom{5}{2}
\log_2 8          ->  \logb{2} 8
"""

from __future__ import annotations

import re

from journey.solution_text.spelling import braced, one_style

SLIPS: list[tuple[re.Pattern[str], str]] = [
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
    (re.compile(r"\\left\s*\\\|(.{1,200}?)\\right\s*\\\|", re.DOTALL), r"\\norm{\1}"),
    (re.compile(r"\\left\s*\\langle|\\langle"), "("),
    (re.compile(r"\\right\s*\\rangle|\\rangle"), ")"),
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

UNBRACED = re.compile(r"\\(?:frac|sqrt|binom)\s*(?![\s{\[])|\\(?:frac|binom)\s*\{[^{}]{0,99}\}\s*(?![\s{])")
GROUP = r"(?:\{[^{}]{0,30}\}|\\[a-z]+|\w)"
OPERATORS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(r"\\frac\s*\{\s*d\s*\}\s*\{\s*d\s*([a-z])\s*\}"), r"\\deriv{\1}"),
    (
        re.compile(
            rf"\\int(?:\\limits)?\s*_\s*({GROUP})\s*\^\s*({GROUP})(.{{1,200}}?)(?<!\\)d([a-z])(?![A-Za-z])",
            re.DOTALL,
        ),
        r"\\integral{\4}{{\1}}{{\2}}{\3}",
    ),
    (
        re.compile(r"\\int(?![a-z_])(?!\s*_)(.{1,200}?)(?<!\\)d([a-z])(?![A-Za-z])", re.DOTALL),
        r"\\primitive{\2}{\1}",
    ),
    (
        re.compile(
            rf"\\(sum|prod)(?:\\limits)?\s*_\s*\{{\s*([a-z])\s*=\s*([^{{}}]{{1,12}})\}}\s*\^\s*({GROUP})"
        ),
        r"\\series\1{\2}{\3}{{\4}}",
    ),
    (
        re.compile(r"\\lim(?:\\limits)?\s*_\s*\{\s*([a-z])\s*\\(?:to|rightarrow)\s*([^{}]{1,20})\}"),
        r"\\limit{\1}{\2}",
    ),
    (re.compile(r"\\det\s*(?=\\(?:rows|left))"), r"\\determinant "),
    (re.compile(r"(?<![\w}])(\d{1,40})\s*\\bmod\s*\{?(\d{1,9})\}?(?=\s*=)"), r"\\rem{\1}{\2}"),
]
"""Sums, integrals and their like with what belongs to them as groups, as \\seriessum{k}{1}{{6}}."""
MATRIX = re.compile(r"\\begin\{([pbv]?matrix)\}(.{1,600}?)\\end\{\1\}", re.DOTALL)
TABLE = re.compile(r"\\begin\{(array|cases|tabular)\}.{0,4000}?\\end\{\1\}", re.DOTALL)
"""Its cells are not one expression, and its rows no chain."""
COLUMN = re.compile(r"\\begin\{pmatrix\}([^&]{1,400}?)\\end\{pmatrix\}")
DETERMINANT = re.compile(r"\\det\s*(?=\\rows)")
ROW = re.compile(r"\s*\\\\(?:\[[^\]]{0,9}\])?\s*")


def mended(text: str) -> str:
    r"""Mathematics with these slips mended, tables left out and vectors as columns.

    >>> mended(r"\dfrac12 + \begin{pmatrix} 1 \\ 2 \end{pmatrix}")
    '\\frac{1}{2} + \\column{1}{2}'
    """
    if "\\" not in text and "{" not in text:
        return text
    text = one_style(text)
    if UNBRACED.search(text):
        text = braced(text)
    for slip, replacement in SLIPS:
        text = slip.sub(replacement, text)
    if any(mark in text for mark in ("\\int", "\\sum", "\\lim", "\\prod", "{d", "mod")):
        text = _operators(text)
    if "matrix}" in text:
        text = MATRIX.sub(_matrix, COLUMN.sub(_column, text))
        text = DETERMINANT.sub(r"\\determinant ", text)
    text = TABLE.sub(r" \\table ", text)
    return text


def _operators(text: str) -> str:
    """Derivatives, integrals, sums and limits with their parts as groups."""
    for pattern, replacement in OPERATORS:
        text = pattern.sub(replacement, text)
    return re.sub(r"(\\(?:series(?:sum|prod)|limit)\{.{1,60}?)\\infty", r"\1\\endless ", text)


def _column(match: re.Match[str]) -> str:
    return rf"\column{{{'}{'.join(ROW.split(match[1].strip()))}}}"


def _matrix(match: re.Match[str]) -> str:
    """A matrix as a call: how many columns, and the entries row by row."""
    rows = [row.split("&") for row in ROW.split(match[2].strip()) if row.strip()]
    if not rows or len({len(row) for row in rows}) != 1 or len(rows) > 4 or len(rows[0]) > 4:
        return match[0]
    cells = "}{".join(cell.strip() for row in rows for cell in row)
    name = r"\determinant" if match[1] == "vmatrix" else ""
    return rf"{name}\rows{{{len(rows)}}}{{{len(rows[0])}}}{{{cells}}}"
