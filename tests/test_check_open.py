"""Steps that state more than the checker decides, and words that nothing before them bears out."""

from __future__ import annotations

import pytest

from journey.claims import check_solution
from tests.last_step import by_kind, expect_last_verdict

CURVES = "$y = x^2$ and $y = mx + 1$."
CASES: dict[str, list[tuple[str, list[str]]]] = {
    "an inequality that nothing decides": [
        ("unknown", ["$3^3 = 27$, so $n \\ge 4$."]),
        ("unknown", ["Since $2 + 2 = 4$, we need $x < 3$."]),
        ("valid", ["$n \\ge 4$.", "We know that $n \\ge 4$, and $4^2 = 16$."]),
        ("valid", ["$4 \\le n$.", "We know that $n \\ge 4$, and $4^2 = 16$."]),
        ("unknown", ["$n \\le 4$.", "We know that $n \\ge 4$, and $4^2 = 16$."]),
        ("valid", ["$x \\ne 4$.", "Since $4 \\ne x$, and $4^2 = 16$."]),
        ("unknown", ["$x \\ne 5$.", "Since $4 \\ne x$, and $4^2 = 16$."]),
        ("unknown", ["Suppose $a < 3$. Now $4^2 = 16$."]),
        ("unknown", ["If $n > 2$, then $4^2 = 16$ and $n > 7$."]),
        ("unknown", ["Happily, $3^3 = 27 < 24$."]),
        ("unknown", ["Since $3^3 = 27 < 50$ and $4^3 = 64 < 50$, the largest is 3."]),
        ("valid", ["Since $3^3 = 27 < 50$ and $4^3 = 64 > 50$, the largest is 3."]),
    ],
    "an equation that nothing decides": [
        ("unknown", ["Here $a + c = 3$, and $2 + 2 = 4$."]),
        ("unknown", ["$\\frac{8 + 2}{5} = 2$. Thus $BP = 7$."]),
        ("valid", ["Since $a + 30 = 8$, $a = -22$."]),
        ("valid", ["Let $a = 3$. Then $a + 2 = 5$."]),
        ("valid", ["$(x-3)(x-4) = 0$, so $x = 3$ or $x = 4$."]),
        ("valid", ["By Pythagoras, $YZ^2 = 3^2 + 4^2 = 25$."]),
        ("valid", ["$AC^2 = AB^2 - BC^2 = 5^2 - 4^2 = 9$."]),
        ("unknown", ["$AC^2 = AB^2 + BC^2 = 5^2 - 4^2 = 9$."]),
        ("unknown", ["In all there are $S + 2S + 0 + 1 = 3S + 1 = 7$ systems."]),
    ],
    "what is supposed ends where a conclusion begins": [
        ("unknown", [CURVES, "Setting $y = x^2$, we get $x^2 = mx + 1$ or $x^2 + mx = 1$."]),
        ("valid", [CURVES, "Setting $y = x^2$, we get $x^2 = mx + 1$ or $x^2 - mx = 1$."]),
        ("unknown", ["If $u_5 = u_4$, then $u_7 = 2$, and $2 + 2 = 4$."]),
        ("valid", ["Let $u_5 = 3$. Now $2 + 2 = 4$."]),
    ],
    "an equation that is put in was stated before": [
        ("unknown", ["$b + c = 7 - a$.", "Substituting $b - c = 7 - a$, and as $2 + 2 = 4$, we go on."]),
        ("valid", ["$b + c = 7 - a$.", "Substituting $b + c = 7 - a$, and as $2 + 2 = 4$, we go on."]),
        ("valid", ["Substituting $x = 2$ into $x^2 + 1$ gives $2^2 + 1 = 5$."]),
    ],
    "the value of a letter that nothing bears out": [
        ("unknown", ["Since $n = 14$, there are $7 \\cdot 4/2 = 14$ diagonals."]),
        ("unknown", ["$\\gcd(5, 8) = 1$, so these imply $n \\equiv 3 \\pmod{41}$."]),
        ("unknown", ["$f(x) = x + 1$.", "$f(2) = 3$ has exactly one root $x = 4$."]),
        ("unknown", ["$2 + 2 = 4$ and $\\angle ABC = 59$."]),
    ],
    "a part that is open for another reason": [
        (
            "unknown",
            [
                "$k \\ge 2$.",
                "As $2 \\le k$, $\\sum_{k=2}^\\infty \\frac{1}{k^2} = \\sum_{k=1}^\\infty \\frac{1}{k^2}$.",
            ],
        ),
        (
            "unknown",
            ["$\\frac{1}{5} \\equiv \\frac{2}{11} \\pmod{55}$ and $\\frac{4}{2} \\equiv 57 \\pmod{55}$."],
        ),
    ],
    "relations below a sign and in drawings": [
        ("valid", ["$\\sum_{k=1}^{10} k = 55$"]),
        ("valid", ["$3 + 4 = 7$ [asy] real x = 36; draw((0,0)--(1,1)); [/asy]"]),
    ],
    "names of numbers": [
        ("not wrong", ["10 pages per day on day 1 * 2 = 20 pages per day for days 2 through 7"]),
        ("wrong", ["Each day 3 * 4 = 13 pages are read."]),
    ],
    "a calculation that goes on": [
        ("not wrong", ["6W = 30", "6W / 6 = 30 feet / 6, so W = 5 feet."]),
        ("not wrong", ["x - 0.25*x = 72 sours => 0.75*x = 72 sours => x = 72 sours / 0.75 = 96 sours."]),
    ],
    "other rules and other meanings": [
        ("not wrong", ["By the rules $0+0=0,$ $0+1=1,$ and $1+1=0,$ we find the parity of each."]),
        ("not wrong", ["Define $a*b=a^2+ab-b^2$.", "We have: $3*2=3^2+3\\cdot 2-2^2=9+6-4=11$."]),
        ("not wrong", ["If $a*b=a^2+ab-b^2$, find $3*2$.", "We have $3*2=3^2+3\\cdot 2-2^2=9+6-4=11$."]),
        ("not wrong", ["$-12 \\cdot 9$ is less, so $-100 = -12 \\cdot 9 + 11$ would not help."]),
        ("not wrong", ["In fact $10+3\\approx 12$ in the pentagon."]),
        ("wrong", ["In fact $10+6\\approx 12$ in the pentagon."]),
        ("not wrong", ["With $a$ and $b$ so, we have $a^3 + b^3 = (a+b)^3 \\rightarrow ab(a+b) = 0$."]),
        ("not wrong", ["$x > 1$.", "What is inside the logarithm must be greater than 0, so $3-x>0$."]),
        ("wrong", ["$-2x > 6$.", "So $x > -3$."]),
        (
            "not wrong",
            [r"$\frac{4 \mbox{ daps}}{3 \mbox{ dops}}\cdot \frac{2 \mbox{ dops}}{7 \mbox{ dips}} = 1$"],
        ),
    ],
    "either of two cases": [
        ("not wrong", ["This product is zero when $x = 0$ or when $(4x^2 + 5x - 8) = 0$."]),
        ("not wrong", ["$f(x) = -3$ for $x < -1$.", "If $x > -1$, then $f(x) = 5$."]),
    ],
    "grouped digits among arguments": [
        ("valid", ["$\\gcd(9118,12,\\!173) = 47$"]),
        ("valid", ["$\\gcd(12, 18) = 6$"]),
    ],
    "a factor in brackets is no mixed number": [
        (
            "valid",
            ["We have $a\\left(\\frac{16}{9}\\right) = 12 \\Rightarrow a = 12\\left(\\frac{9}{16}\\right)$."],
        ),
        ("valid", ["$12\\left(\\frac{9}{16}\\right) = \\frac{27}{4}$"]),
        ("wrong", ["$12\\left(\\frac{9}{16}\\right) = \\frac{201}{16}$"]),
    ],
    "wholes": [
        ("wrong", ["So Janet got 42/4=10 stuffies"]),
        ("not wrong", ["He fills 25/4 = 6 full boxes."]),
        ("not wrong", ["She needs 25/4 = 7 boxes."]),
        ("not wrong", ["So 100 stickers / 3 friends = 33 stickers for each friend, with 1 remaining."]),
        ("not wrong", ["At $10 per three pizzas, it cost $10/3=$3 and $1/3 per pizza."]),
        ("wrong", ["They walked 1.5 + 4 = 6 miles."]),
    ],
    "units in fractions": [
        (
            "not wrong",
            [r"$48\text{ figs} = 48\text{ figs}\times \frac{5\text{ bags}}{2\text{ figs}}=120\text{ bags}$."],
        ),
    ],
}


@pytest.mark.parametrize(("expected", "steps"), by_kind(CASES))
def test_the_last_step_gets_its_verdict(expected: str, steps: list[str]) -> None:
    expect_last_verdict(expected, steps)


WALK = "Tom walks 3 miles on each of 4 days and 20% of his friends join him."
WORK = "Ann ties 60 knots in one day, and Bea is the second to tie them in a week."
HOURS = "A job takes 3 hours. The shop is open for 4 weeks."


@pytest.mark.parametrize(
    ("problem", "step", "valid"),
    [
        (WALK, "He walks 3 * 4 = 12 miles.", True),
        (WALK, "He walks 3 * 4 = 12 pounds.", False),
        (WALK, "He walks 3 * 4 = 12 gallons in all.", False),
        (HOURS, "It takes 3 * 60 = 180 minutes.", True),
        (WORK, "In 6 days of work she ties 60 * 6 = 360 knots.", True),
        (WORK, "In 6 inches of work she ties 60 * 6 = 360 knots.", False),
        (WORK, "In 6 seconds of work she ties 60 * 6 = 360 knots.", False),
        (WORK + " A knot takes 9 in of rope.", "For 6 inches, 60 * 6 = 360 knots.", True),
        (
            WORK,
            "In the three weeks, the sum of knots will be 60 of this and next week + 40 of last week = 100",
            True,
        ),
        (
            WORK,
            "In the three gallons, the sum of knots will be 60 of this and next week + 40 of last week = 100",
            False,
        ),
        (HOURS, "That is 4 hours * 60 minutes = 240 minutes.", True),
        (HOURS, "That is 4 hours * 60 minutes = 240 hours.", False),
        (HOURS, "It takes 3 * 50 = 150 seconds.", False),
        (HOURS, "It takes 10 minutes / 2 = 5 days.", False),
        (HOURS, "8 hours * 60 minutes per hour / 16 = 30 minutes.", True),
        (HOURS, "8 hours * 60 minutes per hour / 16 = 30 days.", False),
        (HOURS, "500 pages / 20 days = 25 pages per week.", False),
        ("Bo is 23 years old.", "In 5 years she is 23 + 5 = 28 years old.", True),
        ("Bo is 23 years old. A week has 7 days.", "In 5 years she is 23 + 5 = 28 days old.", False),
        (WALK, "20% of 50 friends is .2 * 50 = 10.", True),
        (WALK, "35% of 50 friends join, and 4 + 6 = 10.", False),
        (WALK, "80% stay at home, because 100 - 20 = 80.", True),
        (WALK, "95% stay at home, because 100 - 20 = 80.", False),
        ("40% of 3000 cars are red.", "60% of 3000 cars is (40/100)*3000 = 1200 cars.", False),
        ("A coat of $50 is 20% off.", "At 20% off it costs .8 * 50 = $40.", True),
        ("9 of 27 apples are red.", "The share is 9 / 27 * 100% = 33.3%.", True),
    ],
)
def test_words_that_nothing_before_bears_out(problem: str, step: str, valid: bool) -> None:
    verdict = check_solution([step], problem)[-1].verdict
    assert (verdict.value == "valid") is valid


def test_a_clash_of_percentages_leaves_the_other_claims_as_they_are() -> None:
    step = check_solution(["5% of the cards are red, so 0.2 * 40 = 8 are, and 3 + 4 = 7."])[-1]
    assert step.verdict.value == "unknown"
    assert [claim.verdict.value for claim in step.claims if claim.text == "3 + 4 = 7"] == ["valid"]


@pytest.mark.parametrize(
    ("step", "evidence"),
    [
        ("$31_8 = 26$", "31_8 = 25 in base 10, not 26"),
        ("$31_8 = 25$", "both sides are 25 in base 10"),
        ("$10 = 3$ and $2 + 2 = 4$", "10 = 3 is false"),
        ("If 1 pair of shoes equals 2 shoes, then Bo bought 12*2=24 shoes.", "1 = 2 is false"),
        ("1550 cubic inches / 50 cubic inches/pump = 29 pumps", "1550 / 50 = 31, not 29"),
        ("1/2 of 30 = 14", "1/2 of 30 = 15, not 14"),
        ("6/-2 = -4", "6/-2 = -3, not -4"),
    ],
)
def test_the_reason_says_what_is_so(step: str, evidence: str) -> None:
    assert check_solution([step])[-1].evidence == evidence
