"""Credit to steps: each line of an output gets an advantage of its own, from the graph of its group.

GRPO gives all tokens of an output one advantage: its return (the sum of its rewards) compared with the mean
return of its group. But a line is not wrong because a later one is, and outputs for one problem often pass
through the same states. So the outputs of a group are read as paths through one graph, in which equal states
merge as in `SolutionGraph`. The value of a node is the mean return of the outputs that pass through it, and
the advantage of a line is the value of the node after it minus the value of the node before it.

    y=0:7x=173     two outputs begin with this line, and one of them ends right: value 1/2
    !5<            the next line of the one that ends right: value 1, advantage +1/2
    x=24           the next line of the other one: value 0, advantage -1/2

This estimates the values of steps by sampling, as VinePPO (Kazemnejad et al. 2024) and TreeRPO (Yang et al.
2025) do, but from the group's own outputs, without a reward model and without extra samples. If no other
output ends at the same node, the advantages of an output's lines add up to the advantage of the output.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import fmean
from typing import Any

import torch
from accelerate.utils import gather_object
from trl import GRPOTrainer

from journey.errors import JourneyError
from journey.problem import Problem
from traces.text import read_line
from traces.trace import Take, Walk

END = "end of output"
CUT_OFF = "line cut off"
UNREAD = "line not read"


def path_of(problem: Problem, text: str, finished: bool, style: str = "terse") -> list[str]:
    r"""The nodes that an output passes through: the start, one node after each line, and one after its end.

    A step leads to its state, however it was reached. Any other line (a notice with the step back, an answer,
    a line that cannot be read) leads to a node of its own after the node before it: what remains to be tried
    after a return is not what it was before. Equal events lead to equal nodes, in whatever words. The last
    line of an unfinished output is not read, because it may be cut off, and such an output has no end.

    >>> from journey import families
    >>> from journey.problem import make_problem
    >>> problem = make_problem(families.get("diophantine"), {"a": 7, "b": 12, "c": 173})
    >>> path_of(problem, "y=1:7x=161\nx=23\n=2", finished=False)[1:3]
    ['y=1, 7x=161', 'y=1, 7x=161, x=23']
    """
    walk = Walk(problem)
    path = [walk.here.key]
    lines = text.removesuffix("\n").split("\n") if text else []
    for number, line in enumerate(lines, 1):
        if not finished and number == len(lines) and not text.endswith("\n"):
            path.append(f"{path[-1]}\n{CUT_OFF}")
            continue
        events = read_line(walk, line, style).events
        steps = any(isinstance(event, Take) for event in events)
        path.append(walk.here.key if steps else f"{path[-1]}\n{list(events) or UNREAD}")
    return [*path, f"{path[-1]}\n{END}"] if finished else path


def step_advantages(paths: Sequence[Sequence[str]], returns: Sequence[float]) -> list[list[float]]:
    """The advantage of each step of each path: the value after it minus the value before it.

    Args:
        paths: the nodes of each output of one group; the first node is the same for all.
        returns: the return of each output.

    >>> step_advantages([["start", "a", "b"], ["start", "a", "c"], ["start", "d"]], [1, 0, 0.5])
    [[0.0, 0.5], [0.0, -0.5], [0.0]]
    """
    through: dict[str, list[float]] = {}
    for path, value in zip(paths, returns, strict=True):
        for node in dict.fromkeys(path):  # An output counts once, also where it comes by twice.
            through.setdefault(node, []).append(value)
    values = {node: fmean(each) for node, each in through.items()}
    return [[values[after] - values[before] for before, after in pairwise(path)] for path in paths]


def lines_of_tokens(texts: Sequence[str], ends: Sequence[bool]) -> list[int]:
    r"""The number of the line that each token of an output is part of, from 0.

    A newline is part of the line that it ends. The end of sequence is a line of its own, the last one.

    Args:
        texts: the text of each token; empty for special tokens, which open no line.
        ends: whether each token is the end of sequence.

    >>> lines_of_tokens(["x=", "23", "\n", "=", "23", ""], [False] * 5 + [True])
    [0, 0, 0, 1, 1, 2]
    """
    lines, at, is_open = [], 0, False
    for text, end in zip(texts, ends, strict=True):
        at += end and is_open
        lines.append(at)
        at += text.count("\n")
        is_open = not text.endswith("\n") if text else is_open
    return lines


class StepCreditTrainer(GRPOTrainer):  # type: ignore[misc, unused-ignore]
    """GRPO whose advantages are those of steps, one per token.

    TRL computes one advantage per output within `_generate_and_score_completions`, and its loss also accepts
    one per token "to support subclasses". So this class replaces that tensor and changes nothing else.
    """

    def __init__(self, read_path: Callable[[str, str, bool], list[str]], **kwargs: Any) -> None:
        """Prepares training.

        Args:
            read_path: the path of an output, from the problem's id, the text and whether it is finished.
            kwargs: arguments of GRPOTrainer.
        """
        self.read_path = read_path
        self.texts: dict[int, str] = {}
        self.paths: list[list[str]] = []
        self.token_lines: list[list[int]] = []
        self.returns = torch.zeros(0)
        super().__init__(**kwargs)

    def _calculate_rewards(
        self, inputs: Any, prompts: Any, completions: list[str], completion_ids_list: list[list[int]]
    ) -> torch.Tensor:
        """TRL's rewards, of all processes' outputs. Keeps the returns, and the paths of this process."""
        rewards: torch.Tensor = super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)
        self.returns = (rewards * self.reward_weights.to(rewards.device)).nansum(dim=1)
        eos = self.processing_class.eos_token_id
        self.paths, self.token_lines = [], []
        for row, text, ids in zip(inputs, completions, completion_ids_list, strict=True):
            texts = [self._text(token) for token in ids]
            if sum(each.count("\n") for each in texts) != text.count("\n"):
                raise JourneyError(
                    f"the tokens of {text[:40]!r} have other newlines than the text: use `credit: answer`"
                )
            self.paths.append(self.read_path(row["id"], text, eos in ids))
            self.token_lines.append(lines_of_tokens(texts, [token == eos for token in ids]))
        return rewards

    def _text(self, token: int) -> str:
        if token not in self.texts:
            self.texts[token] = self.processing_class.decode([token], skip_special_tokens=True)
        return self.texts[token]

    def _generate_and_score_completions(self, inputs: Any) -> dict[str, Any]:
        """TRL's batch, with an advantage for each token: `advantages` has the shape of `completion_ids`."""
        batch: dict[str, Any] = super()._generate_and_score_completions(inputs)
        advantages = torch.zeros(batch["completion_ids"].shape, device=batch["advantages"].device)
        mine = self.accelerator.process_index * len(self.paths)
        of_lines = self._line_advantages()[mine : mine + len(self.paths)]
        for row, lines, line_advantages in zip(advantages, self.token_lines, of_lines, strict=True):
            # Special tokens after the last line of an unfinished output are part of no line.
            known = [line_advantages[line] for line in lines if line < len(line_advantages)]
            row[: len(known)] = torch.tensor(known)
        batch["advantages"] = advantages
        return batch

    def _line_advantages(self) -> list[list[float]]:
        """The advantages of the lines of all processes' outputs, scaled as TRL scales those of outputs."""
        paths = gather_object(self.paths)
        size = self.num_generations if self.model.training else self.num_generations_eval
        groups = self.returns.view(-1, size)
        if self.scale_rewards == "none":
            scales = torch.ones(len(groups))
        elif self.scale_rewards == "batch":
            scales = (self.returns.std() + 1e-4).expand(len(groups))
        else:
            scales = groups.std(dim=1) + 1e-4
        result: list[list[float]] = []
        for number, (group, scale) in enumerate(zip(groups.tolist(), scales.tolist(), strict=True)):
            advantages = step_advantages(paths[number * size : (number + 1) * size], group)
            result += [[advantage / scale for advantage in lines] for lines in advantages]
        return result
