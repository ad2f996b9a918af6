r"""What an answer is the value of: the x of x = 3, the f(x) of f(x) = 3x."""

from __future__ import annotations

import re
from dataclasses import replace

from journey.solution_text.answers.latex import squeeze
from journey.solution_text.answers.shapes import Shape, base

FUNCTION = re.compile(r"([A-Za-z]'*)\(([a-z])\)|([A-Za-z])_\{?([a-z])\}?")
DECORATED = re.compile(r"\\(?:overline|angle|triangle|vec|overrightarrow|hat|mathcal)(?![A-Za-z])|[|{}\s]")


def renamed(name: str, pred: Shape) -> Shape | None:
    """`pred` as a value of `name`: f(t) = t^2 for f(x); None if it is the value of something else."""
    one, other = (DECORATED.sub("", squeeze(each)).strip("()") for each in (name, pred.name))
    if one == other:
        return pred
    if "," in one and sorted(one.split(",")) == sorted(other.split(",")):
        places = [other.split(",").index(each) for each in one.split(",")]
        return replace(pred, name=name, parts=tuple(pred.parts[place] for place in places))
    expected, given = FUNCTION.fullmatch(squeeze(name)), FUNCTION.fullmatch(squeeze(pred.name))
    if expected and given and (expected[1] or expected[3]) == (given[1] or given[3]):
        return _of_letter(pred, given[2] or given[4], expected[2] or expected[4])
    if base(one) == base(other) and (one == base(one) or other == base(other)):
        return pred  # x_1 for x, but not for x_2
    # y = 2x + 3 and f(x) = 2x + 3 say the same of x.
    return pred if "y" in (one, other) and (expected or given) else None


def _of_letter(shape: Shape, given: str, expected: str) -> Shape:
    """The same with another letter for the variable."""
    letter = r"(?<![A-Za-z\\]){}(?![A-Za-z])"
    if re.search(letter.format(expected), shape.text.partition("=")[2]):
        return shape
    parts = tuple(_of_letter(part, given, expected) for part in shape.parts)
    return replace(shape, text=re.sub(letter.format(given), expected, shape.text), parts=parts)


def by_name(pair: Shape) -> list[tuple[Shape, ...]]:
    """The parts of y = 2, x = 1 in the order of their names, if that is another order."""
    names = pair.name.strip("()").split(",")
    order = sorted(range(len(names)), key=names.__getitem__)
    if len(names) != len(pair.parts) or order == list(range(len(names))):
        return []
    return [tuple(pair.parts[place] for place in order)]
