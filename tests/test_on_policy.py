"""The family search with a trained model as proposer: its wrong turns, proved, in audited traces."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from journey import families
from journey.runs.graphs import read_graphs
from journey.runs.store import read_lines
from journey.step import REFUTED, Verdict
from search.proposers import ProposalRequest
from search.proposers.model import Model
from search.proposers.sampling import Completion, make_prompt
from tests.conftest import Journey
from tests.trained import KNOWN, LEVELS, family_problems, one_thread
from traces.text import prompt

WORDS = [word for level in LEVELS for word in ("--level", level)]


@pytest.mark.parametrize("strategy", ["depth", "mcts"])
def test_a_model_s_wrong_turns_become_journeys(
    strategy: str, trained: Path, tmp_path: Path, journey: Journey
) -> None:
    out = tmp_path / "run"
    words = ["generate", "--family", "diophantine", "--count", KNOWN + 4, *WORDS, "--strategy", strategy]
    alone = os.environ | {"OMP_NUM_THREADS": "1"}
    done = journey(*words, "--proposer", f"model:{trained}", "--out", out, env=alone)
    assert done.returncode == 0, done.stderr
    steps = [step for graph in read_graphs(out / "graphs") for step in graph.steps()]
    assert {step.proposer for step in steps} == {"model"}
    assert all(step.logprob is not None and step.mistake is None for step in steps)
    wrong = [step for step in steps if step.verdict in REFUTED]
    assert wrong
    assert all(step.evidence is not None for step in wrong)

    journeys = list(read_lines(out / "traces" / "journey.jsonl", dict))
    assert journeys
    output = journey("audit", out)
    assert output.returncode == 0, output.stdout
    totals = json.loads(output.stdout)
    assert totals["traces"] >= len(journeys)
    assert totals["wrong_steps"] > 0, "the model's wrong turns are in the traces"
    assert totals["unflagged"] == totals["conclusions_wrong"] == totals["unparsed"] == 0
    output = journey("stats", out, "--json")
    assert output.returncode == 0, output.stderr
    wrong = [step for step in steps if step.verdict is Verdict.WRONG]
    assert json.loads(output.stdout)["verdicts"]["wrong"] == len(wrong)


def written_by(model: Path, **settings: Any) -> list[Completion]:
    """What a model writes of some problems, whole, each text with its log-probability."""
    asked = []
    for problem in family_problems(KNOWN)[:4]:
        start = families.get(problem.family).start(problem.givens)
        asked.append(make_prompt(ProposalRequest(problem, start, ()), to_end=True))
    with one_thread():
        return [text for texts in Model(model, **settings).generate(asked) for text in texts]


def test_an_output_that_was_cut_short_ends_with_a_whole_line(trained: Path) -> None:
    whole = written_by(trained, max_new_tokens=96)
    for limit in (9, 14):
        cut = written_by(trained, max_new_tokens=limit)
        assert any(text != full for (text, _), (full, _) in zip(cut, whole, strict=True))
        for (text, _), (full, _) in zip(cut, whole, strict=True):
            assert full.startswith(text)
            assert text == full or not text or text.endswith("\n")


def test_a_text_s_log_probability_is_that_of_its_tokens(trained: Path) -> None:
    """Beside one forward pass over the text, at once and not step by step."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(trained)
    auto: Any = AutoModelForCausalLM
    model = auto.from_pretrained(trained, dtype=torch.float32).eval()
    compared = 0
    for temperature in (0.0, 1.0):
        texts = written_by(trained, max_new_tokens=96, temperature=temperature)
        copies = len(texts) // 4
        for at, (text, logprob) in enumerate(texts):
            question = prompt(family_problems(KNOWN)[at // copies])
            # An improbable text may be cut short, or made of other tokens than the tokenizer takes it for.
            if logprob is None or logprob < -6:
                continue
            compared += 1
            before, ids = (tokenizer(part, return_tensors="pt")["input_ids"] for part in (question, text))
            ids = torch.cat([before, ids, torch.tensor([[tokenizer.eos_token_id]])], dim=1)
            with torch.inference_mode():
                chances = model(ids).logits[0, :-1].log_softmax(-1).gather(1, ids[0, 1:, None])[:, 0]
            assert logprob == pytest.approx(float(chances[before.shape[1] - 1 :].sum()), abs=1e-3)
    assert compared > 4
