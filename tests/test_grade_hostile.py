"""What hostile and very long texts come to when they are graded: a verdict in time, and nothing is run."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as some

from journey.grade import grade_answer
from tests.timing import within


def test_ten_megabytes_cost_little() -> None:
    for text in (
        "1" * 10**7,
        r"\boxed{" * 10**6,
        "$1$ and " * 10**6,
        "a " * 10**6,
        "\\(" * 10**6,
        "x=" * 10**6,
    ):
        with within(1, text[:20]):
            assert grade_answer("12", text).correct is not True


@settings(max_examples=60, deadline=None)
@given(some.text(max_size=60), some.text(alphabet="0123456789.,/\\{}()[]^_=<> x$%", max_size=30))
def test_any_text_gets_a_verdict(gold: str, pred: str) -> None:
    with within(1, f"{gold!r} {pred!r}"):
        assert grade_answer(gold, pred).correct in (True, False, None)
