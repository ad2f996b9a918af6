"""Methods of decoding with a scripted generator: what they choose, and what it costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from journey import families
from journey.problem import Problem
from traces.audit import Audit, audit
from traces.text import prompt
from train.evaluation.decoding.answers import Answer, summarize, verified
from train.evaluation.decoding.batching import Job, Output
from train.evaluation.decoding.forcing import ATTEMPTS, METHOD, force_budget
from train.evaluation.decoding.methods import generate_answers
from train.evaluation.decoding.modes import answer_in_mode
from train.evaluation.decoding.search import Limits, search_answers
from train.evaluation.decoding.selection import best_of_n, majority, select_answers
from train.evaluation.scoring import Sample, grade
from train.recipe.load import load_recipe

END = 0
"""The end of sequence; every other token is a character."""


def problem() -> Problem:
    """7x + 12y = 173: y = 1 is the first that works, x = 23; y = 8 works too, x = 11."""
    family, givens = families.get("diophantine"), {"a": 7, "b": 12, "c": 173}
    statement = family.statement(givens)
    return Problem("one", "diophantine", statement, givens, "", "heldout", 2, "", "")


class Scripted:
    """Writes what a script says comes after a text, the nth copy the nth of these; a token is a character."""

    reads_pictures = False

    def __init__(self, script: dict[str, Sequence[str]], banned: dict[str, str] | None = None) -> None:
        self.script, self.banned = script, banned or {}
        self.asked: list[str] = []

    def encode(self, text: str) -> tuple[int, ...]:
        return tuple(map(ord, text))

    def encode_prompt(self, text: str) -> tuple[int, ...]:
        return self.encode(text)

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(chr(token) for token in ids if token != END)

    def ended(self, output: Output) -> bool:
        return output.ids[-1] == END

    def generate(
        self,
        jobs: Sequence[Job],
        *,
        temperature: float,
        seed: int,
        lines: bool = False,
        on_progress: Callable[[int], None] = lambda done: None,
    ) -> list[Output]:
        return [self._written(job, lines) for job in jobs]

    def _written(self, job: Job, lines: bool) -> Output:
        before = self.decode(job.ids).removeprefix(prompt(problem()))
        self.asked.append(before)
        texts = self.script[before]
        copy = job.name.rpartition(":")[2]
        text = texts[int(copy) % len(texts)] if copy.isdigit() and not job.banned else texts[0]
        if chr(job.banned[0]) == text[0] if job.banned else False:
            text = self.banned[before]
        if lines and "\n" in text:
            text = text[: text.index("\n") + 1]
        ids = [*map(ord, text)][: job.cap]
        stopped = len(ids) < job.cap or text.endswith("\n")
        if stopped and not (lines and text.endswith("\n")):
            ids.append(END)
        return Output(ids, [-0.1] * len(ids), stopped)


def sample(number: int, text: str, finished: bool = True) -> Sample:
    right, reason = grade(problem(), text, finished)
    return Sample(problem().id, number, text, len(text) + finished, finished, right, reason)


RIGHT = "y=0:7x=173\n!5<\ny=1:7x=161\nx=23\n=23,1"
"""A journey without a fault."""
KNOWN = "=11,8"
"""A right answer out of the blue."""
SLIP = "y=1:7x=151\n=23,1"
"""The right answer after a wrong step that nobody noticed."""
WRONG = "y=1:7x=161\nx=22\n=22,1"


def test_an_answer_is_verified_by_the_problem_alone() -> None:
    assert problem().answer == ""
    assert verified(problem(), "23,1") is True
    assert verified(problem(), "11,8") is True
    assert verified(problem(), "22,1") is False


def test_the_majority_wins_and_the_unfinished_have_no_vote() -> None:
    drawn = [sample(1, RIGHT), sample(2, WRONG), sample(3, "= 22, 1"), sample(4, RIGHT, finished=False)]
    assert majority(problem(), drawn) == drawn[1]
    assert majority(problem(), drawn[:2]) == drawn[0]
    assert majority(problem(), drawn[3:]) is None
    assert majority(problem(), [sample(1, "y=0:7x=173")]) is None


def test_the_checker_prefers_verified_then_faultless_answers() -> None:
    def best(*texts: str) -> str:
        chosen = best_of_n(problem(), [sample(n, text) for n, text in enumerate(texts, 1)])
        return chosen.text if chosen else ""

    assert best(WRONG, WRONG, KNOWN) == KNOWN
    assert best(SLIP, RIGHT) == RIGHT
    assert best(WRONG, "=9,9", "=9,9") == "=9,9"
    assert best("y=0:7x=173") == ""


def test_a_selection_costs_every_sample() -> None:
    drawn = [sample(1, WRONG), sample(2, WRONG), sample(3, "y=0:7x=173", finished=False), sample(4, RIGHT)]
    result = select_answers([problem()], [sample(0, RIGHT), *drawn])
    costs = {1: len(WRONG) + 1, 2: 2 * len(WRONG) + 2, 4: sum(each.tokens for each in drawn)}
    assert {(answer.method, answer.n): answer.tokens for answer in result} == {
        (method, n): cost for method in ("majority", "best_of_n") for n, cost in costs.items()
    }
    right = {(answer.method, answer.n) for answer in result if answer.correct}
    assert right == {("best_of_n", 4)}


def test_a_text_is_audited_once_for_every_selection(monkeypatch: pytest.MonkeyPatch) -> None:
    audited: list[str] = []

    def counting(problem: Problem, text: str, style: str) -> Audit:
        audited.append(text)
        return audit(problem, text, style)

    monkeypatch.setattr("train.evaluation.decoding.selection.audit", counting)
    drawn = [sample(1, WRONG), sample(2, RIGHT), sample(3, WRONG), sample(4, RIGHT)]
    result = select_answers([problem()], drawn)
    assert sorted(audited) == sorted([WRONG, RIGHT])
    assert [answer.text for answer in result if answer.method == "best_of_n"] == [WRONG, RIGHT, RIGHT]


LINES: dict[str, Sequence[str]] = {
    "": ["nonsense\n", "y=1:7x=151\n", "y=0:7x=173\n", "y=1:7x=161\n"],
    "y=0:7x=173\n": ["x=24\n", "!4<\n", "=1,1"],
    "y=1:7x=161\n": ["x=22\n", "x=23\n", "x=23\n", "y=1"],
    "y=1:7x=161\nx=23\n": ["=22,1", "=23,1", "=23", "!5<\n"],
}


@pytest.mark.parametrize("method", ["beam", "tree"])
def test_the_search_continues_from_sound_lines_only(method: str) -> None:
    generator = Scripted(LINES)
    (result,) = search_answers(method, generator, [problem()], [1_000], Limits(width=2, branch=4))
    assert (result.correct, result.text) == (True, "y=1:7x=161\nx=23\n=23,1")
    # Rejected: nonsense, wrong steps, a notice of the wrong words, wrong conclusions.
    if method == "beam":
        assert sorted(generator.asked) == sorted([before for before in LINES for _ in range(4)])
    assert not any("151" in asked or "nonsense" in asked or "22" in asked for asked in generator.asked)

    def cost(before: str) -> int:
        texts = LINES[before]
        drawn = [texts[copy % len(texts)] for copy in range(4)]
        return sum(len(text) + (not text.endswith("\n")) for text in drawn)

    if method == "beam":
        assert result.tokens == sum(map(cost, LINES))


def test_a_smaller_budget_finds_what_was_found_by_then() -> None:
    every = search_answers("beam", Scripted(LINES), [problem()], [20, 99, 1_000], Limits(width=2, branch=4))
    assert [answer.n for answer in every] == [20, 99, 1_000]
    assert [answer.correct for answer in every] == [False, False, True]
    assert [answer.tokens for answer in every][:2] == [20, 99]
    assert every[0].text == ""


def test_a_beam_that_died_begins_again_and_a_tree_goes_back() -> None:
    dead: dict[str, Sequence[str]] = {
        "": ["y=0:7x=173\n", "y=0:7x=173\n", "y=1:7x=161\n", "y=1:7x=161\n"],
        "y=0:7x=173\n": ["x=24\n", "x=25\n"],
        "y=1:7x=161\n": ["x=23\n", "x=1\n"],
        "y=1:7x=161\nx=23\n": ["=23,1"],
    }
    for method in ("beam", "tree"):
        generator = Scripted(dead)
        (result,) = search_answers(method, generator, [problem()], [1_000], Limits(width=1, branch=2))
        assert result.correct
        assert generator.asked.count("") == 4


def test_a_search_that_finds_nothing_ends_with_its_budget() -> None:
    generator = Scripted({"": ["nonsense\n"]})
    (result,) = search_answers("tree", generator, [problem()], [50], Limits())
    assert (result.correct, result.text, result.tokens) == (False, "", 50)


def test_an_early_conclusion_is_dropped_but_its_tokens_count() -> None:
    first, more = "y=0:7x=173\n=1,1", "5<\ny=1:7x=161\nx=23\n=23,1"
    generator = Scripted({"": [first], "y=0:7x=173\n!": [more]})
    (result,) = force_budget(generator, [problem()], 20, 200)
    assert (result.method, result.n, result.correct) == (METHOD, 20, True)
    assert result.text == "y=0:7x=173\n!" + more
    # Both ends of sequence, and the `!` that was written for it.
    assert result.tokens == len(first) + 1 + 1 + len(more) + 1
    (left,) = force_budget(Scripted({"": [first]}), [problem()], 0, 200)
    assert (left.text, left.tokens, left.correct) == (first, len(first) + 1, False)


def test_without_a_doubt_the_conclusion_s_first_token_is_banned() -> None:
    first = "y=1:7x=161\nx=23\n=1,1"
    kept = "y=1:7x=161\nx=23\n"
    generator = Scripted({"": [first], kept: ["=2,2"]}, banned={kept: "?7*23+12*1=173\n=23,1"})
    (result,) = force_budget(generator, [problem()], len(first) + 3, 200, wait="")
    assert result.text == kept + "?7*23+12*1=173\n=23,1"
    assert result.correct


def test_an_output_that_comes_to_its_cap_is_made_to_conclude() -> None:
    generator = Scripted(
        {"": ["y=0:7x=173\n!5<\ny=1:7x=161\nx=2"], "y=0:7x=173\n!5<\ny=1:7x=161\n=": ["23,1"]}
    )
    longest = len("y=0:7x=173\n!5<\ny=1:7x=161\nx")
    (result,) = force_budget(generator, [problem()], 0, longest)
    assert result.text == "y=0:7x=173\n!5<\ny=1:7x=161\n=23,1"
    assert result.correct
    assert result.tokens == longest + 1 + len("23,1") + 1


def test_a_model_that_only_concludes_is_let_go_in_the_end() -> None:
    generator = Scripted({"": ["=1,1"], "!": ["=1,1"]})
    (result,) = force_budget(generator, [problem()], 30, 60)
    assert not result.correct
    assert len(generator.asked) == ATTEMPTS + 1


def test_a_mode_is_given_and_costs_nothing() -> None:
    generator = Scripted({"fast\n": ["y=1:7x=161\nx=23\n=23,1"], "slow\n": ["y=0:7x=173\n=0,0"]})
    (fast,) = answer_in_mode(generator, [problem()], "fast", 100)
    (slow,) = answer_in_mode(generator, [problem()], "slow", 100)
    assert (fast.method, fast.correct, slow.method, slow.correct) == ("fast", True, "slow", False)
    assert fast.tokens == len("y=1:7x=161\nx=23\n=23,1") + 1
    assert generator.asked == ["fast\n", "slow\n"]


def test_only_models_of_mixed_traces_are_asked_in_modes() -> None:
    settings = [
        "claims=[]",
        "compare=[]",
        "evaluation.samples={}",
        "evaluation.methods={problems: 1, modes: [fast, slow]}",
        "arms=[{name: mixed, traces: mixed}, {name: shortcut, traces: shortcut}]",
    ]
    recipe = load_recipe("laptop", settings)
    generator = Scripted({"fast\n": ["=1,1"], "slow\n": ["=1,1"]})

    def modes(arm: str) -> list[str]:
        replica = recipe.replica(arm)
        answers = generate_answers(generator, [problem()], [], recipe, replica)
        return [answer.method for answer in answers if answer.method in ("fast", "slow")]

    assert modes("mixed") == ["fast", "slow"]
    assert modes("shortcut") == []
    methods = recipe.evaluation.methods
    assert methods.outputs(modes=True) == methods.outputs(modes=False) + 2


def test_figures_are_reported_by_method_allowance_and_level() -> None:
    one = problem()
    answers = [
        Answer(one.id, "beam", 64, "", 60, False),
        Answer(one.id, "beam", 256, "", 110, True),
    ]
    figures = summarize([one], answers)
    assert list(figures) == ["beam"]
    assert figures["beam"]["64"].solved == 0
    assert figures["beam"]["256"].tokens == 110
    assert figures["beam"]["256"].ci95 == pytest.approx((0.2065, 1.0), abs=1e-3)
