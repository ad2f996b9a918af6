"""Rule 13: loss covers the completion and nothing else, the end of sequence included."""

from __future__ import annotations

from pathlib import Path

import pytest

from journey.errors import JourneyError
from journey.runs.store import Run
from traces.run_files import read_texts
from traces.trace import TrainingText
from train.models.token_rows import IGNORED, encode


def test_labels_are_the_completion_and_its_end(quick_run: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(quick_run / "models" / "base")
    for kind in ("shortcut", "journey"):
        texts = read_texts(Run(quick_run), kind, "train")
        for text, row in zip(texts, encode(tokenizer, texts), strict=True):
            covered = [label for label in row["labels"] if label != IGNORED]
            assert tokenizer.decode(covered) == text.completion + tokenizer.eos_token
            masked = row["input_ids"][: len(row["labels"]) - len(covered)]
            assert tokenizer.decode(masked) == text.prompt
            assert row["labels"][len(masked) :] == row["input_ids"][len(masked) :]


def test_what_the_trainer_is_fed_is_masked_the_same(quick_run: Path, tmp_path: Path) -> None:
    """Through TRL's own collator: padding and prompt carry no loss, the last token of each text does."""
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from train.recipe.settings import Adapter
    from train.trainers.sft import TokenBatchTrainer, make_sft_config
    from train.trainers.stage import StageSpec

    base = quick_run / "models" / "base"
    tokenizer = AutoTokenizer.from_pretrained(base)
    rows = encode(tokenizer, read_texts(Run(quick_run), "journey", "train"))[:6]
    trainer = TokenBatchTrainer(
        batches=[[0, 1, 2], [3, 4, 5]],
        model=AutoModelForCausalLM.from_pretrained(base),
        args=make_sft_config(StageSpec(base, tmp_path / "sft", 0, Adapter(), {}), steps=2),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )
    fed = list(trainer.get_train_dataloader())
    assert [len(batch["input_ids"]) for batch in fed] == [3, 3]
    for batch, chosen in zip(fed, ([0, 1, 2], [3, 4, 5]), strict=True):
        for at, row in enumerate(chosen):
            length = len(rows[row]["labels"])
            assert batch["labels"][at][:length].tolist() == rows[row]["labels"]
            assert set(batch["labels"][at][length:].tolist()) <= {IGNORED}
            assert batch["labels"][at][length - 1] == tokenizer.eos_token_id


def test_a_prompt_that_is_no_prefix_of_its_text_is_refused(quick_run: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(quick_run / "models" / "base")
    with pytest.raises(JourneyError, match="does not end at a token boundary"):
        encode(tokenizer, [TrainingText("x", "7x+1", "2y=173")])
