"""Draws a state as a two-dimensional formula with sympy's pretty printer."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import sympy
from sympy.printing.pretty.pretty import PrettyPrinter
from sympy.printing.pretty.stringpict import prettyForm

from journey.algebra import FUNCTIONS, Algebra, Relation, read, read_relation
from journey.errors import MoveError

CUT = re.compile(r"([,;:] *| mod | to )")
WORD = re.compile("[A-Za-z]{2,}")
JOINING = ("or", "and")
COMPARED = {
    "=": sympy.Eq, "<": sympy.Lt, ">": sympy.Gt, "<=": sympy.Le, ">=": sympy.Ge,
}  # fmt: skip


class PlusMinus(sympy.Function):  # type: ignore[misc]
    """The sign plus-minus, unary or binary."""


class _Printer(PrettyPrinter):  # type: ignore[misc]
    def _print_PlusMinus(self, both: Any) -> Any:
        *before, after = (self._print(each) for each in both.args)
        sign = " ± " if before else "±"
        return prettyForm(*prettyForm.next(*before, sign, after), binding=prettyForm.ADD)


@lru_cache(maxsize=512)
def pretty(text: str) -> str:
    """Draws the algebraic pieces of a text in two dimensions and keeps the rest.

    >>> print(pretty("x/2=3, and so on"))
    x
    ─ = 3, and so on
    2
    """
    shown: list[Any] = []
    for piece in CUT.split(text):
        shown += [piece] if not piece.strip() or CUT.fullmatch(piece) else [_piece(piece)]
    lines = str(prettyForm(*prettyForm.next(*shown))).split("\n") if len(shown) > 1 else [*_lines(shown[0])]
    return "\n".join(line.rstrip() for line in lines)


def _lines(form: Any) -> list[str]:
    return str(form).split("\n")


def _piece(text: str) -> Any:
    if {*WORD.findall(text)} - {*FUNCTIONS, *JOINING}:
        return text
    printer: Any = _Printer({"use_unicode": True, "order": "none", "wrap_line": False})
    try:
        return _relation(printer, read_relation(text))
    except MoveError:
        return _alone(printer, text)


def _alone(printer: Any, text: str) -> Any:
    """Draws a text that is not a relation: an expression, or words unchanged."""
    try:
        return printer._print(_expression(read(text)))
    except MoveError:
        return text


def _relation(printer: Any, relation: Relation) -> Any:
    if len(relation) == 1:
        return "all numbers" if relation[0] == "all" else "no solution"
    sign, left, right = relation
    if sign in COMPARED:
        return printer._print(COMPARED[sign](_expression(left), _expression(right), evaluate=False))
    connective = f" {sign} "
    return prettyForm(*prettyForm.next(_relation(printer, left), connective, _relation(printer, right)))


def _expression(tree: Algebra) -> Any:
    """Converts to sympy exactly as written, without evaluation."""
    if isinstance(tree, int):
        return sympy.Integer(tree)
    if isinstance(tree, str):
        return sympy.Symbol(tree)
    if len(tree) == 2:
        return _applied(tree[0], _expression(tree[1]))
    sign, left, right = tree[0], _expression(tree[1]), _expression(tree[2])
    if sign == "*":
        return sympy.Mul(left, right, evaluate=False)
    if sign == "/":
        under = sympy.Pow(right, -1, evaluate=False)
        return under if left == 1 else sympy.Mul(left, under, evaluate=False)
    if sign == "^":
        return sympy.Pow(left, right, evaluate=False)
    if sign == "+-":
        return PlusMinus(left, right)
    return sympy.Add(left, right if sign == "+" else _minus(right), evaluate=False)


def _applied(name: str, inside: Any) -> Any:
    x = sympy.Symbol("x")
    if name == "neg":
        return _minus(inside)
    if name == "D":
        return sympy.Derivative(inside, x, evaluate=False)
    if name == "I":
        return sympy.Integral(inside, x)
    if name == "sqrt":
        return sympy.Pow(inside, sympy.Rational(1, 2), evaluate=False)
    if name == "+-":
        return PlusMinus(inside)
    return getattr(sympy, "Abs" if name == "abs" else name)(inside, evaluate=False)


def _minus(inside: Any) -> Any:
    return sympy.Mul(-1, inside, evaluate=False)
