"""Factoring quadratics in words."""

from traces.styles.words import Words
from traces.styles.words.forms import form

WORDS = Words(
    takes=(
        form(
            "<m:int>*<n:int>=<p:int>",
            r"Try $<m>$ and $<n>$: $<m:signed> \cdot <n:signed> = <p>$.",
            "The numbers $<m>$ and $<n>$ have the product $<p>$.",
            r"How about $<m>$ and $<n>$? Indeed $<m:signed> \cdot <n:signed> = <p>$.",
            r"Another pair is $<m>$ and $<n>$, with $<m:signed> \cdot <n:signed> = <p>$.",
            r"Take $<m>$ and $<n>$, since $<m:signed> \cdot <n:signed> = <p>$.",
        ),
        form(
            "<factors>",
            "Splitting the middle term gives $<factors>$.",
            "Grouping, we get $<factors>$.",
            "With this pair the factors are $<factors>$.",
            "That factors as $<factors>$.",
        ),
    ),
    states=(form("<line>, <m:int>x and <n:int>x", "$<line>$ with the pair $<m>$, $<n>$"),),
    proofs={"exhausted": ("<0> has <1>",)},
)
