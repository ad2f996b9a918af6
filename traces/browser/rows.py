"""Renders a problem as a line of the list."""

from __future__ import annotations

from collections.abc import Sequence
from os.path import commonprefix

from rich.text import Text

from journey.runs.index import ProblemRow

MARKS = "abcdefgh"
"""The letters of the models whose greedy outputs a line shows, one each; there is room for no more."""
MAX_MODELS = len(MARKS)
ELIDED = "… "
FAMILY_WIDTH = 11
"""Width of the family column in characters."""


def legend(models: Sequence[str]) -> Text:
    """Names the model of each column; "" without models.

    >>> legend(["journey-dpo", "journey-sft"]).plain.split()
    ['a', 'journey-dpo', 'b', 'journey-sft']
    """
    return Text("  ").join(
        Text.assemble((mark, "bold"), f" {model}".replace(" ", "\N{NO-BREAK SPACE}"))
        for mark, model in zip(MARKS, models, strict=False)
    )


def heading(models: Sequence[str], families: int, common: str = "") -> Text:
    """The heading of the columns; `legend` names the models.

    Args:
        models: the models, in column order.
        families: the number of families in the run.
        common: the words that each statement begins with, which the lines omit.
    """
    marks = MARKS[: len(models)]
    text = f"{marks} " if marks else ""
    text += f"L {'family':<{FAMILY_WIDTH}} " if families > 1 else "L "
    return Text(f"{text}{'✗':>4} {'?':>3} {f'{common}…' if common else 'problem'}")


def common_beginnings(rows: Sequence[ProblemRow]) -> dict[str, int]:
    """By family, the length of the longest common prefix of the statements, in full words."""
    texts: dict[str, list[str]] = {}
    for row in rows:
        texts.setdefault(row.facts.family, []).append(plain(row))
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
        common: the length of the prefix shared with the other lines. It is omitted if the line is too long,
            or if there is one family, because the heading then says it once.
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
    start, statement = len(line), plain(row)
    too_long = width and start + len(statement) > width
    short = common > len(ELIDED) and (families == 1 or too_long)
    line.append(ELIDED + statement[common:] if short else statement)
    if search and (match := line.plain.lower().find(search.lower(), start)) >= 0:
        line.stylize("underline bold", match, match + len(search))
    return line


def plain(row: ProblemRow) -> str:
    """The statement on one line."""
    return " ".join(row.facts.statement.split())


def _short_count(count: int) -> str:
    """A count in at most 4 characters.

    >>> _short_count(0), _short_count(999), _short_count(12345)
    ('·', '999', '12k')
    """
    return "·" if not count else str(count) if count < 1000 else f"{count // 1000}k"
