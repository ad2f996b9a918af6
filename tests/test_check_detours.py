r"""Steps that hold a slip which nothing proves: they are not called valid for what else they say."""

from __future__ import annotations

import pytest

from journey.claims import check_solution

SLIPS: dict[str, list[tuple[str, list[str]]]] = {
    "a chain that comes back": [
        ("valid", [r"$x^2 - 9 = (x + 3)(x - 3) = x(x - 3) + 3(x - 3)$."]),
        ("not valid", [r"$x^2 - 9 = (x + 3)(x - 2) = x^2 - 3x + 3x - 9$."]),
        ("not valid", [r"$\binom{m}{1} = \frac{m!}{(m + 1)!} = m$."]),
        ("valid", [r"$p(x) = 3x + 4x = 7x$."]),
    ],
    "a link of a chain with the same letters": [
        ("valid", [r"$(a + b)^2 = a^2 + 2ab + b^2$, so $a + b = 5$ gives $a^2 + 2ab + b^2 = 25$."]),
        ("not valid", ["We know that $a + b = 5$.", r"Then $(a + b)^3 = a^2 + 2ab + b^2 = 25$."]),
        ("not valid", [r"$2(3r^2) = r^2 + 5r^2 = \frac{7}{2}(2r^2)$."]),
    ],
    "powers and roots with letters": [
        ("unknown", [r"$(2^3)^x = 2^{3x}$ and $3 + 4 = 7$."]),
        ("unknown", [r"$|x - 1| = |1 - x|$ and $3 + 4 = 7$."]),
    ],
    "complex numbers": [
        ("valid", [r"$i + i^2 + i^3 + i^4 = i - 1 - i + 1 = 0$."]),
        ("not valid", [r"$i + i^2 + i^4 + i^4 = i - 1 - i + 1 = 0$."]),
    ],
    "a letter that cancels": [
        ("not valid", ["Since $2bx = -14x$ we see that $b = -6$, and $3 + 4 = 7$."]),
        ("not valid", [r"$\cos T = \frac{-uv}{2uv} = \frac{1}{2}$, and $3 + 4 = 7$."]),
        ("not valid", ["Here $5y + d = 0$, so $5y = -d$ and $y = \\frac{d}{5}$."]),
        ("valid", ["Here $5y + d = 0$, so $5y = -d$ and $y = -\\frac{d}{5}$."]),
    ],
    "cases that exclude each other": [
        (
            "not valid",
            [
                "Let $3x + 5y + d = 0$.",
                "If $y = 0$, then $3x = -d$.",
                "If $x = 0$, then $5y = -d$ and $5y = d$.",
            ],
        ),
    ],
    "another polynomial": [
        ("valid", ["$6t^2 - 5t - 6 = 0$.", "It factors as $(2t - 3)(3t + 2) = 0$, so $t = \\frac{3}{2}$."]),
        (
            "not valid",
            ["$6t^2 - 5t - 6 = 0$.", "It factors as $(2t - 3)(3t + 4) = 0$, so $t = \\frac{3}{2}$."],
        ),
        ("not valid", ["$x^2 - 5x + 4 = 0$.", "Hence $x^2 - 5x + 6 = 0$ and $3 + 4 = 7$."]),
    ],
    "a detour": [
        (
            "not valid",
            [r"\begin{align*} x^2 - 6x + 4 &= 0 \\ x^2 - 7x + 9 &= 5 \\ (x - 3)^2 &= 5 \end{align*}"],
        ),
        ("valid", [r"\begin{align*} x^2 - 6x + 4 &= 0 \\ x^2 - 6x + 9 &= 5 \\ (x - 3)^2 &= 5 \end{align*}"]),
        ("not valid", ["$\\sqrt{x^2 + 9} = x + 1$.", "Then $x^3 + 9 = x^2 + 2x + 1$, so $x = 4$."]),
        ("valid", ["$\\sqrt{x^2 + 9} = x + 1$.", "Then $x^2 + 9 = x^2 + 2x + 1$, so $x = 4$."]),
        ("not valid", ["We get $8x^3 = 5x^3 + x^2$, so $3x^3 + x^2 = 0$, or $x^2(3x + 1) = 0$."]),
    ],
    "roots that are none": [
        ("valid", [r"This simplifies to $x^2 + 2x = 1$, so $x^2 + 2x - 1 = 0$ and $x = -1 \pm \sqrt{2}$."]),
        (
            "not valid",
            [r"This simplifies to $x^2 + 2x = 1$, so $x^2 + 2x - 1 = 0$ and $x = -1 \pm \sqrt{3}$."],
        ),
    ],
    "congruences with one modulus": [
        ("valid", [r"$2^4 \equiv 2, \quad 2^5 \equiv 4, \quad 2^6 \equiv 8 \equiv 1 \pmod{7}$."]),
        ("not valid", [r"$2^4 \equiv 3, \quad 2^5 \equiv 4, \quad 2^6 \equiv 8 \equiv 1 \pmod{7}$."]),
        ("not wrong", [r"$2^4 \equiv 3, \quad 2^5 \equiv 4, \quad 2^6 \equiv 8 \equiv 1 \pmod{7}$."]),
    ],
    "units of a sum": [
        ("valid", ["It takes 6 minutes + 8 minutes = 14 minutes."]),
        ("unknown", ["It takes 6 minutes + 8 minutes = 14 miles."]),
        ("wrong", ["She is left with 9 miles - 5 miles = 4 inches."]),
        ("valid", ["They walk 6 miles + 8 miles = 14 miles a day."]),
        ("valid", ["In total that is 6 hours + 8 hours = 14 in a week."]),
    ],
    "percentages and their use": [
        ("valid", ["20% of the cards are red, so 0.2 * 40 = 8 are."]),
        ("valid", ["20% of the cards are red, so .8 * 40 = 32 are not."]),
        ("valid", ["After a rise of 20% it is 1.2 * 40 = 48 dollars."]),
        ("unknown", ["5% of the cards are red, so 0.2 * 40 = 8 are."]),
        ("unknown", ["5% of the cards are red, which is 20/100 * 40 = 8."]),
        ("valid", ["5% of the cards are red, and 2 * $0.20 = $0.40."]),
    ],
}


@pytest.mark.parametrize("kind", SLIPS)
def test_a_step_with_a_slip_is_not_valid(kind: str) -> None:
    for expected, steps in SLIPS[kind]:
        step = check_solution(steps)[-1]
        verdict = step.verdict.value
        right = verdict != expected.removeprefix("not ") if "not " in expected else verdict == expected
        assert right, (expected, step)


def test_false_sums_of_negative_numbers_and_of_bases_are_wrong() -> None:
    for text, verdict in {
        "We have -70 + 8 = -64.": "wrong",
        "We have -70 + 8 = -62.": "valid",
        "The change in apples -3 + 8 = 6.": "unknown",
        "$41_8 = 41_{10}$.": "wrong",
        "$41_8 = 33$.": "valid",
        "$(2 + i)(3 - i) = 6 - 2i + 3i + 1 = 8 + i$.": "wrong",
        "$2(x + 3) = 2x + 6 = 2x + 5$.": "wrong",
        "$2(x + 3) = 2x + 6$ is not $2x + 5$.": "valid",
    }.items():
        assert check_solution([text])[0].verdict.value == verdict, text


def test_each_of_two_equations_has_its_own_solution() -> None:
    for text in (
        "Solving $3n-4=5$ and $3n-4=-5$ we find the solutions $n=3$ and $n=-\\frac{1}{3}$.",
        "The degree of $h$ is 8, so $2n=8$.",
        "However if we plug this value back in, we get that $|-5-2| = 2(-5)+3$ or $7 = -7$.",
    ):
        assert check_solution([text])[0].verdict.value != "wrong", text
    for text in ("Solving $3n-4=5$ we find $n=4$.", "The degree of $h^3 + 2h$ is 8.", "$|-5-2| = 2(-5)+3$."):
        assert check_solution([text])[0].verdict.value == "wrong", text


def test_words_of_another_clause_are_no_reason_for_doubt() -> None:
    for text in ("Ann isn't tall, so 3 + 4 = 8 is her age.", "3 + 4 = 8 people like either of them."):
        assert check_solution([text])[0].verdict.value == "wrong"
    for text in ("It isn't 3 + 4 = 8.", "Either 3 + 4 = 8 or 3 + 4 = 9."):
        assert check_solution([text])[0].verdict.value == "unknown"


def test_a_unit_of_which_nothing_was_said_is_not_valid() -> None:
    problem = "Ann reads 4 books, and Bob reads 3 books more. How many books is that?"
    assert check_solution(["Bob reads 4 + 3 = 7 books."], problem)[0].verdict.value == "valid"
    assert check_solution(["Bob reads 4 + 3 = 7 gallons."], problem)[0].verdict.value == "unknown"


def test_an_expansion_beyond_the_limits_is_unknown() -> None:
    assert (
        check_solution(["Expanding, $(x + 1)^2 x^{1/47} = x^2 + 2x^{1/47} + 1$."])[0].verdict.value
        == "unknown"
    )
