"""The recipe `smollm2` on a stand-in of SmolLM2's kind, and on the real model where it was fetched.

`journey fetch smollm2` writes the real one to models/smollm2; JOURNEY_SMOLLM2 can name another folder.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from journey import families
from journey.problem import draw_distinct
from journey.runs.store import Run
from search.explore import Budget, explore
from search.proposers.symbolic import Symbolic
from tests import standins
from traces.text import prompt, render
from traces.trace import TrainingText
from traces.walks import WalkSettings, walk
from train.console import Console
from train.models.fetch import MODELS, greedy_answer
from train.models.token_rows import IGNORED, encode, question
from train.pipeline.experiment import open_run, run_stages
from train.recipe.load import load_recipe

QUIET = Console(quiet=True)
REAL = Path(os.environ.get("JOURNEY_SMOLLM2", "models/smollm2"))
ARMS = (
    "arms=[{name: before, traces: shortcut, set: {training.tokens: 1, sft.learning_rate: 0.0}}, "
    "{name: journey, traces: journey}]"
)


def training_texts(family: str, count: int = 6) -> list[TrainingText]:
    texts = []
    for problem in draw_distinct(families.get(family), 0, "train", count, [1, 2]):
        trace = walk("journey", explore(problem, Symbolic(0.3, 0), "depth", Budget()), WalkSettings())
        assert trace is not None
        texts.append(TrainingText(problem.id, prompt(problem, "prose"), render(trace, "prose")))
    return texts


def check_rows(tokenizer: Any, texts: list[TrainingText]) -> None:
    """Each row is the chat as the template writes it, and the loss is on the completion and its one end."""
    for text, row in zip(texts, encode(tokenizer, texts, "plain"), strict=True):
        learned = [label for label in row["labels"] if label != IGNORED]
        assert learned[-1] == tokenizer.eos_token_id
        assert learned.count(tokenizer.eos_token_id) == 1
        assert tokenizer.decode(learned[:-1]) == text.completion
        assert tokenizer.decode(row["input_ids"][: -len(learned)]) == question(
            tokenizer, text.prompt, "plain"
        )


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts = [
        text.prompt + text.completion for name in ("linear", "diophantine") for text in training_texts(name)
    ]
    return standins.make(tmp_path_factory.mktemp("smollm2") / "model", texts, "llama")


@pytest.mark.parametrize("family", ["linear", "diophantine", "countdown"])
def test_an_end_that_also_pads_is_learned(model: Path, family: str) -> None:
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(model)
    assert tokenizer.pad_token_id == tokenizer.eos_token_id
    check_rows(tokenizer, training_texts(family))


def test_the_recipe_measures_before_and_after(model: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    words = tmp_path / "words.jsonl"
    rows = [{"question": f"What is {n} + 1?", "answer": f"{n} + 1 = {n + 1}\n#### {n + 1}"} for n in range(4)]
    words.write_text("".join(json.dumps(row) + "\n" for row in rows))
    sizes = ["problems.train=16", "problems.heldout=2", "training.tokens=600", "training.batch_tokens=512"]
    files = [f"evaluation.sets={{words: {{file: {words}, count: 2, instruction: In a box.}}}}"]
    changes = [ARMS, "claims=[]", f"base.model={model}", "search.workers=1", "evaluation.max_new_tokens=4"]
    recipe = load_recipe("smollm2", [*changes, *sizes, *files], quick=True)
    run: Run = open_run(tmp_path / "run", recipe)
    results = run_stages(run, recipe, QUIET)
    before, after = (results.arms[arm]["sft"] for arm in ("before", "journey"))
    assert (before.n, after.n) == (2, 2)
    assert before.sets and after.sets and before.sets["words"].n == after.sets["words"].n == 2
    weights = {
        name: AutoModelForCausalLM.from_pretrained(run.path / "models" / name).float().state_dict()
        for name in ("base", "before/sft", "journey/sft")
    }
    changed = {
        name: sum(float((state[key] - weights["base"][key]).abs().max()) > 0 for key in state)
        for name, state in weights.items()
    }
    assert changed["before/sft"] == 0
    assert changed["journey/sft"] > 0


def test_the_recipe_needs_the_files_and_says_so(tmp_path: Path) -> None:
    from journey.errors import InputError
    from train.evaluation.problem_sets import require_sets

    with pytest.raises(InputError, match=r"evaluation.sets.gsm8k: cannot read .*none.jsonl"):
        require_sets(load_recipe("smollm2", [f"evaluation.sets.gsm8k.file={tmp_path}/none.jsonl"]))


@pytest.mark.skipif(not REAL.exists(), reason=f"no {REAL}: run `journey fetch smollm2`")
def test_the_real_model_answers_and_its_template_keeps_what_is_to_be_learned() -> None:
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(REAL)
    assert tokenizer.chat_template.strip() == standins.SMOLLM2.strip()
    assert len(tokenizer) == 49_152
    check_rows(tokenizer, [*training_texts("linear"), *training_texts("countdown")])
    asked, word = next(iter(MODELS["smollm2"].answers.items()))
    assert word in greedy_answer(REAL, asked)
