"""Linear equations in words."""

from traces.styles.words import Words
from traces.styles.words.equations import (
    ADD,
    ALL_NUMBERS,
    CLEAR,
    DIVIDE,
    EXPAND_PART,
    LIKE_TERMS,
    NO_SOLUTION,
    SUBTRACT,
)
from traces.styles.words.forms import form

WORDS = Words(
    takes=(
        SUBTRACT,
        ADD,
        DIVIDE,
        CLEAR,
        EXPAND_PART,
        LIKE_TERMS,
        form("so:no solution", *NO_SOLUTION),
        form("so:all numbers", *ALL_NUMBERS),
        form("so:<line>", "So $<line>$.", "That means $<line>$.", "Hence $<line>$."),
    )
)
