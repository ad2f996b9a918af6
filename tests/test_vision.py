"""Models that read pictures: their folder, rows, batches and outputs, and what a recipe refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from journey import families
from journey.errors import InputError
from journey.problem import Problem, draw, make_problem
from traces.pictures import draw as picture_of
from traces.text import prompt
from traces.trace import TrainingText
from train.evaluation.decoding.batching import Job
from train.evaluation.decoding.generators import CheckpointGenerator
from train.evaluation.inference import generate_outputs
from train.evaluation.scoring import Sample, measure
from train.models.base import save_base
from train.models.flops import cost_of
from train.models.loading import load_model, load_processing
from train.models.token_rows import IGNORED, encode, text_tokens
from train.recipe.load import load_recipe
from train.recipe.settings import Base, Size, Vision

SIDE, TOKENS = 64, 16
"""With patches of 8 pixels, 4 of which become one token."""
SMALL = Base(
    size=Size(hidden=32, layers=2, heads=4, kv_heads=2, intermediate=64),
    context=64,
    numbers=199,
    vision=Vision(hidden=32, layers=1, heads=4, intermediate=64),
)
PROBLEMS = [
    *(draw(families.get("diophantine"), 0, "train", index, [1]) for index in range(5)),
    make_problem(families.get("countdown"), {"numbers": [4, 5, 17], "target": 26}, "4+5+17"),
]


def text_of(problem: Problem) -> TrainingText:
    return TrainingText(problem.id, prompt(problem), f"1+2=3\n={problem.answer}", problem=problem)


TEXTS = list(map(text_of, PROBLEMS))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vision") / "base"
    save_base(folder, [text.prompt + text.completion for text in TEXTS], SMALL, 0, SIDE)
    return folder


def test_the_folder_opens_with_the_auto_classes_alone(base: Path) -> None:
    from transformers import AutoModelForImageTextToText, AutoProcessor

    model: Any = AutoModelForImageTextToText.from_pretrained(base)
    processor: Any = AutoProcessor.from_pretrained(base)
    inputs = processor(images=[picture_of(PROBLEMS[0], SIDE)], text=["<image>\n"], return_tensors="pt")
    assert inputs["pixel_values"].shape == (1, 3, SIDE, SIDE)
    assert int((inputs["input_ids"] == processor.image_token_id).sum()) == TOKENS
    with torch.no_grad():
        logits = model(**inputs).logits
        blank = model(**{**inputs, "pixel_values": torch.zeros_like(inputs["pixel_values"])}).logits
    assert logits.shape[:2] == inputs["input_ids"].shape
    assert not torch.allclose(logits[:, -1], blank[:, -1], atol=1e-4), "the picture decides"


def test_one_row(base: Path) -> None:
    """The tokens and labels that TRL's collator makes of a row are the row's own."""
    from train.trainers.sft import PictureCollator

    processor = load_processing(base)
    rows = encode(processor, TEXTS)
    batch = PictureCollator(processor)(rows)
    for at, (row, text) in enumerate(zip(rows, TEXTS, strict=True)):
        kept = batch["attention_mask"][at].bool()
        ids, labels = batch["input_ids"][at][kept].tolist(), batch["labels"][at][kept].tolist()
        assert (ids, labels) == (row["input_ids"], row["labels"])
        assert (batch["labels"][at][~kept] == IGNORED).all()
        assert kept[0], "padding is on the right"
        # No image token in the labels, and none cut off.
        assert ids.count(processor.image_token_id) == TOKENS
        learned = [label for label in labels if label != IGNORED]
        assert processor.image_token_id not in learned
        assert processor.tokenizer.decode(learned) == text.prompt + text.completion + "<eos>"
    assert batch["pixel_values"].shape == (len(rows), 3, SIDE, SIDE)
    assert float(batch["pixel_values"][0].std()) > 0.1


def test_each_visit_of_a_row_shows_another_picture(base: Path) -> None:
    from train.trainers.sft import PictureCollator, VisitedRows, number_visits

    processor = load_processing(base)
    rows = encode(processor, TEXTS[:2])
    visited = VisitedRows(rows)
    [[first], [second], [third]] = number_visits([[1], [1], [1]], len(rows))
    batch = PictureCollator(processor)([visited[at] for at in (first, second, third)])
    assert len({ids.numpy().tobytes() for ids in batch["input_ids"]}) == 1
    assert len({pixels.numpy().tobytes() for pixels in batch["pixel_values"]}) == 3


def test_a_process_without_a_row_gets_one_without_loss(base: Path) -> None:
    from train.trainers.sft import PictureCollator

    processor = load_processing(base)
    row = encode(processor, TEXTS[:1])[0]
    batch = PictureCollator(processor)([{**row, "completion": ""}])
    assert (batch["labels"] == IGNORED).all()
    assert batch["input_ids"].dtype == torch.long


def test_a_text_has_the_same_tokens_for_every_arm(base: Path, tmp_path: Path) -> None:
    save_base(
        tmp_path,
        [text.prompt + text.completion for text in TEXTS],
        SMALL.model_copy(update={"vision": None}),
        0,
    )
    pictured, written = (encode(load_processing(folder), TEXTS) for folder in (base, tmp_path))
    assert list(map(text_tokens, pictured)) == list(map(text_tokens, written))
    assert all(len(row["input_ids"]) > text_tokens(row) + TOKENS for row in pictured)
    assert "images" not in written[0]
    assert json.loads(pictured[0]["images"][0])["id"] == PROBLEMS[0].id


def test_a_text_of_a_file_cannot_be_drawn(base: Path) -> None:
    from journey.errors import JourneyError

    with pytest.raises(JourneyError, match=r"facts\.jsonl:1 has no problem that could be drawn"):
        encode(load_processing(base), [TrainingText("facts.jsonl:1", "7+1\n", "=8")])


def test_batches_do_not_change_what_is_written(base: Path) -> None:
    """Against `generate` of transformers, one problem at a time."""
    generator = CheckpointGenerator(base, 4)
    assert generator.pictures is not None
    jobs = [Job(generator.pictures.prompt_ids, "", 10, picture=problem) for problem in PROBLEMS]
    together = generator.generate(jobs, temperature=0.0, seed=0)
    for problem, output in zip(PROBLEMS, together, strict=True):
        inputs = generator.pictures.processor(
            images=[[picture_of(problem, SIDE)]], text=["<image>\n"], return_tensors="pt"
        )
        alone = generator.model.generate(**inputs, max_new_tokens=10, do_sample=False)
        assert alone[0, inputs["input_ids"].shape[1] :].tolist()[: len(output.ids)] == output.ids


def test_a_model_learns_to_read_by_the_common_trainer(base: Path, tmp_path: Path) -> None:
    from train.recipe.settings import Adapter, Training
    from train.trainers.sft import train_sft
    from train.trainers.stage import StageSpec

    out = tmp_path / "sft"
    two = [TEXTS[0], TEXTS[-1]]
    training = Training(
        tokens=9_000, batch_tokens=80, precision="float32", optimizer="muon", side_by_side=False
    )
    options = {"learning_rate": 4.0e-3, "lr_scheduler_type": "cosine", "warmup_steps": 5}
    spec = StageSpec(base, out, 0, Adapter(), options)
    train_sft(spec, encode(load_processing(base), two), training, problem_of=[text.id for text in two])
    facts = json.loads((out / "training.json").read_text())
    assert facts["train_tokens"] >= 9_000
    asked = [PROBLEMS[0], PROBLEMS[-1]]
    samples = generate_outputs(CheckpointGenerator(out, 2), asked, max_new_tokens=40, audited=True)
    assert [(sample.misread, sample.given) for sample in samples] == [(False, text.prompt) for text in two]
    assert [sample.text for sample in samples] == [text.completion for text in two]
    assert type(load_model(out)).__name__ == "AyaVisionForConditionalGeneration"


def test_reading_is_measured_apart_from_solving() -> None:
    def sample(at: int, misread: bool | None, correct: bool) -> Sample:
        return Sample(PROBLEMS[at].id, 0, "", 5, True, correct, None, misread=misread)

    cases = [(True, False), (True, True), (False, True), (False, True)]
    metrics = measure(PROBLEMS[:4], [sample(at, *case) for at, case in enumerate(cases)])
    assert metrics.reading is not None
    assert (metrics.reading.misread, metrics.reading.right_if_read, metrics.reading.right_if_misread) == (
        0.5, 1.0, 0.5,
    )  # fmt: skip
    assert measure(PROBLEMS[:1], [sample(0, False, True)]).to_json()["reading"]["right_if_misread"] is None
    assert "reading" not in measure(PROBLEMS[:1], [sample(0, None, True)]).to_json()


def test_a_picture_costs_what_its_encoder_says(base: Path) -> None:
    patches, width = 64, 32
    layer = 2 * patches * (4 * width * width + 2 * width * 64) + 4 * patches * patches * width
    embedding = 2 * patches * width * 3 * 8 * 8
    # Pixel shuffle joins 4 patches; SwiGLU halves the width between the two matrices.
    projector = 2 * TOKENS * (4 * width * 32 + 16 * 32)
    cost = cost_of(base)
    assert cost.picture == layer + embedding + projector
    assert cost.training([30, 40]) == 3 * (2 * cost.picture + cost.forward(30) + cost.forward(40))
    assert cost.answer(20, 1) == cost.picture + cost.forward(20) - 19 * cost.head


def test_arms_with_the_same_base_learn_to_read_once() -> None:
    from train.recipe.dependencies import first_equal_stages

    first = first_equal_stages(load_recipe("figures"))
    assert first["reading-picture_journey"] == "reading-picture_shortcut"
    assert first["reading-picture_journey@1"] == "reading-picture_shortcut@1"
    assert first["sft-picture_journey"] == "sft-picture_journey"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["problems.picture=null"], "base.vision reads pictures. Set problems.picture"),
        (["problems.picture=72"], "problems.picture is 72, which is no multiple of the 16 pixels"),
        (["base.vision={heads: 5}"], "base.vision.hidden is 96, no multiple of its 5 heads"),
        (["base.vision={patsh: 8}"], "patsh"),
        (["evaluation.methods.problems=3"], "base.vision cannot be combined with evaluation.methods"),
        (["training.loss_on=sound"], "base.vision cannot be combined with training.loss_on: sound"),
        (["claims=[text_journey < text_shortcut on misread]"], "text_journey has no base.vision"),
    ],
)
def test_a_recipe_refuses_what_pictures_cannot_do(changes: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message.replace(".", r"\.")):
        load_recipe("figures", changes)
