"""Equations with fractions in words."""

from traces.styles.words import Words
from traces.styles.words.equations import DIVIDE, EXPAND, FACTOR, MULTIPLY, NO_SOLUTION, ONE_SIDE, SPLIT
from traces.styles.words.forms import doing, form

WORDS = Words(
    takes=(
        form(
            "keep <c>:<values>",
            "Keep $x = <c>$: the denominators there are $<values>$.",
            "At $x = <c>$ the denominators are $<values>$, so it stays.",
            "The candidate $x = <c>$ makes the denominators $<values>$ and is kept.",
            "Check $x = <c>$: with denominators $<values>$ it is a solution.",
        ),
        form(
            "drop <c>:<values>",
            "Drop $x = <c>$: the denominators there are $<values>$.",
            "At $x = <c>$ the denominators are $<values>$, so it goes.",
            "The candidate $x = <c>$ makes the denominators $<values>$ and is dropped.",
            "Check $x = <c>$: with denominators $<values>$ it is no solution.",
        ),
        *(form(f"{word}:no solution", *NO_SOLUTION) for word in ("none", "split")),
        doing("combine", "put each side over one denominator", "combining the fractions"),
        doing("cancel", "cancel", "cancelling"),
        form("none:<line>", "So $<line>$.", "That means $<line>$."),
        MULTIPLY,
        DIVIDE,
        EXPAND,
        FACTOR,
        ONE_SIDE,
        SPLIT,
    )
)
