"""Countdown in words."""

from traces.styles.words import Words
from traces.styles.words.forms import form

SUM = "$<a> <sign:sign> <b:signed> = <c>$"

WORDS = Words(
    takes=(
        form(
            "<a:int><sign:sign><b:signed>=<c:int>=<rest>",
            "Last, $<a> <sign:sign> <b:signed> = <c> = <rest>$.",
            "The two that are left give $<a> <sign:sign> <b:signed> = <c> = <rest>$.",
            "From $<a>$ and $<b>$ comes $<a> <sign:sign> <b:signed> = <c> = <rest>$.",
            "Now only $<a> <sign:sign> <b:signed> = <c> = <rest>$ can be made.",
        ),
        form(
            "<a:int><sign:sign><b:signed>=<c:int>",
            f"Try {SUM}.",
            f"Combine $<a>$ and $<b>$: {SUM}.",
            f"Take {SUM}.",
            f"Let me use {SUM}.",
            f"Next, {SUM}.",
            f"From $<a>$ and $<b>$ we can make {SUM}.",
        ),
    ),
    states=(form("<left>><target:int>", "the numbers $<left>$"),),
    proofs={
        "exhausted": (
            "that leaves <0>, and no operation makes <1>",
            "with <0> left, nothing makes <1>",
            "<1> cannot be made from <0>",
            "what is left is <0>, from which <1> cannot be made",
        )
    },
)
