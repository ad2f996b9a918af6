"""Wordings shared by the families of equations and inequalities."""

from __future__ import annotations

from traces.styles.words.forms import doing, form

SUBTRACT = doing(
    "add -<u:term>", "subtract $<u:term>$ from both sides", "subtracting $<u:term>$ from both sides"
)
ADD = doing("add <u>", "add $<u>$ to both sides", "adding $<u>$ to both sides")
DIVIDE = doing("divide <u>", "divide both sides by $<u>$", "dividing both sides by $<u>$")
MULTIPLY = doing("multiply <u>", "multiply both sides by $<u>$", "multiplying both sides by $<u>$")
CLEAR = doing(
    "clear <u>", "clear the denominators with $<u>$", "multiplying through by $<u>$",
    "Multiply through by $<u>$: $<line>$.",
)  # fmt: skip
EXPAND_PART = doing("expand <u>", "multiply out $<u>$", "expanding $<u>$", "Expand $<u>$: $<line>$.")
EXPAND = doing("expand", "multiply out", "expanding", "With the brackets multiplied out, $<line>$.")
LIKE_TERMS = doing("collect", "collect like terms", "collecting like terms")
ONE_SIDE = doing("collect", "bring everything to one side", "collecting on one side")
FACTOR = doing("factor", "factor", "factoring", "In factors this is $<line>$.")
SPLIT = form(
    "split:<line>",
    "So $<line>$.",
    "This splits into $<line>$.",
    "That means $<line>$.",
    "Hence $<line>$.",
    "Therefore $<line>$.",
)
SOLVE = doing("solve", "solve for $x$", "solving for $x$", "This gives $<line>$.")
TAKE_ROOTS = doing("root", "take square roots", "taking square roots")
NO_SOLUTION = (
    "So there is no solution.",
    "That means there is no solution.",
    "Hence there is no solution.",
    "Therefore nothing solves it.",
)
ALL_NUMBERS = (
    "So every number is a solution.",
    "That is true for every number.",
    "Hence all numbers solve it.",
)
