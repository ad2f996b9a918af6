"""mpmath's numerical derivative of the answer beside the integrand, at points where both are smooth."""

from __future__ import annotations

import re
from typing import Any

import mpmath

from journey.algebra import read
from tests.oracles.derivative import POINTS, close, expression, slope, value


def right(givens: dict[str, Any], answer: str) -> bool:
    text = expression(re.sub(r" *\+ *[cC] *$", "", answer))
    f = read(givens["f"])
    with mpmath.workdps(40):
        return text is not None and all(
            close(value(f, mpmath.mpf(at)), slope(text, mpmath.mpf(at))) for at in POINTS
        )


def near(givens: dict[str, Any], answer: str) -> list[str]:
    """Other constants and other words, then signs and numbers changed, and the function itself."""
    same = [f"{answer}+c", f"{answer} + C", f"{answer}+1/2", f"7+({answer})", f"2({answer})/2"]
    changed = [
        answer.translate(str.maketrans("+-", "-+")),
        answer.replace("2", "3"),
        answer.replace("cos", "sin"),
    ]
    wrong = [
        f"{answer}+d",
        f"c*({answer})",
        f"-({answer})",
        f"{answer}+x",
        givens["f"],
        f"I({givens['f']})",
        "0",
    ]
    return [*same, *changed, *wrong]
