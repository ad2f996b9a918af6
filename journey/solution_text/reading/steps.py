"""Cuts a solution into its steps: lines, or sentences, but nothing inside mathematics or a drawing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from journey.solution_text.reading.tokens import DRAWING, delimited

MAX_SOLUTION = 100_000
"""A longer one is cut at its line ends alone."""
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z$\\(])|\n+")
DISPLAY = re.compile(r"\\\[|\$\$|\\begin\{")
DISPLAY_END = re.compile(r"(?:\\\]|\$\$|\\end\{\w+\*?\})\s*(?=[A-Z])")


def split_steps(solution: str) -> list[str]:
    r"""A solution in one text as steps: its lines, or the sentences of a text that has no lines or is LaTeX.

    >>> split_steps("So 3+4 = 7.\nThen 7*2 = 14. Done.")
    ['So 3+4 = 7.', 'Then 7*2 = 14. Done.']
    >>> split_steps("So $3+4 = 7$. Then \\[7*2\n= 14.\\] Done.")
    ['So $3+4 = 7$.', 'Then \\[7*2\n= 14.\\]', 'Done.']
    """
    if len(solution) > MAX_SOLUTION:
        return [line.strip() for line in solution.split("\n") if line.strip()]
    # Where mathematics stands, nothing is cut: its characters are masked by letters while cutting.
    masked, at, mathematics = list(solution), 0, False
    ends = []
    for span in delimited(solution):
        begin = solution.index(span.text, at)
        at = begin + len(span.text)
        if span.mathematics:
            mathematics = True
            masked[begin:at] = "m" * len(span.text)
            if span.text.rstrip().endswith(".") and (closed := DISPLAY_END.match(solution, at)):
                ends.append((closed.end(), closed.end()))
    for start, stop in _drawings(solution):
        masked[start:stop] = "m" * (stop - start)
    plain = "".join(masked)
    pattern = SENTENCE if mathematics or "\n" not in plain.strip() else re.compile(r"\n+")
    cuts = [
        (cut.start(), cut.end())
        for cut in pattern.finditer(plain)
        if not (mathematics and DISPLAY.match(solution, cut.end()) and plain[cut.start() - 1] not in ".!?")
    ]
    steps, at = [], 0
    for begin, end in sorted([*cuts, *ends]):
        if begin >= at:
            steps.append(solution[at:begin])
            at = end
    steps.append(solution[at:])
    return [step.strip() for step in steps if step.strip()]


def _drawings(text: str) -> Iterator[tuple[int, int]]:
    """Where the drawings stand, each with the line ends around it: they belong to the step before them."""
    end = 0
    while (start := text.find(DRAWING, end)) >= 0 and (close := text.find("[/asy]", start)) >= 0:
        end = close + len("[/asy]")
        while start and text[start - 1] == "\n":
            start -= 1
        while not start and text[end : end + 1] == "\n":
            end += 1
        yield start, end
