"""`journey eval`: measures one model outside of a run.

61.5% of 200 problems solved (95 % interval 54.6% to 68.0%)
Of all outputs 30.0% are wrong, 2.5% state no answer that could be read, and 6.0% are unfinished.
212.4 tokens an answer
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journey import families
from journey.errors import InputError, unknown_name
from journey.problem import Problem, draw_distinct
from journey.runs.records import read_problems
from journey.runs.store import record, write_lines
from search.proposers.model import check_folder
from traces.chat import CHATS
from traces.text import style_of
from train.console import Console, counter

if TYPE_CHECKING:
    from train.evaluation.metrics_schema import ModelMetrics

INSTRUCTION = r"Please reason step by step, and put your final answer within \boxed{}."
"""Added to prompts for instruct models, as Qwen's model cards do. The box is what is read first."""
SLOTS = 250
"""Outputs generated at a time."""


@dataclass(frozen=True, slots=True)
class EvalSettings:
    """How one model is evaluated."""

    samples: int = 0
    """Sampled outputs a problem, for pass@k."""
    max_new_tokens: int = 256
    count: int = 200
    """Problems to draw of a family."""
    levels: Sequence[int] = (1, 2, 3)
    style: str | None = None
    """Of the outputs. Default: prose for a chat, else terse."""
    chat: str | None = None
    """`plain` or `think` for an instruct model."""
    instruction: str | None = None
    """Added to each prompt. Default: `INSTRUCTION` for a chat, unless `journey train` made the model."""
    seed: int = 0

    @property
    def output_style(self) -> str:
        """The style, with its default."""
        return self.style or ("prose" if self.chat else "terse")

    def instruction_for(self, model: Path) -> str:
        """The instruction, with its default for a model folder."""
        if self.instruction is not None:
            return self.instruction
        # A model that learned traces answers in their form without an instruction.
        trained_here = (model / "training.json").exists()
        return INSTRUCTION if self.chat and not trained_here else ""


def evaluate_model(
    model: Path, problems: str, settings: EvalSettings, out: Path | None = None
) -> ModelMetrics:
    """The metrics of one model on held-out problems of a family, or on those of a file.

    With `out`, samples.jsonl and metrics.json are written there.

    Raises:
        InputError: there is no such model, style, family or file; a problem has no answer to grade by; or
            the model has no chat template, and `settings.chat` needs one.
    """
    checked = _checked_problems(model, problems, settings)
    console = Console()
    with console.status(f"Loading {model}"):
        from transformers.utils import logging

        from train.evaluation.decoding.generators import CheckpointGenerator
        from train.evaluation.inference import generate_outputs
        from train.evaluation.metrics_schema import ModelMetrics, write_metrics
        from train.evaluation.recovery import recovery
        from train.evaluation.scoring import Sample, measure, outcome

        logging.disable_progress_bar()
        generator = CheckpointGenerator(model, SLOTS, settings.chat)
    style = settings.output_style
    common: dict[str, Any] = {
        "max_new_tokens": settings.max_new_tokens,
        "style": style,
        "seed": settings.seed,
        "instruction": settings.instruction_for(model),
    }
    outputs: list[Sample] = []
    with console.progress("outputs") as make:
        for name, samples in {"greedy": 0, "sampled": settings.samples}.items():
            if name == "greedy" or samples:
                bar = make(name, None)
                bar(0, total=len(checked) * max(samples, 1))
                outputs += generate_outputs(
                    generator, checked, **common, samples=samples, on_progress=counter(bar)
                )
    greedy = [outcome(sample) for sample in outputs if sample.sample == 0]
    metrics = ModelMetrics(
        **dict(measure(checked, outputs)),
        unread=greedy.count("unread") / len(greedy),
        recovery=recovery(checked, outputs, style),
    )
    if out is not None:
        write_lines(out / "samples.jsonl", map(record, outputs))
        write_metrics(out, metrics)
    return metrics


def first_prompt(model: Path, problems: str, settings: EvalSettings) -> str:
    """The prompt of the first problem, exactly as the model gets it; the weights are not loaded.

    Raises:
        InputError: as `evaluate_model`.
    """
    checked = _checked_problems(model, problems, settings)
    from transformers import AutoTokenizer

    from train.evaluation.decoding.generators import check_template
    from train.evaluation.inference import prompt_with
    from train.models.token_rows import question

    tokenizer: Any = AutoTokenizer.from_pretrained(model)
    check_template(model, tokenizer, settings.chat)
    text = prompt_with(checked[0], settings.output_style, settings.instruction_for(model))
    return question(tokenizer, text, settings.chat)


def _checked_problems(model: Path, problems: str, settings: EvalSettings) -> list[Problem]:
    """The problems to evaluate on, once the settings are checked."""
    style_of(settings.output_style)
    if settings.chat not in (None, *CHATS):
        raise unknown_name("chat", str(settings.chat), CHATS)
    check_folder(model)
    if problems in families.NAMES:
        family = families.get(problems)
        return list(draw_distinct(family, settings.seed, "heldout", settings.count, settings.levels))
    if not Path(problems).exists():
        raise unknown_name("family or file", problems, families.NAMES)
    read = read_problems(Path(problems))
    # Countdown is graded by its numbers and target: an answer in the row is one of many.
    if unscored := [each.id for each in read if not each.answer and each.family in families.READ]:
        raise InputError(f"{problems} has no answer to {len(unscored)} problems, such as {unscored[0]}")
    return read


def format_metrics(metrics: ModelMetrics) -> Iterator[str]:
    """The metrics of one model in sentences."""
    low, high = metrics.ci95
    yield f"{metrics.pass_1:.1%} of {metrics.n:,} problems solved (95 % interval {low:.1%} to {high:.1%})"
    unread = metrics.unread or 0.0
    wrong = max(0.0, 1 - metrics.pass_1 - unread - metrics.unfinished)
    yield (
        f"Of all outputs {wrong:.1%} are wrong, {unread:.1%} state no answer that could be read, and "
        f"{metrics.unfinished:.1%} are unfinished."
    )
    yield f"{metrics.mean_new_tokens:.1f} tokens an answer"
    for k, share in metrics.sampled.pass_k.items() if metrics.sampled else ():
        yield f"pass@{k}: {share:.1%}"
    error, noticed = metrics.recovery.error, metrics.recovery.noticed
    if error.share and noticed.share is not None:
        text = (
            f"{error.share:.1%} of outputs have an error, {noticed.share:.1%} of these notice it with a proof"
        )
        right = metrics.recovery.right_noticed.share
        yield text + ("" if right is None else f", and {right:.1%} of those are right")
