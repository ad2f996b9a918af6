"""Sums in words: each line and answer of the family in a few wordings. This module is data only."""

from traces.styles.words import Words
from traces.styles.words.forms import form

WORDS = Words(
    takes=(
        form(
            "<a:int>+<b:int>=<c:int>",
            "Add $<a>$ and $<b>$: that makes $<c>$.",
            "$<a>$ and $<b>$ make $<c>$.",
            "Adding $<b>$ to $<a>$ gives $<c>$.",
        ),
    ),
    answers=(form("<c:int>", "<c>"),),
)
"""A slot such as <a:int> stands for the same in a line and in its wordings (`traces.styles.words.forms`)."""
