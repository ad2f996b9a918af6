"""Models that read pictures: their folder, rows, batches and outputs, and what a recipe refuses."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable
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
from train.models.base import build_model, save_base
from train.models.flops import cost_of
from train.models.loading import load_model, load_processing
from train.models.token_rows import IGNORED, encode, text_tokens
from train.models.vision import PictureReader
from train.recipe.load import load_recipe
from train.recipe.settings import Adapter, Base, Precision, Size, Training, Vision

SIDE = 64
TOKENS = {"sequence": 16, "cross_attention": 1}
"""Of a picture: 4 patches of 8 pixels become a token of the sequence; cross-attention needs one in all."""
CLASSES = {
    "sequence": "AyaVisionForConditionalGeneration",
    "cross_attention": "MllamaForConditionalGeneration",
}
SMALL = Base(
    size=Size(hidden=32, layers=2, heads=4, kv_heads=2, intermediate=64),
    context=64,
    numbers=199,
)
PROBLEMS = [
    *(draw(families.get("diophantine"), 0, "train", index, [1]) for index in range(5)),
    make_problem(families.get("countdown"), {"numbers": [4, 5, 17], "target": 26}, "4+5+17"),
]


def text_of(problem: Problem) -> TrainingText:
    return TrainingText(problem.id, prompt(problem), f"1+2=3\n={problem.answer}", problem=problem)


TEXTS = list(map(text_of, PROBLEMS))


def saved(folder: Path, **vision: Any) -> Path:
    """A base in a folder; without `vision` one that reads text."""
    encoder = Vision(hidden=32, layers=1, heads=4, intermediate=64, **vision) if vision else None
    base = SMALL.model_copy(update={"vision": encoder})
    save_base(folder, [text.prompt + text.completion for text in TEXTS], base, 0, SIDE)
    return folder


@pytest.fixture(scope="module", params=TOKENS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def base(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp(kind) / "base", kind=kind)


def open_gates(model: Any) -> None:
    """Opens the gates of cross-attention, which are shut in a base, and lets pictures count for more."""
    for name, weight in model.named_parameters():
        if "cross_attn_" in name:
            weight.data.fill_(1.0)
        elif "cross_attn." in name:
            weight.data *= 10


def test_the_folder_opens_with_the_auto_classes_alone(kind: str, base: Path) -> None:
    from transformers import AutoModelForImageTextToText, AutoProcessor

    model: Any = AutoModelForImageTextToText.from_pretrained(base)
    processor: Any = AutoProcessor.from_pretrained(base)
    assert type(model).__name__ == CLASSES[kind]
    # Else every stage would begin with a warning, and change them.
    begins = {config.bos_token_id for config in (model.config.get_text_config(), model.generation_config)}
    assert begins == {processor.tokenizer.bos_token_id}
    open_gates(model)
    inputs = processor(images=[picture_of(PROBLEMS[0], SIDE)], text=["<|image|>\n"], return_tensors="pt")
    assert inputs["pixel_values"].shape[-3:] == (3, SIDE, SIDE)
    assert int((inputs["input_ids"] == processor.image_token_id).sum()) == TOKENS[kind]
    with torch.no_grad():
        logits = model(**inputs).logits
        blank = model(**{**inputs, "pixel_values": torch.zeros_like(inputs["pixel_values"])}).logits
    assert logits.shape[:2] == inputs["input_ids"].shape
    assert not torch.allclose(logits[:, -1], blank[:, -1], atol=1e-4), "the picture decides"


def test_one_row(kind: str, base: Path) -> None:
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
        assert ids.count(processor.image_token_id) == TOKENS[kind]
        learned = [label for label in labels if label != IGNORED]
        assert processor.image_token_id not in learned
        assert processor.tokenizer.decode(learned) == text.prompt + text.completion + "<eos>"
    if "cross_attention_mask" in batch:
        assert batch["cross_attention_mask"].shape == (*batch["input_ids"].shape, 1, 1)
        assert bool(batch["cross_attention_mask"].all())
    assert batch["pixel_values"].reshape(-1, 3, SIDE, SIDE).shape[0] == len(rows)
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


def test_a_text_has_the_same_tokens_for_every_arm(kind: str, base: Path, tmp_path: Path) -> None:
    pictured, written = (encode(load_processing(folder), TEXTS) for folder in (base, saved(tmp_path)))
    assert list(map(text_tokens, pictured)) == list(map(text_tokens, written))
    assert all(len(row["input_ids"]) > text_tokens(row) + TOKENS[kind] for row in pictured)
    assert "images" not in written[0]
    assert json.loads(pictured[0]["images"][0])["id"] == PROBLEMS[0].id


def test_a_text_of_a_file_cannot_be_drawn(base: Path) -> None:
    from journey.errors import JourneyError

    with pytest.raises(JourneyError, match=r"facts\.jsonl:1 has no problem that could be drawn"):
        encode(load_processing(base), [TrainingText("facts.jsonl:1", "7+1\n", "=8")])


@pytest.mark.parametrize("slots", [4, 6])
def test_batches_do_not_change_what_is_written(base: Path, slots: int) -> None:
    """Against `generate` of transformers, one problem at a time. Slots are refilled and dropped."""
    generator = CheckpointGenerator(base, slots)
    open_gates(generator.model)
    assert generator.pictures is not None
    first = generator.pictures.prompt_ids
    jobs = [
        # Some outputs have begun, so that prompts differ in length.
        Job((*first, *generator.encode("=" * (number % 3))), "", 6 + 2 * number, picture=problem)
        for number, problem in enumerate(PROBLEMS)
    ]
    together = generator.generate(jobs, temperature=0.0, seed=0)
    for problem, job, output in zip(PROBLEMS, jobs, together, strict=True):
        inputs = generator.pictures.processor(
            images=[[picture_of(problem, SIDE)]],
            text=["<|image|>\n" + generator.decode(job.ids[len(first) :])],
            return_tensors="pt",
        )
        assert inputs["input_ids"][0].tolist() == list(job.ids)
        alone = generator.model.generate(**inputs, max_new_tokens=job.cap, do_sample=False)
        assert alone[0, len(job.ids) :].tolist() == output.ids


@pytest.mark.parametrize("every", [1, 2])
def test_shut_gates_leave_the_text_model(tmp_path: Path, every: int) -> None:
    """A base with cross-attention begins as the text model that it is made of."""
    crossed = load_model(saved(tmp_path, kind="cross_attention", every=every))
    processor = load_processing(tmp_path)
    text = build_model(processor.tokenizer, SMALL, 0)
    ids = torch.randint(3, len(processor.tokenizer), (1, 9), generator=torch.Generator().manual_seed(0))
    inputs = PictureReader(processor).inputs(PROBLEMS[:1], 9)
    with torch.no_grad():
        expected = text(input_ids=ids).logits
        assert torch.allclose(crossed(input_ids=ids, **inputs).logits, expected, atol=1e-5)
        open_gates(crossed)
        assert not torch.allclose(crossed(input_ids=ids, **inputs).logits, expected, atol=1e-2)
    assert len(crossed.config.text_config.cross_attention_layers) == 2 // every


def test_training_sees_what_writing_sees(base: Path) -> None:
    """Each token of a batch has the log-probability that it has when it is written."""
    generator = CheckpointGenerator(base, 4)
    assert generator.pictures is not None
    open_gates(generator.model)
    first, asked = generator.pictures.prompt_ids, PROBLEMS[:3]
    jobs = [Job(first, problem.id, 12, picture=problem) for problem in asked]
    outputs = generator.generate(jobs, temperature=1.0, seed=0)
    assert len({len(output.ids) for output in outputs}) == 1
    ids = torch.tensor([[*first, *output.ids] for output in outputs])
    with torch.no_grad():
        inputs = generator.pictures.inputs(asked, ids.shape[1])
        logprobs = generator.model(input_ids=ids, **inputs).logits.log_softmax(-1)
    taken = logprobs[:, :-1].gather(2, ids[:, 1:, None])[:, len(first) - 1 :, 0]
    assert torch.allclose(taken, torch.tensor([output.logprobs for output in outputs]), atol=1e-4)


def test_what_muon_updates(tmp_path: Path) -> None:
    """The matrices of all layers, and no table of positions or embeddings, gate, norm or convolution."""
    from train.trainers.optimizers import master_optimizer

    model = load_model(saved(tmp_path, kind="cross_attention"))
    names = {id(weight): name for name, weight in model.named_parameters()}
    optimizer = master_optimizer(model, [], True, 0.0, lr=1e-3)
    stacks, by_muon = iter(optimizer.stacks), set()
    for group in optimizer.param_groups:
        for _ in group["params"]:
            by_muon |= {names[id(weight)] for weight in next(stacks) if group["muon"]}
    linear = {f"{name}.weight" for name, part in model.named_modules() if isinstance(part, torch.nn.Linear)}
    assert by_muon == linear - {"lm_head.weight"}


def train(
    base: Path,
    out: Path,
    tokens: int,
    precision: Precision,
    on_progress: Callable[..., None] = lambda *_: None,
) -> None:
    """Two texts, with Muon on the matrices."""
    from train.trainers.sft import train_sft
    from train.trainers.stage import StageSpec

    two = [TEXTS[0], TEXTS[-1]]
    training = Training(
        tokens=tokens, batch_tokens=80, precision=precision, optimizer="muon", side_by_side=False
    )
    options = {"learning_rate": 4.0e-3, "lr_scheduler_type": "cosine", "warmup_steps": 5}
    spec = StageSpec(base, out, 0, Adapter(), options, on_progress)
    train_sft(spec, encode(load_processing(base), two), training, problem_of=[text.id for text in two])


def test_a_model_learns_to_read_by_the_common_trainer(kind: str, base: Path, tmp_path: Path) -> None:
    out = tmp_path / "sft"
    train(base, out, 9_000, "float32")
    facts = json.loads((out / "training.json").read_text())
    assert facts["train_tokens"] >= 9_000
    asked = [PROBLEMS[0], PROBLEMS[-1]]
    samples = generate_outputs(CheckpointGenerator(out, 2), asked, max_new_tokens=40, audited=True)
    assert [(sample.misread, sample.given) for sample in samples] == [
        (False, prompt(problem)) for problem in asked
    ]
    assert [sample.text for sample in samples] == [TEXTS[0].completion, TEXTS[-1].completion]
    assert type(load_model(out)).__name__ == CLASSES[kind]


def test_an_interrupted_stage_ends_with_the_same_weights(base: Path, tmp_path: Path) -> None:
    """In bfloat16, and saved in float32. What is opened again and saved is the same file."""

    def interrupt(done: int, total: int, note: str) -> None:
        if done == total // 2:
            os.kill(os.getpid(), signal.SIGUSR1)

    train(base, tmp_path / "whole", 1_500, "bfloat16")
    with pytest.raises(KeyboardInterrupt):
        train(base, tmp_path / "cut", 1_500, "bfloat16", interrupt)
    train(base, tmp_path / "cut", 1_500, "bfloat16")
    load_model(tmp_path / "cut").save_pretrained(tmp_path / "again")
    load_processing(tmp_path / "cut").save_pretrained(tmp_path / "again")
    whole, cut, again = (
        [(tmp_path / name / file).read_bytes() for file in ("model.safetensors", "tokenizer.json")]
        for name in ("whole", "cut", "again")
    )
    assert whole == cut == again
    assert whole[0] != (base / "model.safetensors").read_bytes()


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


PATCHES, WIDTH = 64, 32
LAYER = 2 * (4 * WIDTH * WIDTH + 2 * WIDTH * 64)
"""Operations of an encoder's layer for a patch, without attention."""
EMBEDDING = 2 * PATCHES * WIDTH * 3 * 8 * 8


def test_a_picture_in_the_sequence_costs_what_its_encoder_says(tmp_path: Path) -> None:
    encoder = PATCHES * LAYER + 4 * PATCHES * PATCHES * WIDTH
    # Pixel shuffle joins 4 patches; SwiGLU halves the width between the two matrices.
    projector = 2 * TOKENS["sequence"] * (4 * WIDTH * 32 + 16 * 32)
    cost = cost_of(saved(tmp_path, kind="sequence"))
    assert cost.picture == encoder + EMBEDDING + projector
    assert cost.training([30, 40]) == 3 * (2 * cost.picture + cost.forward(30) + cost.forward(40))
    assert cost.answer(20, 1) == cost.picture + cost.forward(20) - 19 * cost.head


def test_cross_attention_costs_each_token_something(tmp_path: Path) -> None:
    cost, text = (
        cost_of(saved(tmp_path / name, **vision))
        for name, vision in (("crossed", {"kind": "cross_attention"}), ("text", {}))
    )
    # The encoder adds a class token, and fills up to a multiple of 8; its mask is a product of two vectors.
    read, features, layers, hidden, keys = PATCHES + 8, PATCHES + 1, 2, 32, 16
    encoder = read * LAYER + 4 * read * read * WIDTH + 2 * read * read
    projector = 2 * features * 2 * WIDTH * hidden
    assert cost.picture == encoder + EMBEDDING + projector + layers * 2 * features * 2 * hidden * keys
    attention = 2 * 2 * hidden * hidden + 4 * features * hidden
    feed_forward = 2 * 3 * hidden * 64
    assert cost.token == text.token + layers * (attention + feed_forward) + (cost.head - text.head)
    assert (cost.fixed, cost.pair) == (0.0, text.pair)


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
        (
            ["problems.picture=68", "base.vision.kind=cross_attention"],
            "problems.picture is 68, which is no multiple of the 8 pixels that a feature covers",
        ),
        (["base.vision={heads: 5}"], "base.vision.hidden is 96, no multiple of its 5 heads"),
        (["base.vision.kind=cross_attention", "base.vision.every=4"], "none would attend to the picture"),
        (["base.vision.kind=hybrid"], "'sequence' or 'cross_attention'"),
        (["base.vision={patsh: 8}"], "patsh"),
        (["evaluation.methods.problems=3"], "base.vision cannot be combined with evaluation.methods"),
        (["training.loss_on=sound"], "base.vision cannot be combined with training.loss_on: sound"),
        (["claims=[text_journey < text_shortcut on misread]"], "text_journey has no base.vision"),
    ],
)
def test_a_recipe_refuses_what_pictures_cannot_do(changes: list[str], message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        load_recipe("figures", changes)
