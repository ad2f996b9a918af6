r"""The text of an answer, taken apart: a number, a formula, words, a tuple, an interval, a set, a matrix.

`read` splits by brackets, commas and relations, and evaluates no more than plain numbers. What a bracket
means is settled here, so that [0, 9) is never taken for (0, 9), nor a set for a tuple.

    read(r"x \in [0, 9)")       an interval with the brackets "[)" and the leaves 0 and 9
    read("19, 46 and 82")       a list of three leaves
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from journey.solution_text.answers import moments
from journey.solution_text.answers.amounts import number, spelled
from journey.solution_text.answers.bases import based
from journey.solution_text.answers.bounds import all_but, bound
from journey.solution_text.answers.builders import cases, integers_of, solutions
from journey.solution_text.answers.latex import naming, squeeze, tidy
from journey.solution_text.answers.shapes import BELOW_ALL, INFINITE, Shape, TooLarge, base, is_region, region
from journey.solution_text.answers.statements import statement
from journey.solution_text.answers.units import amount, compound
from journey.solution_text.answers.vectors import TRANSPOSED, transposed

MAX_PARTS = 60
"""Parts of a list, a set or a matrix."""
MAX_MOMENT = 60
"""Characters of a date."""
MAX_DEPTH = 12
"""Brackets within brackets."""

SEPARATORS = (r";", r"(?<![A-Za-z])(?:and|or)(?![A-Za-z])|(?<=\d)or(?=[A-Za-z])", r",")
RELATION = r"<|>|\\leq(?![A-Za-z])|\\geq(?![A-Za-z])|\\neq(?![A-Za-z])"
SYMBOL = re.compile(r"\\?[A-Za-z]+'*(?:\s*_\s*(?:\{[^{}]*\}|\w))?")
MATRIX = re.compile(r"\\begin\{([pbB]?matrix|smallmatrix|array)\}(?:\{[^}]*\})?(.*)\\end\{\1\}", re.DOTALL)
SYSTEM = re.compile(
    r"(?:\\\{\s*)?\\begin\{(cases|aligned|gathered|align\*?|array|split)\}(?:\{[^}]*\})?(.*)\\end\{\1\}",
    re.DOTALL,
)
BUILDER = re.compile(
    rf"\s*({SYMBOL.pattern})\s*(?:\\in\s*(?:\(-\\infty\s*,\s*\\infty\s*\)|\\mathbb\s*\{{?\s*([ZN])\s*\}}?)\s*)?(?:\\mid(?![A-Za-z])|:|\|)(.*)",
    re.DOTALL,
)
ABSOLUTE = re.compile(rf"\|\s*({SYMBOL.pattern})\s*([-+]\s*[\d./]+)?\s*\|")
POINT = re.compile(r"([A-Z]'*(?:_\{?\w\}?)?)\s*(\(.*\))", re.DOTALL)
CONGRUENT = r"\\equiv(?![A-Za-z])"
EITHER = re.compile(r"\\pm(?![A-Za-z])")
OPPOSITE = re.compile(r"\\mp(?![A-Za-z])")
"""Its sign is the other one of \\pm, so both are chosen at once."""
BARE_TIME = re.compile(r"[\d\s:]+")
"""A time of day, or a ratio."""
TEXT = re.compile(r"\\text\s*\{\s*([^{}]*[\d=<>(),\[\]][^{}]*?)\s*\}")
LETTER = re.compile("[A-Za-z]")
FLIPPED = {"<": ">", ">": "<", r"\leq": r"\geq", r"\geq": r"\leq", r"\neq": r"\neq"}
PERCENT = re.compile(r"\s*(?:%|per ?cent|pct|\\text\s*\{\s*(?:per ?cent|pct)\s*\})\s*$")
WORDS = re.compile(r"((?:[A-Za-z]{1,2} (?=[A-Za-z -]*[A-Za-z]{4}))?[A-Za-z][A-Za-z'-]{2,}(?: [A-Za-z'-]+)*)")


def read(text: str, depth: int = 0) -> Shape:
    r"""The shape of a tidy text.

    Raises:
        TooLarge: there are more parts, or deeper brackets, than anyone answers with.

    >>> read("[x, 1 + x]").brackets
    '[]'
    >>> [(piece.parts[0].text, piece.parts[1].text) for piece in read(r"x > 0 and x \neq 1").parts]
    [('0', '1'), ('1', '\\infty')]
    """
    if depth > MAX_DEPTH:
        raise TooLarge("brackets too deep")
    text = text.strip()
    if not BARE_TIME.fullmatch(text) and len(text) <= MAX_MOMENT and moments.named(text):
        return Shape("moment", text)
    if text != r"\infty" and (meaning := statement(text)):
        if meaning == "all real numbers":
            return Shape("tuple", text, (BELOW_ALL, INFINITE), "()")
        return Shape("words", meaning, name=text)
    if worded := _worded(text, depth):
        return worded
    if several := compound(text):
        return Shape("leaf", several[0], unit=several[1])
    if " and a " in text and (size := spelled(text)) is not None:  # two and a half
        return Shape("leaf", str(size))
    for separator in SEPARATORS:
        parts, between = cut(text, separator)
        items = [part.strip(" ,") for part in parts]
        joined = "".join({mark for mark in between if mark in ("and", "or")}) or separator
        if joined == "and" and len(cut(items[0], ",")[0]) > 1 and len(cut(items[-1], ",")[0]) == 1:
            continue  # a, b and c: the comma says as much
        if separator == ",":
            items = [part.strip() for one in items for part in split(one, SEPARATORS[1])]
        items = [part for part in items if part]
        if len(items) > 1:
            return replace(_several([read(part, depth + 1) for part in items], joined), text=text)
    shape = _one(text, depth)
    return shape if shape.text else replace(shape, text=text)


def cut(text: str, separator: str) -> tuple[list[str], list[str]]:
    """The text cut where the separator stands outside of all brackets, and what stood there."""
    parts, between, level, begun = [], [], 0, 0
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
            between.append(mark)
            begun = token.end()
    if len(parts) >= MAX_PARTS:
        raise TooLarge(f"more than {MAX_PARTS} parts")
    return [*parts, text[begun:]], between


def split(text: str, separator: str) -> list[str]:
    """The text cut where the separator stands outside of all brackets."""
    return cut(text, separator)[0]


def _several(parts: Sequence[Shape], joined: str) -> Shape:
    names = [part.name for part in parts]
    regions = [part for part in parts if is_region(part) and (part.name or joined == "or")]
    bases = {base(name) for name in names if name}
    others = {part.kind for part in parts if part not in regions}
    if regions and len(bases) < 2 and others <= {"equation", "leaf"}:
        name = next((part.name for part in regions if part.name), "")
        if (one := region(parts, joined, name)) is not None:
            return one
    if all(part.kind == "equation" for part in parts) and len(set(map(base, names))) == len(names):
        # x = 1, y = 2: one answer with two named parts.
        return Shape("tuple", parts=tuple(p.parts[1] for p in parts), brackets="()", name=",".join(names))
    flat = [p for part in parts for p in (part.parts if part.kind == "list" else (part,))]
    if flat[0].kind == "equation" and not any(p.name for p in flat[1:]):
        flat[0] = flat[0].parts[1]  # x = 1, 2, 3
    return Shape("list", parts=tuple(flat), name=min(bases) if len(bases) == 1 and names[0] else "")


def _one(text: str, depth: int) -> Shape:
    if turned := TRANSPOSED.fullmatch(text):
        return transposed(read(turned[1], depth + 1))
    if match := TEXT.fullmatch(text):
        return read(match[1], depth + 1)
    if len(sides := split(text, CONGRUENT)) == 2 and naming(sides[0]):
        return _equation(sides, depth)
    inside = split(text, r"\\in(?![A-Za-z])")
    if len(inside) == 2 and naming(inside[0]):
        return replace(read(inside[1], depth + 1), name=squeeze(inside[0]), text=text)
    pieces = split(text, r"\\cup(?![A-Za-z])|(?<=[\])}]) ?U ?(?=[\[({\\])")
    if len(pieces) > 1:
        parts = [read(piece, depth + 1) for piece in pieces]
        return region(parts, "or", "") or Shape("union", parts=tuple(parts))
    if without := _without(text, depth):
        return without
    sides = split(text, "=")
    if len(sides) > 1 and all(side.strip() for side in sides):
        return _equation(sides, depth)
    if relation := _relation(text, depth):
        return relation
    ratio = text.split(":")
    if len(ratio) > 1 and all(number(part) is not None for part in ratio):  # 7:32, or the time of day
        return Shape("tuple", parts=tuple(_leaf(part) for part in ratio), brackets="::")
    if (matrix := MATRIX.fullmatch(text)) and r"\begin" not in matrix[2] and "=" not in matrix[2]:
        rows = [row for row in split(matrix[2], r"\\\\(?:\[[^\]]*\])?") if row.strip()]
        cells = [[read(tidy(cell), depth + 1) for cell in split(row, "&")] for row in rows]
        return Shape("matrix", parts=tuple(Shape("tuple", parts=tuple(row)) for row in cells))
    if rows_of_cases := cases(text):
        rows_read = [_case(worth, when, depth) for worth, when in rows_of_cases]
        return Shape("set", text, tuple(rows_read))
    if (system := SYSTEM.fullmatch(text)) and r"\text" not in system[2]:
        rows = [row.replace("&", "").strip(" ,") for row in re.split(r"\\\\(?:\[[^\]]*\])?", system[2])]
        return read(", ".join(row for row in rows if row), depth + 1)
    if (point := POINT.fullmatch(text)) and _spans(point[2]) and len(split(point[2][1:-1], "[,;]")) > 1:
        return replace(read(point[2], depth + 1), name=point[1])
    return _bracketed(text, depth) or _leaf(text)


def _worded(text: str, depth: int) -> Shape | None:
    """A bound or all numbers but some, in words."""
    if limit := bound(text):
        sign, end = limit
        low, high = (_leaf(end), INFINITE) if sign in (">", r"\geq") else (BELOW_ALL, _leaf(end))
        closed = sign in (r"\geq", r"\leq")
        return Shape("tuple", text, (low, high), ("[)" if low is not BELOW_ALL else "(]") if closed else "()")
    excepted = all_but(text)
    if excepted is None:
        return None
    points = read(excepted, depth + 1)
    points = points.parts[1] if points.kind == "equation" and points.name else points
    gone = points.parts if points.kind in ("set", "list") else (points,)
    if any(point.kind != "leaf" for point in gone):
        return None
    return region([_except(point) for point in gone], "and", "")


def _without(text: str, depth: int) -> Shape | None:
    r"""\mathbb{R} \setminus \{2\}: all but a few points."""
    sides = split(text, r"\\(?:setminus|backslash)(?![A-Za-z])")
    if len(sides) != 2:
        return None
    whole, points = read(sides[0], depth + 1), read(sides[1], depth + 1)
    gone = points.parts if points.kind in ("set", "list") else (points,)
    if not is_region(whole) or any(point.kind != "leaf" for point in gone):
        return None
    return region([whole, *(_except(point) for point in gone)], "and", "")


def _except(point: Shape) -> Shape:
    rays = ((BELOW_ALL, point), (point, INFINITE))
    parts = tuple(Shape("tuple", f"({low.text},{high.text})", (low, high), "()") for low, high in rays)
    return Shape("union", parts=parts)


def _equation(sides: list[str], depth: int) -> Shape:
    left, right = sides[0].strip(), sides[-1].strip()
    if len(sides) > 2 and all(LETTER.fullmatch(side.strip()) for side in sides[:-1]):
        # x = y = 1
        return _several([_equation([side, right], depth) for side in sides[:-1]], ",")
    if len(sides) == 2 and naming(right) and not naming(left):
        left, right = right, left
    if naming(left):
        value = read(right, depth + 1)
        return Shape("equation", squeeze(f"{left}={right}"), (_leaf(left), value), name=squeeze(left))
    letters = [re.search(r"(?<!\\)[A-Za-z]", re.sub(r"\\[A-Za-z]+", "", side)) for side in (left, right)]
    if not letters[0] and not (letters[1] and len(sides) == 2):
        return read(right, depth + 1)  # 1 + 18 = 19
    return Shape("equation", squeeze(f"{left}={right}"), (_leaf(left), _leaf(right)))


def _relation(text: str, depth: int) -> Shape | None:
    """An inequality in one symbol, as the numbers it leaves; another one as a shape of its own kind."""
    cuts, signs = cut(text, RELATION)
    sides = [side.strip() for side in cuts]
    if not signs or not all(sides):
        return None
    if len(signs) == 1 and naming(sides[1]) and not naming(sides[0]):
        sides, signs = sides[::-1], [FLIPPED[signs[0]]]
    if len(signs) == 1 and (between := ABSOLUTE.fullmatch(sides[0])):
        return _absolute(between, signs[0], sides[1], text, depth)
    if len(signs) == 1 and naming(sides[0]):
        value, name, sign = read(sides[1], depth + 1), squeeze(sides[0]), signs[0]
        if sign == r"\neq":
            return replace(_except(value), name=name, text=squeeze(text))
        closed = "eq" in sign
        above = sign in (">", r"\geq")
        ends = (value, INFINITE) if above else (BELOW_ALL, value)
        brackets = ("[)" if closed else "()") if above else ("(]" if closed else "()")
        return Shape("tuple", squeeze(text), ends, brackets, name)
    if len(signs) == 2 and naming(sides[1]):
        if all(sign in (">", r"\geq") for sign in signs):
            sides, signs = sides[::-1], [FLIPPED[sign] for sign in reversed(signs)]
        if all(sign in ("<", r"\leq") for sign in signs):
            ends = (read(sides[0], depth + 1), read(sides[2], depth + 1))
            brackets = ("[" if "eq" in signs[0] else "(") + ("]" if "eq" in signs[1] else ")")
            return Shape("tuple", squeeze(text), ends, brackets, squeeze(sides[1]))
    return Shape("relation", squeeze(text))


def _absolute(between: re.Match[str], sign: str, far: str, text: str, depth: int) -> Shape | None:
    """|x - 3| < 2: the numbers so near to one, or so far from it."""
    middle, within = number((between[2] or "0").replace(" ", "")), number(far)
    if middle is None or within is None or within < 0 or sign == r"\neq":
        return Shape("relation", squeeze(text))
    name, low, high = between[1], f"{-middle - within}", f"{-middle + within}"
    if sign in ("<", r"\leq"):
        return replace(read(f"{low} {sign} {name} {sign} {high}", depth + 1), text=squeeze(text))
    rays = [f"{name} {FLIPPED[sign]} {low}", f"{name} {sign} {high}"]
    one = region([read(ray, depth + 1) for ray in rays], "or", squeeze(name))
    return one and replace(one, text=squeeze(text))


def _bracketed(text: str, depth: int) -> Shape | None:
    french = re.fullmatch(r"([\[\]])([^\[\]]+)([\[\]])", text)
    if french and french[1] + french[3] != "[]":
        text = ("[" if french[1] == "[" else "(") + french[2] + ("]" if french[3] == "]" else ")")
    for opening, closing in ((r"\{", r"\}"), ("{", "}"), ("(", ")"), ("[", "]"), ("(", "]"), ("[", ")")):
        if not (text.startswith(opening) and text.endswith(closing)) or not _spans(text):
            continue
        inside = text[len(opening) : -len(closing)]
        if opening == r"\{" and (built := BUILDER.fullmatch(inside)):
            return _built(squeeze(built[1]), built[2] or "", built[3].strip(), depth)
        parts = [part for part in split(inside, ",|;") if part.strip()]
        if not parts:
            return None
        if "{" in opening and (len(parts) > 1 or opening == r"\{"):
            if len(parts) == 1 and re.search(r"\\mid|\||:", inside):
                return None
            # LaTeX does not print plain braces: {1, 3} reads 1, 3.
            kind = "set" if opening == r"\{" else "list"
            inner = [read(part, depth + 1) for part in parts]
            flat = [one for part in inner for one in (part.parts if part.kind == "list" else (part,))]
            return Shape(kind, parts=tuple(flat))  # {0, \pm 1}
        if len(parts) > 1:
            return Shape(
                "tuple", parts=tuple(read(part, depth + 1) for part in parts), brackets=opening + closing
            )
        return None if opening + closing in ("(]", "[)") else read(inside, depth + 1)
    return None


def _built(name: str, domain: str, condition: str, depth: int) -> Shape | None:
    """A set by its property as the values in it; None leaves it to math-verify, as a formula."""
    region_ = read(condition, depth + 1)
    if is_region(region_) and region_.name == name:
        if not domain:
            return region_
        return integers_of(region_) if domain == "Z" else None
    return solutions(name, condition, whole=domain == "Z") if domain != "N" else None


def _case(worth: str, when: str, depth: int) -> Shape:
    """One row of a function by cases: its value and its condition."""
    parts = (read(tidy(worth), depth + 1), read(tidy(when), depth + 1))
    return Shape("tuple", f"{squeeze(worth)} if {squeeze(when)}", parts, "cases")


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
    if len(EITHER.findall(text)) == 1 or OPPOSITE.search(text):
        both = (
            OPPOSITE.sub("-", EITHER.sub("+", text)),
            OPPOSITE.sub("+", EITHER.sub("-", text)),
        )
        return Shape("list", parts=tuple(_leaf(one.lstrip().removeprefix("+")) for one in both))
    percent = bool(PERCENT.search(text))
    text = PERCENT.sub("", text)
    match = re.fullmatch(r"\\text\s*\{\s*([^{}]*?)\s*\}", text)
    words = match[1] if match else (WORDS.fullmatch(text) or ("", ""))[1]
    if words:
        plain = words.strip("() .").casefold()
        inner, unit = amount(words)
        if number(inner) is None and not words.startswith("$"):
            return Shape("words", plain, name=words)
        return Shape("leaf", inner, unit=unit, percent=percent)
    if numeral := based(text):
        return Shape("leaf", str(numeral.value), digits=numeral.digits, percent=percent)
    text, unit = amount(text)
    if text == r"\emptyset":
        return Shape("words", text)
    return Shape("leaf", text, unit=unit, percent=percent)


def value(shape: Shape) -> str:
    """What a leaf says, or the number that words spell in figures."""
    items = spelled(shape.text) if shape.kind == "words" else None
    return shape.text if items is None else str(items)
