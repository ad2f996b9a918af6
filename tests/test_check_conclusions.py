"""What is said to follow: values put in, solutions, other forms of an equation."""

from __future__ import annotations

import pytest

from journey.claims import check_solution

CASES: dict[str, list[tuple[str, list[str]]]] = {
    "let": [
        ("valid", ["Let n = 4, then 2n + 1 = 9."]),
        ("wrong", ["Let n = 4, then 2n + 1 = 10."]),
        ("valid", ["Let $n = 4$. Then $n^2 = 16$."]),
        ("wrong", ["Let $n = 4$. Then $n^2 = 18$."]),
        ("wrong", ["Let $x = 3$.", "Then $2x + 1 = 8$."]),
        ("valid", ["Let $x = 3$.", "Then $2x + 1 = 7$."]),
        ("not wrong", ["If x = 3 then y = 7.", "Then 2x = 6."]),
        ("valid", ["If $x = 2$ then $x^2 + 1 = 5$."]),
        ("wrong", ["When $x = 2$, $x^2 + 1 = 6$."]),
        ("valid", ["$f(x) = x^2 + 1$.", "$f(3) = 10$."]),
        ("wrong", ["$f(x) = x^2 + 1$.", "$f(3) = 12$."]),
        ("wrong", ["$a = 2$ and $b = 5$.", "So $ab + 1 = 12$."]),
        ("valid", ["$a = 2$ and $b = 5$.", "So $ab + 1 = 11$."]),
        ("valid", ["Let $x = 5$.", "Now let $x = 7$.", "Then $x + 1 = 8$."]),
        ("not wrong", ["Let $x = 5$.", "We need $x + 1 = 9$."]),
        ("not wrong", ["Let $x = 5$.", "Suppose $2x = 12$."]),
        ("wrong", ["x = 4", "Then 3x = 15"]),
        ("valid", ["x = 4", "Then 3x = 12"]),
        ("valid", ["For $n = 3$, $2^n = 8$."]),
        ("wrong", ["For $n = 3$, $2^n = 9$."]),
        ("valid", ["For $n=1$ we get $n^2 = 1$.", "For $n = 2$, $n^2 = 4$."]),
        ("not wrong", ["Let $x = 5$.", "For which $x$ is $x^2 = 16$?"]),
    ],
    "solves": [
        ("valid", ["$2x + 4 = 10$", "so $x = 3$."]),
        ("wrong", ["$2x + 4 = 10$", "so $x = 4$."]),
        ("wrong", ["Solve $x^2 = 9$.", "So $x = 3$."]),
        ("valid", ["$x^2 = 9$", "so $x = \\pm 3$"]),
        ("wrong", ["$x^2 = 9$", "so $x = 4$."]),
        ("valid", ["$x^2-5x+6=0$", "so $x = 2$ or $x = 3$."]),
        ("wrong", ["$x^2-5x+6=0$", "so $x = 2$ or $x = 4$."]),
        ("valid", ["3x + 4 = 19, so 3x = 15"]),
        ("wrong", ["3x + 4 = 19, so 3x = 23"]),
        ("valid", ["3x + 4 = 19, so x = 5"]),
        ("wrong", ["3x + 4 = 19, so x = 6"]),
        ("not valid", ["$3x + 4 = 19$, $3x = 23$"]),
        ("wrong", ["\\begin{align*} 3x + 4 &= 19 \\\\ 3x &= 23 \\end{align*}"]),
        ("valid", ["\\begin{align*} 3x + 4 &= 19 \\\\ 3x &= 15 \\\\ x &= 5\\end{align*}"]),
        ("wrong", ["\\begin{align*} 3x + 4 &= 19 \\\\ 3x &= 15 \\\\ x &= 6\\end{align*}"]),
        ("wrong", ["3x + 4 = 19", "3x = 23"]),
        ("not wrong", ["x + y = 10", "so x = 4"]),
        ("not wrong", ["$x+5 = 12$", "If $x = 8$ this is too big"]),
        ("not wrong", ["$2x + 4 = 10$", "Guess $x = 4$"]),
        ("valid", ["2(x+3) = 14 => x + 3 = 7 => x = 4"]),
        ("wrong", ["2(x+3) = 14 => x + 3 = 7 => x = 5"]),
        ("valid", ["$|x - 2| = 5$", "so $x = 7$ or $x = -3$"]),
        ("wrong", ["$|x - 2| = 5$", "so $x = 7$ or $x = 3$"]),
        ("valid", ["$x + y = 10$ and $x - y = 4$.", "So $x = 7$ and $y = 3$."]),
        ("wrong", ["$x + y = 10$ and $x - y = 4$.", "So $x = 7$ and $y = 4$."]),
        ("valid", ["$\\sqrt{x} = 4$", "so $x = 16$"]),
        ("wrong", ["$\\sqrt{x} = 4$", "so $x = 8$"]),
        ("valid", ["$\\frac{x}{3} = 6$", "so $x = 18$"]),
        ("wrong", ["$\\frac{x}{3} = 6$", "so $x = 2$"]),
    ],
    "substitute": [
        ("valid", ["$y = 2x + 1$", "$x + y = 7$", "Substituting, $x + 2x + 1 = 7$."]),
        ("wrong", ["$y = 2x + 1$", "$x + y = 7$", "Substituting, $x + 2x - 1 = 7$."]),
        ("valid", ["$y = 3x$", "$x + y = 8$", "So $x + 3x = 8$, $4x = 8$, $x = 2$."]),
    ],
    "expand": [
        ("valid", ["$(x+2)(x+3) = x^2 + 5x + 6$"]),
        ("not wrong", ["$(x+2)(x+3) = x^2 + 6x + 6$"]),
        ("wrong", ["Expanding, $(x+2)(x+3) = x^2 + 6x + 6$."]),
        ("valid", ["Expanding $(a+b)(a-2b)$ gives $a^2 - ab - 2b^2$."]),
        ("wrong", ["Expanding $(a+b)(a-2b)$ gives $a^2 + ab - 2b^2$."]),
        ("valid", ["We factor $x^2 - 5x + 6 = (x-2)(x-3)$."]),
        ("wrong", ["We factor $x^2 - 5x + 6 = (x-1)(x-6)$."]),
        ("valid", ["$x^2 - y^2$ factors as $(x-y)(x+y)$."]),
        ("wrong", ["$x^2 - y^2$ factors as $(x-y)^2$."]),
        ("valid", ["Simplifying, $3x + 5x - 2y = 8x - 2y$"]),
        ("not valid", ["Simplifying, $3x + 5x - 2y = 8x + 2y$"]),
        ("valid", ["Expanding, (x+1)(x+2) = x^2 + 3x + 2"]),
        ("wrong", ["Expanding, (x+1)(x+2) = x^2 + 2x + 2"]),
        ("wrong", ["Distributing, $2(x + 3) = 2x + 3$."]),
        ("valid", ["$a^2 + 2ab + b^2 = (a+b)^2$"]),
    ],
    "compare": [
        ("not wrong", ["3 < 5"]),
        ("valid", ["2 + 2 < 5"]),
        ("wrong", ["2 + 2 > 5"]),
        ("valid", ["17 > 4 * 4"]),
        ("wrong", ["17 < 4 * 4"]),
        ("valid", ["$2^{10} > 10^3$"]),
        ("wrong", ["$2^{10} < 10^3$"]),
        ("valid", ["5 is greater than 3"]),
        ("wrong", ["5 is less than 3"]),
        ("valid", ["3/4 is greater than 2/3"]),
        ("wrong", ["3/4 is less than 2/3."]),
        ("wrong", ["$\\frac{3}{4} < \\frac{2}{3}$"]),
        ("valid", ["$\\frac{3}{4} > \\frac{2}{3}$"]),
        ("not wrong", ["$3 \\ne 4$"]),
        ("wrong", ["$2+2 \\ne 4$"]),
        ("valid", ["2 + 3 >= 5"]),
        ("wrong", ["2 + 3 >= 6"]),
        ("valid", ["2 < 1 + 3 < 5"]),
        ("wrong", ["$1 < 1 + 1 < 2$"]),
        ("valid", ["$\\pi > 3$"]),
        ("wrong", ["$\\pi < 3$"]),
        ("valid", ["$\\sqrt{2} + \\sqrt{3} > 3$"]),
        ("valid", ["$2x + 1 > 7$", "so $x > 3$"]),
        ("not valid", ["$2x + 1 > 7$", "so $x > 4$"]),
        ("wrong", ["$-2x > 6$", "so $x > -3$"]),
        ("valid", ["$-2x > 6$", "so $x < -3$"]),
        ("not wrong", ["if 2 + 2 > 5, then"]),
        ("not wrong", ["5 => 3"]),
        ("not wrong", ["3 + 4 -> 7"]),
        ("wrong", ["5 is greater than 3 times 2"]),
    ],
}
"""What is expected of the last of some steps, by kind."""


@pytest.mark.parametrize(
    ("expected", "steps"),
    [pytest.param(*case, id=f"{kind}-{n}") for kind in CASES for n, case in enumerate(CASES[kind])],
)
def test_the_last_step_gets_its_verdict(expected: str, steps: list[str]) -> None:
    last = check_solution(steps)[-1]
    if expected.startswith("not "):
        assert last.verdict.value != expected.removeprefix("not "), last
    else:
        assert last.verdict.value == expected, last
    assert last.evidence
