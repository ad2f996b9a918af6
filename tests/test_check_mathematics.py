"""Claims of calculus, linear algebra, sums, logarithms and counting."""

from __future__ import annotations

import pytest

from tests.last_step import by_kind, expect_last_verdict

CASES: dict[str, list[tuple[str, list[str]]]] = {
    "logs": [
        ("valid", ["$\\log_2 3 + \\log_2 5 = \\log_2 15$"]),
        ("wrong", ["$\\log_2 3 + \\log_2 5 = \\log_2 8$"]),
        ("valid", ["$\\ln 8 = 3 \\ln 2$"]),
        ("wrong", ["$\\ln 8 = 4 \\ln 2$"]),
        ("valid", ["$\\log_2 10 = \\frac{\\log 10}{\\log 2}$"]),
        ("valid", ["$\\log 2 + \\log 5 = 1$"]),
        ("valid", ["$\\log_3 7 \\approx 1.77$"]),
        ("wrong", ["$\\log_3 7 \\approx 2.77$"]),
        ("valid", ["$\\ln e^2 = 2$"]),
        ("wrong", ["$\\ln e^2 = 3$"]),
        ("valid", ["$e^{\\ln 3} = 3$"]),
        ("valid", ["$\\sqrt[3]{16} = 2\\sqrt[3]{2}$"]),
        ("wrong", ["$\\sqrt[3]{16} = 4\\sqrt[3]{2}$"]),
        ("valid", ["$\\sqrt{3 + 2\\sqrt{2}} = 1 + \\sqrt{2}$"]),
        ("wrong", ["$\\sqrt{3 + 2\\sqrt{2}} = 2 + \\sqrt{2}$"]),
        ("valid", ["$2^{1/2} = \\sqrt{2}$"]),
        ("valid", ["$2^{1/3} \\cdot 2^{2/3} = 2$"]),
        ("wrong", ["$2^{1/3} \\cdot 2^{2/3} = 4$"]),
        ("valid", ["$\\sqrt{2} \\approx 1.414$"]),
        ("not wrong", ["$\\sqrt{2} \\approx 1.5$"]),
        ("valid", ["$\\log_4 8 = \\frac{3}{2}$"]),
        ("valid", ["sqrt(16) = 4"]),
        ("wrong", ["sqrt(16) = 5"]),
        ("valid", ["√16 = 4"]),
        ("wrong", ["√16 = 5"]),
        ("valid", ["sqrt(2) * sqrt(8) = 4"]),
        ("wrong", ["$\\sqrt{9+16} = 3 + 4$"]),
        ("not wrong", ["$x^2$ is not a claim"]),
        ("valid", ["$8^{2/3} = 4$"]),
        ("wrong", ["$8^{2/3} = 6$"]),
        ("valid", ["$\\log 100 = 2$"]),
        ("not wrong", ["$\\log 8 = 3$"]),
        ("not wrong", ["$\\log 8 = 2.0794$"]),
    ],
    "sums": [
        ("valid", ["1 + 2 + ... + 10 = 55"]),
        ("wrong", ["1 + 2 + ... + 10 = 56"]),
        ("valid", ["$1 + 2 + \\cdots + 100 = 5050$"]),
        ("wrong", ["$1 + 2 + \\cdots + 100 = 5000$"]),
        ("valid", ["$\\sum_{k=1}^{10} k = 55$"]),
        ("wrong", ["$\\sum_{k=1}^{10} k = 50$"]),
        ("valid", ["$\\sum_{i=1}^{3} i^2 = 14$"]),
        ("wrong", ["$\\sum_{i=1}^{3} i^2 = 15$"]),
        ("valid", ["$\\prod_{k=1}^{4} k = 24$"]),
        ("wrong", ["$\\prod_{k=1}^{4} k = 20$"]),
        ("valid", ["$1 \\cdot 2 \\cdot 3 \\cdots 5 = 120$"]),
        ("valid", ["$1 + 3 + 5 + \\dots + 19 = 100$"]),
        ("wrong", ["$1 + 3 + 5 + \\dots + 19 = 110$"]),
        ("valid", ["$2 + 4 + 8 + \\cdots + 64 = 126$"]),
        ("wrong", ["$2 + 4 + 8 + \\cdots + 64 = 128$"]),
        ("valid", ["$\\sum_{k=1}^{n} k = \\frac{n(n+1)}{2}$"]),
        ("wrong", ["$\\sum_{k=1}^{n} k = \\frac{n(n-1)}{2}$"]),
        ("not wrong", ["$1 + \\frac12 + \\frac14 + \\cdots = 2$"]),
        ("valid", ["$\\sum_{k=0}^{\\infty} \\frac{1}{2^k} = 2$"]),
        ("wrong", ["$\\sum_{k=0}^{\\infty} \\frac{1}{2^k} = 3$"]),
        ("not wrong", ["1 + 4 + ... + 100 = 385"]),
        ("valid", ["$1 + 2 + 3 + \\cdots + n = \\frac{n(n+1)}{2}$"]),
        ("valid", ["$1^2 + 2^2 + \\cdots + 10^2 = 385$"]),
        ("wrong", ["$1^2 + 2^2 + \\cdots + 10^2 = 386$"]),
    ],
    "calculus": [
        ("valid", ["$\\frac{d}{dx} x^3 = 3x^2$"]),
        ("wrong", ["$\\frac{d}{dx} x^3 = 3x$"]),
        ("valid", ["$\\frac{d}{dx}(x^2 + 3x) = 2x + 3$"]),
        ("valid", ["$\\frac{d}{dx} \\sin x = \\cos x$"]),
        ("wrong", ["$\\frac{d}{dx} \\sin x = -\\cos x$"]),
        ("valid", ["$\\frac{d}{dx} e^{2x} = 2e^{2x}$"]),
        ("wrong", ["$\\frac{d}{dx} e^{2x} = e^{2x}$"]),
        ("valid", ["$\\frac{d}{dx} \\ln x = \\frac{1}{x}$"]),
        ("valid", ["The derivative of $x^2$ is $2x$."]),
        ("wrong", ["The derivative of $x^2$ is $x$."]),
        ("valid", ["Let $f(x) = x^3 - 2x$.", "Then $f'(x) = 3x^2 - 2$."]),
        ("wrong", ["Let $f(x) = x^3 - 2x$.", "Then $f'(x) = 3x^2 - 2x$."]),
        ("valid", ["Let $f(x) = x^3 - 2x$.", "Then $f'(2) = 10$."]),
        ("wrong", ["Let $f(x) = x^3 - 2x$.", "Then $f'(2) = 12$."]),
        ("valid", ["$\\int x^2 \\, dx = \\frac{x^3}{3} + C$"]),
        ("wrong", ["$\\int x^2 \\, dx = x^3 + C$"]),
        ("valid", ["$\\int_0^1 x^2 \\, dx = \\frac13$"]),
        ("wrong", ["$\\int_0^1 x^2 \\, dx = \\frac12$"]),
        ("valid", ["$\\int_0^{\\pi} \\sin x \\, dx = 2$"]),
        ("wrong", ["$\\int_0^{\\pi} \\sin x \\, dx = 1$"]),
        ("valid", ["$\\int_1^e \\frac{1}{x} dx = 1$"]),
        ("valid", ["$\\int \\cos x \\, dx = \\sin x + C$"]),
        ("wrong", ["$\\int \\cos x \\, dx = -\\sin x + C$"]),
        ("valid", ["$\\lim_{x \\to 2} \\frac{x^2 - 4}{x - 2} = 4$"]),
        ("wrong", ["$\\lim_{x \\to 2} \\frac{x^2 - 4}{x - 2} = 2$"]),
        ("valid", ["$\\lim_{x \\to \\infty} \\frac{2x+1}{x} = 2$"]),
        ("wrong", ["$\\lim_{x \\to \\infty} \\frac{2x+1}{x} = 1$"]),
        ("valid", ["$\\lim_{x \\to 0} \\frac{\\sin x}{x} = 1$"]),
        ("wrong", ["$\\lim_{x \\to 0} \\frac{\\sin x}{x} = 0$"]),
        ("not wrong", ["$\\frac{dy}{dx} = 2x$"]),
        ("not wrong", ["$\\int_0^2 3x^2 dx = \\left[x^3\\right]_0^2 = 8$"]),
    ],
    "matrices": [
        ("valid", ["$\\begin{vmatrix} 1 & 2 \\\\ 3 & 4 \\end{vmatrix} = -2$"]),
        ("wrong", ["$\\begin{vmatrix} 1 & 2 \\\\ 3 & 4 \\end{vmatrix} = 2$"]),
        ("valid", ["$\\det \\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix} = -2$"]),
        ("wrong", ["$\\det \\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix} = 10$"]),
        (
            "valid",
            [
                (
                    "$\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix} + \\begin{pmatrix"
                    "} 1 & 1 \\\\ 1 & 1 \\end{pmatrix} = \\begin{pmatrix} 2 &"
                    " 3 \\\\ 4 & 5 \\end{pmatrix}$"
                )
            ],
        ),
        (
            "wrong",
            [
                (
                    "$\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix} + \\begin{pmatrix"
                    "} 1 & 1 \\\\ 1 & 1 \\end{pmatrix} = \\begin{pmatrix} 2 &"
                    " 3 \\\\ 4 & 6 \\end{pmatrix}$"
                )
            ],
        ),
        (
            "valid",
            [
                (
                    "$\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix} \\begin{pmatrix}"
                    " 1 \\\\ 1 \\end{pmatrix} = \\begin{pmatrix} 3 \\\\ 7 \\end{pmatrix}$"
                )
            ],
        ),
        (
            "wrong",
            [
                (
                    "$\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix} \\begin{pmatrix}"
                    " 1 \\\\ 1 \\end{pmatrix} = \\begin{pmatrix} 3 \\\\ 8 \\end{pmatrix}$"
                )
            ],
        ),
        (
            "wrong",
            [
                (
                    "$\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix} \\cdot \\begin{pmatrix}"
                    " 3 \\\\ 4 \\end{pmatrix} = 12$"
                )
            ],
        ),
        (
            "valid",
            [
                (
                    "$\\begin{pmatrix}1\\\\0\\\\0\\end{pmatrix} \\times \\begin{pmatrix}0\\\\"
                    "1\\\\0\\end{pmatrix} = \\begin{pmatrix}0\\\\0\\\\1\\end{pmatrix}$"
                )
            ],
        ),
        (
            "valid",
            [
                (
                    "$\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}\\begin{pmatrix}"
                    " 0 & 1 \\\\ 1 & 0 \\end{pmatrix} = \\begin{pmatrix} 2 & 1"
                    " \\\\ 4 & 3 \\end{pmatrix}$"
                )
            ],
        ),
        ("valid", ["$(1, 2) + (3, 4) = (4, 6)$"]),
        ("wrong", ["$(1, 2) + (3, 4) = (4, 7)$"]),
        ("valid", ["$\\langle 1, 2\\rangle \\cdot \\langle 3, 4 \\rangle = 11$"]),
        ("wrong", ["$2(1, 2) = (2, 5)$"]),
        ("valid", ["$\\left\\| \\begin{pmatrix} 3 \\\\ 4 \\end{pmatrix} \\right\\| = 5$"]),
        ("wrong", ["$\\left\\| \\begin{pmatrix} 3 \\\\ 4 \\end{pmatrix} \\right\\| = 6$"]),
        (
            "valid",
            [
                (
                    "$\\begin{pmatrix} 2 & 0 \\\\ 0 & 2 \\end{pmatrix}^{-1} ="
                    " \\begin{pmatrix} 1/2 & 0 \\\\ 0 & 1/2 \\end{pmatrix}$"
                )
            ],
        ),
    ],
    "binomials": [
        ("valid", ["$\\binom{7}{3} = 35$"]),
        ("wrong", ["$\\binom{7}{3} = 30$"]),
        ("valid", ["C(7, 3) = 35"]),
        ("wrong", ["C(7,3) = 34"]),
        ("valid", ["7 choose 3 is 35"]),
        ("wrong", ["7 choose 3 is 30"]),
        ("not wrong", ["5P2 = 20"]),
        ("valid", ["7C3 = 35"]),
        ("not wrong", ["P(5, 2) = 20"]),
        ("valid", ["$\\binom{n}{2} = \\frac{n(n-1)}{2}$"]),
        ("not wrong", ["$\\binom{n}{2} = \\frac{n(n+1)}{2}$"]),
        ("valid", ["5! = 120"]),
        ("wrong", ["5! = 125"]),
        ("not wrong", ["$_7C_3 = 35$"]),
        ("not wrong", ["P(A) = 0.5"]),
        ("not wrong", ["P(5) = 1/6"]),
        ("not wrong", ["$P(5, 2) = 0.3$"]),
    ],
    "degrees": [
        ("valid", ["The degree of $x^3 + 2x$ is 3."]),
        ("wrong", ["The degree of $x^3 + 2x$ is 4."]),
        ("valid", ["$\\sin 30^\\circ = \\frac12$"]),
        ("valid", ["sin(30°) = 1/2"]),
        ("wrong", ["sin(30°) = 0.6"]),
        ("valid", ["180° - 70° - 50° = 60°"]),
        ("wrong", ["180° - 70° - 50° = 65°"]),
        ("not wrong", ["$\\pi = 180^\\circ$"]),
        ("not wrong", ["$\\frac{\\pi}{3} = 60^\\circ$"]),
        ("not valid", ["$\\frac{\\pi}{3} = 50^\\circ$"]),
        ("valid", ["90 degrees + 45 degrees = 135 degrees"]),
        ("wrong", ["$\\cos 60^\\circ = \\frac{\\sqrt3}{2}$"]),
        ("valid", ["$\\sin 20^\\circ \\approx 0.342$"]),
        ("wrong", ["$\\sin 20^\\circ \\approx 0.942$"]),
    ],
}
"""What is expected of the last of some steps, by kind."""


@pytest.mark.parametrize(("expected", "steps"), by_kind(CASES))
def test_the_last_step_gets_its_verdict(expected: str, steps: list[str]) -> None:
    expect_last_verdict(expected, steps)
