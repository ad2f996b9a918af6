"""What stands around an equality: other units and readings, other cases, words that break into it."""

from __future__ import annotations

import pytest

from tests.last_step import by_kind, expect_last_verdict

CASES: dict[str, list[tuple[str, list[str]]]] = {
    "angles without a unit": [
        ("not wrong", [r"$\cos 15 = \cos (45 - 30) = \frac{\sqrt{6} + \sqrt{2}}{4}$"]),
        ("not wrong", [r"Since $\tan 45 = 1$, the sum is easy."]),
        ("not wrong", [r"$\sin 30 = \frac{1}{2}$"]),
        ("wrong", [r"$\sin 30 = \frac{1}{3}$"]),
        ("wrong", [r"$\sin 30^\circ = \frac{1}{3}$"]),
        ("not wrong", [r"$\frac{\cos 0 - \cos 180}{2 \sin 5} = \frac{1}{\sin 5}$"]),
    ],
    "one of several": [
        ("not wrong", [r"At least one of $2^{20}\equiv 1\pmod{125}$ or $2^{50}\equiv 1\pmod{125}$ holds."]),
        ("not wrong", ["Only one of 2 + 3 = 5 and 2 + 3 = 6 is true."]),
        ("not wrong", ["Either 2 + 3 = 6 or 2 + 4 = 6."]),
        ("wrong", ["Either way, 2 + 3 = 6."]),
    ],
    "other cases": [
        (
            "not wrong",
            [
                "$n + m = 341$ and $n - m = 3$ give $2n = 344$ and $n = 172$.",
                "$n + m = 675$ and $n - m = 3$ give $2n + 12 = 690$ and $n = 339$.",
            ],
        ),
        (
            "not wrong",
            [
                r"\begin{align*} x^2-2x-63&=0 \\ (x-9)(x+7)&=0 \end{align*}"
                "Thus, $x-9=0$ or $x+7=0$, so $x=9$ or $x=-7$."
            ],
        ),
    ],
    "scales and quantities": [
        ("not wrong", ["The shop loses 5 thousand dollars a day, so it loses 5 * 3 = $15,000."]),
        ("wrong", ["The shop loses 5 thousand dollars a day, so it loses 5 * 3 = $16,000."]),
        ("valid", ["Convert to minutes: .5 hours * 60 minutes/hour = 30 minutes"]),
        ("wrong", ["Convert to minutes: .5 hours * 60 minutes/hour = 40 minutes"]),
        ("not wrong", ["20 minutes / 240 minutes = 8.333...%, which is about 8%"]),
        ("not wrong", ["The number of months is 3 years*12, which is the number in a year = 36 months."]),
        ("not wrong", ["In a week = 14 days of work for two"]),
        ("wrong", ["3 weeks = 20 days"]),
        ("not wrong", ["If he melts them, five quarters equals $100."]),
        ("valid", ["4 quarters = 100 cents"]),
        ("not wrong", ["They read 180 pages because 14, 400 / 80 = 180"]),
        ("not wrong", [r"That gives us 7\,\S\, 2 = 3(7) + 5(2)."]),
    ],
    "units of one letter": [
        ("valid", ["Pierre eats 2 * 50g = 100g of cake."]),
        ("wrong", ["Pierre eats 20 * 50g = 100g of cake."]),
        ("wrong", ["A current of 40A each is a load of 3*40A = 1200A"]),
        ("valid", ["The floor is 10 m x 8 m = 80 square meters."]),
        ("wrong", ["The floor is 100 m x 8 m = 80 square meters."]),
        ("wrong", ["The tank has a total of 100 + 180 = 380 L of water"]),
        ("wrong", ["L = 4*5 = 21 m"]),
        ("valid", ["There is 2000 L - 1600 L = 400 L"]),
        ("not wrong", ["Let g be the number of girls, then 20 * 50g = 100g."]),
        ("not valid", ["3m + 2 = 5m"]),
        ("not wrong", ["Solve 3m + 2 = 8 for m."]),
    ],
    "rates": [
        ("valid", ["The target is 1320 hours / 6 months = 220 hours/month"]),
        ("wrong", ["The target is 1320 hours / 6 months = 2200 hours/month"]),
        ("wrong", ["She earns $18/hour * 300 hours/week = $540/week"]),
        ("wrong", ["It is 2 hours/day * 60 days/week = 12 hours/week"]),
        ("not wrong", ["The trip takes 120 miles / 2 hours = 1 mile per minute"]),
    ],
    "possessives": [
        ("wrong", ["The cost of the adults' tickets is 7 × $4 = $280."]),
        ("wrong", ["Jess’ second stack was 7 blocks + 5 blocks = 16 blocks."]),
        ("not wrong", ["'3 + 4 = 8' is what he wrote"]),
    ],
    "dashes": [
        ("wrong", ["Eric has 17-100=7 dollars."]),
        ("wrong", ["He has to work off $100-$400=$60."]),
        ("wrong", ["Kendra made 2-6=12."]),
        ("not wrong", ["Weeks 1-4 = 28 days"]),
        ("not wrong", ["The price range $5-$10 = $7.50 on average"]),
        ("not wrong", ["ages 5-12 = 6 kids"]),
        ("not wrong", ["He is there from 2-6 = 12 quarter hours"]),
    ],
    "wrong answers and the rest": [
        ("wrong", ["Carla got twice as many questions wrong as Drew got, a total of 2+6 = 12."]),
        ("wrong", ["Since the remainder of the vehicles are Kias, there are 403-200-100=100 of them."]),
        ("not wrong", ["He wrongly wrote 3 + 4 = 8."]),
        ("not wrong", ["The wrong sum is 3 + 4 = 8."]),
        ("not wrong", ["The remainder of 17 by 5 is 17/5 = 2"]),
    ],
    "groups of digits": [
        ("valid", ["The total weight of the 12 packs of sugar is 250 x 12 = 3 000 grams."]),
        ("valid", ["The 20% profit amounts to $80 000 x 20/100 = $16 000."]),
        ("not wrong", ["In rows of 5 100 / 4 = 25 cards fit."]),
        ("not valid", ["The total weight is 250 x 12 = 4 000 grams."]),
    ],
    "descriptions": [
        ("valid", ["The length of the box is 3 x the height of 12 inches = 36 inches."]),
        ("unknown", ["The length of the box is 3 x the height of 12 inches = 35 inches."]),
        ("valid", ["Eric has 4 + Chad has 6 + Jeff has 6 = 16 stars."]),
        ("valid", ["It will be 1800 of this and next year + 1000 of last year = 2800"]),
        ("not valid", ["It is 8 apples of Tom + twice the 3 of Ann = 11"]),
        ("not valid", ["In 5 days he has the first 3 + the last 4 = 8"]),
    ],
    "described": [
        ("valid", ["Therefore his score across all 4 subjects = 186+62 = 248"]),
        ("wrong", ["Therefore his score across all 4 subjects = 186+62 = 258"]),
        ("valid", ["Dallas was 3 times Darcy last year = 3*15 = 45"]),
        ("valid", ["Kayla made $30 less than Vika = $84 - 30 = 54."]),
        ("not valid", ["He has 45 marbles = 3*16 = 48"]),
    ],
    "differences of times": [
        ("valid", ["He had 8:00 AM - 7:15 AM = 45 minutes"]),
        ("wrong", ["He had 8:00 AM - 7:15 AM = 55 minutes"]),
        ("valid", ["Mckenna spends 11:00-8:00 = 3 hours at work"]),
        ("wrong", ["Mckenna spends 11:00-8:00 = 4 hours at work"]),
        ("valid", ["She spends 1:00-11:00 = 2 hours there"]),
    ],
    "decimals without a zero": [
        ("valid", ["The price is x - .75x = .25x."]),
        ("valid", ["The price is $6, so $6 = .25x, which is the same as 6/.25 = x."]),
        ("not valid", ["The price is x - .75x = .35x."]),
    ],
    "formulas without dollars": [
        ("valid", [r"That's easy. The slope is \frac{11-7}{3-1}=\frac{4}{2}=2."]),
        ("wrong", [r"That's easy. The slope is \frac{11-7}{3-1}=\frac{4}{2}=3."]),
        ("valid", [r"There are \binom{5}{3}=10 ways that John could have 3 girls."]),
        ("wrong", [r"There are \binom{5}{3}=20 ways that John could have 3 girls."]),
        ("valid", [r"I find that 60^2 \equiv 3600 \equiv 1 \pmod{3599}."]),
        ("wrong", [r"I find that 60^2 \equiv 3600 \equiv 2 \pmod{3599}."]),
        ("not wrong", [r"That gives us 7\,\S\, 2 = 3(7) + 5(2)."]),
        ("not wrong", [r"A sum of 5 and \frac{1}{2} = 1 is not asked."]),
        ("not wrong", [r"3 apples and \frac{1}{2} of 4 = 2"]),
        ("not wrong", [r"twice \frac{1}{2} = 1"]),
    ],
    "formulas that are equal": [
        ("valid", ["$3x^2 + 2x - x^2$ equals $2x^2 + 2x$."]),
        ("not valid", ["$3x^2 + 2x - x^2$ equals $3x^2 + 2x$."]),
        ("valid", [r"So $\frac{6}{4}$ simplifies to $\frac{3}{2}$."]),
        ("wrong", [r"So $\frac{6}{4}$ simplifies to $\frac{2}{3}$."]),
        ("not wrong", ["The half of $3 + 5$ equals $4$."]),
        ("not wrong", ["$3 + 5$ equals $2$ more than $6$."]),
        ("not wrong", [r"The remainder of $17$ equals $2$."]),
        ("not wrong", ["If $3 + 5$ equals $9$ we are lost."]),
    ],
    "the rest of the step": [
        ("not valid", ["The perimeter gives $2w+16=24$ or $2w=7$ or $w=4$."]),
        ("valid", ["The perimeter gives $2w+16=24$ or $2w=8$ or $w=4$."]),
        (
            "not valid",
            [r"$x^3 - x^2 + x - 1 = 0$.", r"So $x^2 (x - 1) + (x - 1) = 9,$ or $(x - 1)(x^2 + 1) = 0.$"],
        ),
        ("not valid", [r"$AB -BA= 9\cdot A+B - (10\cdot B+A)= 9\cdot A-9\cdot B=3(3\cdot A-3\cdot B)$."]),
        ("not valid", [r"The quadratic is $x^2 - 10x + 25 = 0$, so $(x-5)^2 = 0,$ so $x-5 = 3,$ and $x=5$."]),
        ("not valid", ["Summing these equations, we get $2x=34$, or $x=71$."]),
        ("not valid", ["$x + y = 20$ and $x - y = 14$.", "Summing, we get $2x=34$, or $x=71$."]),
        ("valid", ["$x + y = 20$ and $x - y = 14$.", "Summing, we get $2x=34$, or $x=17$."]),
        ("valid", ["$(x-3)(x-4) = 0$, so $x-3 = 0$ or $x-4 = 0$, and $x=3$ or $x=4$."]),
        ("not valid", ["$3a + b = 11$ and $a + b = 5$.", "Subtracting, we find $a=3$ and $b = 0$."]),
        ("not valid", [r"$2^{n+1}-1=1023$, so $2^{n+1}=1034$, so $n+1=10$, so $n=9$."]),
        ("valid", [r"$2^{n+1}-1=1023$, so $2^{n+1}=1024$, so $n+1=10$, so $n=9$."]),
        ("not valid", [r"$g - a = 55$ and $g = 12a$.", r"We get $12a-a=55$ or $a=9$."]),
        ("valid", [r"$g - a = 55$ and $g = 12a$.", r"We get $12a-a=55$ or $a=5$."]),
        ("not valid", [r"$a^2 = 32$ and $b^2 = 8,$ so $c^2 = a^2 + b^2 = 42,$ and $c = 2 \sqrt{10}.$"]),
        (
            "not valid",
            [r"$\sin A + \sin B = 1$.", r"$\sin^2 A + 2 \sin A \sin B + \sin^2 B = 3$, and $1+1 = 2$."],
        ),
        ("not valid", [r"$n^2 -21n + 90 = 0$ and $n = 7$ or $n = 15$."]),
        ("valid", [r"$n^2 -21n + 90 = 0$ and $n = 6$ or $n = 15$."]),
        ("not valid", [r"$s - t^2 = 1$. Then $s = 10$, so $t = 3$, so $b = t^5 = 245$."]),
        (
            "not valid",
            [
                r"$x + y = 3$ and $x - y = 1$.",
                r"$\frac{x^2}{4} + y = 2$, and $2x = 4$.",
                r"$2x + 2y = 8$ and $2x = 4$.",
            ],
        ),
        (
            "not valid",
            [
                r"$f(m + 1) = 2f(m) - f(m - 1) + 2$, $f(0) = 0$ and $f(1) = 1$.",
                r"$f(2) = 2f(1) - f(0) + 2 = 4$, $f(3) = 2f(2) - f(1) + 2 = 8$.",
            ],
        ),
        (
            "not valid",
            [
                r"$\frac{a^2}{1 - r^2} = 45$.",
                r"$a = 15(1 - r)$, so $\frac{225 (1 - r)^2}{1 - r^2} = 48$ and $2 + 2 = 4$.",
            ],
        ),
        ("not valid", ["Let $f(x) = 2x - 5$ for $x > 0$.", "If $-x + 3 = 5,$ then $x = -1.$"]),
        ("not valid", ["We add $2*5^2 = a^2 + 8*8 - a^2 = 64$"]),
        ("not valid", ["$\\log_{11} x = \\frac{\\log_5 x}{\\log_5 11}$", "So $x = 124$."]),
        ("not valid", ["Let $x^2-x+a=1^2-1+a$.", "So $a = 7$."]),
        ("not valid", ["Incorrectly compute the remaining people as 11-5=6."]),
        ("wrong", ["Incorrectly, 11 - 5 is 7 as 11 - 5 = 7."]),
        ("not valid", [r"If $\gcd(n+1,7n+1) = 3$, we look further.", "The largest value is $n = 110$."]),
    ],
}


@pytest.mark.parametrize(("expected", "steps"), by_kind(CASES))
def test_the_last_step_gets_its_verdict(expected: str, steps: list[str]) -> None:
    expect_last_verdict(expected, steps)
