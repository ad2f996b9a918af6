"""For inspect_ai: a run's held-out problems, graded by Journey.

inspect eval inspect_task.py -T run=/PATH/RUN --model hf//PATH/RUN/models/journey/sft -M do_sample=false
"""

from __future__ import annotations

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import CORRECT, INCORRECT, Score, Scorer, Target, accuracy, scorer, stderr
from inspect_ai.solver import TaskState, generate

from train.harness.heldout import is_right, rows


@scorer(metrics=[accuracy(), stderr()])
def graded() -> Scorer:
    """Whether the answer is right, by the problem's own family; the explanation says why not."""

    async def score(state: TaskState, target: Target) -> Score:
        right, reason = is_right(state.metadata, state.output.completion)
        return Score(value=CORRECT if right else INCORRECT, answer=target.text, explanation=reason)

    return score


@task
def journey_heldout(run: str, split: str = "heldout", max_tokens: int = 512) -> Task:
    """The problems of one split of a run folder, greedy."""
    samples = [
        Sample(id=row["id"], input=row["prompt"], target=row["answer"], metadata=dict(row))
        for row in rows(run, split)
    ]
    return Task(
        dataset=MemoryDataset(samples),
        solver=generate(),
        scorer=graded(),
        config=GenerateConfig(temperature=0.0, max_tokens=max_tokens),
    )
