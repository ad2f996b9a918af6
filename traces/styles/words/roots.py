"""Rational roots in words."""

import re

from journey.errors import ParseError
from journey.expressions import polynomial
from traces.styles.words import Words
from traces.styles.words.forms import Kind, form
from traces.styles.words.tex import terse, tex

TERM = re.compile(r"([+-]?)(\d*)(x?)(?:\^(\d{1,2}))?")


def say_polynomial(coefficients: str) -> str:
    """The polynomial with these coefficients.

    >>> say_polynomial("1,0,-6")
    'x^2 - 6'
    """
    return tex(polynomial([int(each) for each in coefficients.split(",")]))


def read_polynomial(latex: str) -> str:
    """The coefficients of a polynomial: the inverse of `say_polynomial`.

    >>> read_polynomial("x^2 - 6")
    '1,0,-6'
    """
    text, coefficients = terse(latex), dict[int, int]()
    for term in re.findall(r"[+-]?[^+-]+", text):
        parts = TERM.fullmatch(term)
        if not parts or not (parts[2] or parts[3]):
            raise ParseError(f"no polynomial: {text[:40]!r}")
        power = int(parts[4] or 1) if parts[3] else 0
        coefficients[power] = int(f"{parts[1]}{parts[2] or 1}")
    return ",".join(str(coefficients.get(power, 0)) for power in range(max(coefficients), -1, -1))


WORDS = Words(
    takes=(
        form(
            "x=<root>:<scheme>",
            "Try $x = <root>$ with Horner's scheme: $<scheme>$.",
            "Horner's scheme at $x = <root>$: $<scheme>$.",
            "Is $x = <root>$ a root? The scheme runs $<scheme>$.",
            "Put in $x = <root>$, coefficient by coefficient: $<scheme>$.",
        ),
        form(
            "/(<factor>)=<rest:polynomial>",
            "Divide by $<factor>$: what is left is $<rest:polynomial>$.",
            "Dividing by $<factor>$ leaves $<rest:polynomial>$.",
            "Take out the factor $<factor>$, and $<rest:polynomial>$ is left.",
        ),
        form(
            "D=<sum>=<value:int>",
            "The discriminant is $<sum> = <value>$.",
            "What is left has the discriminant $<sum> = <value>$.",
            "Let me find the discriminant: $<sum> = <value>$.",
        ),
        form(
            "<factor>:x=<root>",
            "From $<factor> = 0$ we get $x = <root>$.",
            "The last factor $<factor>$ gives $x = <root>$.",
            "Solve $<factor> = 0$: $x = <root>$.",
        ),
    ),
    states=(form("<left:one>,<found>", "$<left:one>$ with the roots $<found>$"),),
    proofs={"exhausted": ("no candidate makes <0> zero",)},
    kinds={
        "one": Kind("[^,]+", "[^,]+", tex, terse),
        "polynomial": Kind(r"-?\d{1,9}(?:,-?\d{1,9})*", r"[^$]+", say_polynomial, read_polynomial),
    },
)
