"""Antiderivatives in words."""

from traces.styles.words import Words
from traces.styles.words.forms import doing

WORDS = Words(
    takes=(
        doing("sum", "integrate term by term", "integrating term by term"),
        doing("multiple", "take the constant factor out", "taking the constant factor out"),
        doing("power", "use the power rule", "the power rule"),
        doing("table", "use the table of integrals", "the table of integrals"),
        doing("expand", "multiply out", "multiplying out"),
        doing("substitute <u>", "substitute $u = <u>$", "the substitution $u = <u>$"),
        doing("back", "carry out the substitution", "carrying out the substitution"),
        doing("parts <u>", "integrate by parts with $u = <u>$", "integration by parts with $u = <u>$"),
    ),
    proofs={"exhausted": ("no way I know goes on from <0>", "there is no rule for <0>")},
)
