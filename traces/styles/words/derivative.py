"""Derivatives in words."""

from traces.styles.words import Words
from traces.styles.words.forms import doing

WORDS = Words(
    takes=(
        doing("sum", "differentiate term by term", "the sum rule"),
        doing("constant", "drop the derivative of the constant", "the derivative of a constant"),
        doing("multiple", "take the constant factor out", "taking the constant factor out"),
        doing("power", "use the power rule", "the power rule"),
        doing("terms", "differentiate the polynomial", "differentiating the polynomial"),
        doing("table", "use the table of derivatives", "the table of derivatives"),
        doing("chain", "use the chain rule", "the chain rule"),
        doing("product", "use the product rule", "the product rule"),
        doing("quotient", "use the quotient rule", "the quotient rule"),
        doing("expand", "multiply out", "multiplying out"),
    ),
    proofs={"exhausted": ("no rule I know gives <1>, <0>",)},
)
