"""A training text with its loss mask: which tokens a model learns, and which it only reads.

As a terminal shows it:

journey sft: 24 of 31 tokens are trained on
7x+12y=173
⟦y=1:7x=161
x=23
=23,1<eos>⟧
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from journey.problem import Problem

OPEN, CLOSE = "⟦", "⟧"
"""Around tokens that are trained on, so that nothing is lost without colours."""
LEGEND = f"{OPEN}trained on{CLOSE}, the rest is only read"


@dataclass(frozen=True, slots=True)
class Span:
    """Tokens in a row that all carry loss, or none of them."""

    text: str
    tokens: int
    trained: bool


@dataclass(frozen=True, slots=True)
class MaskedText:
    """One text that a stage trains on."""

    arm: str
    stage: str
    role: str
    """`text` in a supervised stage; `chosen` or `rejected` of a pair."""
    spans: tuple[Span, ...]

    @property
    def name(self) -> str:
        """The arm, the stage, and the side of a pair.

        >>> MaskedText("journey", "dpo", "chosen", ()).name
        'journey dpo chosen'
        """
        return f"{self.arm} {self.stage}" + ("" if self.role == "text" else f" {self.role}")

    @property
    def summary(self) -> str:
        """The number of tokens with loss, and of all tokens.

        >>> MaskedText("journey", "sft", "text", (Span("2+2=", 4, False), Span("4", 1, True))).summary
        '1 of 5 tokens are trained on'
        """
        trained = sum(span.tokens for span in self.spans if span.trained)
        return f"{trained} of {sum(span.tokens for span in self.spans)} tokens are trained on"

    @property
    def text(self) -> str:
        """The text without marks."""
        return "".join(span.text for span in self.spans)


@dataclass(frozen=True, slots=True)
class TrainingExample:
    """One training problem and all texts about it that the stages of a run train on."""

    problem: Problem
    texts: list[MaskedText]
    without_texts: list[str]
    """The stages, by arm and name, that learn from rewards and so have no texts."""


ReadMasks = Callable[[str], Sequence[MaskedText]]
"""The texts about a problem, given by its id, that the stages of a run train on."""


def render_masks(texts: Sequence[MaskedText]) -> Iterator[Text]:
    """Masked texts for a terminal: trained tokens in green and in brackets."""
    if not texts:
        yield Text("no stage trains on a text about this problem", style="dim")
    for text in texts:
        yield Text(f"{text.name}: {text.summary}", style="bold underline")
        shown = Text()
        for span in text.spans:
            _append(shown, span, span.text)
        yield shown
        yield Text("")


def masked_lines(text: MaskedText) -> list[Text]:
    """The lines of a masked text, each with brackets of its own, so that a line can be read alone."""
    lines = [Text()]
    for span in text.spans:
        for number, piece in enumerate(span.text.split("\n")):
            if number:
                lines.append(Text())
            if piece:
                _append(lines[-1], span, piece)
    return lines


def _append(shown: Text, span: Span, text: str) -> None:
    # Styles are set on spans, because a style of the Text itself ignores the theme of the browser.
    shown.append(f"{OPEN}{text}{CLOSE}" if span.trained else text, style="green" if span.trained else "dim")
