"""Systems of linear equations in words."""

import re

from traces.styles.words import Words
from traces.styles.words.forms import Kind, doing

TERMS = re.compile(r"(?:(\d+)\*)?(\d)([+-])(?:(\d+)\*)?(\d)")
TIMES = r"(?:(\d{1,6}) times )?equation \((\d)\)"
WORDED = re.compile(rf"{TIMES} (plus|minus) {TIMES}")


def say_combination(text: str) -> str:
    """Multiples of two equations.

    >>> say_combination("3*1-2")
    '3 times equation (1) minus equation (2)'
    """
    match = TERMS.fullmatch(text)
    if not match:
        raise ValueError(text)
    one, other = (
        f"{times} times equation ({at})" if times else f"equation ({at})"
        for times, at in (match.group(1, 2), match.group(4, 5))
    )
    return f"{one} {'plus' if match[3] == '+' else 'minus'} {other}"


def read_combination(text: str) -> str:
    """The inverse of `say_combination`.

    >>> read_combination("3 times equation (1) minus equation (2)")
    '3*1-2'
    """
    match = WORDED.fullmatch(text)
    if not match:
        raise ValueError(text)
    one, other = (f"{times}*{at}" if times else at for times, at in (match.group(1, 2), match.group(4, 5)))
    return f"{one}{'+' if match[3] == 'plus' else '-'}{other}"


COMBINATION = Kind(
    r"(?:[1-9]\d{0,5}\*)?\d[+-](?:[1-9]\d{0,5}\*)?\d",
    r"(?:\d{1,6} times )?equation \(\d\) (?:plus|minus) (?:\d{1,6} times )?equation \(\d\)",
    say_combination,
    read_combination,
)

WORDS = Words(
    takes=(
        doing("<both:combination>", "take <both:combination>", "<both:combination>"),
        doing(
            "put <a:int> in <b:int>",
            "put equation (<a:int>) into equation (<b:int>)",
            "putting equation (<a:int>) into equation (<b:int>)",
        ),
        doing("tidy <a:int>", "tidy equation (<a:int>)", "tidying equation (<a:int>)"),
        doing("solve <a:int>", "solve equation (<a:int>)", "solving equation (<a:int>)"),
        doing(
            "isolate <a:int>",
            "isolate an unknown in equation (<a:int>)",
            "isolating an unknown in equation (<a:int>)",
        ),
    ),
    kinds={"combination": COMBINATION},
    proofs={"exhausted": ("from <0> no unknown can be eliminated",)},
)
