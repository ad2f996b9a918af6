"""Simplifying in words."""

from traces.styles.words import Words
from traces.styles.words.forms import doing, form

WORDS = Words(
    takes=(
        doing("double", "use a double angle", "the double angle formula"),
        doing("pythagoras", r"use $\sin^2(x) + \cos^2(x) = 1$", "the Pythagorean identity"),
        doing("tangent", "write it with the tangent", "writing sine over cosine as a tangent"),
        doing("collect", "collect like terms", "collecting like terms"),
        doing("cancel", "cancel what stands above and below", "cancelling"),
        doing("factor", "factor", "factoring"),
        doing("expand", "multiply out", "expanding"),
        doing("common", "use a common denominator", "bringing it over a common denominator"),
        doing("merge", "write it as one fraction", "merging the fractions"),
        doing("root", "simplify the roots", "simplifying the roots"),
        doing("rationalise", "rationalise the denominator", "rationalising the denominator"),
    ),
    states=(form("<line> to <size:int>, <longer:int> longer", "$<line>$"),),
    proofs={
        "exhausted": (
            "no rewriting makes <0> short enough",
            "from <0> nothing short enough can be reached",
            "<0> is too long, and too few longer lines are left",
        )
    },
)
