"""Texts with their loss masks as columns of the trace pane."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from traces.browser.problem_view import Column, Line
from traces.masked_text import MaskedText, masked_lines


def masked_columns(id: str, texts: Sequence[MaskedText]) -> dict[str, Column]:
    """The texts about a problem as columns, by their names: the first stage of every arm, then the next.

    Several pairs of one stage are numbered.
    """
    order = {stage: place for place, stage in enumerate(dict.fromkeys(text.stage for text in texts))}
    columns: dict[str, Column] = {}
    counts: dict[str, int] = {}
    for text in sorted(texts, key=lambda text: order[text.stage]):
        counts[text.name] = counts.get(text.name, 0) + 1
        name = text.name if counts[text.name] == 1 else f"{text.name} {counts[text.name]}"
        record = {"id": id, "arm": text.arm, "stage": text.stage, "role": text.role, "spans": text.spans}
        lines = [Line(line) for line in masked_lines(text)]
        columns[name] = Column(name, Text(text.summary), lines, text.text, record)
    return columns
