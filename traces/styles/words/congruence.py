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
            "<a:int>*<k:int>+<more:int>=<rest>",
            r"Try $k = <k:int>$: $<a:int> \cdot <k:int> + <more:int> = <rest>$.",
            r"With $k = <k:int>$, $<a:int> \cdot <k:int> + <more:int> = <rest>$.",
            r"Next is $k = <k:int>$, and $<a:int> \cdot <k:int> + <more:int> = <rest>$.",
            r"For $k = <k:int>$ we have $<a:int> \cdot <k:int> + <more:int> = <rest>$.",
        ),
        form(
            "<a:int>*<k:int>=<rest>",
            r"Try $<k:int>$: $<a:int> \cdot <k:int> = <rest>$.",
            r"Is $<k:int>$ the inverse? We have $<a:int> \cdot <k:int> = <rest>$.",
            r"With $<k:int>$ we get $<a:int> \cdot <k:int> = <rest>$.",
            r"Next is $<k:int>$, and $<a:int> \cdot <k:int> = <rest>$.",
        ),
        form(
            "x=<a:int>*<b:int>=<rest>",
            r"Multiply by the inverse: $x = <a:int> \cdot <b:int> = <rest>$.",
            r"Multiplying by the inverse gives $x = <a:int> \cdot <b:int> = <rest>$.",
            r"So, up to the modulus, $x = <a:int> \cdot <b:int> = <rest>$.",
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
