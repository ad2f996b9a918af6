"""Word problems in words: the quantities by their names."""

import re

from journey.families.story import NOUNS
from traces.styles.words import Words
from traces.styles.words.forms import Kind, form, table

SUM = "$<a> <sign:sign> <b:signed> = <c>$"


def formula(text: str) -> str:
    r"""A formula with names for letters.

    >>> formula("p+4")
    '$\\text{pears} + 4$'
    """
    signs = {"+": " + ", "-": " - ", "*": r" \cdot "}
    latex = re.sub(r"[-+*]|[a-z]", lambda each: signs.get(each[0]) or rf"\text{{{NOUNS[each[0]]}}}", text)
    return f"${latex}$"


WORDS = Words(
    takes=(
        form(
            "<n:noun>=<a:int><sign:sign><b:signed>=<c:int>",
            f"There are {SUM} <n:noun>.",
            f"The number of <n:noun> is {SUM}.",
            f"So the number of <n:noun> is {SUM}.",
            f"Next, the <n:noun>: {SUM}.",
            f"For the <n:noun> we get {SUM}.",
        ),
    ),
    proofs={
        "unready": (
            "the number of <0:noun> is not known yet",
            "nobody knows yet how many <0:noun> there are",
            "first we need the number of <0:noun>",
        ),
        "misread": (
            "<0:formula> is <1> here, not <2>",
            "<0:formula> means <1>, not <2>",
            "the text says <0:formula>, which is <1> and not <2>",
        ),
    },
    kinds={"noun": table(NOUNS), "formula": Kind(".+", ".+", formula, formula)},
)
