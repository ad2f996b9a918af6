"""What hostile and very long texts come to when they are graded: a verdict in time, and nothing is run."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from journey.answers import final_answer
from journey.formulas import load
from journey.grade import BUDGET, grade_answer
from journey.sandbox import SECONDS, Sandbox
from tests.test_expressions import HOSTILE

BOMBS = [
    "2003^{2002^{2001}}",
    "9^{9^{9^{9}}}",
    r"\sqrt{9^{9^{9^9}}}+x",
    "1000000!",
    "((((20!)!)!)!)!",
    "2^{99999999}",
    r"\binom{10^9}{10^8}",
    r"\sum_{i=1}^{10^{12}} i^{-i}",
    r"\int_0^1 x^{x^{x^{x}}} dx",
    "x^{100000}(1+x)^{100000}",
    "(x+1)^{9999}",
    r"\prod_{n=1}^{99999999} n",
    r"\text{__import__('os').system('touch CANARY')}",
    r"\operatorname{exec}(open('CANARY','w'))",
    r"\input{/etc/passwd}",
    "Symbol('x').__class__.__mro__",
    "lambda: open('CANARY','w')",
    r"\frac{1}{0}",
    "1/0",
    "nan",
    "oo",
    r"\infty - \infty",
    "0^0",
    "{" * 500,
    "}" * 500,
    r"\boxed{" * 300,
    r"\frac{" * 200,
    "(" * 1000 + "1" + ")" * 1000,
    "[" * 30 + "1,2" + "]" * 30,
    r"\left(" * 99,
    "\0",
    "1\0002",
    "\ud800",
    "$" * 999,
    r"\(" * 999,
    "1," * 3000,
    "x=" * 900,
    "and " * 900,
    r"\pm" * 99,
    "^" * 99,
    "1" * 3000 + "/" + "3" * 3000,
    "1e999999999",
    "10^{-999999999}",
    "1.2.3",
    "--5",
    "\u202e5",
    "٣",
]


def test_hostile_text_gets_a_verdict_in_time_and_is_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    workers = set(multiprocessing.active_children())
    with Sandbox(seconds=0.3, prepare=load) as sandbox:
        for text in [*HOSTILE, *BOMBS]:
            begun = time.monotonic()
            boxed = rf"\boxed{{{text}}}"
            # The same answer, boxed or not, is compared once.
            for pred in (text, boxed)[final_answer(text) == final_answer(boxed) :]:
                assert grade_answer("12", pred, sandbox).correct is not True, text[:60]
            assert time.monotonic() - begun < 2 * 10, text[:60]
    assert not list(tmp_path.iterdir()), "something was executed"
    assert set(multiprocessing.active_children()) <= workers, "a worker was left behind"


def test_ten_megabytes_cost_little() -> None:
    for text in (
        "1" * 10**7,
        r"\boxed{" * 10**6,
        "$1$ and " * 10**6,
        "a " * 10**6,
        "\\(" * 10**6,
        "x=" * 10**6,
    ):
        begun = time.monotonic()
        assert grade_answer("12", text).correct is not True
        assert time.monotonic() - begun < 3, text[:20]


@settings(max_examples=60, deadline=None)
@given(some.text(max_size=60), some.text(alphabet="0123456789.,/\\{}()[]^_=<> x$%", max_size=30))
def test_any_text_gets_a_verdict(gold: str, pred: str) -> None:
    begun = time.monotonic()
    assert grade_answer(gold, pred).correct in (True, False, None)
    assert time.monotonic() - begun < BUDGET + SECONDS
