"""Equations and inequalities that follow from others are decided with a proof; their neighbours are not."""

from __future__ import annotations

import pytest

from journey.claims import check_line, check_solution, check_step


def last(steps: list[str], problem: str = "") -> str:
    """The verdict on the last of some steps."""
    return str(check_solution(steps, problem)[-1].verdict)


FRACTIONS = r"$\frac{4x}{(x-5)(x-3)^2} = \frac{A}{x-5} + \frac{B}{x-3} + \frac{C}{(x-3)^2}$"


@pytest.mark.parametrize(
    ("before", "text", "verdict"),
    [
        # Multiplied by the denominators.
        (FRACTIONS, "$4x = A(x-3)^2 + B(x-5)(x-3) + C(x-5)$", "valid"),
        (FRACTIONS, "$4x = A(x-3)^2 + B(x-5)(x-3) + C(x-3)$", "unknown"),
        # Divided by a number, or by what may be zero.
        (r"$2\pi(r+6)^2 = 8\pi r^2$", "$(r+6)^2 = 4r^2$", "valid"),
        (r"$2\pi(r+6)^2 = 8\pi r^2$", "$(r+6)^2 = 2r^2$", "unknown"),
        (r"$k(p+q) = 2kp$", "$p+q = 2p$", "unknown"),
        # A multiple of a value says nothing.
        ("$x = 3$ and $y = 5$", "$(x - 3)(y + 2) = (x - 3)z$", "unknown"),
        # Raised to the degree of a root.
        (r"$\sqrt[3]{2 - \frac{x}{2}} = -3$", r"$2 - \frac{x}{2} = -27$", "valid"),
        (r"$\sqrt[3]{2 - \frac{x}{2}} = -3$", r"$2 - \frac{x}{2} = -9$", "unknown"),
        # Powers of one number.
        ("$3^{2x} = 3^{x+4}$", "$2x = x+4$", "valid"),
        ("$3^{2x} = 5^{x+4}$", "$2x = x+4$", "unknown"),
        ("$1^{2x} = 1^{x+4}$", "$2x = x+4$", "unknown"),
        # Either of two.
        ("$(x+y)^2 = 144$", "$x+y = 12$ or $x+y = -12$", "valid"),
        ("$(x+y)^2 = 144$", "$x+y = 12$ or $x+y = -13$", "unknown"),
        ("$(x+y)^2 = 144$", "$x+y = 13$ or $x+y = y+x$", "unknown"),
        ("$|x+4| = 9$", "$x+4 = 9$ or $x+4 = -9$", "valid"),
        ("$|x+4| = 9$", "$x+4 = 9$ or $x+4 = -8$", "unknown"),
        # The length of a segment.
        (r"$\frac{DM}{4} = \frac{9}{DM}$", r"$DM = \sqrt{36}$", "valid"),
        (r"$\frac{DM}{4} = \frac{9}{DM}$", r"$DM = -\sqrt{36}$", "unknown"),
        # Values put in for some letters.
        ("$z = Ax + By$, $A = 5$", "$z = 5x + By$", "valid"),
        ("$z = Ax + By$, $A = 5$", "$z = 6x + By$", "unknown"),
    ],
)
def test_equations_that_follow(before: str, text: str, verdict: str) -> None:
    assert last([f"Hence {text}."], f"Let {before}.") == verdict


@pytest.mark.parametrize(
    ("before", "text", "verdict"),
    [
        (r"s^2 \ge 400", r"$s \le -20$ or $s \ge 20$", "valid"),
        (r"s^2 \ge 400", r"$s \le -20 \text{ or } s \ge 20$", "valid"),
        (r"s^2 \ge 400", r"$s \ge -20$ or $s \ge 20$", "unknown"),
        (r"s^2 \ge 400", r"$s \le -20$ or $s \ge 10$", "unknown"),
        (r"s^2 \ge 400", r"$s < -20$ or $s > 20$", "unknown"),
        (r"x^2 < 9", "$-3 < x < 3$", "valid"),
        (r"x^2 < 9", "$-3 < x < 4$", "unknown"),
        (r"x^2 < 9", r"$-3 \le x \le 3$", "unknown"),
        (r"\frac{x-1}{x-3} \ge 2", r"$\frac{x-5}{x-3} \le 0$", "valid"),
        (r"\frac{x-1}{x-3} \ge 2", r"$\frac{x-5}{x-3} \ge 0$", "unknown"),
        (r"\frac{x-1}{x-3} \ge 2", r"$x - 1 \ge 2(x - 3)$", "unknown"),
        (r"3a(b+3) > 2b^2", "$6ab + 18a > 4b^2$", "valid"),
        (r"3a(b+3) > 2b^2", "$-3ab - 9a > -2b^2$", "unknown"),
        (r"3a(b+3) > 2b^2", "$-3ab - 9a < -2b^2$", "valid"),
        (r"ab > 2b", "$a > 2$", "unknown"),
    ],
)
def test_inequalities_that_follow(before: str, text: str, verdict: str) -> None:
    assert last([f"So {text}."], f"Let ${before}$.") == verdict


def test_one_of_two_alternatives_is_not_refuted_by_the_other() -> None:
    steps = [r"$s \le -20 \text{ or } s \ge 20$.", r"So $s \le -20$ or $s \ge 20$."]
    assert last(steps, "$s^2 > 400$") != "wrong"


def test_an_inequality_that_another_follows_from_is_granted() -> None:
    text = r"In other words, $(8 - x) + (15 - x) \le 17 - x$. Then $23 - 2x \le 17 - x$, so $6 \le x$."
    assert last([text]) == "valid"
    assert last([text.replace("23", "24")]) != "valid"


def test_an_equation_that_is_only_repeated_proves_nothing() -> None:
    """Words next to it may claim anything: "so another point of $y = f(x)$ is $(3, 7)$"."""
    assert last(["$BD = 7$."], "In triangle $BCD$, $BD = 7$.") == "unknown"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("$pq^2 + p^2q = q(pq + p^2)$", "valid"),
        ("$p(x) = x^2$, so $p(3) = 9$", "valid"),
        (r"$\binom{8}{5}\binom{8}{3}5! = 376320$", "valid"),
        (r"$\binom{8}{5}\binom{8}{3}5! = 376321$", "wrong"),
        (r"$|-4 + 3i| = \sqrt{16 + 9}$", "valid"),
        (r"$|-4 + 3i| = \sqrt{16 - 9}$", "unknown"),
        (r"$|z|^2 = z^2$", "unknown"),
        (r"$|x|^2 = x^2$", "valid"),
        (r"$\sqrt{12p^7} = 2p^3\sqrt{3p}$", "valid"),
        (r"$\sqrt{12p^7} = 2p^2\sqrt{3p}$", "unknown"),
        (r"$\sqrt{p^6} = p^3$", "unknown"),
        (r"$|A|^2 = A^2$", "unknown"),
        ("$C = (14+4, 4+2) = (18, 6)$", "valid"),
        (r"It is $\frac{\text{red cards}}{\text{all cards}} = \frac{96}{216} = \frac{4}{9}$", "valid"),
        (r"It is $\frac{\text{red cards}}{\text{all cards}} = \frac{96}{216} = \frac{5}{9}$", "wrong"),
        (r"It is $\text{red} + \text{black} = 7$, and $2 + 2 = 4$", "unknown"),
        (r"\begin{align*} 3(p+3) &> 2p^2 \\ 3p+9 &> 2p^2 \end{align*}", "valid"),
    ],
)
def test_formulas_that_were_not_read(text: str, verdict: str) -> None:
    assert str(check_step(text + ".").verdict) == verdict


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        # What is divided by a fraction written without spaces is read both ways.
        ("It is 72 cubic ft / 3/4 = 96 cubic ft", "valid"),
        ("It is 72 cubic ft / 3/4 = 6 cubic ft", "valid"),
        ("It is 72 cubic ft / 3/4 = 54 cubic ft", "wrong"),
        ("It is 72 / 3 / 4 = 6 cubic ft", "valid"),
        ("It is 72 / 3 / 4 = 96 cubic ft", "unknown"),
        ("It is 72/3/4 = 96 cubic ft", "unknown"),
        # Other units explain a difference only by what they are converted with.
        ("It is 2 hours - 30 minutes = 90 minutes", "valid"),
        ("She spent 4 weeks + 50 minutes/week = 200 minutes cleaning", "wrong"),
        ("He brewed 50 cups per day / 5 days a week = 250 cups", "wrong"),
        ("He brewed 50 cups per day / 5 days a week = 70 cups", "unknown"),
        ("The wall is 5 feet + 11 inches + 2 meters = 4 meters long", "unknown"),
        # Mistakes that are counted are no doubt.
        ("Leo got 2 x 2 = 6 mistakes", "wrong"),
        ("It was a mistake that 2 + 2 = 5", "unknown"),
        # What someone has is no range.
        ("Each emu has 1-2 = 3 heads and legs", "wrong"),
        ("Pages 1-2 = 3 pages", "unknown"),
    ],
)
def test_arithmetic_in_words(text: str, verdict: str) -> None:
    assert str(check_step(text + ".").verdict) == verdict


def test_a_function_that_is_defined_on_an_interval_is_not_applied_outside_of_it() -> None:
    limited = r"A function has $f(3x) = 3f(x)$ for all $x$, and $f(x) = 1 - |x - 2|$ for $1 \le x \le 3$."
    everywhere = "A function has $f(x) = 1 - |x - 2|$ for all real $x$."
    verdicts = [check_line(problem, (), "$f(9) = 3$").verdict.value for problem in (limited, everywhere)]
    assert verdicts == ["unknown", "wrong"]
