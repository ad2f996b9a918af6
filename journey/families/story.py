"""Word problems over a graph of quantities: some are numbers, the rest are defined from others.

After iGSM (Ye, Xu, Li & Allen-Zhu, Physics of Language Models 2.1, 2024). A state is the set of known
quantities; a move computes a quantity whose operands are known. Names are drawn at random and the sentences
are in alphabetical order, so the order of the text is not that of the solution. From level 2 on there are
quantities that the question does not need; the shortcut does not compute them.

    a=3;b=c+2;c=2*a;d=a*b;e=c-a;?d      the prompt: beans are 2 more than carrots ...
    b=2+2=4             "2 times" taken for 2 carrots ...
    !c<                 ... but c is not known yet: noticed, and back
    c=2*3=6
    b=6+2=8
    d=3+8=11
    !3*8<               a*b is 3*8, not 3+8
    d=3*8=24
    =24

The shortcut is `c=2*3=6`, `b=6+2=8`, `d=3*8=24`, `=24`. Nothing legal is a dead end here, so every wrong turn
is a mistake: `used_before_known` (uses a quantity that cannot be computed yet, the retry data of Physics of
Language Models 2.2; the number in its definition passes for its value, as "2 more than" does for "2" with
children, Cummins et al. 1988), `wrong_quantity` (another quantity's number), `wrong_operation` (adds for
subtracts and the reverse, Lewis & Mayer 1987; adds for multiplies, Van Dooren, De Bock & Verschaffel 2010),
`slip` and `carry_slip` (arithmetic).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

from journey.check import check
from journey.claim_types import Claim, Equal, Formula, Substitutes
from journey.errors import MoveError, ParseError
from journey.expressions import Tree
from journey.step import Evidence, Move, Operand

NAME = "story"
SUMMARY = (
    "a word problem over a graph of quantities; wrong turns: used too early, wrong quantity or operation"
)
EXAMPLE = {
    "quantities": {
        "a": 3,
        "b": ["+", "c", 2],
        "c": ["*", 2, "a"],
        "d": ["*", "a", "b"],
        "e": ["-", "c", "a"],
    },
    "asked": "d",
}

SIZES = {1: (3, 0, 9, 49), 2: (4, 1, 9, 99), 3: (5, 2, 9, 199), 4: (6, 3, 19, 499), 5: (8, 4, 19, 999)}
"""By level: how many computed quantities the question needs, how many others there are, the largest number in
the text, and the largest value."""
MAX_TIMES = 5
"""The largest number in "5 times as many"."""

COUNTED = (
    "apples beans carrots dates eggs figs grapes hazelnuts irises jars kiwis lemons melons nuts olives pears "
    "quinces radishes shallots tomatoes umbrellas"
)
"""Enough for the largest story: 1 + 2*8 + 4."""
NOUNS = {noun[0]: noun for noun in COUNTED.split()}
WORDS = {
    "+": ("{1} more than the number of {0}", "the number of {0} plus the number of {1}"),
    "-": ("{1} fewer than the number of {0}", "the number of {0} minus the number of {1}"),
    "*": ("{0} times the number of {1}", "the number of {0} times the number of {1}"),
}
"""The wording of a relation to a number, and of a relation of two quantities."""

ANSWER = re.compile(r"\s*(-?\d{1,9})\s*", re.ASCII)
LINE = re.compile(r"([a-u])=(-?\d{1,18})([-+*])(-?\d{1,18})=(-?\d{1,18})", re.ASCII)

Term = int | str
Rule = int | Formula
"""What defines a quantity: a number, or an operator and two terms."""


class Story(NamedTuple):
    """The definitions in the order of the text, and the quantities known so far."""

    question: str
    rules: Mapping[str, Rule]
    """The position of a quantity here identifies it as an operand."""
    needed: frozenset[str]
    """The quantities that the question needs, itself included."""
    known: Mapping[str, int]


def result_of(operator: str, left: int, right: int) -> int:
    return {"+": left + right, "-": left - right, "*": left * right}[operator]


def value_of(term: Term, values: Mapping[str, int]) -> int | None:
    return values.get(term) if isinstance(term, str) else term


def terms_of(rule: Rule) -> tuple[Term, ...]:
    return () if isinstance(rule, int) else rule[1:]


def sample(random: Random, level: int) -> tuple[dict[str, Any], str]:
    """Draws the formulas from the question down, so that it needs them all; then further quantities."""
    needed, more, number, largest = SIZES[level]
    while True:
        question, *free = random.sample(sorted(NOUNS), len(NOUNS))
        below, rules = [question], dict[str, Rule]()
        for _ in range(needed):
            name = below.pop(random.randrange(len(below)))
            terms: list[str] = []
            for _ in range(random.randint(1, 2)):
                shared = [term for term in below if term not in terms]
                if shared and random.random() < 0.4:
                    terms.append(random.choice(shared))
                else:
                    below.append(free.pop())
                    terms.append(below[-1])
            rules[name] = _rule(random, terms, number)
        rules |= {name: _rule(random, (), number) for name in below}
        rules = dict(reversed(rules.items()))  # operands before what they define
        for _ in range(more):
            others = [name for name in rules if name != question]
            rules[free.pop()] = _rule(random, random.sample(others, random.randint(0, 2)), number)
        values: dict[str, int] = {}
        for name, rule in rules.items():
            values[name] = rule if isinstance(rule, int) else _computed(rule, values)
        if min(values.values()) > 0 and max(values.values()) <= largest:
            quantities = {name: rule if isinstance(rule, int) else list(rule) for name, rule in rules.items()}
            return {"quantities": dict(sorted(quantities.items())), "asked": question}, str(values[question])


def _rule(random: Random, names: Sequence[str], number: int) -> Rule:
    """A number, a relation to a number or of two quantities, with commuting terms in a fixed order."""
    operator = random.choice("+-*")
    constant = random.randint(2, MAX_TIMES if names and operator == "*" else number)
    if not names:
        return constant
    if len(names) == 1:
        return (operator, constant, names[0]) if operator == "*" else (operator, names[0], constant)
    left, right = names if operator == "-" else sorted(names)
    return operator, left, right


def _computed(rule: Formula, values: Mapping[str, int]) -> int:
    left, right = (values[term] if isinstance(term, str) else term for term in rule[1:])
    return result_of(rule[0], left, right)


def rules_of(givens: dict[str, Any]) -> dict[str, Rule]:
    """The definitions in the order of the text, which is alphabetical."""
    return {
        name: rule if isinstance(rule, int) else (rule[0], rule[1], rule[2])
        for name, rule in sorted(givens["quantities"].items())
    }


def split_key(givens: dict[str, Any]) -> str:
    """The formula of the question without names and numbers: n is given, k is in a relation.

    What the question does not need is not in it, so that a held-out formula is new whatever stands around it.
    """
    rules = rules_of(givens)

    def shape(term: Term) -> str:
        rule = rules[term] if isinstance(term, str) else "k"
        if not isinstance(rule, tuple):
            return "n" if isinstance(rule, int) else rule
        parts = [shape(term) for term in rule[1:]]
        return "({1}{0}{2})".format(rule[0], *(parts if rule[0] == "-" else sorted(parts)))

    return shape(givens["asked"])


def statement(givens: dict[str, Any]) -> str:
    sentences = []
    for name, rule in rules_of(givens).items():
        text = str(rule)
        if not isinstance(rule, int):
            both = all(isinstance(term, str) for term in rule[1:])
            text = WORDS[rule[0]][both].format(*(NOUNS.get(str(term), term) for term in rule[1:]))
        sentences.append(f"The number of {NOUNS[name]} is {text}.")
    return " ".join([*sentences, f"How many {NOUNS[givens['asked']]} are there?"])


def prompt(givens: dict[str, Any]) -> str:
    definitions = [
        f"{name}={rule}" if isinstance(rule, int) else f"{name}={rule[1]}{rule[0]}{rule[2]}"
        for name, rule in rules_of(givens).items()
    ]
    return ";".join([*definitions, f"?{givens['asked']}"])


def start(givens: dict[str, Any]) -> Story:
    rules, question = rules_of(givens), str(givens["asked"])
    needed, waiting = set[str](), [question]
    while waiting:
        name = waiting.pop()
        needed.add(name)
        waiting += [term for term in terms_of(rules[name]) if isinstance(term, str) and term not in needed]
    values = {name: rule for name, rule in rules.items() if isinstance(rule, int)}
    return Story(question, rules, frozenset(needed), values)


def key(state: Story) -> str:
    return " ".join(f"{name}={value}" for name, value in state.known.items())


def _move(state: Story, name: str, operator: str, left: int, right: int, result: int | None = None) -> Move:
    """A move that computes the quantity `name`, right or wrong.

    A number is matched to the definition's own operand if possible, else to the first known quantity with
    this value, else to none.
    """
    terms, numbers = terms_of(state.rules[name]) or (left, right), (left, right)

    def fits(terms: Sequence[Term]) -> list[bool]:
        return [value_of(term, state.known) == n for term, n in zip(terms, numbers, strict=True)]

    if sum(fits(terms[::-1])) > sum(fits(terms)):
        terms = terms[::-1]
    names = list(state.rules)
    operands = [Operand(name, names.index(name))]
    for term, number, fit in zip(terms, numbers, fits(terms), strict=True):
        source = term if fit else next((each for each in names if state.known.get(each) == number), number)
        operands.append(Operand(number, names.index(source) if isinstance(source, str) else None))
    return Move(operator, tuple(operands), result_of(operator, left, right) if result is None else result)


def moves(state: Story) -> Iterator[Move]:
    if solved(state):
        return
    # Sorting is stable: first the quantities that the question needs, then the others, in the order of the
    # text.
    for name in sorted(state.rules, key=lambda name: name not in state.needed):
        move = _by_rule(state, name, state.known)
        if move is not None:
            yield move


def _by_rule(state: Story, name: str, values: Mapping[str, int]) -> Move | None:
    """The move that computes `name` by its definition from `values`; None if that is not possible."""
    rule = state.rules[name]
    if name in values or isinstance(rule, int):
        return None
    left, right = (value_of(term, values) for term in rule[1:])
    return None if left is None or right is None else _move(state, name, rule[0], left, right)


def mistakes(state: Story, move: Move | None) -> Iterator[tuple[str, Move]]:
    if move is None:
        return
    name, true = move.operands[0], int(move.result)
    yield "slip", Move(move.operation, move.operands, true + 1)
    if true >= 10:
        yield "carry_slip", Move(move.operation, move.operands, true - 10)
    for mistake, wrong in (
        ("wrong_operation", _wrong_operation(state, move)),
        ("wrong_quantity", _wrong_quantity(state, move)),
        ("used_before_known", _used_before_known(state, move)),
    ):
        # A mistake with the right result teaches nothing, and quantities are not negative.
        if wrong and int(wrong.result) > 0 and (wrong.operands[0], wrong.result) != (name, true):
            yield mistake, wrong


def _wrong_operation(state: Story, move: Move) -> Move:
    name, left, right = (operand.value for operand in move.operands)
    pair = int(left), int(right)
    if move.operation == "+":
        return _move(state, str(name), "-", max(pair), min(pair))
    return _move(state, str(name), "+", *pair)


def _wrong_quantity(state: Story, move: Move) -> Move | None:
    """Uses the next known quantity of the text instead of the first one in the definition."""
    name, *pair = move.operands
    at = next(at for at, operand in enumerate(pair) if operand.at is not None)
    names = list(state.rules)
    place = pair[at].at or 0
    others = (state.known.get(each) for each in names[place:] + names[:place])
    numbers = [int(operand.value) for operand in pair]
    other = next((value for value in others if value not in (None, numbers[at])), None)
    if other is None:
        return None
    numbers[at] = other
    return _move(state, str(name.value), move.operation, *numbers)


def _used_before_known(state: Story, move: Move) -> Move | None:
    """Skips `move` and computes a quantity that needs it, with the number in its definition as its value."""
    skipped = str(move.operands[0].value)
    constants = [term for term in terms_of(state.rules[skipped]) if isinstance(term, int)]
    taken = constants[0] if constants else int(move.operands[1].value)
    if taken == move.result:
        return None
    assumed = {**state.known, skipped: taken}
    users = (name for name, rule in state.rules.items() if skipped in terms_of(rule))
    return next(filter(None, (_by_rule(state, name, assumed) for name in users)), None)


def claims(state: Story, move: Move) -> Sequence[Claim]:
    name, left, right = (operand.value for operand in move.operands)
    rule = state.rules[str(name)]
    if isinstance(rule, int) or name in state.known:
        raise MoveError(write(state, move))
    claimed = (move.operation, int(left), int(right))
    return Substitutes(rule, state.known, claimed), Equal(claimed, int(move.result))


def apply(state: Story, move: Move) -> Story:
    values = {**state.known, str(move.operands[0].value): int(move.result)}
    return state._replace(known=dict(sorted(values.items())))


def solved(state: Story) -> bool:
    return state.question in state.known


def heuristic(state: Story) -> float:
    """How many quantities are still needed, besides the one of the question."""
    return float(max(0, len(state.needed - state.known.keys()) - 1))


def dead_end_evidence(state: Story) -> Evidence:
    """Never proved: as long as the question is open, something that it needs can be computed."""
    return Evidence("exhausted", (key(state), state.question))


def answer(givens: dict[str, Any], path: Sequence[Move]) -> str:
    return str(path[-1].result)


def grade(givens: dict[str, Any], answer: str) -> str | None:
    match = ANSWER.fullmatch(answer)
    if not match:
        return f"{answer[:40]!r} is not a whole number"
    rules = rules_of(givens)

    def tree(term: Term) -> Tree:
        rule = rules[term] if isinstance(term, str) else term
        return rule if isinstance(rule, int) else (rule[0], tree(rule[1]), tree(rule[2]))

    finding = check([Equal(tree(givens["asked"]), int(match[1]))])
    return None if finding.evidence is None else str(finding.evidence)


def write(state: Story, move: Move) -> str:
    name, left, right = (operand.value for operand in move.operands)
    return f"{name}={left}{move.operation}{right}={move.result}"


def read(state: Story, line: str) -> Move:
    match = LINE.fullmatch(line)
    if not match or match[1] not in state.rules:
        raise ParseError(f"no line of {NAME}: {line[:40]!r}")
    return _move(state, match[1], match[3], int(match[2]), int(match[4]), int(match[5]))
