"""The recipe for pretrained models, on a stand-in of Qwen's architecture: from files to a report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from journey.errors import InputError
from journey.runs.records import read_problems
from journey.runs.store import Run, read_lines
from search.fleet import Fleet
from tests import standins
from traces.audit_files import audit_path
from traces.chat import strip_think_tags
from traces.run_files import read_texts
from traces.text import prompt
from traces.trace import TrainingText
from train.console import Console
from train.evaluation.decoding.batching import Job, Output
from train.evaluation.decoding.forcing import force_budget
from train.evaluation.decoding.generators import CheckpointGenerator
from train.evaluation.decoding.planted import Plant, continue_plants
from train.evaluation.decoding.search import Limits, search_answers
from train.evaluation.inference import generate_outputs
from train.models.token_rows import IGNORED, encode, question
from train.pipeline.experiment import run_stages
from train.pipeline.generate import Source, generate_into
from train.pipeline.model_eval import EvalSettings, evaluate_model
from train.recipe.load import load_recipe, recipe_of

QUIET = Console(quiet=True)


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return standins.word_problems(tmp_path_factory.mktemp("rows") / "rows.jsonl", 40)


def texts(rows: Path) -> list[str]:
    result: list[dict[str, Any]] = list(read_lines(rows, dict))
    return [row.get("question", row.get("problem", "")) + "\n" + "\n".join(row["samples"]) for row in result]


def generate(out: Path, rows: Path, proposer: str, model: Path, *changes: str) -> Run:
    search = {"proposer": proposer, "strategy": "depth"}
    settings = [f"base.model={model}", *changes]
    generate_into(out, Source(file=rows), search, 0, settings, Fleet(), QUIET, "gsm8k", quick=True)
    return Run(out)


def test_every_line_of_the_way_runs_on_a_stand_in(rows: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = standins.make(tmp_path / "model", texts(rows))
    run = generate(tmp_path / "run", rows, f"replay:{rows}", model)
    recipe = recipe_of(run)
    assert recipe.name.startswith("gsm8k-file-")
    kinds = [{text.id: text for text in read_texts(run, kind, "train")} for kind in ("shortcut", "journey")]
    assert set(kinds[0]) == set(kinds[1])
    assert len(kinds[0]) == 30
    longer = [id for id, text in kinds[0].items() if len(kinds[1][id].completion) > len(text.completion)]
    assert len(longer) > 20, "the wrong attempts are in the journeys"
    results = run_stages(run, recipe, QUIET)
    assert {arm: sorted(stages) for arm, stages in results.arms.items()} == {
        "shortcut": ["dpo", "sft"],
        "journey": ["dpo", "sft"],
    }
    assert results.arms["journey"]["sft"].n == 10
    assert (run.path / "report.html").exists()
    for arm in ("shortcut", "journey"):
        folder = run.path / "models" / arm / "dpo"
        assert AutoModelForCausalLM.from_pretrained(folder).config.model_type == "qwen2"
        assert AutoTokenizer.from_pretrained(folder).chat_template == standins.QWEN2
    assert audit_path(run.path).clean
    figures = evaluate_model(folder, str(rows), EvalSettings(1, 20, style="prose", chat="plain"))
    assert (figures.n, figures.sampled and figures.sampled.samples) == (40, 1)
    assert figures.recovery.error.n == 40
    # What the model tries itself is where the wrong turns of a real run come from.
    trained = run.path / "models" / "journey" / "sft"
    few = tmp_path / "few.jsonl"
    few.write_text("".join(line + "\n" for line in rows.read_text().splitlines()[:4]))
    own = generate(tmp_path / "own", few, f"model:{trained}", trained, "search.samples=2")
    assert own.manifest["stages"]["graphs"]["graphs"] == 4


@pytest.mark.parametrize("architecture", ["qwen2", "qwen3", "llama"])
@pytest.mark.parametrize("chat", ["plain", "think"])
def test_a_template_keeps_what_is_to_be_learned(
    rows: Path, tmp_path: Path, architecture: str, chat: str
) -> None:
    from transformers import AutoTokenizer

    model = standins.make(tmp_path / "model", texts(rows), architecture)
    tokenizer = AutoTokenizer.from_pretrained(model)
    text = TrainingText("1", "How many figs are there?\n", "There are $2$.\nThe answer is $\\boxed{2}$.")
    [row] = encode(tokenizer, [text], chat)
    message = str(tokenizer.decode([token for token in row["labels"] if token != IGNORED]))
    assert message.endswith("<|im_end|>")
    assert strip_think_tags(message.removesuffix("<|im_end|>")) == text.completion
    assert str(tokenizer.decode(row["input_ids"])) == question(tokenizer, text.prompt, chat) + message


def test_every_method_asks_in_the_chat(rows: Path, tmp_path: Path) -> None:
    model = standins.make(tmp_path / "model", texts(rows))
    problem = next(problem for problem in read_problems(rows) if problem.answer)
    started: list[tuple[int, ...]] = []

    class Spy(CheckpointGenerator):
        def generate(self, jobs: Sequence[Job], **how: Any) -> list[Output]:
            started.extend(job.ids for job in jobs)
            return super().generate(jobs, **how)

    generator = Spy(model, 4, "plain")
    asked = question(generator.tokenizer, prompt(problem, "prose"), "plain")
    assert asked.startswith("<|im_start|>")
    generate_outputs(generator, [problem], max_new_tokens=4, style="prose")
    force_budget(generator, [problem], 3, 4, style="prose")
    search_answers("tree", generator, [problem], [8], Limits(1, 1, 4), style="prose")
    continue_plants(generator, [Plant(problem, "", "So $1+1=3$.")], 4, "prose")
    assert len(started) >= 4
    assert all(generator.tokenizer.decode(ids).startswith(asked) for ids in started)


def test_think_tags_are_refused_for_line_outputs() -> None:
    with pytest.raises(InputError, match=r"cannot read think tags\. Set `base\.chat: plain`"):
        load_recipe("gsm8k", ["base.chat=think", "evaluation.methods.minimum=[5]"])


def test_a_model_without_a_template_is_not_asked_in_a_chat(rows: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    model = standins.make(tmp_path / "model", texts(rows))
    tokenizer = AutoTokenizer.from_pretrained(model)
    tokenizer.chat_template = None
    tokenizer.save_pretrained(model)
    (model / "chat_template.jinja").unlink()
    with pytest.raises(InputError, match="has no chat template"):
        evaluate_model(model, str(rows), EvalSettings(chat="plain", style="prose"))


def test_a_context_that_the_base_cannot_read_is_reported(rows: Path, tmp_path: Path) -> None:
    from train.models.base import save_base

    model = standins.make(tmp_path / "model", texts(rows))
    base = load_recipe("gsm8k", [f"base.model={model}", "base.context=4096"]).base
    with pytest.raises(InputError, match=r"base.context is 4096, but .* reads at most 2048 tokens"):
        save_base(tmp_path / "base", [], base, 0)


def test_the_recipe_needs_a_file_and_says_so(tmp_path: Path) -> None:
    from train.pipeline.data import make_problems
    from train.pipeline.experiment import open_run

    recipe = load_recipe("gsm8k")
    with pytest.raises(InputError, match="`journey generate --problems FILE --out RUN`"):
        make_problems(open_run(tmp_path / "run", recipe), recipe, QUIET)


def test_launch_files_are_read_by_accelerate() -> None:
    from importlib import resources

    from accelerate.commands.config.config_args import load_config_from_file

    folder = resources.files("train") / "launch"
    kinds = {
        item.name: str(load_config_from_file(str(item)).distributed_type.value) for item in folder.iterdir()
    }
    assert kinds == {"fsdp.yaml": "FSDP", "zero2.yaml": "DEEPSPEED"}


def test_problems_come_in_the_schemas_of_both_sets(rows: Path) -> None:
    result = [json.loads(line) for line in rows.read_text().splitlines()]
    assert {tuple(sorted(row)) for row in result} == {
        ("answer", "question", "samples", "split"),
        ("level", "problem", "samples", "solution", "split"),
    }
