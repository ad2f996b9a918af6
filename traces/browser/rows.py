"""Renders a problem as a line of the list."""

from __future__ import annotations

from collections.abc import Sequence
from os.path import commonprefix

from rich.text import Text

from journey.runs.index import ProblemRow

MAX_MODELS = 8
"""Maximum number of models whose greedy outputs a line shows."""
ELIDED = "… "
FAMILY_WIDTH = 11
"""Width of the family column in characters."""


def heading(models: Sequence[str], families: int) -> Text:
    """The heading of the columns; each model is the first letter of its name."""
    marks = "".join(model[0] for model in models[:MAX_MODELS])
    text = f"{marks} " if marks else ""
    text += f"L {'family':<{FAMILY_WIDTH}} " if families > 1 else "L "
    return Text(f"{text}{'✗':>4} {'?':>3} problem")


def common_beginnings(rows: Sequence[ProblemRow]) -> dict[str, int]:
    """By family, the length of the longest common prefix of the statements, in full words."""
    texts: dict[str, list[str]] = {}
    for row in rows:
        texts.setdefault(row.facts.family, []).append(_plain(row))
    # `commonprefix` compares characters here, not paths.
    lengths = {name: len(commonprefix(each)) for name, each in texts.items() if len(each) > 1}  # noqa: RUF071
    return {family: texts[family][0].rfind(" ", 0, length) + 1 for family, length in lengths.items()}


def problem_line(
    row: ProblemRow, models: Sequence[str], families: int, search: str = "", width: int = 0, common: int = 0
) -> Text:
    """Renders one problem: the models' results, level, family, refuted and undecided steps, and statement.

    Args:
        row: the problem.
        models: the models, in column order.
        families: the number of families in the run; the family is shown if there are several.
        search: the search text, which is underlined.
        width: the width of the line in characters; 0 is unlimited.
        common: the length of the prefix shared with the other lines; it is omitted if the line is too long.
    """
    facts = row.facts
    line = Text(no_wrap=True, overflow="crop")
    for model in models[:MAX_MODELS]:
        right = row.greedy.get(model)
        sign, style = ("-", "dim") if right is None else ("✓", "green") if right else ("✗", "red")
        line.append(sign, style=style)
    if models:
        line.append(" ")
    line.append(f"{'-' if facts.level is None else facts.level} ", style="cyan")
    if families > 1:
        line.append(f"{facts.family[:FAMILY_WIDTH]:<{FAMILY_WIDTH}} ")
    line.append(f"{_short_count(facts.wrong):>4} ", style="red" if facts.wrong else "dim")
    line.append(f"{_short_count(facts.unknown):>3} ", style="magenta" if facts.unknown else "dim")
    start, statement = len(line), _plain(row)
    short = common > len(ELIDED) and width and start + len(statement) > width
    line.append(ELIDED + statement[common:] if short else statement)
    if search and (match := line.plain.lower().find(search.lower(), start)) >= 0:
        line.stylize("underline bold", match, match + len(search))
    return line


def _plain(row: ProblemRow) -> str:
    return " ".join(row.facts.statement.split())


def _short_count(count: int) -> str:
    """A count in at most 4 characters.

    >>> _short_count(0), _short_count(999), _short_count(12345)
    ('·', '999', '12k')
    """
    return "·" if not count else str(count) if count < 1000 else f"{count // 1000}k"
