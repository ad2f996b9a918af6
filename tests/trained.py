"""A small model that the suite trains itself: it knows some journeys and some word problems by heart.

It has learned each word problem with a right and with a wrong solution, so what it writes is now one and now
the other; and what it was not taught it gets wrong in ways of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from journey import families
from journey.problem import Problem, draw_distinct
from journey.runs.records import read_records
from search.explore import Budget, explore
from search.proposers import ProposalRequest
from search.proposers.sampling import make_prompt
from search.proposers.symbolic import Symbolic
from tests.conftest import training
from traces.text import prompt, render
from traces.walks import WalkSettings, walk

KNOWN = 16
"""How many of the family's problems it knows."""
LEVELS = [1, 2]
TOKENS = 140_000

RIGHT = [
    (
        "A baker fills 6 trays with 9 rolls each and sells 38 of the rolls. How many rolls are left?",
        "The trays hold 6*9 = <<6*9=54>>54 rolls.\nThere are 54-38 = <<54-38=16>>16 rolls left.\n#### 16",
    ),
    (
        "A rope of 84 metres is cut into 12 equal pieces, and 3 of them are used. How many metres are used?",
        "A piece is 84/12 = <<84/12=7>>7 metres long.\nSo 3*7 = <<3*7=21>>21 metres are used.\n#### 21",
    ),
    (
        "A ticket costs $8 for an adult and $5 for a child. What do 2 adults and 4 children pay?",
        "The adults pay 2*8 = $<<2*8=16>>16.\nThe children pay 4*5 = $<<4*5=20>>20.\n"
        "Together they pay 16+20 = $<<16+20=36>>36.\n#### 36",
    ),
    (
        "Mira cycles 7 km to school and 7 km back on each of 5 days. How many km does she cycle?",
        "In a day she cycles 7+7 = <<7+7=14>>14 km.\nIn 5 days she cycles 5*14 = <<5*14=70>>70 km.\n#### 70",
    ),
]
"""Word problems in GSM8K's schema, as question and answer."""
SLIPS = [("16", "26"), ("7 ", "8 "), ("36", "46"), ("70", "60")]
"""What the wrong solution of each says in the place of what."""


def word_problems(path: Path) -> Path:
    """Writes the word problems in GSM8K's schema."""
    rows = [{"question": question, "answer": answer} for question, answer in RIGHT]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def family_problems(count: int) -> list[Problem]:
    """The family's first problems, as `journey generate` draws them with seed 0; the model knows `KNOWN`."""
    return list(draw_distinct(families.get("diophantine"), 0, "train", count, LEVELS))


def train(run: Path) -> Path:
    """Trains the model where a run folder would have it, and returns its folder."""
    from transformers import AutoTokenizer

    from traces.trace import TrainingText
    from train.models.base import save_base
    from train.models.token_rows import encode
    from train.recipe.load import load_recipe
    from train.trainers.sft import train_sft
    from train.trainers.stage import StageSpec

    run.mkdir(parents=True, exist_ok=True)
    texts = []
    for problem in family_problems(KNOWN):
        trace = walk("journey", explore(problem, Symbolic(0.3, 0), "depth", Budget()), WalkSettings())
        assert trace is not None
        texts.append(TrainingText(problem.id, prompt(problem), render(trace)))
    file = word_problems(run / "words.jsonl")
    for record, slip in zip(read_records(file), SLIPS, strict=True):
        start = families.get("prose").start(record.problem.givens)
        asked = make_prompt(ProposalRequest(record.problem, start, ()), to_end=True).question
        right = "\n".join(record.samples[0].steps)
        wrong = right.replace(f">>{slip[0]}", f">>{slip[1]}")
        texts += [
            TrainingText(record.problem.id, asked, right),
            TrainingText(record.problem.id, asked, wrong),
        ]
    sizes = [
        "base.size={hidden: 64, layers: 2, heads: 4, kv_heads: 4, intermediate: 192}",
        "base.context=512",
    ]
    recipe = load_recipe("laptop", sizes)
    base, out = run / "models" / "base", run / "models" / "journey" / "sft"
    save_base(base, [text.prompt + text.completion for text in texts], recipe.base, seed=0)
    rows = encode(AutoTokenizer.from_pretrained(base), texts)
    config = {**recipe.sft, "learning_rate": 8e-3}
    with one_thread():
        budget = training(TOKENS, batch_tokens=384)
        train_sft(StageSpec(base, out, 0, recipe.adapter, config), rows, budget)
    return out


@contextmanager
def one_thread() -> Iterator[None]:
    """For so small a model more threads cost more than they give, where the machine has other work."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
