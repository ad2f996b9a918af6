"""Which experts the routers of a sparse model choose: by layer, by family and by kind of line.

Mixtral's routers follow syntax and not topics (Jiang et al. 2024, section 5). Here a topic is the family of a
problem, and syntax is the kind of an output's line: a step, a notice of a wrong turn, the answer. Both come
with their own tokens, and a router of the first layer sees little else. So each is also measured beyond the
token:

    explained by X              1 - H(expert | X) / H(expert)
    X beyond the token          (H(expert | token) - H(expert | token, X)) / H(expert)

Tokens of one line are alike for other reasons too. So chance is the largest of these shares when the labels
of whole lines, or of whole outputs for families, change places at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import special

from journey.problem import Problem
from traces.audit import audit
from traces.text import prompt
from train.evaluation.metrics_schema import RouterExplained, RouterLayer
from train.evaluation.scoring import Sample
from train.models.token_rows import question

OUTPUTS = 200
"""Outputs that are read again, evenly spread."""
BATCH = 32
PERMUTATIONS = 100
DEAD = 0.1
"""An expert is dead if it is chosen for less than this part of an even share."""
PROBLEM = "problem"
LINES = {"take": "step", "conclude": "answer", "unparsed": "unread"}
"""The names of kinds of line; others are called as the audit calls them."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of parts of the text, such as the kind of each line."""

    names: NDArray[np.str_]
    """The label of each part."""
    parts: Ints
    """The number of each token's part."""

    @property
    def of_tokens(self) -> NDArray[np.str_]:
        """The label of each token."""
        return self.names[self.parts]

    def among(self, tokens: NDArray[np.bool_]) -> Labels:
        """The labels of some tokens, and of no other parts than theirs."""
        kept, parts = np.unique(self.parts[tokens], return_inverse=True)
        return Labels(self.names[kept], parts)


class Texts(NamedTuple):
    """The tokens of outputs and of their prompts, one after the other, with what they belong to."""

    rows: list[list[int]]
    """The token ids of each output with its prompt."""
    families: Labels
    lines: Labels
    """The kind of each line; `PROBLEM` for a prompt."""


def has_router(model: Any) -> bool:
    """Whether a model of transformers can return the choices of routers."""
    return hasattr(model.config, "output_router_logits")


def measure_routing(
    model: Any,
    tokenizer: Any,
    outputs: Sequence[tuple[Problem, Sample]],
    style: str = "terse",
    chat: str | None = None,
) -> dict[str, RouterLayer]:
    """The load of a sparse model's experts on its own outputs, by layer: "1" is the first that has a router.

    Args:
        model: a sparse model of transformers.
        tokenizer: its tokenizer.
        outputs: problems with the model's outputs. `OUTPUTS` of them are read.
        style: of the outputs.
        chat: as the model was asked.
    """
    texts = _read(tokenizer, outputs[:: max(1, len(outputs) // OUTPUTS)], style, chat)
    chosen, count = _choices(model, texts.rows)
    return {str(number + 1): _layer(texts, each, count) for number, each in enumerate(chosen)}


def _read(tokenizer: Any, outputs: Sequence[tuple[Problem, Sample]], style: str, chat: str | None) -> Texts:
    rows: list[list[int]] = []
    kinds: list[str] = []
    lines: list[Ints] = []
    for problem, sample in outputs:
        asked = question(tokenizer, prompt(problem, style), chat)
        # The characters at which lines begin. A newline belongs to the line that it ends.
        starts = [0, len(asked), *(len(asked) + at + 1 for at, c in enumerate(sample.text) if c == "\n")]
        encoded = tokenizer(asked + sample.text, add_special_tokens=False, return_offsets_mapping=True)
        first = [begin for begin, _ in encoded["offset_mapping"]]
        lines.append(len(kinds) + np.searchsorted(starts, first, side="right") - 1)
        rows.append(encoded["input_ids"])
        says = (line.says for line in audit(problem, sample.text, style).lines)
        kinds += [PROBLEM, *(LINES.get(each, each) for each in says)]
    outputs_of_tokens = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    families = np.array([problem.family for problem, _ in outputs])
    return Texts(rows, Labels(families, outputs_of_tokens), Labels(np.array(kinds), np.concatenate(lines)))


@torch.inference_mode()
def _choices(model: Any, rows: Sequence[Sequence[int]]) -> tuple[list[Ints], int]:
    """The experts chosen in each layer for every token, of shape (tokens, active); and how many there are."""
    active, count = model.config.num_experts_per_tok, 0
    parts: list[list[Ints]] = []
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        ids = torch.zeros(len(batch), max(map(len, batch)), dtype=torch.long)
        mask = torch.zeros_like(ids)
        for place, row in enumerate(batch):
            ids[place, : len(row)], mask[place, : len(row)] = torch.tensor(row), 1
        ids, mask = ids.to(model.device), mask.to(model.device)
        logits = model(input_ids=ids, attention_mask=mask, use_cache=False, output_router_logits=True)
        real = mask.flatten().bool()
        parts.append([layer[real].topk(active).indices.cpu().numpy() for layer in logits.router_logits])
        count = logits.router_logits[0].shape[-1]
    return [np.concatenate(layers) for layers in zip(*parts, strict=True)], count


def _layer(texts: Texts, chosen: Ints, count: int) -> RouterLayer:
    """What one router does with these texts."""
    load = _load(chosen, count)
    _, words = np.unique([id for row in texts.rows for id in row], return_inverse=True)
    # A prompt is no line of an output, and always of a kind of its own.
    written = texts.lines.of_tokens != PROBLEM
    lines = texts.lines.among(written)
    return RouterLayer(
        balance=_entropy(load) / np.log(count) if count > 1 else 1.0,
        dead=float((load < DEAD / count).sum()),
        load=load.tolist(),
        families=_load_by(texts.families, chosen, count),
        lines=_load_by(texts.lines, chosen, count),
        explained={
            "token": RouterExplained(share=_explained(chosen, count, words), chance=None),
            **_explained_by("family", texts.families, chosen, count, words),
            **_explained_by("line", lines, chosen[written], count, words[written]),
        },
    )


def _load(chosen: Ints, count: int) -> NDArray[np.float64]:
    """The share of the choices that fell on each expert."""
    return np.bincount(chosen.flatten(), minlength=count) / chosen.size


def _load_by(labels: Labels, chosen: Ints, count: int) -> dict[str, list[float]]:
    """The same for the tokens of each label."""
    of_tokens = labels.of_tokens
    names = dict.fromkeys(of_tokens.tolist())
    return {name: _load(chosen[of_tokens == name], count).tolist() for name in names}


def _explained_by(
    name: str, labels: Labels, chosen: Ints, count: int, words: Ints
) -> dict[str, RouterExplained]:
    """What labels explain, alone and beyond the tokens, next to what shuffled labels explain."""
    random = np.random.default_rng(0)
    _, numbers = np.unique(labels.names, return_inverse=True)
    orders = [numbers, *(random.permutation(numbers) for _ in range(PERMUTATIONS))]
    by_order = [order[labels.parts] for order in orders]
    token = _explained(chosen, count, words)
    alone = [_explained(chosen, count, each) for each in by_order]
    beyond = [max(0.0, _explained(chosen, count, words, each) - token) for each in by_order]
    return {
        title: RouterExplained(share=shares[0], chance=max(shares[1:]))
        for title, shares in ((name, alone), (f"{name} beyond token", beyond))
    }


def _explained(chosen: Ints, count: int, *labels: Ints) -> float:
    """The share of the entropy of the chosen experts that labels of the tokens explain together.

    >>> tokens, experts = np.array([5, 5, 7, 7]), np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
    >>> [_explained(each[:, None], 2, tokens) for each in experts]
    [1.0, 0.0]
    """
    joint = np.zeros(len(chosen), dtype=np.int64)
    for each in labels:
        joint = joint * (each.max(initial=0) + 1) + each
    cells = (joint[:, None] * count + chosen).flatten()
    table = np.bincount(cells, minlength=(joint.max(initial=0) + 1) * count).reshape(-1, count)
    total = _entropy(table.sum(axis=0) / table.sum())
    sizes = table.sum(axis=1)
    within = (special.xlogy(sizes, sizes).sum() - special.xlogy(table, table).sum()) / table.sum()
    return max(0.0, float(1 - within / total)) if total else 0.0


def _entropy(shares: NDArray[np.float64]) -> float:
    """The entropy of a distribution, in nats."""
    return float(special.entr(shares).sum())
