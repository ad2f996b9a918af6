"""Algebra in solutions: what follows from what was stated before, what contradicts it, what is left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from journey.claims import check_record, check_solution, check_step
from journey.solution_text.reading.steps import split_steps
from journey.step import Verdict
from tests.timing import within

FOLLOWS = [
    (["We have $2x + 3 = 9$.", "So $2x = 6$."], "the same as 2x + 3 = 9"),
    (["We have $2x + 3 = 9$.", "Hence $x = 3$."], None),
    (["We solve $x^2 - 5x + 6 = 0$.", "One solution is $x = 2$."], "it solves x^2 - 5x + 6 = 0"),
    (["The roots of $x^2 - 6x + 7 = 0$ are", r"$x = 3 \pm \sqrt{2}$."], "it solves x^2 - 6x + 7 = 0"),
    (["Let $x = 3$.", "So $x^2 + 1 = 10$."], "so it is where x = 3"),
    (["Let $f(x) = x^2 - 1$.", "So $f(4) = 15$."], "by the definition of f"),
    (["$f(x) = 2x$ and $g(x) = x + 1$.", "So $f(g(3)) = 8$."], "by the definition of f and g"),
    (["$x + y = 9$ and $x - y = 5$.", "Adding, $2x = 14$."], "it follows from the equations before it"),
    (["Here $y = 2x + 1$ and $x + y = 7$.", "So $x + (2x + 1) = 7$."], "it follows from x + y = 7"),
    (["Here $ab = 6$.", r"So $2ab + 1 = 13$."], None),
    (["We know $x^2 + y^2 = 20$ and $xy = 8$.", "So $x^2 + 2xy + y^2 = 36$."], None),
    ([r"Now $\sqrt{x + 5} = x - 1$.", "Squaring, $x + 5 = (x - 1)^2$."], None),
    ([r"Now $\frac{6}{x} = 2 + x$.", "So $6 = 2x + x^2$."], None),
    ([r"$\angle ABC = 180^\circ - 70^\circ - 50^\circ$.", r"So $\angle CBA = 60^\circ$."], None),
    (["The points give $(x, y) = (2, 3)$.", "So $x + y = 5$."], None),
    (["If $3a + b = 4$ and $a - b = 8$,", "then $a = 3$ and $b = -5$."], None),
]
IDENTITIES = [
    r"$(x+1)^2 - (x-1)^2 = 4x$",
    r"\begin{align*} (a+b)^2 &= a^2 + 2ab + b^2 \\ &= a(a + 2b) + b^2 \end{align*}",
    r"$(2 + 3i)(1 - i) = 5 + i$",
    r"$i^{10} + i^{11} = -1 - i$",
    r"$\frac{1}{\sqrt{x} + 1} = \frac{\sqrt{x} - 1}{x - 1}$",
    r"$\sin^2 t + \cos^2 t = 1$",
    r"$\tan t \cos t = \sin t$",
    r"$\sqrt[3]{2} \cdot \sqrt[3]{2} \cdot \sqrt[3]{2} = 2$",
    r"$\begin{pmatrix} 1 \\ 2 \end{pmatrix} + 2 \begin{pmatrix} 0 \\ 3 \end{pmatrix}"
    r" = \begin{pmatrix} 1 \\ 8 \end{pmatrix}$",
    r"$\begin{pmatrix} 1 \\ 2 \end{pmatrix} \cdot \begin{pmatrix} 3 \\ 4 \end{pmatrix} = 11$",
]
CLOSED = [
    (r"$|3 - 8| = 5$", r"$|3 - 8| = -5$"),
    (r"$\lfloor 7/2 \rfloor = 3$", r"$\lfloor 7/2 \rfloor = 4$"),
    (r"$\lceil \sqrt{10} \rceil = 4$", r"$\lceil \sqrt{10} \rceil = 3$"),
    (r"$\log_2 32 = 5$", r"$\log_2 32 = 6$"),
    (r"$\log_9 27 = \frac32$", r"$\log_9 27 = 3$"),
    (r"$\sin 30^\circ = \frac12$", r"$\sin 30^\circ = \frac{\sqrt{3}}{2}$"),
    (r"$\cos \frac{2\pi}{3} = -\frac12$", r"$\cos \frac{2\pi}{3} = \frac12$"),
    (r"$\tan 60^\circ = \sqrt{3}$", r"$\tan 60^\circ = 3$"),
    (r"$\gcd(12, 18) = 6$", r"$\gcd(12,18) = 3$"),
    (r"$\text{lcm}(4, 6) = 12$", r"$\text{lcm}(4, 6) = 24$"),
    (r"$\gcd(143,858) = 143$", r"$\gcd(143,858) = 11$"),
    (r"$3^{100} \equiv 1 \pmod{8}$", r"$3^{101} \equiv 1 \pmod{8}$"),
    (r"$17 \equiv -4 \pmod 7$", r"$17 \equiv 4 \pmod 7$"),
    (r"$\sqrt{10} > 3 + 0$", r"$\sqrt{10} < 3 + 0$"),
    (r"$2^5 \le 6^2$", r"$2^5 \ge 6^2$"),
    (r"$1011_2 + 1 = 12$", r"$1011_2 + 1 = 13$"),
    (r"$\frac{6!}{4!2!} = 15$", r"$\frac{6!}{4!2!} = 20$"),
    (r"${5 \choose 2} = 10$", r"${5 \choose 2} = 20$"),
    (r"The middle is $\left(\frac{1+5}{2}, \frac{2+6}{2}\right) = (3, 4)$", r"$(1+2, 3+4) = (3, 8)$"),
    (
        r"$3\text{ cm} \cdot 4\text{ cm} = 12\text{ cm}^2$",
        r"$3\text{ cm} \cdot 4\text{ cm} = 13\text{ cm}^2$",
    ),
]
REFUTED = [
    (["We have $3x + 7 = 26$.", "So $3x = 33$."], "x = 11"),
    (["Since $5n - 3 = 2n + 9$, we get $3n = 6$."], "n = 2"),
    (["Then $(x+1)(x-1) = x^2 - x + x - 1 = x^2 + 1$."], "at x = 2 the sides are 3 and 5"),
    (["Multiplying out, $(1 + i)(2 - i) = 3 - i$."], "i^2 = -1"),
]
LEFT_ALONE = [
    ["Let $x = 5$.", "Let $x = 7$."],
    ["We have $3x + 7 = 26$.", "If instead we had $3x = 33$, then it would be easy."],
    ["Either $x + 4 = 6$ or $x - 4 = 6$."],
    ["Case 1: $2x + 1 = 7$.", "Case 2: so $2x = 10$."],
    ["Then $(x+1)^2 = x^2 + 2x + 1 = 3x + 7$ there.", "Let $x = 1$."],
    ["We know $x^2 = x + 1$.", "Then $x^3 = x \\cdot x^2 = x^2 + x = 2x + 1$."],
    ["Now $(12, 18) = 6$ is their divisor."],
    [r"$\tan^{-1} 1 = \frac{\pi}{4}$"],
    [r"$0.\overline{3} = \frac13$"],
    [r"$\frac{x}{2} = \frac{3}{7}$, so $x = 0.86$."],
    ["The sum is $3x + 5y = 2$, and $x = 9$."],
    [r"$\mathbf{A} \mathbf{B} = \mathbf{B} \mathbf{A}$"],
    [r"$\mathbf{u} \times \mathbf{v} = \mathbf{v} \times \mathbf{u}$"],
    ["At $x = 0$ it holds.", r"So $\sin ax = \sin bx$ for all $x$."],
    [r"$\begin{array}{r} 100x = 12 \\ - x = 0 \\ \hline 99x = 12 \end{array}$ so we find it."],
]


@pytest.mark.parametrize(("steps", "evidence"), FOLLOWS)
def test_what_follows_is_proved(steps: list[str], evidence: str | None) -> None:
    last = check_solution(steps)[-1]
    assert last.verdict is Verdict.VALID, last
    assert evidence is None or last.evidence == evidence


@pytest.mark.parametrize(("steps", "_"), FOLLOWS)
def test_it_does_not_follow_from_nothing(steps: list[str], _: str | None) -> None:
    assert check_solution(steps[-1:])[0].verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("text", IDENTITIES)
def test_identities_are_valid(text: str) -> None:
    assert check_step(text).verdict is Verdict.VALID, check_step(text)


@pytest.mark.parametrize(("right", "wrong"), CLOSED)
def test_closed_claims_are_decided_on_both_sides(right: str, wrong: str) -> None:
    assert check_step(right).verdict is Verdict.VALID, check_step(right)
    assert check_step(wrong).verdict is Verdict.WRONG, check_step(wrong)


@pytest.mark.parametrize(("steps", "evidence"), REFUTED)
def test_a_contradiction_is_refuted_with_its_proof(steps: list[str], evidence: str) -> None:
    last = check_solution(steps)[-1]
    assert last.verdict is Verdict.WRONG and evidence in (last.evidence or ""), last


@pytest.mark.parametrize("steps", LEFT_ALONE)
def test_hypotheses_and_cases_are_left_alone(steps: list[str]) -> None:
    checked = check_solution(steps)
    assert all(step.verdict is not Verdict.WRONG for step in checked), checked
    assert checked[-1].verdict is Verdict.UNKNOWN or "x^2" in steps[-1], checked


def test_the_equations_of_the_problem_are_known() -> None:
    record = {"id": 1, "problem": "If $4x + 1 = 13$, what is $x$?", "steps": ["So $4x = 12$, and $x = 3$."]}
    claims = check_record(record)["steps"][0]["claims"]
    assert [claim["verdict"] for claim in claims] == [Verdict.VALID, Verdict.VALID]


@given(some.integers(-9, 9), some.integers(1, 9), some.integers(-9, 9), some.integers(1, 9))
def test_a_linear_equation_has_its_solution_alone(root: int, a: int, b: int, off: int) -> None:
    steps = [f"We solve ${a}x + {b} = {a * root + b}$.".replace("+ -", "- ")]
    assert check_solution([*steps, f"Thus $x = {root}$."])[1].verdict is Verdict.VALID
    assert check_solution([*steps, f"Thus $x = {root + off}$."])[1].verdict is not Verdict.VALID


HOSTILE = [
    ", ".join(f"({'+'.join('abcdefg'[: i % 7 + 1])})^{{{i % 12}}} = (x+y+{i})^{{8}}" for i in range(120)),
    ", ".join(f"f(x) = f(f(x+{i}))^5, f(f(f({i}))) = g({i})" for i in range(120)),
    ", ".join(f"x_{{{i}}} = x_{{{i + 1}}}^2 + {i}" for i in range(200)),
    ", ".join(f"{i}x = \\sqrt{{y + \\sqrt{{z + {i}}}}}" for i in range(150)),
    "|" * 4000 + " = 1",
    "\\pm" * 2000 + "1 = 1",
    "\\gcd(" * 1500 + "1 = 1",
    "9^{9^{9^9}} \\equiv 1 \\pmod{7}",
    "\\log_2 " * 1000 + "2 = 1",
    "\\sum_{i=1}^{400} " * 8 + "i = 3",
    "\\int_0^1 " * 300 + "x" + " dx" * 300 + " = 1",
    ", ".join(f"\\begin{{vmatrix}} x & {i} \\\\ y & z \\end{{vmatrix}} = {i}" for i in range(150)),
    "1 + 2 + \\cdots + 9^{9^{9}} = 5",
    "\\frac{d}{dx} " * 60 + "x^{99} = 1",
    "\\lim_{x \\to 0} \\frac{\\sin x^9}{x^9 \\sin x^9} = 3, " * 60,
]


HOSTILE_WORDS = [
    "(" * 9000 + " = 5",
    "1 cm = 2 m, " * 800,
    "the sum of " * 800 + "3 and 4 is 7",
    "half of " * 1200 + "3 is 7",
    "x + " * 2400 + "1 = 2",
    "9 choose 9 factorial factorial is 9" * 200,
    "From 9:30 to 9:30 is 1 hour " * 300,
    "3, " * 3000 + "is 5",
]


@pytest.mark.parametrize("text", HOSTILE_WORDS, ids=range(len(HOSTILE_WORDS)))
def test_hostile_words_cost_little(text: str) -> None:
    with within(4, text[:40]):
        check_record({"steps": [text], "problem": text})


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_algebra_costs_little(text: str) -> None:
    with within(1, text[:40]):
        check_record({"steps": [f"${text}$"], "problem": f"${text}$"})


def test_a_sentence_continues_in_its_display() -> None:
    text = "We get\n\n\\[x = 1.\\]Hence,\n\\[y = 2.\\]\n[asy]\ndraw(A--B);\nint n = 3;\n[/asy]\n\nThat is it."
    steps = split_steps(text)
    assert [step[:5] for step in steps] == ["We ge", "Hence", "That "]
    assert "".join("".join(steps).split()) == "".join(text.split())
