"""The tokens that carry loss, as `journey show --tokens` shows them, are those that the trainers get."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli import app
from journey.errors import InputError
from journey.runs.store import Run
from traces.masked_text import MaskedText
from traces.run_files import read_pairs, read_problems, read_texts
from train.models.token_rows import IGNORED
from train.pipeline.stage_data import read_data
from train.pipeline.token_masks import choose_training_example, masked_texts
from train.recipe.load import recipe_of
from train.recipe.stages import Stage


def test_sft_shows_the_very_labels_of_the_trainer(quick_run: Path) -> None:
    from transformers import AutoTokenizer

    run, recipe = Run(quick_run), recipe_of(Run(quick_run))
    tokenizer = AutoTokenizer.from_pretrained(quick_run / "models" / "base")
    for problem in read_problems(run, "train")[:3]:
        texts = [text for text in texts_about(quick_run, problem.id) if text.stage == "sft"]
        assert [text.arm for text in texts] == [arm.name for arm in recipe.arms]
        for arm, text in zip(recipe.arms, texts, strict=True):
            replica = recipe.replicas([arm])[0]
            ((_, row, *_),) = read_data(run, recipe, replica, arm.stages[0], tokenizer, {problem.id}).texts
            mask = [span.trained for span in text.spans for _ in range(span.tokens)]
            assert mask == [label != IGNORED for label in row["labels"]]
            assert "".join(span.text for span in text.spans) == tokenizer.decode(row["input_ids"])
            (written,) = (t for t in read_texts(run, arm.variant, "train") if t.id == problem.id)
            assert trained_text(text) == written.completion + tokenizer.eos_token


def test_dpo_trains_on_what_is_chosen_and_rejected(quick_run: Path) -> None:
    pair = next(pair for pair in read_pairs(Run(quick_run), "step") if pair.trace == "journey")
    texts = [
        text
        for text in texts_about(quick_run, pair.id)
        if (text.arm, text.stage) == ("journey", "dpo") and trained_text(text) in (pair.chosen, pair.rejected)
    ]
    assert {text.role: trained_text(text) for text in texts} == {
        "chosen": pair.chosen,
        "rejected": pair.rejected,
    }
    assert {text.spans[0].text for text in texts} == {pair.prompt}


def test_each_problem_has_the_texts_that_it_has_alone(quick_run: Path) -> None:
    ids = [problem.id for problem in read_problems(Run(quick_run), "train")[:3]]
    together = masked_texts(quick_run, ids)
    assert together == {id: texts_about(quick_run, id) for id in ids}
    assert all(together.values())


def test_a_stage_of_its_own_families_has_only_their_texts(quick_run: Path) -> None:
    run, recipe = Run(quick_run), recipe_of(Run(quick_run))
    ids = [problem.id for problem in read_problems(run, "train")[:2]]
    (arm, *others) = recipe.arms
    elsewhere = arm.model_copy(
        update={"stages": [Stage.model_validate({"kind": "sft", "data": {"families": ["countdown"]}})]}
    )
    changed = recipe.model_copy(update={"arms": [elsewhere, *others]})
    texts = [text for about in masked_texts(quick_run, ids, changed).values() for text in about]
    assert {text.arm for text in texts} == {other.name for other in others}


def test_a_stage_may_mask_the_unsound_lines_of_its_own(quick_run: Path) -> None:
    run, recipe = Run(quick_run), recipe_of(Run(quick_run))
    arm = recipe.arm("journey")
    sound = arm.stages[0].model_copy(update={"set": {"training.loss_on": "sound"}, "name": "sound"})
    changed = recipe.model_copy(update={"arms": [arm.model_copy(update={"stages": [arm.stages[0], sound]})]})
    ids = [problem.id for problem in read_problems(run, "train")[:20]]
    masked = 0
    for all_lines, sound_lines in masked_texts(quick_run, ids, changed).values():
        assert all_lines.text == sound_lines.text
        masked += len(trained_text(all_lines)) - len(trained_text(sound_lines))
    assert masked > 0


def test_the_example_is_one_that_most_stages_train_on(quick_run: Path) -> None:
    run, recipe = Run(quick_run), recipe_of(Run(quick_run))
    example = choose_training_example(run, recipe)
    assert example is not None
    assert [text.stage for text in example.texts] == sorted(
        [text.stage for text in example.texts], key=["sft", "dpo"].index
    )
    assert {(text.arm, text.stage) for text in example.texts} == {
        (arm.name, stage.name) for arm in recipe.arms for stage in arm.stages
    }
    assert example.texts == choose_training_example(run, recipe).texts  # type: ignore[union-attr]


def texts_about(run: Path, id: str) -> list[MaskedText]:
    return masked_texts(run, [id])[id]


def trained_text(text: MaskedText) -> str:
    return "".join(span.text for span in text.spans if span.trained)


def test_a_held_out_problem_has_no_training_text(quick_run: Path) -> None:
    assert texts_about(quick_run, read_problems(Run(quick_run), "heldout")[0].id) == []


def test_a_run_without_a_base_says_so(tmp_path: Path, quick_run: Path) -> None:
    (tmp_path / "manifest.json").write_text((quick_run / "manifest.json").read_text())
    with pytest.raises(InputError, match="no base model yet"):
        masked_texts(tmp_path, ["x"])


def test_the_command_shows_and_prints_json(quick_run: Path) -> None:
    id = read_problems(Run(quick_run), "train")[0].id
    shown = CliRunner().invoke(app, ["show", str(quick_run), id[:12], "--tokens"])
    assert shown.exit_code == 0, shown.output
    assert "tokens are trained on" in shown.output
    assert "⟦" in shown.output
    as_json = CliRunner().invoke(app, ["show", str(quick_run), id, "--tokens", "--json"])
    spans = [span for text in json.loads(as_json.stdout) for span in text["spans"]]
    assert {span["trained"] for span in spans} == {True, False}
