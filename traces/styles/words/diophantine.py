"""Linear Diophantine equations in words."""

from traces.styles.words import Words
from traces.styles.words.forms import form

WORDS = Words(
    takes=(
        form(
            "y=<y:int>:<rest>",
            "Try $y = <y>$: that leaves $<rest>$.",
            "With $y = <y>$ we are left with $<rest>$.",
            "Let $y = <y>$. Then $<rest>$.",
            "Put $y = <y>$, which leaves $<rest>$.",
            "Suppose that $y = <y>$; then $<rest>$.",
        ),
        form(
            "x=<x:int>",
            "Dividing gives $x = <x>$.",
            "Divide, and $x = <x>$.",
            "So $x = <x>$.",
            "That makes $x = <x>$.",
            "Hence $x = <x>$.",
        ),
    ),
    answers=(form("<x:int>,<y:int>", r"x = <x>,\; y = <y>"),),
    proofs={"exhausted": ("no value of <0> makes <1>",)},
)
