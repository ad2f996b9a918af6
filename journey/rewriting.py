r"""Algebra in a solution: does an equation follow from those that were stated before it?

    2x + 3 = 9, so 2x = 6               the same equation, both sides changed alike
    2x = 6, so x = 3                    3 solves it: both sides are 6
    x = 3, so x^2 + 1 = 10              3 put in
    f(x) = x^2, so f(3) = 9             by the definition of f
    x + y = 9, x - y = 5, so 2x = 14    the sum of two

Everything is decided by exact polynomials, and only in one direction: what is proved here is `valid`. An
equation that does not follow may be a new fact, so it is kept, and those after it may follow from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from journey.formula import Node
from journey.leeway import fraction, rounded, shown
from journey.prose import Equality
from journey.surds import EITHER, PI, Exact, Monomial, Terms, TooHard, exact
from journey.values import VECTOR, Meaning, letters, reduced, value

MAX_FACTS = 14
"""Equations kept: those of the problem, and the last ones of the solution."""
MAX_GIVEN = 6
MAX_VALUES = 4_000
"""Evaluations for one step."""


Term = tuple[Monomial, int]


class Fact(NamedTuple):
    """An equation that was stated."""

    left: Node
    right: Node
    text: str
    form: Terms
    """Its two sides' difference, over one denominator and scaled: equal for equivalent equations."""


class Known:
    """The equations stated so far."""

    def __init__(self) -> None:
        self.given: list[Fact] = []
        self.facts: list[Fact] = []
        self.functions: dict[str, tuple[tuple[str, ...], Node]] = {}
        self.bound: set[str] = set()
        """The letters of all of them."""
        self.work = 0

    def learn(self, equality: Equality, given: bool = False) -> None:
        """Keeps an equation, as a hypothesis for those that come after it."""
        left, right = equality.left.tree, equality.right.tree
        if equality.relation != "=" or not letters(left) | letters(right):
            return
        try:
            form = _form(left, right, Meaning())
        except (TooHard, ZeroDivisionError):
            return
        if _constant(form):
            return
        fact = Fact(left, right, equality.text, form)
        self.bound |= letters(left) | letters(right)
        if given and len(self.given) < MAX_GIVEN:
            self.given.append(fact)
        else:
            self.facts = [*self.facts, fact][-MAX_FACTS:]
        for side, other in ((left, right), (right, left)):
            parameters = tuple(part.name for part in side.parts if part.op == "letter")
            if (
                side.op == "apply"
                and 0 < len(parameters) == len(side.parts)
                and side.name not in letters(other)
            ):
                self.functions[side.name] = (parameters, other)
                break

    def why(self, equality: Equality, beside: list[Equality]) -> str | None:
        """The proof that an equation with letters follows, or None; `beside` are the others of its step."""
        left, right = equality.left.tree, equality.right.tree
        for proof in (
            self._same,
            self._defined,
            self._solves,
            self._put_in,
            self._derived,
            self._combined,
        ):
            try:
                if found := proof(equality, left, right, beside):
                    return found
            except (TooHard, ZeroDivisionError):
                continue
        return None

    def _recent(self) -> Iterator[Fact]:
        yield from reversed(self.facts)
        yield from reversed(self.given)

    def _form(self, left: Node, right: Node, meaning: Meaning) -> Terms:
        self.work += 1
        if self.work > MAX_VALUES:
            raise TooHard("too many equations")
        return _form(left, right, meaning)

    def _same(self, equality: Equality, left: Node, right: Node, _: list[Equality]) -> str | None:
        """An equation stated before in another form."""
        form = self._form(left, right, Meaning())
        if not form:
            plain = (letters(left) | letters(right)) - {VECTOR, EITHER}
            return "equal for all values of the letters" if plain else "both sides are equal"
        if "i" in letters(left) | letters(right) and not _form(left, right, imaginary()):
            return "equal, with i^2 = -1"
        for fact in self._recent():
            if fact.form == form and {fact.left, fact.right} != {left, right}:
                return f"the same as {fact.text}"
        return None

    def stated(self, equality: Equality) -> bool:
        """Whether the same was said before, side by side."""
        sides = {equality.left.tree, equality.right.tree}
        return any({fact.left, fact.right} == sides for fact in self._recent())

    def _defined(self, equality: Equality, left: Node, right: Node, _: list[Equality]) -> str | None:
        """What follows from the definitions of functions alone."""
        used = sorted((letters(left) | letters(right)) & set(self.functions))
        if used and not self._form(left, right, Meaning(functions=self.functions)):
            return f"by the definition of {' and '.join(used)}"
        return None

    def _solves(self, _: Equality, left: Node, right: Node, beside: list[Equality]) -> str | None:
        """A letter's value, put back into an equation before it."""
        for letter, other in ((left, right), (right, left)):
            if letter.op != "letter" or letter.name == "pi" or letter.name in letters(other):
                continue
            values = self._values(beside)
            values.pop(letter.name, None)
            for env in ({}, values):
                meaning = Meaning(dict(env), self.functions)
                meaning.letters[letter.name] = value(other, meaning=meaning)
                for fact in self._recent():
                    both = letters(fact.left) | letters(fact.right)
                    if letter.name not in both or {fact.left, fact.right} == {left, right}:
                        continue
                    if not self._form(fact.left, fact.right, meaning):
                        return f"it solves {fact.text}"
        return None

    def _values(self, beside: list[Equality]) -> dict[str, Exact]:
        """What each letter was last said to be; in one step, only if it was said once."""
        found: dict[str, Exact] = {}
        pairs = [(fact.left, fact.right) for fact in self._recent()]
        here = [(one.left.tree, one.right.tree) for one in beside if one.relation == "="]
        for closed in (True, False):
            for left, right in [*here, *pairs]:
                for letter, other in ((left, right), (right, left)):
                    if letter.op != "letter" or letter.name in found or letter.name == "pi":
                        continue
                    if closed == bool(letters(other)) or letter.name in letters(other):
                        continue
                    try:
                        worth = value(other, meaning=Meaning(dict(found), self.functions))
                    except (TooHard, ZeroDivisionError):
                        continue
                    if letter.name not in worth.unknowns():
                        found[letter.name] = worth
        return found

    def _put_in(self, equality: Equality, left: Node, right: Node, _: list[Equality]) -> str | None:
        """Both sides are equal where the letters have the values they were said to have."""
        values = self._values([])
        used = sorted((letters(left) | letters(right)) & set(values))
        where = ", ".join(f"{name} = {shown(values[name])}" for name in used if not values[name].unknowns())
        proof = f"so it is where {where}" if where else "so it is by what is known"
        if used:
            self.work += 1
            meaning = Meaning(values, self.functions)
            a, b = value(left, meaning=meaning), value(right, meaning=meaning)
            # An equation that still holds a letter may be meant for all x, not for the x found before.
            closed = not a.unknowns() | b.unknowns() - {EITHER}
            if equality.approximate:
                return proof if closed and rounded(equality, fraction(a), fraction(b)) else None
            if closed and not self._form(left, right, meaning):
                return proof
        named = {name: worth for name, worth in values.items() if worth.unknowns()}
        meaning = Meaning(named, self.functions)
        for fact in self._recent():
            for side, other in ((fact.left, fact.right), (fact.right, fact.left)):
                if side.parts and {side, other} != {left, right} and letters(side):
                    meaning.sides.setdefault(side, value(other, meaning=Meaning(named, self.functions)))
        if (named or meaning.sides) and not self._form(left, right, meaning):
            return "so it is by the equations before it"
        return None

    def _derived(self, _: Equality, left: Node, right: Node, __: list[Equality]) -> str | None:
        """An equation before it, with values put in, multiplied by a letter, or squared."""
        form = self._form(left, right, Meaning(functions=self.functions))
        if _constant(form):
            return None
        env = Meaning(self._values([]), self.functions)
        facts = [fact for fact in self._recent() if {fact.left, fact.right} != {left, right}]
        for fact in facts:
            if form == self._form(fact.left, fact.right, env):
                return f"it follows from {fact.text}"
        for fact in facts:
            square = Node("^", (fact.left, TWO)), Node("^", (fact.right, TWO))
            if form == self._form(*square, Meaning()):
                return f"both sides of {fact.text} squared"
            for name in letters(fact.left) & letters(left) | letters(fact.right) & letters(right):
                by = Node("letter", name=name)
                if form == self._form(Node("*", (fact.left, by)), Node("*", (fact.right, by)), Meaning()):
                    return f"{fact.text} times {name}"
        return None

    def _combined(self, _: Equality, left: Node, right: Node, __: list[Equality]) -> str | None:
        """A sum of multiples of the equations before it."""
        rows: list[tuple[Term, Terms]] = []
        form = self._form(left, right, Meaning())
        for fact in self._recent():
            if {fact.left, fact.right} == {left, right}:
                continue
            rest = _eliminated(fact.form, rows)
            # A fact that contradicts the newer ones belongs to another case.
            if not _constant(rest):
                pivot = max(rest)
                rows.append((pivot, rest))
        if form and len(rows) > 1 and not _eliminated(form, rows):
            return "it follows from the equations before it"
        return None


def _constant(form: Terms) -> bool:
    """Whether it holds no unknown: zero, or a contradiction."""
    return all(name == PI for mono, _ in form for name, _ in mono)


TWO = Node("number", value=Fraction(2))


def _form(left: Node, right: Node, meaning: Meaning) -> Terms:
    """The difference of two sides over one denominator, scaled so that its first coefficient is 1."""
    difference = value(left, meaning=meaning) - value(right, meaning=meaning)
    terms = (
        _scalar(difference.over)
        if any(VECTOR in n for m, _ in difference.over for n, _ in m)
        else difference.over
    )
    terms = reduced(terms, meaning.powers)
    if not terms:
        return terms
    scale = terms[max(terms)]
    return {term: number / scale for term, number in terms.items()}


def _scalar(terms: Terms) -> Terms:
    """The products of two axes put in: 1 of one with itself, else 0. Of three vectors there is no product."""
    total: Terms = {}
    for (mono, inside), number in terms.items():
        vectors = [(name, power) for name, power in mono if name.startswith(VECTOR)]
        if sum(power for _, power in vectors) > 2:
            raise TooHard("a product of three vectors")
        axes = [name for name, power in vectors for _ in range(power) if name.startswith(f"{VECTOR} e")]
        if len(axes) == 2:
            if axes[0] != axes[1]:
                continue
            mono = tuple((name, power) for name, power in mono if name not in axes)
        total[mono, inside] = total.get((mono, inside), Fraction(0)) + number
    return {term: number for term, number in total.items() if number}


def imaginary() -> Meaning:
    """What is known of i."""
    meaning = Meaning()
    meaning.powers["i"] = 2, exact(-1)
    return meaning


def _eliminated(terms: Terms, rows: list[tuple[Term, Terms]]) -> Terms:
    """What is left of a polynomial when multiples of these rows are taken from it."""
    rest = dict(terms)
    for pivot, row in rows:
        factor = rest.get(pivot)
        if factor:
            for term, number in row.items():
                rest[term] = rest.get(term, 0 * number) - factor * number / row[pivot]
            rest = {term: number for term, number in rest.items() if number}
    return rest
