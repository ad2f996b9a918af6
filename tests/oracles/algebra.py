"""Algebra by numbers: values to 60 digits by mpmath, random expressions, and rewritings right and wrong.

Nothing here stands on the engine but the shape of its trees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from random import Random
from typing import Any

import mpmath

Tree = Any
DIGITS = 60
TINY = mpmath.mpf(10) ** -40
POINTS = [Fraction(n, 7) for n in range(-29, 30, 3)] + [Fraction(n * n + 1, 3) for n in range(2, 14, 2)]


def number(tree: Tree, at: dict[str, Any]) -> Any:
    """The real value to `DIGITS` digits; None where there is none."""
    with mpmath.workdps(DIGITS):
        return _number(tree, {name: _plain(value) for name, value in at.items()})


def _plain(value: Any) -> Any:
    return (
        mpmath.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else mpmath.mpf(value)
    )


def _number(tree: Tree, at: dict[str, Any]) -> Any:
    if isinstance(tree, int):
        return mpmath.mpf(tree)
    if isinstance(tree, str):
        return at[tree]
    parts = [_number(part, at) for part in tree[1:]]
    if any(part is None for part in parts):
        return None
    name, a, b = tree[0], parts[0], parts[-1]
    if name in ("+", "-", "*"):
        return a + b if name == "+" else a - b if name == "-" else a * b
    if name == "/":
        return None if abs(b) < TINY else a / b
    if name == "neg":
        return -a
    if name == "^":
        whole = b == int(b)
        if (b <= 0 and abs(a) < TINY) or (not whole and a < -TINY):
            return None
        return a ** int(b) if whole else mpmath.mpf(0) if abs(a) < TINY else abs(a) ** b
    if name == "sqrt":
        return None if a < -TINY else mpmath.sqrt(a if a > TINY else mpmath.mpf(0))
    if name == "log":
        return None if a < TINY else mpmath.log(a)
    if name == "tan":
        return None if abs(mpmath.cos(a)) < TINY else mpmath.tan(a)
    if name == "exp" and abs(a) > 300:
        return None
    return abs(a) if name == "abs" else getattr(mpmath, name)(a)


def alike(a: Any, b: Any) -> bool:
    """Whether two values are equal, as far as 60 digits tell."""
    return bool(abs(a - b) <= mpmath.mpf(10) ** -30 * max(1, abs(a), abs(b)))


def equal(first: Tree, second: Tree, names: Iterable[str]) -> bool | None:
    """Whether two expressions agree wherever both have a value; None where too few points tell."""
    output = 0
    for place, point in enumerate(POINTS):
        at = {name: POINTS[(place * (3 * k + 1) + 5 * k) % len(POINTS)] for k, name in enumerate(names)}
        at = at or {"x": point}
        one, other = number(first, at), number(second, at)
        if one is None or other is None:
            continue
        if not alike(one, other):
            return False
        output += 1
    return True if output >= 4 else None


def expression(random: Random, depth: int, functions: tuple[str, ...], names: str = "x") -> Tree:
    """A random expression."""
    if depth == 0 or random.random() < 0.1:
        return random.choice([*names, *names, random.randint(1, 9), random.randint(-4, 4)])

    def inner() -> Tree:
        return expression(random, depth - 1, functions, names)

    if functions and random.random() < 0.3:
        return (random.choice(functions), inner())
    operator = random.choice("++--**/^")
    if operator == "^":
        return ("^", inner(), random.choice([2, 2, 3]))
    return (operator, inner(), inner())


def everywhere(tree: Tree, rewrite: Callable[[Tree], Tree | None]) -> list[Tree]:
    """The trees that come of rewriting one node."""
    result = []
    new = rewrite(tree)
    if new is not None and new != tree:
        result.append(new)
    if isinstance(tree, tuple):
        for place in range(1, len(tree)):
            if tree[0] == "^" and place == 2:
                continue
            result += [(*tree[:place], part, *tree[place + 1 :]) for part in everywhere(tree[place], rewrite)]
    return result


def rightly(tree: Tree) -> list[Tree]:
    """Other ways of writing this node, all equal to it wherever both have a value."""
    ways: list[Tree] = [("/", ("*", tree, 6), 6), ("-", ("+", tree, "x"), "x"), ("neg", ("neg", tree))]
    ways.append(("/", ("*", tree, ("-", "x", 3)), ("-", "x", 3)))
    if not isinstance(tree, tuple):
        return [*ways, ("*", tree, ("+", ("^", ("sin", "x"), 2), ("^", ("cos", "x"), 2)))]
    name, a, b = tree[0], tree[1], tree[-1]
    if name in "+*":
        ways.append((name, b, a))
    if name in ("+", "-") and isinstance(a, tuple) and isinstance(b, tuple) and a[0] == b[0] == "/":
        (_, p, q), (_, r, s) = a, b
        ways.append(("/", (name, ("*", p, s), ("*", r, q)), ("*", q, s)))
    if name == "-":
        ways.append(("+", a, ("neg", b)))
    if name == "*" and isinstance(a, tuple) and a[0] in ("+", "-"):
        ways.append((a[0], ("*", a[1], b), ("*", a[2], b)))
    if name == "*" and a == b:
        ways.append(("^", a, 2))
    if name == "^" and b == 2:
        ways.append(("*", a, a))
        if isinstance(a, tuple) and a[0] in ("+", "-"):
            double = (a[0], ("^", a[1], 2), ("*", 2, ("*", a[1], a[2])))
            ways.append(("+", double, ("^", a[2], 2)))
    if name == "sqrt":
        ways += [("/", ("sqrt", ("*", 4, a)), 2), ("/", a, ("sqrt", a)), ("^", a, ("/", 1, 2))]
        ways.append(("/", ("sqrt", ("^", a, 3)), ("abs", a)))
    if name == "abs":
        ways += [("sqrt", ("^", a, 2)), ("abs", ("neg", a)), ("/", ("^", a, 2), ("abs", a))]
    half = ("/", a, 2)
    if name == "sin":
        ways += [("*", 2, ("*", ("sin", half), ("cos", half))), ("neg", ("sin", ("neg", a)))]
    if name == "cos":
        ways += [("-", 1, ("*", 2, ("^", ("sin", half), 2))), ("cos", ("neg", a))]
    if name == "tan":
        ways.append(("/", ("sin", a), ("cos", a)))
    if name == "exp":
        ways += [("^", ("exp", half), 2), ("/", 1, ("exp", ("neg", a)))]
    if name in ("sin", "cos") and isinstance(a, tuple) and a[0] == "+":
        other, sign = ("cos", "+") if name == "sin" else ("sin", "-")
        cross = ("*", ("cos", a[1]), ("sin", a[2])) if name == "sin" else ("*", ("sin", a[1]), (other, a[2]))
        ways.append((sign, ("*", (name, a[1]), ("cos", a[2])), cross))
    return ways


def wrongly(tree: Tree) -> list[Tree]:
    """What people take for other ways of writing this node; now and then one is right."""
    ways: list[Tree] = [("neg", tree), ("+", tree, 1), ("*", tree, ("/", "x", ("abs", "x")))]
    if not isinstance(tree, tuple):
        return ways
    name, a, b = tree[0], tree[1], tree[-1]
    if name in ("-", "/"):
        ways.append((name, b, a))
    if name == "^" and isinstance(a, tuple) and a[0] in ("+", "-"):
        ways.append((a[0], ("^", a[1], b), ("^", a[2], b)))
    if name in ("sqrt", "abs", "sin", "log") and isinstance(a, tuple) and a[0] in ("+", "-", "*"):
        ways.append((a[0], (name, a[1]), (name, a[2])))
    if name == "sqrt":
        ways.append(a if not isinstance(a, tuple) or a[0] != "^" else a[1])
    if name == "abs":
        ways.append(a)
    if name == "/" and isinstance(a, tuple) and a[0] in ("+", "-"):
        ways.append((a[0], ("/", a[1], b), a[2]))
    if name == "*" and isinstance(a, tuple) and a[0] in ("+", "-"):
        ways.append((a[0], ("*", a[1], b), a[2]))
    return ways


def truth(relation: Any, at: Any, name: str = "x") -> bool:
    """Whether a relation holds at a point; equal means equal in 30 digits."""
    word = relation[0]
    if word in ("all", "none"):
        return bool(word == "all")
    if word in ("or", "and"):
        return (any if word == "or" else all)(truth(part, at, name) for part in relation[1:])
    left, right = (number(side, {name: at}) for side in relation[1:])
    if left is None or right is None:
        return False
    if alike(left, right):
        return word in ("=", "<=", ">=")
    return bool(word in ("<", "<=") if left < right else word in (">", ">="))
