"""A problem as a line of the list."""

from __future__ import annotations

from collections.abc import Sequence
from os.path import commonprefix

from rich.text import Text

from journey.index import ProblemRow

MODELS = 8
"""Models whose greedy outputs a line has room for."""
ELIDED = "… "
FAMILY = 11
"""Characters of a family's name."""


def heading(models: Sequence[str], families: int) -> Text:
    """What the columns are; a model is the first letter of its name."""
    marks = "".join(model[0] for model in models[:MODELS])
    said = f"{marks} " if marks else ""
    said += f"L {'family':<{FAMILY}} " if families > 1 else "L "
    return Text(f"{said}{'✗':>4} {'?':>3} problem")


def common_beginnings(rows: Sequence[ProblemRow]) -> dict[str, int]:
    """By family, how many characters the statements begin with that are all the same, in whole words."""
    texts: dict[str, list[str]] = {}
    for row in rows:
        texts.setdefault(row.facts.family, []).append(_plain(row))
    # Characters, not paths, are what is compared.
    lengths = {family: len(commonprefix(said)) for family, said in texts.items() if len(said) > 1}  # noqa: RUF071
    return {family: texts[family][0].rfind(" ", 0, length) + 1 for family, length in lengths.items()}


def problem_line(
    row: ProblemRow, models: Sequence[str], families: int, found: str = "", width: int = 0, begin: int = 0
) -> Text:
    """One problem: its models right or wrong, level, family, refuted and undecided steps, its words.

    What was searched for is underlined. Where the words are too long for the width, `begin` characters that
    its neighbours begin with as well are left out.
    """
    facts = row.facts
    line = Text(no_wrap=True, overflow="crop")
    for model in models[:MODELS]:
        right = row.greedy.get(model)
        sign, style = ("-", "dim") if right is None else ("✓", "green") if right else ("✗", "red")
        line.append(sign, style=style)
    if models:
        line.append(" ")
    line.append(f"{'-' if facts.level is None else facts.level} ", style="cyan")
    if families > 1:
        line.append(f"{facts.family[:FAMILY]:<{FAMILY}} ")
    line.append(f"{_few(facts.wrong):>4} ", style="red" if facts.wrong else "dim")
    line.append(f"{_few(facts.unknown):>3} ", style="magenta" if facts.unknown else "dim")
    begun, said = len(line), _plain(row)
    short = begin > len(ELIDED) and width and begun + len(said) > width
    line.append(ELIDED + said[begin:] if short else said)
    if found and (at := line.plain.lower().find(found.lower(), begun)) >= 0:
        line.stylize("underline bold", at, at + len(found))
    return line


def _plain(row: ProblemRow) -> str:
    return " ".join(row.facts.statement.split())


def _few(count: int) -> str:
    """A count in at most 4 characters.

    >>> _few(0), _few(999), _few(12345)
    ('·', '999', '12k')
    """
    return "·" if not count else str(count) if count < 1000 else f"{count // 1000}k"
