"""Factoring quadratics in words."""

from traces.styles.words import Words
from traces.styles.words.forms import form

WORDS = Words(
    takes=(
        form(
            "<m:int>*<n:int>=<p:int>,<sum:int>=<rest>",
            r"Try $<m>$ and $<n>$: $<m:signed> \cdot <n:signed> = <p>$, with the sum $<sum> = <rest>$.",
            "The numbers $<m>$ and $<n>$ have the product $<p>$ and the sum $<sum> = <rest>$.",
            r"Another pair is $<m>$ and $<n>$: the product is $<p>$, the sum $<sum> = <rest>$.",
            r"Take $<m>$ and $<n>$: $<m:signed> \cdot <n:signed> = <p>$. They sum to $<sum> = <rest>$.",
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
