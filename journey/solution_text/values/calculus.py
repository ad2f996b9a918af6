r"""Derivatives, antiderivatives and limits of trees, by the rules of a first course.

    derivative of x^3         3x^2
    antiderivative of x^2     x^3/3
    limit of sin(x)/x at 0    1, by l'Hopital's rule

What these rules do not reach is an `Unsupported` fault. Source: any calculus text; the rules are the
linearity, product, quotient and chain rules, and l'Hopital's rule for 0/0.
"""

from __future__ import annotations

from fractions import Fraction

from journey.exact.surds import ONE, Exact, Unsupported, exact
from journey.solution_text.reading.trees import Node, nodes

MAX_SIZE = 300
"""Nodes of a tree that is differentiated or made."""
MAX_HOPITAL = 4
ENDLESS = "endless"
"""The letter that stands for infinity in limits and sums."""


def number(value: int | Fraction) -> Node:
    """A tree that is a number."""
    return Node("number", value=Fraction(value))


ZERO, UNIT, TWO = number(0), number(1), number(2)


def contains(tree: Node, name: str) -> bool:
    """Whether a letter stands in a tree."""
    return any(node.op == "letter" and node.name == name for node in nodes(tree))


def put(tree: Node, name: str, other: Node) -> Node:
    """A tree with a letter replaced by a tree."""
    if tree.op == "letter":
        return other if tree.name == name else tree
    if not tree.parts:
        return tree
    return tree._replace(parts=tuple(put(part, name, other) for part in tree.parts))


def _plus(a: Node, b: Node) -> Node:
    return b if a == ZERO else a if b == ZERO else Node("+", (a, b))


def _minus(a: Node, b: Node) -> Node:
    return a if b == ZERO else Node("-", (b,)) if a == ZERO else Node("-", (a, b))


def _by(a: Node, b: Node) -> Node:
    if ZERO in (a, b):
        return ZERO
    return b if a == UNIT else a if b == UNIT else Node("*", (a, b))


def _over(a: Node, b: Node) -> Node:
    return ZERO if a == ZERO else a if b == UNIT else Node("/", (a, b))


def _size(tree: Node) -> Node:
    if sum(1 for _ in nodes(tree)) > MAX_SIZE:
        raise Unsupported("a long expression")
    return tree


def derivative(tree: Node, name: str) -> Node:
    """The derivative with respect to a letter.

    >>> derivative(Node("^", (Node("letter", name="x"), number(3))), "x").op
    '*'
    """
    return _derived(_size(tree), name)


def _derived(tree: Node, name: str) -> Node:
    if not contains(tree, name):
        if any(node.op == "apply" for node in nodes(tree)):
            raise Unsupported("a function that may depend on it")
        return ZERO
    if tree.op == "letter":
        return UNIT
    first = tree.parts[0]
    inner = _derived(first, name)
    if tree.op in ("+", "-"):
        if len(tree.parts) == 1:
            return _minus(ZERO, inner)
        return (_plus if tree.op == "+" else _minus)(inner, _derived(tree.parts[1], name))
    if tree.op == "*":
        second = tree.parts[1]
        return _plus(_by(inner, second), _by(first, _derived(second, name)))
    if tree.op == "/":
        second = tree.parts[1]
        above = _minus(_by(inner, second), _by(first, _derived(second, name)))
        return _over(above, Node("^", (second, TWO)))
    if tree.op == "^":
        return _power(tree, first, tree.parts[1], inner, name)
    if len(tree.parts) != 1 or tree.name == "degrees":
        raise Unsupported("a derivative beyond the rules")
    return _by(_outer(tree.op, first), inner)


def _power(tree: Node, base: Node, exponent: Node, inner: Node, name: str) -> Node:
    if not contains(exponent, name):
        lower = (
            number(exponent.value - 1)
            if exponent.op == "number" and not exponent.decimals
            else _minus(exponent, UNIT)
        )
        return _by(_by(exponent, Node("^", (base, lower))), inner)
    if contains(base, name):
        raise Unsupported("a power of a power")
    outer = tree if base == Node("letter", name="e") else _by(Node("ln", (base,)), tree)
    return _by(outer, _derived(exponent, name))


def _outer(op: str, u: Node) -> Node:
    """The derivative of a function of one argument at u."""
    if op == "sqrt":
        return _over(UNIT, _by(TWO, Node("sqrt", (u,))))
    if op == "ln":
        return _over(UNIT, u)
    if op == "sin":
        return Node("cos", (u,))
    if op == "cos":
        return Node("-", (Node("sin", (u,)),))
    if op == "tan":
        return _over(UNIT, Node("^", (Node("cos", (u,)), TWO)))
    raise Unsupported("a derivative beyond the rules")


def antiderivative(tree: Node, name: str) -> Node:
    """A function whose derivative with respect to a letter this is.

    >>> antiderivative(Node("letter", name="x"), "x").op
    '/'
    """
    return _size(_integral(_size(tree), name))


def _integral(tree: Node, name: str) -> Node:
    x = Node("letter", name=name)
    if not contains(tree, name):
        return _by(tree, x)
    if tree.op in ("+", "-"):
        parts = [_integral(part, name) for part in tree.parts]
        return Node("-", (parts[0],)) if len(parts) == 1 else Node(tree.op, (parts[0], parts[1]))
    if tree.op == "*":
        for factor, rest in (tree.parts, tree.parts[::-1]):
            if not contains(factor, name):
                return _by(factor, _integral(rest, name))
    if tree.op == "/" and not contains(tree.parts[1], name):
        return _over(_integral(tree.parts[0], name), tree.parts[1])
    if tree.op == "/" and not contains(tree.parts[0], name):
        slope = _slope(tree.parts[1], name)
        if slope is not None:
            return _over(_by(tree.parts[0], Node("ln", (Node("abs", (tree.parts[1],)),))), slope)
        if tree.parts[1].op == "^" and tree.parts[1].parts[1].op == "number":
            base, exponent = tree.parts[1].parts
            return _by(tree.parts[0], _integral(Node("^", (base, number(-exponent.value))), name))
    if tree.op == "letter":
        return _over(Node("^", (x, TWO)), TWO)
    inner = _slope(tree.parts[0], name) if tree.parts else None
    if tree.op == "^" and inner is not None and tree.parts[1].op in ("number", "-", "/"):
        return _power_rule(tree.parts[0], tree.parts[1], inner)
    if tree.op == "sqrt" and len(tree.parts) == 1 and inner is not None:
        return _power_rule(tree.parts[0], number(Fraction(1, 2)), inner)
    if tree.op == "^" and tree.parts[0] == Node("letter", name="e"):
        slope = _slope(tree.parts[1], name)
        if slope is not None:
            return _over(tree, slope)
    if tree.op in ("sin", "cos") and inner is not None and tree.name != "degrees":
        outer = Node("cos" if tree.op == "sin" else "sin", tree.parts)
        return _over(Node("-", (outer,)) if tree.op == "sin" else outer, inner)
    raise Unsupported("an integral beyond the rules")


def _power_rule(base: Node, exponent: Node, slope: Node) -> Node:
    if exponent.op == "number":
        power = exponent.value
    elif exponent.op == "-" and len(exponent.parts) == 1 and exponent.parts[0].op == "number":
        power = -exponent.parts[0].value
    elif exponent.op == "/" and all(part.op == "number" for part in exponent.parts):
        power = exponent.parts[0].value / exponent.parts[1].value
    else:
        raise Unsupported("an integral beyond the rules")
    if power == -1:
        return _over(Node("ln", (Node("abs", (base,)),)), slope)
    if power.denominator == 1:
        raised = Node("^", (base, number(power + 1)))
    else:
        raised = Node("^", (base, Node("/", (number((power + 1).numerator), number(power.denominator)))))
    return _over(raised, _by(number(power + 1), slope))


def _slope(tree: Node, name: str) -> Node | None:
    """The derivative of something linear in the letter, or None."""
    try:
        inner = _derived(tree, name)
    except Unsupported:
        return None
    return None if contains(inner, name) or inner == ZERO else inner


def limit_of_quotient(over: Exact, under: Exact, name: str) -> Exact:
    """The limit at infinity of a quotient of polynomials in one letter."""
    if set(over.under) != {ONE} or set(under.under) != {ONE}:
        raise Unsupported("a limit beyond the rules")
    degrees = []
    for polynomial in (over, under):
        if polynomial.unknowns() - {name}:
            raise Unsupported("a limit beyond the rules")
        degrees.append(max((dict(mono).get(name, 0) for mono, _ in polynomial.over), default=0))
    if degrees[0] > degrees[1]:
        raise Unsupported("no finite limit")
    if degrees[0] < degrees[1]:
        return exact(0)
    leading = [_leading(p, name, degrees[0]) for p in (over, under)]
    return leading[0] / leading[1]


def _leading(polynomial: Exact, name: str, degree: int) -> Exact:
    terms = {
        (tuple(pair for pair in mono if pair[0] != name), inside): coefficient
        for (mono, inside), coefficient in polynomial.over.items()
        if dict(mono).get(name, 0) == degree
    }
    return Exact(terms, {ONE: Fraction(1)})
