"""Linear congruences in words."""

from traces.styles.words import Words
from traces.styles.words.forms import form

WORDS = Words(
    takes=(
        form(
            "/<d:int>:<line>",
            "Divide by $<d:int>$: $<line>$.",
            "The common divisor $<d:int>$ goes out: $<line>$.",
            "Dividing by $<d:int>$ gives $<line>$.",
        ),
        form(
            "<x:int>:<before:int>+<added:int>=<rest>",
            "Try $x = <x:int>$: $<before:int> + <added:int> = <rest>$.",
            "With $x = <x:int>$, the rest is $<before:int> + <added:int> = <rest>$.",
            "Next is $x = <x:int>$, and $<before:int> + <added:int> = <rest>$.",
            "For $x = <x:int>$ we have $<before:int> + <added:int> = <rest>$.",
        ),
        form(
            "x=<a:int>/<b:int>=<x:int>",
            "Divide: $x = <a:int> / <b:int> = <x:int>$.",
            "Dividing gives $x = <a:int> / <b:int> = <x:int>$.",
            "Just divide, so $x = <a:int> / <b:int> = <x:int>$.",
        ),
        form("x=<x:int>", "So $x = <x:int>$.", "That means $x = <x:int>$.", "Hence $x = <x:int>$."),
    ),
    proofs={"exhausted": ("no whole number solves <0>",)},
)
