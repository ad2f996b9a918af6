"""Learning from rewards that the checker gives, thin on TRL's GRPOTrainer and RLOOTrainer.

A group of outputs is sampled for each problem, and each is compared with the others of its group (GRPO: Shao
et al. 2024, section 4; RLOO: Ahmadian et al. 2024). No reward is learned: `answer` is 1 where sympy grades
the answer right, `steps` the share of an output's steps that are sound, or noticed and left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from datasets import Dataset
from transformers import AutoTokenizer
from trl import GRPOConfig, GRPOTrainer, RLOOConfig, RLOOTrainer

from journey.problem import Problem
from traces.audit import audit
from traces.chat import strip_think_tags
from traces.text import prompt
from train.console import Progress
from train.evaluation.scoring import grade
from train.models.adapters import loading, peft_config
from train.models.flops import cost_of
from train.models.token_rows import question
from train.recipe.recipe import Recipe
from train.trainers import distributed as ranks
from train.trainers.stage import Watch, configured, finish, settings

CONFIGS = {"grpo": GRPOConfig, "rloo": RLOOConfig}
STEPS = 100
"""Updates, if the recipe does not say `max_steps`."""


def answer_reward(problem: Problem, text: str, finished: bool, style: str) -> float:
    """1 if the output ends by itself and its answer is right."""
    return float(grade(problem, text, finished, style)[0])


def step_reward(problem: Problem, text: str, finished: bool, style: str) -> float:
    """The share of steps that are sound, or noticed and left; 0 if it takes none."""
    report = audit(problem, text.rstrip("\n"), style)
    return 1 - len(report.unflagged) / len(report.steps) if report.steps else 0.0


REWARDS: dict[str, Callable[[Problem, str, bool, str], float]] = {
    "answer": answer_reward,
    "steps": step_reward,
}


def words_of(config: dict[str, Any], longest: int, work: Path, seed: int) -> tuple[int, dict[str, Any]]:
    """The updates of a stage, and the words of TRL's configuration (`train.trainers.stage.settings`).

    Outputs are at most `longest` tokens long, unless the recipe says `max_completion_length`.
    """
    ours = {"num_generations": 8, "per_device_train_batch_size": 8, "max_completion_length": longest}
    config = {**ours, **config}
    steps = int(config.pop("max_steps", STEPS))
    words = settings(config, work, steps, seed)
    # These trainers cut nothing, and their configurations do not know the word.
    del words["max_length"]
    return steps, words


def train_reinforce(
    kind: str,
    start: Path,
    problems: Sequence[Problem],
    rewards: Sequence[str],
    config: dict[str, Any],
    recipe: Recipe,
    seed: int,
    out: Path,
    on_progress: Progress,
) -> None:
    """Trains the model at `start` on these problems; leaves a Hugging Face folder at `out`.

    Args:
        kind: grpo or rloo.
        start: the model that goes on from here.
        problems: that it is asked.
        rewards: keys of `REWARDS`; they are added.
        config: for TRL's config.
        recipe: of the run; style, chat and adapter are taken from it.
        seed: of the sampling.
        out: the folder to be made.
        on_progress: hears of progress.
    """
    work = out.with_name(out.name + ".partial")
    work.mkdir(parents=True, exist_ok=True)
    tokenizer = AutoTokenizer.from_pretrained(start)
    style, chat = recipe.traces.style, recipe.base.chat
    by_id = {problem.id: problem for problem in problems}
    rows = [
        {"prompt": question(tokenizer, prompt(problem, style), chat), "id": problem.id}
        for problem in problems
    ]

    def scored(name: str) -> Callable[..., list[float]]:
        def score(completions: list[str], id: list[str], completion_ids: list[list[int]], **_: Any) -> Any:
            given = zip(completions, id, completion_ids, strict=True)
            return [
                REWARDS[name](by_id[key], strip_think_tags(text), tokenizer.eos_token_id in ids, style)
                for text, key, ids in given
            ]

        score.__name__ = name
        return score

    cost = cost_of(start)
    steps, words = words_of(config, recipe.evaluation.max_new_tokens, work, seed)
    words["model_init_kwargs"] = loading(start, recipe.adapter, "float32")
    trainer_of = GRPOTrainer if kind == "grpo" else RLOOTrainer
    watch = Watch(on_progress)
    trainer = trainer_of(
        model=str(start),
        reward_funcs=[scored(name) for name in rewards],
        args=configured(CONFIGS[kind], words),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        callbacks=[watch],
        peft_config=peft_config(recipe.adapter),
    )
    made = steps * trainer.args.per_device_train_batch_size * trainer.args.gradient_accumulation_steps
    facts = {
        "steps": steps,
        "outputs": made * ranks.processes(),
        "problems": len(problems),
        "rewards": list(rewards),
    }

    def spent(log: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Operations: of an output of mean length to a prompt of mean length, times the outputs."""
        wrote = round(fmean(entry["completions/mean_length"] for entry in log))
        asked = round(fmean(len(ids) for ids in tokenizer([row["prompt"] for row in rows])["input_ids"]))
        # RLOO reads each output once more for its old probabilities, and so does a reference if there is one.
        reads = (kind == "rloo") + (trainer.args.beta != 0)
        each = cost.answer(asked, wrote) / trainer.args.num_iterations
        each += cost.training([asked + wrote]) + reads * cost.forward(asked + wrote)
        return {"train_flops": round(each * facts["outputs"])}

    finish(trainer, watch, work, out, facts, start=start, adapter=recipe.adapter, from_log=spent)
