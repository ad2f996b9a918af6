"""Linear equations and single solutions, beside sympy's matrices."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from sympy import Matrix

from journey import families
from journey.algebra import read_relation, relation_text
from journey.check import check, check_move
from journey.claim_types import Solves
from journey.equivalence import system
from journey.families.system.rows import standard
from journey.step import Verdict


def test_two_systems_are_equal_when_sympy_s_echelon_forms_are() -> None:
    random = Random(0)
    verdicts = set()
    for _ in range(400):
        size = random.randint(2, 3)
        rows = [[random.choice((0, 1, -1, 2, 3)) for _ in range(size + 1)] for _ in range(size)]
        other = [row[:] for row in rows]
        other[0] = [a + random.choice((0, 2)) * b for a, b in zip(other[0], other[1], strict=True)]
        other[-1][-1] += random.choice((0, 0, 1))
        both = [[standard(row, "xyz"[:size]) for row in each] for each in (rows, other)]
        if any(not left or left == 0 for lines in both for _, left, _ in lines):
            continue
        forms = [Matrix(each).rref() for each in (rows, other)]
        # Two contradictions are solved by the same numbers: none.
        none = [size in pivots for _, pivots in forms]
        equal = all(none) or (none == [False, False] and forms[0][0] == forms[1][0])
        verdict = system(both[0], both[1]).verdict
        verdicts.add(verdict)
        assert (verdict is Verdict.VALID) == equal, [list(map(relation_text, lines)) for lines in both]
    assert verdicts >= {Verdict.VALID, Verdict.WRONG}


@pytest.mark.parametrize(
    ("equation", "number", "evidence"),
    [
        ("1/(x-1)=2", "3/2", None),
        ("1/(x-1)=2", "3", "1/(x-1)=2 says 1/2=2 at x = 3"),
        ("1/(x-1)=2", "1", "1/(x-1)=2 divides by zero at x = 1"),
    ],
)
def test_a_number_solves_an_equation_or_not(equation: str, number: str, evidence: str | None) -> None:
    relation = read_relation(equation)
    result = check([Solves(relation, Fraction(number))])
    assert (None if result.evidence is None else str(result.evidence)) == evidence
    assert (check([Solves(relation, Fraction(number), claimed=False)]).evidence is None) == bool(evidence)


def test_a_line_may_not_change_its_equation() -> None:
    known = families.get("system")
    state = known.start({"equations": ["x+y=3", "x-y=1"]})
    for line, verdict in {
        "1+2:2x=4": Verdict.VALID,
        "1+2:x=2": Verdict.VALID,
        "1-2:x=2": Verdict.WRONG,
        "1+2:y=1": Verdict.WRONG,
        "isolate 1:y=3-x": Verdict.VALID,
        "tidy 1:x=2": Verdict.WRONG,
    }.items():
        assert check_move(known, state, known.read(state, line)).verdict is verdict, line
