"""Reinforcement learning from the checker's rewards, on TRL's GRPOTrainer and RLOOTrainer.

For each problem a group of outputs is sampled, and each output is compared with the others of its group
(GRPO: Shao et al. 2024, section 4; RLOO: Ahmadian et al. 2024). Rewards are computed, not learned: `answer`
is 1 if the answer is graded right, `steps` is the share of steps that are sound, or noticed and abandoned,
and `verified` is 1 if the answer is right and every line is proved. Credit for them goes to whole outputs, or
with GRPO to their steps (`train.trainers.step_credit`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from statistics import fmean
from typing import Any

from datasets import Dataset
from transformers import AutoTokenizer
from trl import GRPOConfig, GRPOTrainer, RLOOConfig, RLOOTrainer

from journey.problem import Problem
from traces.audit import audit
from traces.chat import strip_think_tags
from traces.text import prompt
from train.evaluation.scoring import grade, is_clean
from train.models.adapters import loading_kwargs, peft_config
from train.models.flops import cost_of
from train.models.token_rows import question
from train.trainers import distributed as ranks
from train.trainers.stage import StageCallback, StageSpec, make_config, train_and_save, trl_arguments
from train.trainers.step_credit import StepCreditTrainer, path_of

CONFIGS = {"grpo": GRPOConfig, "rloo": RLOOConfig}
TRAINERS = {"grpo": GRPOTrainer, "rloo": RLOOTrainer}
STEPS = 100
"""Number of updates if the recipe does not set `max_steps`."""


def answer_reward(problem: Problem, text: str, finished: bool, style: str) -> float:
    """1 if the output is finished and its answer is right, else 0."""
    return float(grade(problem, text, finished, style)[0])


def step_reward(problem: Problem, text: str, finished: bool, style: str) -> float:
    """The share of steps that are sound, or noticed and abandoned; 0 without steps."""
    report = audit(problem, text.rstrip("\n"), style)
    return 1 - len(report.unflagged) / len(report.steps) if report.steps else 0.0


def verified_reward(problem: Problem, text: str, finished: bool, style: str) -> float:
    """1 if the answer is right and every line is proved (`scoring.is_clean`), else 0."""
    return answer_reward(problem, text, finished, style) * is_clean(problem, text, style)


REWARDS: dict[str, Callable[[Problem, str, bool, str], float]] = {
    "answer": answer_reward,
    "steps": step_reward,
    "verified": verified_reward,
}


def make_rl_config(spec: StageSpec, kind: str, max_new_tokens: int, **kwargs: Any) -> GRPOConfig | RLOOConfig:
    """The configuration of TRL for a stage (`train.trainers.stage.trl_arguments`).

    Outputs are limited to `max_new_tokens` unless the recipe sets `max_completion_length`.
    """
    options = dict(spec.options)
    steps = int(options.pop("max_steps", STEPS))
    defaults = {
        "num_generations": 8,
        "per_device_train_batch_size": 8,
        "max_completion_length": max_new_tokens,
    }
    arguments = trl_arguments(replace(spec, options=options), steps, defaults)
    del arguments["max_length"]  # These trainers truncate nothing, and their configurations lack the key.
    return make_config(CONFIGS[kind], arguments | kwargs)


def train_reinforce(
    spec: StageSpec,
    kind: str,
    problems: Sequence[Problem],
    rewards: Sequence[str],
    *,
    max_new_tokens: int,
    credit: str = "answer",
    style: str = "terse",
    chat: str | None = None,
) -> None:
    """Trains a model on problems with computed rewards; leaves a Hugging Face folder at `spec.out`.

    Args:
        spec: the stage.
        kind: grpo or rloo.
        problems: the problems that outputs are sampled for.
        rewards: keys of `REWARDS`. The rewards are added.
        max_new_tokens: maximum length of an output.
        credit: `answer` for one advantage per output, or with grpo `steps` for one per line.
        style: style of the model's outputs.
        chat: `plain` or `think` to use the chat template.
    """
    spec.work.mkdir(parents=True, exist_ok=True)
    tokenizer = AutoTokenizer.from_pretrained(spec.start)
    by_id = {problem.id: problem for problem in problems}
    rows = [
        {"prompt": question(tokenizer, prompt(problem, style), chat), "id": problem.id}
        for problem in problems
    ]

    def reward_function(name: str) -> Callable[..., list[float]]:
        def score(completions: list[str], id: list[str], completion_ids: list[list[int]], **_: Any) -> Any:
            return [
                REWARDS[name](by_id[key], strip_think_tags(text), tokenizer.eos_token_id in ids, style)
                for text, key, ids in zip(completions, id, completion_ids, strict=True)
            ]

        score.__name__ = name
        return score

    cost = cost_of(spec.start)
    kwargs = loading_kwargs(spec.start, spec.adapter, "float32")
    callback = StageCallback(spec.on_progress)
    if credit == "steps":

        def read_path(id: str, text: str, finished: bool) -> list[str]:
            return path_of(by_id[id], text, finished, style)

        make_trainer: Callable[..., GRPOTrainer | RLOOTrainer] = partial(StepCreditTrainer, read_path)
    else:
        make_trainer = TRAINERS[kind]
    trainer = make_trainer(
        model=str(spec.start),
        reward_funcs=[reward_function(name) for name in rewards],
        args=make_rl_config(spec, kind, max_new_tokens, model_init_kwargs=kwargs),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        callbacks=[callback],
        peft_config=peft_config(spec.adapter, spec.start),
    )
    args = trainer.args
    per_process = args.max_steps * args.per_device_train_batch_size * args.gradient_accumulation_steps
    facts = {
        "steps": args.max_steps,
        "outputs": per_process * ranks.processes(),
        "problems": len(problems),
        "rewards": list(rewards),
        "credit": credit,
    }

    def count_flops(log: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Operations for a mean prompt with a mean output, times the number of outputs."""
        generated = round(fmean(entry["completions/mean_length"] for entry in log))
        prompt_ids = tokenizer([row["prompt"] for row in rows])["input_ids"]
        prompted = round(fmean(len(ids) for ids in prompt_ids))
        # RLOO reads each output again for its old probabilities. So does a reference model, if there is one.
        reads = (kind == "rloo") + (args.beta != 0)
        each = cost.answer(prompted, generated) / args.num_iterations
        each += cost.training([prompted + generated]) + reads * cost.forward(prompted + generated)
        return {"train_flops": round(each * facts["outputs"])}

    train_and_save(trainer, callback, spec, facts, facts_from_log=count_flops)
