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
from copy import copy
from fractions import Fraction

from journey.exact.surds import EITHER, Exact, Terms, Unsupported, exact
from journey.solution_text.claims.context import Context
from journey.solution_text.claims.equalities import Equality
from journey.solution_text.reading.trees import Node, nodes
from journey.solution_text.values.display import fraction, shown
from journey.solution_text.values.evaluate import letters, value
from journey.solution_text.values.letters import VECTOR, Meaning
from journey.solution_text.values.numeric import NoValue, differ, numeric
from journey.solution_text.verdicts.conclusions import Statement
from journey.solution_text.verdicts.facts import Fact, Stated
from journey.solution_text.verdicts.forms import Term, eliminated, form_of, imaginary, is_closed, times
from journey.solution_text.verdicts.tolerance import rounded

MAX_FACTS = 14
"""Equations kept: those of the problem, and the last ones of the solution."""
MAX_GIVEN = 6
MAX_RELATIONS = 40
"""Kept of all kinds."""
MAX_ROWS = 8
MAX_ROW = 12
"""Equations that are added up, and the terms of one."""
MAX_AROUND = 8
"""Equations on either side of one in its step, which may say the values of other letters."""
MAX_WORK = 20_000
"""For one step, in terms of polynomials computed."""
UNSOLVED = frozenset(["gcd", "lcm", "mod", "floor", "ceil"])
"""An equation of these has many solutions, so that one of them proves little."""
DEFINED = "by the definition of"
"""How the evidence begins for what functions give; their names follow."""
TWO = Node("number", value=Fraction(2))


class Premises:
    """The equations stated so far."""

    def __init__(self) -> None:
        self.given: list[Fact] = []
        self.facts: list[Fact] = []
        self.functions: dict[str, tuple[tuple[str, ...], Node]] = {}
        self.definitions: dict[str, list[tuple[tuple[str, ...], Node]]] = {}
        """All definitions of each function."""
        self.context = Context()
        """The stated modulus and bases."""
        self.before: Statement | None = None
        """The last step that states something, if all of it was read."""
        self.history = ""
        self.relations: list[Stated] = []
        """The last relations with letters, of any kind."""
        self.bound: set[str] = set()
        """The letters of all of them."""
        self.work = 0
        self.version = 0
        self.last: tuple[Node, Node, Terms | None] | None = None
        self.known_values: dict[str, Exact] | None = None
        self.rows: list[tuple[Term, Terms]] | None = None

    def copy(self) -> Premises:
        """Another that knows the same and learns apart."""
        twin = copy(self)
        twin.given, twin.functions, twin.bound = [*self.given], dict(self.functions), set(self.bound)
        twin.definitions = {name: [*definitions] for name, definitions in self.definitions.items()}
        return twin

    def learn(self, equality: Equality, given: bool = False, everywhere: bool = True) -> None:
        """Keeps an equation, as a hypothesis for those that come after it.

        Args:
            equality: the equation.
            given: the problem states it.
            everywhere: it holds for all values of its letters, so it may define a function.
        """
        left, right = equality.left.tree, equality.right.tree
        if letters(left) | letters(right):
            self.relations = [*self.relations, Stated.of(equality)][-MAX_RELATIONS:]
        if equality.relation != "=" or not letters(left) | letters(right) or self.work > MAX_WORK:
            return
        try:
            form = self.plain_form(left, right)
        except (Unsupported, ZeroDivisionError):
            return
        if is_closed(form):
            return
        fact = Fact(left, right, equality.text, form)
        self.bound |= fact.letters
        if given and len(self.given) < MAX_GIVEN:
            self.given.append(fact)
        else:
            self.facts = [*self.facts, fact][-MAX_FACTS:]
        self.rows = None
        if "letter" in (left.op, right.op):
            self.known_values = None
            self.version += 1
        for side, other in ((left, right), (right, left)):
            parameters = tuple(part.name for part in side.parts if part.op == "letter")
            if (
                everywhere
                and side.op == "apply"
                and 0 < len(parameters) == len(side.parts)
                and side.name not in letters(other)
            ):
                self.functions[side.name] = (parameters, other)
                if (parameters, other) not in self.definitions.setdefault(side.name, []):
                    self.definitions[side.name].append((parameters, other))
                self.version += 1
                break

    def why(self, equality: Equality, around: list[Equality]) -> str | None:
        """The proof that an equation with letters follows, or None; `around` are those of its step."""
        left, right = equality.left.tree, equality.right.tree
        for proof in (
            self._same,
            self._defined,
            self._put_in,
            self._derived,
            self._combined,
        ):
            try:
                if reason := proof(equality, left, right):
                    return reason
            except (Unsupported, ZeroDivisionError):
                continue
        try:
            return self._solves(left, right, around)
        except (Unsupported, ZeroDivisionError):
            return None

    def recent(self) -> Iterator[Fact]:
        """The equations stated so far, the last first."""
        yield from reversed(self.facts)
        yield from reversed(self.given)

    def plain_form(self, left: Node, right: Node) -> Terms:
        """The form of an equation by itself, computed once while it is looked at."""
        if self.last is None or self.last[:2] != (left, right):
            self.last = left, right, None
            self.last = left, right, self.form(left, right, Meaning())
        if self.last[2] is None:
            raise Unsupported("beyond the limits")
        return self.last[2]

    def form(self, left: Node, right: Node, meaning: Meaning) -> Terms:
        """The form of an equation with what is known put in; the work is counted."""
        if self.work > MAX_WORK:
            raise Unsupported("too many equations")
        before = meaning.cost
        try:
            return form_of(left, right, meaning)
        finally:
            self.work += meaning.cost - before

    def _same(self, equality: Equality, left: Node, right: Node) -> str | None:
        """An equation stated before in another form."""
        form = self.plain_form(left, right)
        if not form:
            plain = (letters(left) | letters(right)) - {VECTOR, EITHER}
            return "equal for all values of the letters" if plain else "both sides are equal"
        if "i" in letters(left) | letters(right) and not form_of(left, right, imaginary()):
            return "equal, with i^2 = -1"
        for fact in self.recent():
            if fact.form == form and not fact.states(left, right):
                return f"the same as {fact.text}"
        return None

    def stated(self, equality: Equality) -> bool:
        """Whether the same equation was stated before."""
        return any(fact.states(equality.left.tree, equality.right.tree) for fact in self.recent())

    def _defined(self, equality: Equality, left: Node, right: Node) -> str | None:
        """What follows from the definitions of functions alone."""
        used = sorted(name for name in letters(left) | letters(right) if name.rstrip("'") in self.functions)
        if used and not self.form(left, right, Meaning(functions=self.functions)):
            return f"{DEFINED} {' and '.join(used)}"
        return None

    def _solves(self, left: Node, right: Node, around: list[Equality]) -> str | None:
        """A letter's value, put back into an equation before it."""
        if self._opposed(self.plain_form(left, right)):
            return None
        for letter, other in ((left, right), (right, left)):
            if letter.op != "letter" or letter.name == "pi" or letter.name in letters(other):
                continue
            facts = [fact for fact in self.recent() if self._is_solved(fact, letter.name)]
            values = self.values_around(around) if any(len(fact.letters) > 1 for fact in facts) else {}
            for env in ({}, values):
                meaning = Meaning(dict(env), self.functions)
                meaning.letters.pop(letter.name, None)
                meaning.letters[letter.name] = value(other, meaning=meaning)
                for fact in facts:
                    if fact.states(left, right) or self.form(fact.left, fact.right, meaning):
                        continue
                    if any(self._differs(fact, other) for other in _neighbors(meaning, letter.name)):
                        return f"it solves {fact.text}"
        return None

    def _differs(self, fact: Fact, meaning: Meaning) -> bool:
        """Whether an equation is false here, so that it says something of its letters."""
        try:
            return bool(self.form(fact.left, fact.right, meaning))
        except (Unsupported, ZeroDivisionError):
            return True

    def _is_solved(self, fact: Fact, letter: str) -> bool:
        """Whether few values of a letter solve it: no definition, identity or equation of divisors."""
        trees = [*nodes(fact.left), *nodes(fact.right)]
        if letter not in fact.letters or any(node.op in UNSOLVED for node in trees):
            return False
        if all(letter not in name for mono, _ in fact.form for name, _ in mono):
            return False  # it cancels
        if fact.letters == {letter} and _holds_anywhere(fact, letter):
            return False
        defined = any(node.op == "apply" and node.name in self.functions for node in trees)
        return not defined or bool(self.form(fact.left, fact.right, Meaning(functions=self.functions)))

    def values(self) -> dict[str, Exact]:
        """The last stated value of each letter."""
        if self.known_values is None:
            self.known_values = self.values_around([])
        return self.known_values

    def values_around(self, around: list[Equality]) -> dict[str, Exact]:
        """The last stated value of each letter, in this step or before."""
        values: dict[str, Exact] = {}
        pairs = [(fact.left, fact.right) for fact in self.recent()]
        here = [(one.left.tree, one.right.tree) for one in around if one.relation == "="]
        for closed in (True, False):
            for left, right in [*here, *pairs]:
                for letter, other in ((left, right), (right, left)):
                    if letter.op != "letter" or letter.name in values or letter.name == "pi":
                        continue
                    used = letters(other)
                    if closed == bool(used) or letter.name in used:
                        continue
                    meaning = Meaning(dict(values), self.functions)
                    try:
                        worth = value(other, meaning=meaning)
                    except (Unsupported, ZeroDivisionError):
                        continue
                    self.work += meaning.cost
                    if letter.name not in worth.unknowns():
                        values[letter.name] = worth
        return values

    def _put_in(self, equality: Equality, left: Node, right: Node) -> str | None:
        """Both sides are equal at the stated values of the letters."""
        values = self.values()
        both = (letters(left) | letters(right)) - {EITHER, VECTOR}
        used = sorted(both & set(values))
        where = ", ".join(f"{name} = {shown(values[name])}" for name in used if not values[name].unknowns())
        proof = f"so it is where {where}" if where else "so it is by what is known"
        if used:
            self.work += 1
            meaning = Meaning(values, self.functions)
            a, b = value(left, meaning=meaning), value(right, meaning=meaning)
            # An equation that still holds a letter may be meant for all x, not for the x found before.
            closed = not (a.unknowns() | b.unknowns()) - {EITHER} and both <= set(values) | set(
                self.functions
            )
            if equality.approximate:
                return proof if closed and rounded(equality, fraction(a), fraction(b)) else None
            if closed and not self.form(left, right, meaning):
                return proof
        named = {name: worth for name, worth in values.items() if worth.unknowns()}
        meaning = Meaning(named, self.functions)
        inside = {node for side in (left, right) for node in nodes(side) if node.parts}
        for fact in self.recent():
            for side, other in ((fact.left, fact.right), (fact.right, fact.left)):
                if side in inside and not fact.states(left, right) and letters(side):
                    meaning.sides.setdefault(side, value(other, meaning=Meaning(named, self.functions)))
        if ((used and named) or meaning.sides) and not self.form(left, right, meaning):
            return "so it is by the equations before it"
        return None

    def meaning_of(self, left: Node, right: Node) -> Meaning:
        """What is known of the letters, functions and sides in an equation."""
        meaning = Meaning(self.values(), self.functions)
        for fact in [*self.given, *self.facts]:
            for side, other in ((fact.left, fact.right), (fact.right, fact.left)):
                if side.parts and letters(side) and not fact.states(left, right):
                    try:
                        worth = value(other, meaning=meaning)
                    except (Unsupported, ZeroDivisionError):
                        continue
                    if not worth.unknowns():
                        meaning.sides[side] = worth
        return meaning

    def filled(self, left: Node, right: Node) -> Terms:
        """The form of an equation with the known values put in."""
        return self.form(left, right, Meaning(self.values(), self.functions))

    def with_values(self, fact: Fact) -> Terms:
        """The form of an equation with the known values put in."""
        if fact.put_in[0] != self.version:
            fact.put_in = self.version, self.filled(fact.left, fact.right)
        return fact.put_in[1]

    def squared(self, fact: Fact) -> Terms:
        """The form of an equation with both sides squared."""
        if fact.square is None:
            fact.square = {}
            fact.square = self.form(Node("^", (fact.left, TWO)), Node("^", (fact.right, TWO)), Meaning())
        return fact.square

    def remainder(self, form: Terms) -> Terms:
        """What is left of an equation when multiples of those before it are taken from it."""
        if len(form) > MAX_ROW:
            return form
        if self.rows is None:
            self.rows = []
            for fact in self.recent():
                if len(fact.form) <= MAX_ROW and len(self.rows) < MAX_ROWS:
                    rest = eliminated(fact.form, self.rows)
                    # A fact that contradicts the newer ones belongs to another case.
                    if not is_closed(rest):
                        self.rows.append((max(rest), rest))
        return eliminated(form, self.rows)

    def _derived(self, _: Equality, left: Node, right: Node) -> str | None:
        """An equation before it, with values put in, multiplied by a letter, or squared."""
        used = letters(left) | letters(right)
        if used & set(self.functions):
            form = self.form(left, right, Meaning(functions=self.functions))
        else:
            form = self.plain_form(left, right)
        if is_closed(form):
            return None
        facts = [fact for fact in self.recent() if not fact.states(left, right)]
        for fact in facts:
            if form == self.with_values(fact):
                return f"it follows from {fact.text}"
        for fact in facts:
            if not fact.letters & used:
                continue
            if form == self.squared(fact):
                return f"both sides of {fact.text} squared"
            for name in fact.letters & used:
                if form == times(fact.form, name):
                    return f"{fact.text} times {name}"
        return None

    def _opposed(self, form: Terms) -> bool:
        """Whether 7y = -c was stated of 7y = c, which follows only from cases that exclude each other."""
        if len(form) != 2 or is_closed(dict([min(form.items())])) or is_closed(dict([max(form.items())])):
            return False
        return any(form.keys() == fact.form.keys() and form != fact.form for fact in self.facts)

    def _combined(self, _: Equality, left: Node, right: Node) -> str | None:
        """A sum of multiples of the equations before it."""
        form = self.plain_form(left, right)
        rest = self.remainder(form)
        if form and not rest and self.rows and len(self.rows) > 1 and not self._opposed(form):
            return "it follows from the equations before it"
        return None


def _holds_anywhere(fact: Fact, letter: str) -> bool:
    """Whether an equation with logarithms or their like holds at values that nobody chose."""
    try:
        for sample in (Fraction(17, 7), Fraction(29, 5)):
            if differ(numeric(fact.left, {letter: sample}), numeric(fact.right, {letter: sample})):
                return False
    except NoValue:
        return False
    return True


def _neighbors(meaning: Meaning, letter: str) -> Iterator[Meaning]:
    """The same with other values of a letter; several, since one of them may be another root."""
    for distance in (1, 2, 3, 5, 7):
        other = Meaning(dict(meaning.letters), meaning.functions)
        other.letters[letter] = meaning.letters[letter] + exact(distance)
        yield other
