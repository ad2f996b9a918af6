"""Pivotal search: real pivots survive, noise does not, and the same search runs once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random

import pytest

from journey.errors import InputError
from journey.problem import Problem
from journey.runs.store import Run, read_lines, reader, record, write_lines
from journey.step import Verdict
from tests.characters import END, CharacterModel
from tests.conftest import graph_of
from traces.audit_files import audit_path
from traces.pairs import Pair
from traces.pivots import PivotSearch, count_pivots
from traces.text import prompt, render
from traces.walks import WalkSettings, walk
from train.evaluation.decoding.batching import Job, Output
from train.models.token_rows import encode_pairs
from train.pipeline.pivotal import PivotSettings, search_pivots, split
from train.pipeline.train_job import choose_pairs, search_stage_pivots
from train.recipe import dependencies
from train.recipe.load import load_recipe, recipe_of
from train.recipe.settings import Adapter
from train.trainers.stage import StageSpec

SETTINGS = PivotSettings("token", 8, 40, 0.2, (0.2, 0.8), 1.0, 0, 200)


def answer_cost(prompt: int, generated: int) -> float:
    """Operations of an answer, simple enough to add up by hand."""
    return 2 * prompt + 3 * generated


Policy = Callable[[str, str, str], str]
"""The end of a text, from its problem's prompt, its beginning and the name of the job."""


@dataclass
class Scripted(CharacterModel):
    """A model with characters as tokens, which writes what a policy says."""

    policy: Policy
    prompts: list[str]
    asked: list[str] = field(default_factory=list)
    batches: int = 0
    flops: float = 0

    def generate(self, jobs: Sequence[Job], **settings: object) -> list[Output]:
        self.batches += 1
        self.asked += [job.name for job in jobs]
        outputs = []
        for job in jobs:
            text = self.decode(job.ids)
            question = next(each for each in self.prompts if text.startswith(each))
            ids = [*self.encode(self.policy(question, text.removeprefix(question), job.name)), END]
            outputs.append(Output(ids[: job.cap], [-0.5] * len(ids[: job.cap]), True))
            self.flops += answer_cost(len(job.ids), len(outputs[-1].ids))
        return outputs


def cases(count: int = 12) -> list[tuple[Problem, str]]:
    """Problems with a right solution of more than one line."""
    result = []
    for index in range(60):
        trace = walk("shortcut", graph_of("diophantine", index), WalkSettings())
        assert trace is not None
        result.append((trace.problem, render(trace)))
    distinct = {problem.id: (problem, text) for problem, text in result}
    return list(distinct.values())[:count]


def deciding(right: dict[str, str], every: int = 2) -> Policy:
    """Takes another first character of the second line and answers wrongly, but for every n-th completion."""

    def policy(question: str, before: str, name: str) -> str:
        text = right[question]
        place = text.index("\n") + 1
        if not text.startswith(before):
            return "=0,0" if before.endswith("\n") else "\n=0,0"
        copy = name.rpartition(":")[2]
        turn = int(copy) if copy.isdecimal() else int(name[:4], 16)
        if len(before) > place or (every and turn % every == 0):
            return text[len(before) :]
        return text[len(before) : place] + "=0,0"

    return policy


def scripted(policy: Callable[[dict[str, str]], Policy]) -> tuple[list[Problem], Scripted]:
    problems = [problem for problem, _ in cases()]
    right = {prompt(problem): text for problem, text in cases()}
    return problems, Scripted(policy(right), list(right))


@pytest.mark.parametrize("unit", ["token", "step"])
def test_the_search_returns_the_token_and_the_step_that_decide(unit: str) -> None:
    problems, model = scripted(deciding)
    settings = replace(SETTINGS, unit=unit)  # type: ignore[arg-type]
    solutions = dict(cases_by_id())
    outcomes = list(search_pivots(problems, model, settings, "shortcut", answer_cost))
    assert [row.id for row in outcomes] == [problem.id for problem in problems]
    searched = [row for row in outcomes if row.searched]
    assert len(searched) > 8
    for row in searched:
        text = solutions[row.id]
        place = text.index("\n") + 1
        pivots = [each for each in row.positions if each.is_pivot]
        assert [len(each.prefix) for each in pivots] == [place], "the one that decides and no other"
        (pivot,) = pivots
        assert pivot.survives(0.2)
        pair = next(each for each in row.pairs if each.kind == f"pivotal_{unit}")
        assert pair.prompt.endswith(text[:place])
        line = text[place:].split("\n")[0]
        assert pair.chosen.rstrip("\n") == (line if unit == "step" else line[0])
        assert pair.rejected == ("=0,0" if unit == "step" else "=")
        assert (
            pair.ids == tuple(map(model.encode, (pair.prompt, pair.chosen, pair.rejected))) or unit == "step"
        )
    counts = count_pivots(outcomes)
    assert counts.pivots == counts.survived == len(searched)


def cases_by_id() -> list[tuple[str, str]]:
    return [(problem.id, text) for problem, text in cases()]


def test_few_prefixes_are_asked_for_and_each_once() -> None:
    problems, model = scripted(deciding)
    (row,) = [*search_pivots(problems[:1], model, SETTINGS, "", answer_cost)][:1]
    asked = {name.rpartition(":")[0] for name in model.asked if "rollout" in name}
    assert len(model.asked) == len(set(model.asked))
    assert len(asked) * 8 == row.rollouts
    assert len(asked) < row.units + 1, "fewer than all prefixes"
    assert row.flops == model.flops, "all that was generated, the fresh completions included"


def test_splits_halve_the_cumulative_log_probability() -> None:
    assert split([0.0, 1.0, 2.0, 3.0, 4.0]) == 2
    assert split([0.0, 0.1, 0.2, 0.3, 9.0]) == 3
    assert split([5.0, 9.0, 9.1]) == 1, "neither part is empty"


def test_problems_that_are_solved_always_or_never_are_not_searched() -> None:
    for every in (0, 1):
        problems, model = scripted(partial(deciding, every=every))
        outcomes = list(search_pivots(problems, model, SETTINGS, "shortcut", answer_cost))
        assert not any(row.searched or row.positions or row.pairs for row in outcomes)
        assert {row.rollouts for row in outcomes} == {8}


def test_what_seems_pivotal_by_chance_does_not_survive() -> None:
    """Nothing before the answer decides: the answer is right in every other completion."""

    def by_chance(right: dict[str, str]) -> Policy:
        def policy(question: str, before: str, name: str) -> str:
            head, _, answer = right[question].rpartition("=")
            full = head + ("=" + answer if Random(name).random() < 0.5 else "=0,0")
            return full[len(before) :] if full.startswith(before) else right[question][len(before) :]

        return policy

    problems, model = scripted(by_chance)
    outcomes = list(search_pivots(problems, model, SETTINGS, "shortcut", answer_cost))
    solutions = dict(cases_by_id())
    early = [
        each
        for row in outcomes
        for each in row.positions
        if each.is_pivot and len(each.prefix) < solutions[row.id].rindex("=")
    ]
    assert len(early) > 5, "with eight rollouts a change of 0.2 is noise"
    assert sum(each.survives(0.2) for each in early) <= 0.3 * len(early)


def test_as_many_random_positions_as_pivots_and_none_of_them() -> None:
    problems, model = scripted(deciding)
    for row in search_pivots(problems, model, SETTINGS, "shortcut", answer_cost):
        pivots = {len(each.prefix) for each in row.positions if each.is_pivot}
        others = {len(each.prefix) for each in row.positions if not each.is_pivot}
        assert len(pivots) == len(others)
        assert not pivots & others


def test_a_search_does_not_depend_on_the_other_problems() -> None:
    problems, model = scripted(deciding)
    together = list(search_pivots(problems, model, SETTINGS, "shortcut", answer_cost))
    alone = [
        row
        for problem in reversed(problems)
        for row in search_pivots([problem], model, SETTINGS, "shortcut", answer_cost)
    ]
    assert together == alone[::-1]


# --- in a run ---

ARMS = """[
  {name: tokens, traces: shortcut, stages: [sft, {kind: dpo, pairs: [pivotal_token]}]},
  {name: anywhere, traces: shortcut, stages: [sft, {kind: dpo, pairs: [random_token]}]},
  {name: steps, traces: shortcut, stages: [sft, {kind: dpo, pairs: [pivotal_step]}]}]"""
CHANGES = [
    f"arms={' '.join(ARMS.split())}",
    *("claims=[]", "compare=[]", "evaluation.samples={}", "evaluation.temperature=2.0"),
    *("pairs.count=6", "pairs.rollouts=4", "pairs.fresh_rollouts=4", "pairs.rates=[0.0, 1.0]"),
]


def test_arms_share_a_search_and_a_search_that_was_killed_goes_on(quick_run: Path, tmp_path: Path) -> None:
    run = Run(shutil.copytree(quick_run, tmp_path / "run"))
    recipe = load_recipe("laptop", CHANGES, quick=True)
    run.manifest["settings"] = recipe.model_dump(mode="json")
    run.save()
    assert recipe_of(run) == recipe
    files = {}
    for arm in recipe.arms:
        replica, stage = recipe.replica(arm.name), arm.stages[1]
        (files[arm.name],) = dependencies.pivot_files(recipe, replica, stage).values()
    assert files["tokens"] == files["anywhere"] != files["steps"]
    model = run.path / "models" / "shortcut" / "sft"
    spec = StageSpec(model, model.with_name("dpo"), 0, Adapter(), {})
    path = run.path / files["tokens"]
    flops: list[int] = []

    def search(name: str) -> bytes:
        replica = recipe.replica(name)
        flops.append(search_stage_pivots(run, recipe, replica, replica.arm.stages[1], spec))
        return path.read_bytes()

    made = search("tokens")
    rows = list(read_lines(path, reader(PivotSearch)))
    assert any(row.searched for row in rows)
    assert search("anywhere") == made, "searched once"
    path.write_bytes(made[: len(made) // 2])
    assert search("tokens") == made
    assert {*flops} == {sum(row.flops for row in rows)}, "each arm pays for the search that it learns from"
    assert flops[0] > 0

    def chosen(name: str) -> list[Pair]:
        replica = recipe.replica(name)
        return choose_pairs(run, recipe, replica, replica.arm.stages[1])

    def pair(row: PivotSearch, kind: str) -> Pair:
        text = Pair(row.id, kind, "shortcut", "1", "2", "3", Verdict.UNKNOWN, Verdict.UNKNOWN, "")
        return replace(text, ids=((1,), (2,), (3,)))

    kinds = ["pivotal_token", "random_token"]
    many = [replace(row, pairs=[pair(row, kind) for kind in kinds]) for row in rows[:8]]
    few = [
        replace(row, pairs=[pair(row, kind) for kind in kinds[: 1 + (place == 5)]])
        for place, row in enumerate(rows[:8])
    ]
    for searches, count in ((many, 6), (few, 1)):
        write_lines(path, map(record, searches))
        for name, kind in (("tokens", "pivotal_token"), ("anywhere", "random_token")):
            assert [each.kind for each in chosen(name)] == [kind] * count, "as many of both kinds"
    path.write_bytes(made)
    assert audit_path(run.path).pairs_unproved == 0, "these pairs claim no proof"


def test_a_search_with_other_settings_repeats_what_learns_from_it() -> None:
    def digests(*changes: str) -> dict[str, str]:
        recipe = load_recipe("laptop", [*CHANGES, *changes])
        return {stage.mark: stage.digest for stage in dependencies.stages(recipe)}

    before, after = digests(), digests("evaluation.temperature=1.0")
    changed = {mark for mark in before if before[mark] != after[mark] and not mark.startswith("eval-")}
    assert changed == {mark for mark in before if mark.startswith("dpo-")}


def test_arms_that_ask_for_other_problems_do_not_share_a_search() -> None:
    arms = ", ".join(
        f"{{name: {name}, traces: shortcut, stages: [sft, {{kind: dpo, pairs: [pivotal_token]{data}}}]}}"
        for name, data in (("all", ""), ("easy", ", data: {levels: [1]}"), ("same", ", data: {levels: [1]}"))
    )
    recipe = load_recipe("laptop", [*CHANGES, f"arms=[{arms}]", "training.seeds=[0]"])
    files = [
        dependencies.pivot_files(recipe, replica, replica.arm.stages[1]) for replica in recipe.replicas()
    ]
    assert files[0] != files[1] == files[2]


def test_a_pair_keeps_the_tokens_of_the_model(quick_run: Path) -> None:
    """A number above the limit of the vocabulary is several tokens, and its first digits another one."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(quick_run / "models" / "base")
    two, zero, line = (tokenizer(text, add_special_tokens=False)["input_ids"][0] for text in ("2", "0", "\n"))
    ids = ((line, two), (zero,), (line,))
    pair = Pair("1", "pivotal_token", "", "\n2", "0", "\n", Verdict.UNKNOWN, Verdict.UNKNOWN, "", ids=ids)
    (row,) = encode_pairs(tokenizer, [pair], 10)
    assert row == {"prompt_ids": [line, two], "chosen_ids": [zero], "rejected_ids": [line]}


def test_pairs_of_a_model_need_a_stage_before_them() -> None:
    arms = "arms=[{name: tokens, traces: shortcut, stages: [{kind: dpo, pairs: [pivotal_token]}]}]"
    with pytest.raises(InputError, match="needs a stage before it: pivotal_token pairs"):
        load_recipe("laptop", [arms, *CHANGES[1:]])
