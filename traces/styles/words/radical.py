"""Equations with square roots in words."""

from traces.styles.words import Words
from traces.styles.words.equations import (
    DIVIDE,
    EXPAND,
    FACTOR,
    MULTIPLY,
    NO_SOLUTION,
    ONE_SIDE,
    SOLVE,
    SPLIT,
    TAKE_ROOTS,
)
from traces.styles.words.forms import doing, form

WORDS = Words(
    takes=(
        form(
            "try <c>:<left>=<right>",
            "Try $x = <c>$: the left side is $<left>$, the right side $<right>$.",
            "Put in $x = <c>$: left $<left>$, right $<right>$.",
            "At $x = <c>$ the two sides are $<left>$ and $<right>$.",
            "Check $x = <c>$ in the problem: $<left>$ on the left, $<right>$ on the right.",
        ),
        form(
            "void <c>:<value>",
            "At $x = <c>$ there would be $<value>$ under a root, so this is no solution.",
            "Put in $x = <c>$: a root of $<value>$ has no real value.",
            "Drop $x = <c>$, which puts $<value>$ under a root.",
        ),
        form(
            "sign:no solution",
            "A root is never negative, so there is no solution.",
            "No root is below zero; there is no solution.",
        ),
        *(
            form(f"{word}:no solution", *NO_SOLUTION)
            for word in ("root", "split", "solve", "square", "collect")
        ),
        doing("square", "square both sides", "squaring both sides"),
        doing("isolate", "get the root alone", "isolating the root"),
        doing("swap", "swap the sides", "swapping the sides"),
        DIVIDE,
        MULTIPLY,
        EXPAND,
        FACTOR,
        ONE_SIDE,
        SOLVE,
        SPLIT,
        TAKE_ROOTS,
    )
)
