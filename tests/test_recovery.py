"""What a model does after an error, on outputs whose figures one counts by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from journey.problem import Problem
from tests.conftest import problem_of
from traces.audit import audit
from train.evaluation.recovery import SHARES, count_output, count_outputs, fate, figures, recovery
from train.evaluation.scoring import Sample, grade, is_clean, measure

PROBLEM = Problem(
    "g", "diophantine", "", {"a": 7, "b": 12, "c": 173}, "23,1", "heldout", 3, "by hand", "CC0-1.0"
)
HARDER = replace(PROBLEM, id="h", level=4)

TERSE = {
    "no error": "y=1:7x=161\nx=23\n=23,1",
    "a dead end": "y=0:7x=173\n!5<\ny=1:7x=161\nx=23\n=23,1",
    "noticed, then right": "y=1:7x=151\n!161<\ny=1:7x=161\nx=23\n=23,1",
    "noticed, then another error": "y=1:7x=151\n!161<\ny=2:7x=147\nx=21\n=21,2",
    "left without a proof": "y=1:7x=151\n<\ny=1:7x=161\nx=23\n=23,1",
    "left for a wrong reason": "y=1:7x=151\n!4<\ny=1:7x=161\nx=23\n=23,1",
    "answered": "y=1:7x=154\nx=22\n=22,1",
    "open": "y=1:7x=154\nx=22",
    "a false alarm": "y=1:7x=161\n!5<\ny=1:7x=161\nx=23\n=23,1",
    "unreadable": "y=1:7x=161\nwhy?\nx=23\n=23,1",
}
RIGHT = (
    "Let $y = 1$. Then $7x = 161$.\nDividing gives $x = 23$.\nSo the answer is $\\boxed{x = 23,\\; y = 1}$."
)
WRONG = "Put $y = 1$, which leaves $7x = 151$.\n"
PROSE = {
    "no error": RIGHT,
    "a dead end": "Try $y = 0$: that leaves $7x = 173$.\n"
    "Hold on: $173$ divided by $7$ leaves $5$. So I go back to the start.\n" + RIGHT,
    "noticed, then right": WRONG
    + "However: $173 - 12 \\cdot 1$ makes $161$, not $151$, which sends me back to the start.\n"
    + RIGHT,
    "noticed, then another error": WRONG
    + "However: $173 - 12 \\cdot 1$ makes $161$, not $151$, which sends me back to the start.\n"
    "Let $y = 2$. Then $7x = 147$.\nDividing gives $x = 21$.\nSo the answer is $\\boxed{x = 21,\\; y = 2}$.",
    "left without a proof": WRONG + "Leaving this open, I go back to the start.\n" + RIGHT,
    "left for a wrong reason": WRONG + "Oops: here we have $4$. Time to go back to the start.\n" + RIGHT,
    "answered": "Put $y = 1$, which leaves $7x = 154$.\nThat makes $x = 22$.\n"
    "So the answer is $\\boxed{x = 22,\\; y = 1}$.",
    "open": "Put $y = 1$, which leaves $7x = 154$.\nThat makes $x = 22$.",
    "a false alarm": "Put $y = 1$, which leaves $7x = 161$.\n"
    "Oops: here we have $5$. Time to go back to the start.\n" + RIGHT,
    "unreadable": RIGHT.replace("\n", "\nWhy?\n", 1),
}
FIRST_ERRORS = {
    "noticed, then right": "noticed",
    "noticed, then another error": "noticed",
    "left without a proof": "left",
    "left for a wrong reason": "left",
    "answered": "answered",
    "open": "open",
}


def sample(text: str, style: str, problem: Problem = PROBLEM, number: int = 0) -> Sample:
    correct, reason = grade(problem, text, True, style)
    return Sample(problem.id, number, text, 9, True, correct, reason)


@pytest.mark.parametrize(("style", "outputs"), [("terse", TERSE), ("prose", PROSE)])
def test_each_output_has_the_fate_that_one_reads_in_it(style: str, outputs: dict[str, str]) -> None:
    for name, text in outputs.items():
        report = audit(PROBLEM, text, style)
        errors = report.wrong_steps
        assert bool(errors) == (name in FIRST_ERRORS), name
        if errors:
            assert fate(errors[0], report.concludes) == FIRST_ERRORS[name], name


@pytest.mark.parametrize(("style", "outputs"), [("terse", TERSE), ("prose", PROSE)])
def test_the_figures_are_those_counted_by_hand(style: str, outputs: dict[str, str]) -> None:
    result = recovery([PROBLEM], [sample(text, style) for text in outputs.values()], style)
    shares = {name: getattr(result, name) for name in SHARES}
    assert {name: (share.count, share.n) for name, share in shares.items()} == {
        "error": (6, 10),
        "noticed": (2, 6),
        "left": (2, 6),
        "answered": (1, 6),
        "right_noticed": (1, 2),
        "right_left": (2, 2),
        "false_alarms": (1, 5),
        "unproved": (1, 4),
        "unreadable": (1, 10),
    }
    assert result.fates == {"noticed": 2, "left": 2, "answered": 1, "open": 1}
    assert result.error.share == 0.6
    assert (result.error.clusters, result.error.seeds) == (1, 1)
    counts = result.counts
    assert (counts["errors"], counts["errors noticed"], counts["errors answered"]) == (7, 2, 2)


def test_sampled_outputs_do_not_count_and_levels_add_up() -> None:
    samples = [sample(text, "terse") for text in TERSE.values()]
    samples += [sample(TERSE["answered"], "terse", HARDER), sample(TERSE["answered"], "terse", HARDER, 1)]
    result = recovery([PROBLEM, HARDER], samples)
    assert result.error.n == 11
    assert {level: figures.error.n for level, figures in result.levels.items()} == {"3": 10, "4": 1}
    harder = result.levels["4"]
    assert harder.answered.share == 1
    assert harder.right_noticed.model_dump() == {
        "count": 0, "share": None, "ci95": (0.0, 1.0), "n": 0, "clusters": 0, "seeds": 1,
    }  # fmt: skip


def test_counts_of_seeds_add_up() -> None:
    texts = list(TERSE.values())
    parts = [count_outputs([PROBLEM, HARDER], some) for some in _two_seeds(texts)]
    result = figures(parts, [PROBLEM, HARDER])
    together = recovery([PROBLEM, HARDER], [each for some in _two_seeds(texts) for each in some])
    for one, other in ((result, together), (result.levels["3"], together.levels["3"])):
        assert one.counts == other.counts
        assert one.fates == other.fates
        assert one.error.share == other.error.share
        assert one.error.n == other.error.n
    assert (result.error.seeds, together.error.seeds) == (2, 1)


def test_errors_in_one_structure_count_as_one_cluster() -> None:
    """Ten problems of one coefficient pair, or of ten: 5 outputs of 10 err either way."""
    texts = [TERSE["answered"], TERSE["no error"]] * 5
    known = [replace(PROBLEM, id=str(number)) for number in range(10)]
    counts = count_outputs(
        known, [sample(text, "terse", one) for one, text in zip(known, texts, strict=True)]
    )
    others = [replace(one, givens={"a": 7, "b": 12 + number, "c": 173}) for number, one in enumerate(known)]
    alike, different = figures([counts], known).error, figures([counts], others).error
    assert (alike.n, alike.clusters, different.clusters) == (10, 1, 10)
    assert alike.share == different.share == 0.5
    low, high = different.ci95
    assert alike.ci95[0] < low < 0.5 < high < alike.ci95[1]


def _two_seeds(texts: list[str]) -> tuple[list[Sample], list[Sample]]:
    first = [sample(text, "terse") for text in texts[:4]]
    second = [sample(text, "terse", problem) for text in texts[4:] for problem in (PROBLEM, HARDER)]
    return first, second


def test_a_step_that_is_not_decided_is_no_error() -> None:
    """Rule 7: what is not proved wrong is counted apart."""
    report = audit(PROBLEM, TERSE["answered"])
    step: Any = report.wrong_steps[0]
    step.verdict = type(step.verdict)("unknown")
    counts = count_output(report, correct=False)
    assert (counts["errors"], counts["error"], counts["undecided"]) == (0, 0, 1)


def test_a_verified_output_is_right_and_every_line_is_proved() -> None:
    outputs = {
        "y=0:7x=173\n!5<\ny=1:7x=161\nx=23\n=23,1": (True, True),
        "y=1:7x=161\nx=24\n!168<\nx=23\n=23,1": (True, True),
        "y=1:7x=161\nx=23\n=24,1": (True, False),
        "y=1:7x=161\nx=24\n=23,1": (False, True),
        "y=1:7x=161\n!5<\ny=1:7x=161\nx=23\n=23,1": (False, True),
        "so\ny=1:7x=161\nx=23\n=23,1": (False, True),
    }
    for text, (clean, right) in outputs.items():
        assert is_clean(PROBLEM, text) is clean, text
        assert grade(PROBLEM, text, finished=True)[0] is right, text


def test_clean_and_verified_are_shares_of_all_outputs() -> None:
    problems = [problem_of("diophantine", index) for index in range(4)]
    marks = [(True, True), (True, False), (False, True), (False, False)]
    samples = [
        Sample(problem.id, 0, "", 9, True, correct, None, clean)
        for problem, (correct, clean) in zip(problems, marks, strict=True)
    ]
    figures = measure(problems, samples)
    assert (figures.pass_1, figures.clean, figures.verified) == (0.5, 0.5, 0.25)
    unaudited = measure(problems, [replace(sample, clean=None) for sample in samples])
    assert (unaudited.clean, unaudited.verified) == (None, None)
