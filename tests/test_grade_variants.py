"""Answers written in many ways, beside values that were known before they were written.

The oracle is the value from which a text was made: two texts are the same answer if and only if their values
are equal. Nothing here is read back from the grader.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

import pytest

from journey.grade import grade_answer

COUNT = 60
UNICODE = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
DIGITS = "0123456789ABCDEF"
MONTHS = ("January", "February", "March", "April", "June", "July", "August", "September", "October")
SIZES = {"mm": 1, "cm": 10, "m": 1000, "km": 10**6}
WORDS = {"mm": "millimeters", "cm": "centimeters", "m": "meters", "km": "kilometers"}


def integer(random: Random) -> tuple[object, list[str]]:
    value = random.randint(1000, 9_999_999)
    return value, [
        str(value),
        f"{value:,}",
        f"{value:,}".replace(",", r"{,}"),
        f"{value}.0",
        rf"\text{{{value}}}",
    ]


def fraction(random: Random) -> tuple[object, list[str]]:
    above, below = random.randint(1, 30), random.choice((2, 4, 5, 8, 10, 20))
    value = Fraction(above, below)
    return value, [
        f"{above}/{below}", rf"\frac{{{above}}}{{{below}}}", rf"\dfrac{{{3 * above}}}{{{3 * below}}}",
        str(float(value)), f"{float(value * 100)}\\%",
    ]  # fmt: skip


def power_of_ten(random: Random) -> tuple[object, list[str]]:
    digit, power = random.randint(2, 9), random.choice((-7, -4, 5, 8))
    raised = str(power).translate(UNICODE)
    return Fraction(digit) * Fraction(10) ** power, [
        rf"{digit}\times 10^{{{power}}}", f"{digit}e{power}", f"{digit}×10{raised}",
        rf"{digit} \cdot 10^{{{power}}}",
    ]  # fmt: skip


def tiny(random: Random) -> tuple[object, list[str]]:
    base, power = random.choice((2, 3, 7)), random.randint(90, 140)
    return (base, power), [
        f"{base}^{{-{power}}}",
        rf"\frac{{1}}{{{base}^{{{power}}}}}",
        f"1/{base}^{{{power}}}",
    ]


def based(random: Random) -> tuple[object, list[str]]:
    base, value = random.choice((2, 3, 5, 8, 16)), random.randint(20, 400)
    digits, rest = "", value
    while rest:
        digits, rest = DIGITS[rest % base] + digits, rest // base
    return value, [f"{digits}_{base}", f"{digits}_{{{base}}}", f"({digits})_{{{base}}}", str(value)]


def length(random: Random) -> tuple[object, list[str]]:
    millimeters = random.choice((5, 25, 120, 300)) * 10 ** random.randint(3, 5)
    texts = []
    for unit, size in SIZES.items():
        number = Fraction(millimeters, size)
        text = str(number.numerator if number.denominator == 1 else float(number))
        texts += [f"{text} {WORDS[unit]}", rf"{text}\text{{ {unit}}}"]
    return millimeters, texts


def time_of_day(random: Random) -> tuple[object, list[str]]:
    hour, minute = random.randint(13, 23), random.randint(0, 59)
    return (hour, minute), [
        f"{hour}:{minute:02}", f"{hour - 12}:{minute:02} PM", rf"{hour - 12}:{minute:02}\text{{ p.m.}}",
    ]  # fmt: skip


def date(random: Random) -> tuple[object, list[str]]:
    month, day = random.choice(MONTHS), random.randint(4, 20)
    return (month, day), [f"{month} {day}", f"{day} {month}", f"{month} {day}th", f"the {day}th of {month}"]


def pair(random: Random) -> tuple[object, list[str]]:
    x, y = random.randint(-9, 9), random.randint(-9, 9)
    return (x, y), [
        f"({x}, {y})", f"({x},{y})", rf"\left({x},\;{y}\right)", rf"\begin{{pmatrix}}{x}\\{y}\end{{pmatrix}}",
        f"x = {x}, y = {y}", rf"\langle {x}, {y}\rangle",
    ]  # fmt: skip


def interval(random: Random) -> tuple[object, list[str]]:
    low, high = random.randint(-9, 0), random.randint(1, 9)
    closed = random.random() < 0.5
    opening, sign = ("[", r"\le") if closed else ("(", "<")
    return (low, high, closed), [
        f"{opening}{low}, {high})", f"{low} {sign} x < {high}", rf"x \in {opening}{low},{high})",
        rf"\{{x : {low} {sign} x < {high}\}}",
    ]  # fmt: skip


def angle(random: Random) -> tuple[object, list[str]]:
    part = random.choice((2, 3, 4, 5, 6, 9, 12))
    return part, [
        rf"{180 // part}^\circ",
        f"{180 // part}°",
        f"{180 // part} degrees",
        rf"\frac{{\pi}}{{{part}}}",
    ]


KINDS: list[Callable[[Random], tuple[object, list[str]]]] = [
    integer, fraction, power_of_ten, tiny, based, length, time_of_day, date, pair, interval, angle,
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_only_equal_values_are_right(kind: Callable[[Random], tuple[object, list[str]]]) -> None:
    random = Random(f"variants:{kind.__name__}")
    for _ in range(COUNT):
        (value, golds), (other, preds) = kind(random), kind(random)
        if random.random() < 0.5:
            other, preds = value, golds
        gold, pred = random.choice(golds), random.choice(preds)
        shown = random.choice(("{}", r"So the answer is $\boxed{{{}}}$."))
        verdict = grade_answer(gold, shown.format(pred))
        assert verdict.correct is (value == other), (gold, pred, verdict)


def test_a_pair_is_no_number_with_commas() -> None:
    random = Random("pairs")
    for _ in range(COUNT):
        x, y = random.randint(1, 99), random.choice((0, random.randint(0, 999)))
        for gold, pred in ((f"{x},{y:03}", f"({x}, {y})"), (f"({x}, {y})", f"{x},{y:03}")):
            assert grade_answer(gold, pred).correct is False, (gold, pred)
