"""`journey eval`: how answers are read, what a model is asked, and what is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from journey.errors import InputError
from journey.problem import Problem
from journey.runs.store import encode
from tests import standins
from tests.conftest import problem_of
from tests.made_up import recovery
from train.evaluation.decoding.selection import majority
from train.evaluation.metrics_schema import ModelMetrics
from train.evaluation.scoring import Sample, grade, outcome, read_answer
from train.harness import heldout
from train.pipeline.model_eval import INSTRUCTION, EvalSettings, evaluate_model, first_prompt, format_metrics
from train.trainers.reinforce import answer_reward

WORDS = "Ann has 3 boxes of 7 figs and one fig more. How many figs does she have?"
FIGS = Problem("figs", "prose", WORDS, {"problem": WORDS, "answer": "22"}, "22", "heldout", None, "", "")


@pytest.mark.parametrize(
    "text",
    [
        "3 * 7 = 21, and 21 + 1 = 22.\nThe answer is: 22",
        "We compute $3 \\cdot 7 + 1$.\n\\[ \\boxed{22} \\]\nI hope this helps!",
        "First \\boxed{21}. No: one fig more.\nSo \\boxed{22}.",
        "#### 22",
        "She has 22 figs.",
        "So the answer is $\\boxed{22}$.",
    ],
)
def test_prose_is_read_as_grade_reads_it(text: str) -> None:
    assert grade(FIGS, text, True, "prose") == (True, None)
    assert answer_reward(FIGS, text, True, "prose") == 1
    assert grade(FIGS, text, False, "prose")[0] is False, "unfinished is wrong"
    wrong = text.replace("22", "23")
    assert grade(FIGS, wrong, True, "prose")[0] is False


def test_the_notation_of_a_family_is_found_in_a_box() -> None:
    problem = problem_of("linear", 0)
    text = f"Some words of a model's own.\n\nThe final result is \\boxed{{x = {problem.answer}}}. Thanks!"
    assert read_answer(problem, text, "prose") is not None
    assert grade(problem, text, True, "prose")[0] is True


def test_terse_outputs_must_conclude() -> None:
    problem = problem_of("diophantine", 0)
    text = f"The answer is {problem.answer}"
    correct, reason = grade(problem, text, True)
    assert not correct
    assert str(reason).startswith("no conclusion: it ends with ")
    assert grade(problem, f"={problem.answer}", True)[0]


def sample(text: str, finished: bool = True, number: int = 0) -> Sample:
    correct, reason = grade(FIGS, text, finished, "prose")
    return Sample(FIGS.id, number, text, 9, finished, correct, reason)


def test_every_output_has_one_of_four_outcomes() -> None:
    texts = {"right": "It is 22.", "wrong": "It is 23.", "unread": "I do not know, it is hard to say."}
    assert {name: outcome(sample(text)) for name, text in texts.items()} == {name: name for name in texts}
    assert outcome(sample("It is 22.", finished=False)) == "unfinished"


def test_votes_read_the_same_answers() -> None:
    drawn = [
        sample("It is 23.", number=1),
        sample("The answer is: 22", number=2),
        sample("#### 22", number=3),
    ]
    assert majority(FIGS, drawn, "prose") == drawn[1]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return standins.make(tmp_path_factory.mktemp("model") / "m", [WORDS, INSTRUCTION])


@pytest.fixture
def problems(tmp_path: Path) -> str:
    (tmp_path / "figs.jsonl").write_text(f'{{"question": "{WORDS}", "answer": "#### 22"}}\n')
    return str(tmp_path / "figs.jsonl")


def test_an_instruct_model_is_asked_for_a_box(model: Path, problems: str) -> None:
    chat = EvalSettings(chat="plain")
    assert chat.output_style == "prose"
    shown = first_prompt(model, problems, chat)
    assert f"user\n{WORDS}\n\n{INSTRUCTION}<|im_end|>" in shown
    assert shown.endswith("<|im_start|>assistant\n")
    own = first_prompt(model, problems, EvalSettings(chat="plain", instruction="Answer only."))
    assert "Answer only.<|im_end|>" in own
    assert first_prompt(model, problems, EvalSettings(style="prose")) == f"{WORDS}\n"
    with pytest.raises(InputError, match="nowhere"):
        first_prompt(model, "nowhere", chat)


def test_progress_is_shown_where_there_is_no_terminal(
    model: Path, problems: str, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = evaluate_model(model, problems, EvalSettings(chat="plain", max_new_tokens=3))
    assert (metrics.n, metrics.pass_1) == (1, 0.0)
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == [f"Loading {model}", "outputs greedy: 0/1 "]


def test_a_model_that_learned_traces_is_asked_as_it_was_trained(model: Path, problems: str) -> None:
    (model / "training.json").write_text("{}")
    assert INSTRUCTION not in first_prompt(model, problems, EvalSettings(chat="plain"))


def test_the_shares_of_all_outcomes_are_printed() -> None:
    metrics = ModelMetrics.model_validate(
        {"pass@1": 0.5, "ci95": (0.4, 0.6), "n": 20, "clusters": 20, "seeds": 1, "mean_new_tokens": 9.5,
         "unfinished": 0.1, "unread": 0.15, "levels": {}, "recovery": recovery(20, 0, 0, 0, 0)}
    )  # fmt: skip
    assert list(format_metrics(metrics)) == [
        "50.0% of 20 problems solved (95 % interval 40.0% to 60.0%)",
        "Of all outputs 25.0% are wrong, 15.0% state no answer that could be read, and 10.0% are unfinished.",
        "9.5 tokens an answer",
    ]


def test_a_harness_counts_only_what_concludes() -> None:
    """It does not say what the cap cut off, and a cut-off output may have stated a number."""
    row = {"problem": encode(FIGS).decode(), "style": "prose"}
    assert heldout.is_right(row, "So the answer is $\\boxed{22}$.") == (True, None)
    correct, reason = heldout.is_right(row, "3 * 7 = 21. One fig more gives 22")
    assert not correct
    assert str(reason).startswith("no conclusion: it ends with ")
