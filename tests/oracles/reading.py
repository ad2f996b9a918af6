"""Text as sympy's parser reads it, for the oracles that ask sympy."""

from __future__ import annotations

from typing import Any

from sympy import Symbol
from sympy.parsing.sympy_parser import (
    convert_xor,
    implicit_multiplication_application,
    parse_expr,
    standard_transformations,
)

X = Symbol("x", real=True)
RULES = (*standard_transformations, implicit_multiplication_application, convert_xor)


def expression(text: str, *names: Symbol) -> Any:
    """An expression in these names, or else in a real x."""
    # The parser runs what it reads: every text here is the suite's own.
    return parse_expr(text, {name.name: name for name in names or (X,)}, RULES)
