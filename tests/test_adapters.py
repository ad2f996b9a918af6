"""Adapters, instruct models, loss masks and rewards, on models made on the spot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from journey.errors import InputError, JourneyError
from tests import standins
from tests.conftest import graph_of, problem_of, training
from tests.test_train import SMALL, texts
from traces.audit import audit
from traces.text import render
from traces.trace import TrainingText
from traces.walks import WalkSettings, journey
from train.models.token_rows import IGNORED, encode, encode_pairs, question
from train.recipe.settings import Adapter, Base
from train.trainers.stage import StageSpec


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from train.models.base import save_base

    path = tmp_path_factory.mktemp("base") / "base"
    save_base(path, [text.prompt + text.completion for text in texts()], SMALL, seed=0)
    return path


@pytest.fixture(scope="module")
def qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stand-in for an instruct model."""
    prose = [render(trace, "prose") for index in range(8) if (trace := journey(graph(index), WalkSettings()))]
    return standins.make(tmp_path_factory.mktemp("qwen") / "model", prose)


def graph(index: int) -> Any:
    return graph_of("diophantine", index)


def sft(start: Path, out: Path, rows: Any, adapter: Adapter, **config: Any) -> dict[str, Any]:
    from train.trainers.sft import train_sft

    settings = {"learning_rate": 1e-2, **config}
    train_sft(StageSpec(start, out, 0, adapter, settings), rows, training(6_000))
    return dict(json.loads((out / "training.json").read_text()))


@pytest.mark.parametrize("kind", ["lora", "dora"])
def test_an_adapter_is_trained_alone_and_merged(base: Path, tmp_path: Path, kind: str) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    adapter = Adapter.model_validate({"kind": kind, "rank": 4, "alpha": 8, "apart": True})
    rows = encode(AutoTokenizer.from_pretrained(base), texts())
    facts = sft(base, tmp_path / "sft", rows, adapter)
    plain = AutoModelForCausalLM.from_pretrained(base)
    whole = AutoModelForCausalLM.from_pretrained(tmp_path / "sft")
    assert 0 < facts["trained_parameters"] < 0.6 * plain.num_parameters()
    same = {
        name: bool((whole.state_dict()[name] == weight).all()) for name, weight in plain.state_dict().items()
    }
    assert all(same[name] for name in same if "embed" in name or "norm" in name)
    assert not any(same[name] for name in same if "q_proj" in name)
    ids = torch.tensor([rows[0]["input_ids"]])
    apart = PeftModel.from_pretrained(plain, str(tmp_path / "sft" / "adapter"))
    with torch.no_grad():
        assert torch.allclose(apart(ids).logits, whole(ids).logits, atol=1e-4)
    log = [json.loads(line) for line in (tmp_path / "sft" / "log.jsonl").read_text().splitlines()]
    assert log[-1]["loss"] < log[0]["loss"]


@pytest.mark.parametrize("tied", [True, False])
def test_an_adapter_may_train_the_embeddings_too(base: Path, tmp_path: Path, tied: bool) -> None:
    """As new words need it. The merged model is a plain one whose embeddings are tied as before."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    start, tokenizer = tmp_path / "start", AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base)
    if not tied:
        model.config.tie_word_embeddings = False
        model = type(model)(model.config)
    model.save_pretrained(start)
    tokenizer.save_pretrained(start)
    adapter = Adapter(kind="lora", rank=4, embeddings=True)
    sft(start, tmp_path / "sft", encode(tokenizer, texts()), adapter)
    trained = AutoModelForCausalLM.from_pretrained(tmp_path / "sft")
    before, after = model.state_dict(), trained.state_dict()
    assert before.keys() == after.keys()
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        assert not bool((before[name] == after[name]).all()), name
    shared = trained.get_input_embeddings().weight is trained.get_output_embeddings().weight
    assert shared == tied


def test_dpo_with_an_adapter_has_the_sft_model_as_its_reference(base: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    from train.trainers.dpo import train_dpo

    pairs = [{"prompt_ids": [5, 6], "chosen_ids": [7], "rejected_ids": [8]}] * 8
    adapter = Adapter(kind="lora", rank=4)
    config = {"learning_rate": 1e-2, "logging_steps": 1}
    train_dpo(StageSpec(base, tmp_path / "dpo", 0, adapter, config), pairs, batch=4)
    first = json.loads((tmp_path / "dpo" / "log.jsonl").read_text().splitlines()[0])
    assert first["loss"] == pytest.approx(0.6931, abs=2e-3), "policy and reference begin equal"
    AutoModelForCausalLM.from_pretrained(tmp_path / "dpo")
    assert not (tmp_path / "dpo" / "adapter").exists()


def test_qlora_without_a_gpu_is_refused_with_the_remedy(base: Path, tmp_path: Path) -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(InputError, match=r"adapter.kind qlora needs a GPU.*adapter.kind: lora"):
        sft(base, tmp_path / "sft", [{"input_ids": [5, 6], "labels": [5, 6]}], Adapter(kind="qlora"))


def test_wrong_steps_stay_out_of_the_loss_and_nothing_else_does(base: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base)
    masked = 0
    for index, text in enumerate(texts()):
        problem = graph(index).problem
        lines = audit(problem, text.completion).lines
        unsound = tuple(n for n, line in enumerate(lines) if line.says == "take" and not line.sound)
        plain, sound = (
            encode(tokenizer, [TrainingText(text.id, text.prompt, text.completion, which)])[0]
            for which in ((), unsound)
        )
        assert plain["input_ids"] == sound["input_ids"]
        pairs = zip(plain["labels"], sound["labels"], strict=True)
        left_out = [one for one, other in pairs if other == IGNORED != one]
        wanted = "".join(lines[n].text + ("\n" if n < len(lines) - 1 else "") for n in unsound)
        assert tokenizer.decode(left_out) == wanted
        masked += len(unsound)
    assert masked > 3


@pytest.mark.parametrize("chat", ["plain", "think"])
def test_an_instruct_model_learns_its_answer_alone(qwen: Path, tmp_path: Path, chat: str) -> None:
    from transformers import AutoTokenizer

    from traces.chat import strip_think_tags
    from traces.text import prompt

    tokenizer = AutoTokenizer.from_pretrained(qwen)
    result = []
    for index in range(12):
        trace = journey(graph(index), WalkSettings())
        assert trace is not None
        problem = graph(index).problem
        result.append(TrainingText(problem.id, prompt(problem, "prose"), render(trace, "prose")))
    rows = encode(tokenizer, result, chat)
    for row, text in zip(rows, result, strict=True):
        message = str(tokenizer.decode([token for token in row["labels"] if token != IGNORED]))
        assert message.endswith("<|im_end|>")
        assert strip_think_tags(message.removesuffix("<|im_end|>")) == text.completion
        assert ("</think>" in message) == (chat == "think" and "\n" in text.completion)
        asked = question(tokenizer, text.prompt, chat)
        assert str(tokenizer.decode(row["input_ids"])).startswith(asked)
    facts = sft(qwen, tmp_path / chat, rows, Adapter(kind="lora", rank=2))
    assert facts["train_tokens"] >= 6_000


def test_a_template_that_rewrites_what_was_asked_is_refused(qwen: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(qwen)
    tokenizer.chat_template = "{% if add_generation_prompt %}A{% else %}B{% endif %}"
    with pytest.raises(JourneyError, match="does not end at a token boundary"):
        encode(tokenizer, texts()[:1], "plain")


def test_pairs_of_an_instruct_model_begin_in_its_answer(qwen: Path) -> None:
    from transformers import AutoTokenizer

    from traces.pairs import step_pair

    tokenizer = AutoTokenizer.from_pretrained(qwen)
    pair = None
    for index in range(20):
        trace = journey(graph(index), WalkSettings())
        assert trace is not None
        pair = pair or step_pair(graph(index), trace, 0, "prose")
    assert pair is not None
    [row] = encode_pairs(tokenizer, [pair], 2048, "think")
    assert "<|im_start|>assistant\n<think>\n" in tokenizer.decode(row["prompt_ids"])
    assert tokenizer.decode(row["chosen_ids"]) == pair.chosen


def test_a_pretrained_base_is_taken_as_it_is(qwen: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    from train.models.base import save_base

    base = Base(model=str(qwen), chat="think", context=512, numbers=9)
    size = save_base(tmp_path / "base", [], base, seed=3)
    kept = AutoModelForCausalLM.from_pretrained(tmp_path / "base")
    first = AutoModelForCausalLM.from_pretrained(qwen)
    assert size.parameters == size.active_parameters == kept.num_parameters()
    assert all(bool((kept.state_dict()[k] == v).all()) for k, v in first.state_dict().items())
    missing = str(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"cannot load base.model .*nowhere"):
        save_base(tmp_path / "none", [], Base(model=missing, context=512, numbers=9), seed=0)


@pytest.mark.parametrize("kind", ["grpo", "rloo"])
def test_a_model_learns_from_the_checkers_rewards(base: Path, tmp_path: Path, kind: str) -> None:
    from transformers import AutoModelForCausalLM

    from train.trainers.reinforce import train_reinforce

    problems = [problem_of("diophantine", index) for index in range(8)]
    config = {"max_steps": 2, "num_generations": 4, "per_device_train_batch_size": 4, "learning_rate": 1e-3}
    out = tmp_path / kind
    spec = StageSpec(base, out, 0, Adapter(), config)
    train_reinforce(spec, kind, problems, ["answer", "steps"], max_new_tokens=8)
    facts = json.loads((out / "training.json").read_text())
    assert facts["rewards"] == ["answer", "steps"]
    assert (facts["steps"], facts["outputs"], facts["problems"]) == (2, 8, 8)
    AutoModelForCausalLM.from_pretrained(out)


def test_rewards_are_what_the_checker_says() -> None:
    from train.trainers.reinforce import answer_reward, step_reward, verified_reward

    graph = graph_of("diophantine", 2)
    trace = journey(graph, WalkSettings(mistakes=1.0))
    assert trace is not None
    text = render(trace)
    assert answer_reward(graph.problem, text, True, "terse") == 1
    assert answer_reward(graph.problem, text, False, "terse") == 0, "unfinished is wrong"
    assert step_reward(graph.problem, text, True, "terse") == 1
    assert step_reward(graph.problem, "=1,1", True, "terse") == 0
    lines = text.split("\n")
    first = lines[0]
    wrong = first[:-1] + str((int(first[-1]) + 1) % 10)
    assert step_reward(graph.problem, wrong, True, "terse") == 0, "a wrong step that nobody noticed"
    assert verified_reward(graph.problem, text, True, "terse") == 1
    assert verified_reward(graph.problem, text, False, "terse") == 0, "unfinished is wrong"
    assert verified_reward(graph.problem, f"{wrong}\n{text}", True, "terse") == 0, (
        "right for the wrong reasons"
    )
