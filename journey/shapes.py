r"""What an answer is made of: a number, a formula, words, a tuple, an interval, a set, a list, a matrix.

`read` splits the text of an answer by brackets, commas and relations, and evaluates nothing. What a bracket
means is settled here, so that [0, 9) is never taken for (0, 9), nor a set for a tuple.

    read(r"x \in [0, 9)")       an interval with the brackets "[)" and the leaves 0 and 9
    read("19, 46 and 82")       a list of three leaves
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction

from journey.errors import MoveError
from journey.expressions import evaluate, read_arithmetic
from journey.latex import naming, squeeze, tidy

MAX_PARTS = 60
"""Parts of a list, a set or a matrix."""
MAX_DEPTH = 12
"""Brackets within brackets."""
MAX_EXPONENT = 300
"""Of ten, in scientific notation."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One answer, or one part of it."""

    kind: str
    """leaf, words, tuple, set, list, union, matrix, equation or relation."""
    text: str = ""
    parts: tuple[Shape, ...] = ()
    brackets: str = ""
    """Of a tuple or an interval: the opening and the closing one. Of a relation: its sign."""
    name: str = ""
    """What the answer is the value of: the x of x = 3."""
    unit: str = ""
    percent: bool = False


class TooLarge(ValueError):
    """More parts, or deeper brackets, than anyone answers with."""


UNITS = {
    unit: names.split()[0] for names in (
        "cm centimeter centimeters centimetre centimetres", "mm millimeter millimeters",
        "km kilometer kilometers kilometre kilometres",
        "m meter meters metre metres", "in inch inches", "ft foot feet", "yd yard yards", "mi mile miles",
        "kg kilogram kilograms", "g gram grams", "mg milligrams", "lb lbs pound pounds", "oz ounce ounces",
        "l liter liters litre litres",
        "ml milliliters", "h hr hrs hour hours", "s sec secs second seconds", "min mins minute minutes",
        "day days",
        "week weeks", "month months", "year years", "mph", "rad radian radians", "dollar dollars usd",
        "cent cents", "euro euros",
        "degree degrees deg", "unit units", "percent pct",
    ) for unit in names.split()
}  # fmt: skip
WORDY = "|".join(sorted((unit for unit in UNITS if len(unit) > 1), key=len, reverse=True))
UNIT = re.compile(
    r"(?:\\text\s*\{([^{}]*)\}|(?<![A-Za-z\\])"
    rf"((?:(?:square|cubic|sq) )?(?:{WORDY})(?: squared| cubed)?|(?<= )[mgsh])\.?)"
    r"\s*(?:\^\s*\{?\s*([23])\s*\}?)?\s*$",
    re.IGNORECASE,
)
RELATION = re.compile(r"<|>|\\leq(?![A-Za-z])|\\geq(?![A-Za-z])|\\neq(?![A-Za-z])")
SYMBOL = re.compile(r"\\?[A-Za-z]+'*(?:\s*_\s*(?:\{[^{}]*\}|\w))?")
MATRIX = re.compile(r"\\begin\{([pbB]?matrix|array)\}(?:\{[^}]*\})?(.*)\\end\{\1\}", re.DOTALL)
FLIPPED = {"<": ">", ">": "<", r"\leq": r"\geq", r"\geq": r"\leq", r"\neq": r"\neq"}


def read(text: str, depth: int = 0) -> Shape:
    """The shape of a tidy text.

    Raises:
        TooLarge: there are more parts, or deeper brackets, than anyone answers with.

    >>> read("[x, 1 + x]").brackets
    '[]'
    """
    if depth > MAX_DEPTH:
        raise TooLarge("brackets too deep")
    text = text.strip()
    for separator in (r";", r"(?<![A-Za-z])(?:and|or)(?![A-Za-z])|(?<=\d)or(?=[A-Za-z])", r","):
        parts = [part for part in split(text, separator) if part.strip(" ,")]
        if len(parts) > 1:
            joined = "and" if "and" in text and "o" in separator else ""
            return replace(_several([read(part.strip(" ,"), depth + 1) for part in parts], joined), text=text)
    shape = _one(text, depth)
    return shape if shape.text else replace(shape, text=text)


def split(text: str, separator: str) -> list[str]:
    """The text cut where the separator stands outside of all brackets."""
    parts, level, begun = [], 0, 0
    for token in re.finditer(
        rf"\\begin(?=\{{)|\\end(?=\{{)|\\[{{}}]|{separator}|\\[A-Za-z]+|[()\[\]{{}}]", text
    ):
        mark = token.group()
        if mark in ("(", "[", "{", r"\{", r"\begin"):
            level += 1
        elif mark in (")", "]", "}", r"\}", r"\end"):
            level -= 1
        elif level == 0 and re.fullmatch(separator, mark):
            parts.append(text[begun : token.start()])
            begun = token.end()
    if len(parts) >= MAX_PARTS:
        raise TooLarge(f"more than {MAX_PARTS} parts")
    return [*parts, text[begun:]]


def _several(parts: list[Shape], joined: str) -> Shape:
    names = [part.name for part in parts]
    if (
        all(part.kind in ("tuple", "union", "set") and SYMBOL.fullmatch(part.name) for part in parts)
        and joined != "and"
    ):
        return Shape(
            "union",
            parts=tuple(part for one in parts for part in (one.parts if one.kind == "union" else (one,))),
        )
    if all(part.kind == "equation" for part in parts) and len(set(map(base, names))) == len(names):
        # x = 1, y = 2: one answer with two named parts.
        return Shape("tuple", parts=tuple(p.parts[1] for p in parts), brackets="()", name=",".join(names))
    flat = [p for part in parts for p in (part.parts if part.kind == "list" else (part,))]
    if flat[0].kind == "equation" and not any(p.name for p in flat[1:]):
        flat[0] = flat[0].parts[1]  # x = 1, 2, 3
    return Shape("list", parts=tuple(flat))


def _one(text: str, depth: int) -> Shape:
    inside = split(text, r"\\in(?![A-Za-z])")
    if len(inside) == 2 and SYMBOL.fullmatch(inside[0].strip()):
        return replace(read(inside[1], depth + 1), name=squeeze(inside[0]))
    pieces = split(text, r"\\cup(?![A-Za-z])|(?<=[\])}]) ?U ?(?=[\[({\\])")
    if len(pieces) > 1:
        return Shape("union", parts=tuple(read(piece, depth + 1) for piece in pieces))
    sides = split(text, "=")
    if len(sides) > 1 and all(side.strip() for side in sides):
        return _equation(sides, depth)
    if relation := _relation(text, depth):
        return relation
    ratio = text.split(":")
    if len(ratio) > 1 and all(number(part) is not None for part in ratio):  # 7:32, or the time of day
        return Shape("tuple", parts=tuple(_leaf(part) for part in ratio), brackets="::")
    if (matrix := MATRIX.fullmatch(text)) and r"\begin" not in matrix[2]:
        rows = [row for row in split(matrix[2], r"\\\\(?:\[[^\]]*\])?") if row.strip()]
        cells = [[read(tidy(cell), depth + 1) for cell in split(row, "&")] for row in rows]
        return Shape("matrix", parts=tuple(Shape("tuple", parts=tuple(row)) for row in cells))
    return _bracketed(text, depth) or _leaf(text)


def _equation(sides: list[str], depth: int) -> Shape:
    left, right = sides[0].strip(), sides[-1].strip()
    if len(sides) == 2 and naming(right) and not naming(left):
        left, right = right, left
    if naming(left):
        value = read(right, depth + 1)
        return Shape("equation", squeeze(f"{left}={right}"), (_leaf(left), value), name=squeeze(left))
    if not re.search(r"(?<!\\)[A-Za-z]", re.sub(r"\\[A-Za-z]+", "", left)):
        return read(right, depth + 1)  # 1 + 18 = 19
    return Shape("equation", squeeze(f"{left}={right}"), (_leaf(left), _leaf(right)))


def _relation(text: str, depth: int) -> Shape | None:
    """An inequality in one symbol, as the interval it says; another one as a leaf of its own kind."""
    signs = [sign.group() for sign in RELATION.finditer(text)]
    sides = [side.strip() for side in RELATION.split(text)]
    if not signs or not all(sides):
        return None
    if len(signs) == 1 and naming(sides[1]) and not naming(sides[0]):
        sides, signs = sides[::-1], [FLIPPED[signs[0]]]
    infinite = Shape("leaf", r"\infty")
    if len(signs) == 1 and naming(sides[0]):
        value, name, sign = read(sides[1], depth + 1), squeeze(sides[0]), signs[0]
        if sign == r"\neq":
            return Shape("relation", parts=(value,), brackets=sign, name=name)
        closed = "eq" in sign
        if sign in (">", r"\geq"):
            return Shape("tuple", parts=(value, infinite), brackets="[)" if closed else "()", name=name)
        below = replace(infinite, text=r"-\infty")
        return Shape("tuple", parts=(below, value), brackets="(]" if closed else "()", name=name)
    if len(signs) == 2 and naming(sides[1]):
        if all(sign in (">", r"\geq") for sign in signs):
            sides, signs = sides[::-1], [FLIPPED[sign] for sign in reversed(signs)]
        if all(sign in ("<", r"\leq") for sign in signs):
            ends = (read(sides[0], depth + 1), read(sides[2], depth + 1))
            brackets = ("[" if "eq" in signs[0] else "(") + ("]" if "eq" in signs[1] else ")")
            return Shape("tuple", parts=ends, brackets=brackets, name=squeeze(sides[1]))
    return Shape("relation", squeeze(text))


def _bracketed(text: str, depth: int) -> Shape | None:
    french = re.fullmatch(r"([\[\]])([^\[\]]+)([\[\]])", text)
    if french and french[1] + french[3] != "[]":
        text = ("[" if french[1] == "[" else "(") + french[2] + ("]" if french[3] == "]" else ")")
    for opening, closing in ((r"\{", r"\}"), ("{", "}"), ("(", ")"), ("[", "]"), ("(", "]"), ("[", ")")):
        if not (text.startswith(opening) and text.endswith(closing)) or not _spans(text):
            continue
        inside = text[len(opening) : -len(closing)]
        parts = [part for part in split(inside, ",|;") if part.strip()]
        if not parts:
            return None
        if "{" in opening and (len(parts) > 1 or opening == r"\{"):
            if len(parts) == 1 and re.search(r"\\mid|\||:", inside):
                return None  # a set by its property: a formula, for math-verify
            # LaTeX does not print plain braces: {1, 3} reads 1, 3.
            kind = "set" if opening == r"\{" else "list"
            return Shape(kind, parts=tuple(read(part, depth + 1) for part in parts))
        if len(parts) > 1:
            return Shape(
                "tuple", parts=tuple(read(part, depth + 1) for part in parts), brackets=opening + closing
            )
        return None if opening + closing in ("(]", "[)") else read(inside, depth + 1)
    return None


def _spans(text: str) -> bool:
    """Whether the first bracket is closed by the last one."""
    level = 0
    for token in re.finditer(r"\\[{}]|\\.|[()\[\]{}]", text):
        mark = token.group()
        level += (mark in ("(", "[", "{", r"\{")) - (mark in (")", "]", "}", r"\}"))
        if level == 0:
            return token.end() == len(text)
    return False


def _leaf(text: str) -> Shape:
    text = text.lstrip(" ,;:").rstrip(" .,;:")
    if text.count(r"\pm") == 1 and r"\mp" not in text:
        both = (text.replace(r"\pm", "+"), text.replace(r"\pm", "-"))
        return Shape("list", parts=tuple(_leaf(one.lstrip().removeprefix("+")) for one in both))
    percent = bool(re.search(r"(?:%|percent|pct|\\text\s*\{\s*(?:percent|pct)\s*\})\s*$", text))
    text = re.sub(r"\s*(?:%|percent|pct|\\text\s*\{\s*(?:percent|pct)\s*\})\s*$", "", text)
    unit = ""
    if (found := UNIT.search(text)) and text[: found.start()].strip():
        unit = _unit(found[1] or found[2] or "", found[3] or "")
        text = text[: found.start()].strip()
    if words := re.fullmatch(r"\\text\s*\{\s*([^{}]*?)\s*\}|([A-Za-z][A-Za-z'-]{2,}(?: [A-Za-z'-]+)*)", text):
        said = words[1] if words[1] is not None else words[2]
        if number(said) is None and not said.startswith("$"):
            return Shape("words", said.strip("() .").casefold(), name=said.strip())
        text = said
    return Shape("leaf", text, unit=unit, percent=percent)


def _unit(words: str, power: str) -> str:
    words = words.strip(" .").casefold()
    for spelled, exponent in (
        ("square ", "2"),
        ("sq ", "2"),
        ("cubic ", "3"),
        (" squared", "2"),
        (" cubed", "3"),
    ):
        if spelled in f"{words} " and words != spelled.strip():
            words, power = words.replace(spelled, " ").strip(), exponent
    return UNITS.get(words, "") and f"{UNITS[words]}{power}"


def base(name: str) -> str:
    """The letter that a name begins with, without its index: x for x_1."""
    found = re.match(r"\\?[A-Za-z]+(?=[_(])|.*", name)
    return found.group() if found else name


THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|[-+]?[1-9]\d{0,2}(?: \d{3})+(?:\.\d+)?")
CONTINENTAL = re.compile(r"[-+]?[1-9]\d{0,2}(?:\.\d{3})+,\d+|[-+]?\d+,\d+")
DECIMAL = re.compile(r"[-+]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})")
SCIENTIFIC = re.compile(r"([-+]?\d*\.?\d+)\s*(?:[eE]|\\cdot\s*10\s*\^)\s*\{?\s*([-+]?\d{1,3})\s*\}?")
POWER = re.compile(r"(\d{1,18})\s*\^\s*\{?\s*(-?\d{1,3})\s*\}?")
MIXED = re.compile(
    r"(-?)(\d{1,18})\s*(?:\\frac\s*\{(\d{1,18})\}\s*\{(\d{1,18})\}| (\d{1,18})\s*/\s*(\d{1,18}))"
)


def number(text: str) -> Fraction | None:
    r"""The exact value of a plain number or a sum of fractions, or None for anything else.

    >>> number("1,000.5"), number(r"3\frac{1}{2}"), number(r"7.8\cdot 10^2"), number("2/(-3)"), number("x")
    (Fraction(2001, 2), Fraction(7, 2), Fraction(780, 1), Fraction(-2, 3), None)
    """
    text = text.strip()
    if THOUSANDS.fullmatch(text):
        text = re.sub("[, ]", "", text)
    if DECIMAL.fullmatch(text):
        return Fraction(text.rstrip(".") if text != "." else "0")
    if power := SCIENTIFIC.fullmatch(text):
        return (
            Fraction(power[1]) * Fraction(10) ** int(power[2]) if abs(int(power[2])) <= MAX_EXPONENT else None
        )
    if (power := POWER.fullmatch(text)) and int(power[1]):
        return Fraction(int(power[1])) ** int(power[2]) if abs(int(power[2])) <= MAX_EXPONENT else None
    if mixed := MIXED.fullmatch(text):
        above, below = int(mixed[3] or mixed[5]), int(mixed[4] or mixed[6])
        if 0 < above < below:
            return (-1 if mixed[1] else 1) * (int(mixed[2]) + Fraction(above, below))
    return _sum(text)


def _sum(text: str) -> Fraction | None:
    text = re.sub(r"\\frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"((\1)/(\2))", text)
    text = re.sub(r"\\cdot(?![A-Za-z])|\\div(?![A-Za-z])", lambda m: "/" if "div" in m.group() else "*", text)
    if re.search(r"[^\d.+*/() -]|\d\s+[\d(]|\d\(|\)\s*[\d(]", text) or not re.search(r"\d", text):
        return None
    text = re.sub(r"(\d*)\.(\d+)", lambda d: f"({int(d[1] + d[2])}/1{'0' * len(d[2])})", text)
    text = re.sub(r"(?<!\d)0+(?=\d)", "", text)
    try:
        value = evaluate(read_arithmetic(re.sub(r"^\s*\+", "", text)))
    except (MoveError, ZeroDivisionError):
        return None
    return Fraction(int(value.p), int(value.q))


def continental(text: str) -> str:
    """A number with a decimal comma rewritten with a point; any other text as it is.

    >>> continental("1.000,99"), continental("2,74"), continental("1,234")
    ('1000.99', '2.74', '1,234')
    """
    text = text.strip()
    return (
        text.replace(".", "").replace(",", ".")
        if CONTINENTAL.fullmatch(text) and not THOUSANDS.fullmatch(text)
        else text
    )
