"""A model in lower precision: what it solves, and its loss, with its matrices rounded after training.

losses.jsonl has a row for each problem with a held-out trace, with the loss in nats per token:

    {"id": "5f0c...", "tokens": 41, "float32": 0.0866, "int8": 0.0865, "int4": 0.0896}
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from journey.problem import Problem
from train.evaluation.decoding.generators import ModelGenerator
from train.evaluation.forgetting import losses
from train.evaluation.inference import generate_outputs
from train.evaluation.metrics_schema import PrecisionFigures
from train.evaluation.scoring import Sample, measure
from train.models.rounding import Rounding, matrices, round_weights
from train.models.token_rows import Row
from train.recipe.settings import FULL

TextLoss = tuple[float, int]
"""The summed loss of a text in nats, and its number of tokens."""


def evaluate_precisions(
    generator: ModelGenerator,
    precisions: Sequence[str],
    problems: Sequence[Problem],
    outputs: Sequence[Sample],
    texts: Sequence[tuple[str, Row]],
    generate: Mapping[str, Any],
    keep: Callable[[str, Sequence[Sample]], object],
) -> tuple[dict[str, PrecisionFigures], list[dict[str, Any]]]:
    """The figures of a model in full precision and in each of several lower ones.

    Args:
        generator: the model in float32. It is left as it is.
        precisions: to round it to.
        problems: the held-out ones.
        outputs: its greedy outputs for them in full precision.
        texts: held-out traces, each with the id of its problem.
        generate: keyword arguments of `generate_outputs`.
        keep: called with the outputs in each lower precision.

    Returns:
        The figures by precision, full precision first; and the rows of losses.jsonl.
    """
    rows = [row for _, row in texts]
    weights = sum(weight.numel() for _, weight in matrices(generator.model))
    full = losses(generator.model, {FULL: rows})[FULL]
    figures: dict[str, PrecisionFigures] = {
        FULL: _figures(problems, outputs, full, full, Rounding(weights, 0))
    }
    by_precision: dict[str, list[TextLoss]] = {FULL: full}
    for precision in precisions:
        model = copy.deepcopy(generator.model)
        rounding = round_weights(model, precision)
        rounded = ModelGenerator(model, generator.tokenizer, generator.slots, generator.chat)
        samples = generate_outputs(rounded, problems, audited=True, **generate)
        keep(precision, samples)
        by_precision |= losses(model, {precision: rows})
        figures[precision] = _figures(problems, samples, by_precision[precision], full, rounding)
    return figures, list(_loss_rows([id for id, _ in texts], by_precision))


def _figures(
    problems: Sequence[Problem],
    samples: Sequence[Sample],
    rounded: Sequence[TextLoss],
    full: Sequence[TextLoss],
    rounding: Rounding,
) -> PrecisionFigures:
    greedy = dict(measure(problems, [sample for sample in samples if sample.sample == 0]))
    loss, before = map(_mean_loss, (rounded, full))
    return PrecisionFigures(
        **{key: value for key, value in greedy.items() if key not in ("levels", "sampled")},
        loss=loss,
        degradation=loss - before,
        weights=rounding.weights,
        changed=rounding.changed / rounding.weights,
    )


def _mean_loss(texts: Sequence[TextLoss]) -> float:
    """Nats per token."""
    return sum(loss for loss, _ in texts) / max(1, sum(tokens for _, tokens in texts))


def _loss_rows(
    ids: Sequence[str], by_precision: Mapping[str, Sequence[TextLoss]]
) -> Iterator[dict[str, Any]]:
    """A row for each problem. Its trace can be several texts."""
    for id in dict.fromkeys(ids):
        places = [at for at, each in enumerate(ids) if each == id]
        of_problem = {name: [texts[at] for at in places] for name, texts in by_precision.items()}
        tokens = sum(count for _, count in of_problem[FULL])
        yield {"id": id, "tokens": tokens, **{name: _mean_loss(each) for name, each in of_problem.items()}}
