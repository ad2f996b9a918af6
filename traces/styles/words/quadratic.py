"""Quadratic equations in words."""

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
            "pair <m:int>,<n:int>:<p:int>,<sum:int>=<rest>",
            "Try the pair $<m>$ and $<n>$, with the product $<p>$ and the sum $<sum> = <rest>$.",
            "The pair $<m>$ and $<n>$ has the product $<p>$ and the sum $<sum> = <rest>$.",
            r"How about $<m>$ and $<n>$? We have $<m:signed> \cdot <n:signed> = <p>$ and $<sum> = <rest>$.",
            r"Take $<m>$ and $<n>$, since $<m:signed> \cdot <n:signed> = <p>$. They sum to $<sum> = <rest>$.",
            r"Another pair is $<m>$ and $<n>$: $<m:signed> \cdot <n:signed> = <p>$, and $<sum> = <rest>$.",
        ),
        form(
            "disc <sum>:<d:int>",
            "The discriminant is $<sum> = <d>$.",
            "For the formula, the discriminant: $<sum> = <d>$.",
            "Let me find the discriminant: $<sum> = <d>$.",
            "We need $b^2 - 4ac = <sum> = <d>$.",
        ),
        *(form(f"{word}:no solution", *NO_SOLUTION) for word in ("formula", "root", "split", "solve")),
        doing("formula", "use the quadratic formula", "the quadratic formula"),
        doing("complete <u>", "complete the square with $<u>$", "adding $<u>$ to complete the square"),
        doing("square", "write the left side as a square", "writing the left side as a square"),
        doing("isolate", "get the square alone", "isolating the square"),
        doing("simplify", "simplify", "simplifying"),
        DIVIDE,
        MULTIPLY,
        EXPAND,
        FACTOR,
        ONE_SIDE,
        SOLVE,
        SPLIT,
        TAKE_ROOTS,
    ),
    states=(
        form("<line>; <m:int>,<n:int>", "$<line>$ with the pair $<m>$, $<n>$"),
        form("<line>; D=<d:int>", "$<line>$ with the discriminant $<d>$"),
    ),
)
