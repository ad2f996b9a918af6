"""Pivotal pairs: found where a model's chance jumps, kept where the checker proves which side is which."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from journey import families
from journey.problem import Problem
from journey.runs.store import Run
from journey.step import Verdict
from search.proposers.model import Model
from search.proposers.sampling import Completion, Prompt, SamplingProposer
from tests.conftest import graph_of
from traces.audit_files import audit_path
from traces.pairs import proved
from traces.text import prompt, read_steps, render
from traces.walks import WalkSettings, walk
from train.pipeline.train_job import choose_pairs, write_pivotal_pairs
from train.recipe.load import recipe_of
from train.recipe.stages import Stage
from train.trainers.pivotal import pivotal_pairs
from train.trainers.stage import StageSpec


class Half(SamplingProposer):
    """Knows a problem's shortcut, and takes a certain first step instead in every other text."""

    def __init__(self, right: str, wrong: str) -> None:
        super().__init__(read_steps)
        self.right, self.wrong = right, wrong
        self.asked = 0

    def generate(self, wanted: Sequence[Prompt]) -> list[list[Completion]]:
        self.asked += len(wanted)
        return [[(text, None) for text in self._texts(each.lines)] for each in wanted]

    def _texts(self, lines: str) -> list[str]:
        if not lines:
            return [self.wrong + "\n=0,0", self.right] * 3
        onward = self.right.removeprefix(lines) if self.right.startswith(lines) else "=0,0"
        return [onward] * 6


def case(index: int) -> tuple[Problem, str, str, str]:
    """A problem with its shortcut, a mistake and a dead end in the place of the first step."""
    graph = graph_of("diophantine", index, mistakes=0.5)
    family = families.get("diophantine")
    start = family.start(graph.problem.givens)
    trace = walk("shortcut", graph, WalkSettings())
    assert trace is not None
    steps = graph.steps_from(graph.root)
    mistake = next(step for step in steps if step.verdict is Verdict.WRONG)
    dead = next(step for step in steps if graph.sound(step) and graph.state(step.target).hopeless)
    return graph.problem, render(trace), family.write(start, mistake.move), family.write(start, dead.move)


def cases() -> list[tuple[Problem, str, str, str]]:
    result = []
    for index in range(30):
        steps = graph_of("diophantine", index, mistakes=0.5).steps_from(graph_of("diophantine", index).root)
        if any(step.verdict is Verdict.WRONG for step in steps) and len(steps) > 3:
            result.append(case(index))
    return result


def test_the_step_that_decides_is_found_and_proved() -> None:
    known = cases()
    assert len(known) > 5
    for problem, right, mistake, dead in known:
        for wrong, dead_end in ((mistake, False), (dead, True)):
            (pair,) = pivotal_pairs([problem], Half(right, wrong), "shortcut", 0.2)
            assert pair.prompt == prompt(problem)
            assert pair.chosen == right.split("\n")[0] + "\n"
            assert pair.rejected == wrong + "\n"
            assert pair.dead_end == dead_end
            assert pair.evidence
            assert proved(pair)
            assert not proved(replace(pair, chosen=pair.rejected, rejected=pair.chosen))


def test_no_pair_without_a_jump_or_without_a_proof() -> None:
    problem, right, mistake, _ = cases()[0]
    assert not list(pivotal_pairs([problem], Half(right, mistake), "shortcut", 0.9)), "no jump is so great"
    assert not list(pivotal_pairs([problem], Unsure(right), "shortcut", 0.2)), "no side is proved wrong"


class Unsure(Half):
    """Solves the problem in every other text, and says nothing in the rest."""

    def __init__(self, right: str) -> None:
        super().__init__(right, right)

    def _texts(self, lines: str) -> list[str]:
        return [self.right.removeprefix(lines), self.right.removeprefix(lines).split("\n")[0]] * 3


def test_a_model_s_own_solutions_give_pairs(quick_run: Path) -> None:
    problems = [graph_of("diophantine", index).problem for index in range(30)]
    model = Model(quick_run / "models" / "shortcut" / "sft", samples=4)
    result = list(pivotal_pairs(problems, model, "shortcut", 0.2))
    assert all(proved(pair) for pair in result)
    assert result == list(pivotal_pairs(problems, model, "shortcut", 0.2)), "the same every time"


def test_an_arm_that_asks_for_pivotal_pairs_gets_its_model_s_own(quick_run: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(quick_run, tmp_path / "run")
    run = Run(folder)
    plain = recipe_of(run)
    stage = Stage(kind="dpo", name="dpo", pairs=["pivotal", "step"])
    few = plain.pairs.model_copy(update={"count": 8, "rollouts": 4})
    recipe = plain.model_copy(update={"pairs": few})
    replica = recipe.replica("shortcut")
    model = folder / "models" / "shortcut" / "sft"
    progress: list[int] = []
    spec = StageSpec(
        model, model.with_name("dpo"), 0, recipe.adapter, {}, lambda done, total, note: progress.append(done)
    )
    write_pivotal_pairs(run, recipe, replica, stage, spec)
    made = (folder / "pairs" / "pivotal-shortcut.jsonl").read_bytes()
    chosen = choose_pairs(run, recipe, replica, stage)
    assert [pair.kind for pair in chosen] == ["pivotal", "step"] * (len(chosen) // 2)
    assert chosen or not made
    assert progress
    write_pivotal_pairs(run, recipe, replica, stage, spec)
    assert (folder / "pairs" / "pivotal-shortcut.jsonl").read_bytes() == made, "found once"
    assert audit_path(folder).pairs_unproved == 0
