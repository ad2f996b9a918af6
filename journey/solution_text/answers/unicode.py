r"""Mathematics written in Unicode, as LaTeX writes it.

as_latex("x² + ½ ≤ 2×10⁻³")        x^{2} + \frac{1}{2} \leq 2\times 10^{-3}
as_latex("√(2/3), 2√5")             \sqrt{2/3}, 2\sqrt{5}
"""

from __future__ import annotations

import re
import unicodedata

from journey.solution_text.spelling import (
    APOSTROPHES,
    DASHES,
    FRACTIONS,
    LOWERED,
    QUOTES,
    QUOTIENTS,
    RAISED,
    SPACES,
    fraction_of,
    on_the_line,
)

PLAIN = {
    "-": DASHES,
    "'": APOSTROPHES,
    '"': QUOTES,
    " ": SPACES + "\0",
    "": "\u200b\u200c\u200d\u2060\ufeff\u2061\u2062",
    "/": QUOTIENTS,
    ":": "∶",
    "*": "∗",
    "|": "∣",
}
COMMANDS = {
    "times": "×", "cdot": "·⋅∙", "leq": "≤⩽", "geq": "≥⩾", "neq": "≠", "approx": "≈≃", "pm": "±", "mp": "∓",
    "infty": "∞", "equiv": "≡", "cup": "∪", "cap": "∩", "setminus": "∖", "in": "∈", "emptyset": "∅⌀",
    "lor": "∨", "land": "∧", "langle": "⟨", "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈",
    "rceil": "⌉", "ldots": "…", "to": "→", "Rightarrow": "⇒", "therefore": "∴", "sum": "∑", "prod": "∏",
    "int": "∫", "angle": "∠", "partial": "∂", "mu": "µ", "phi": "ϕ", "epsilon": "ϵ", "theta": "ϑ",
}  # fmt: skip
OTHERS = {
    "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}", "ℚ": r"\mathbb{Q}", "ℂ": r"\mathbb{C}",
    "°": r"^\circ ", "º": r"^\circ ", "℃": r"^\circ C", "℉": r"^\circ F",
}  # fmt: skip
SIGNS = str.maketrans(
    {sign: plain for plain, signs in PLAIN.items() for sign in signs}
    | {sign: f"\\{command} " for command, signs in COMMANDS.items() for sign in signs}
    | OTHERS
)
RUN = re.compile(rf"[{re.escape(''.join(RAISED))}]+|[{re.escape(''.join(LOWERED))}]+")
QUOTIENT = re.compile(f"([{''.join(RAISED)}]+)⁄([{''.join(LOWERED)}]+)")
ROOT = re.compile(r"([√∛∜])\s*(?:\(([^()]{1,60})\)|(\d[\d.]*|[A-Za-zα-ω]))")
INDEX = {"√": "", "∛": "[3]", "∜": "[4]"}


def as_latex(text: str) -> str:
    r"""The text with the signs of Unicode as commands; LaTeX stays as it is.

    Prime, quotation and full-width marks become the plain ones.

    >>> as_latex("x²³ ≥ ⅔π and 1½"), as_latex("√2/2 × 10⁻⁵")
    ('x^{23} \\geq  \\frac{2}{3}\\pi  and 1\\frac{1}{2}', '\\sqrt{2}/2 \\times  10^{-5}')
    """
    if text.isascii():
        return text.replace("\0", " ")
    text = re.sub(r"[！-～]", lambda wide: chr(ord(wide.group()) - 0xFEE0), text)
    text = QUOTIENT.sub(lambda both: rf"\frac{{{on_the_line(both[1])}}}{{{on_the_line(both[2])}}}", text)
    text = re.sub(rf"[{FRACTIONS}]", _vulgar, text)
    text = ROOT.sub(lambda root: rf"\sqrt{INDEX[root[1]]}{{{root[2] or root[3]}}}", text)
    text = re.sub("[√∛∜]", lambda sign: rf"\sqrt{INDEX[sign.group()]} ", text)
    text = RUN.sub(_run, text)
    text = re.sub("[Α-Ωα-ω]", _greek, text)
    text = re.sub("[\U0001d400-\U0001d7ff]", lambda bold: unicodedata.normalize("NFKC", bold.group()), text)
    return text.translate(SIGNS)


def _run(run: re.Match[str]) -> str:
    return ("^" if run.group()[0] in RAISED else "_") + f"{{{on_the_line(run.group())}}}"


def _greek(letter: re.Match[str]) -> str:
    *_, size, _, name = unicodedata.name(letter.group()).replace("FINAL ", "").split()
    name = name.lower().replace("lamda", "lambda")
    return f"\\{name.capitalize() if size == 'CAPITAL' else name} "


def _vulgar(sign: re.Match[str]) -> str:
    above, below = fraction_of(sign.group())
    return rf"\frac{{{above}}}{{{below}}}"
