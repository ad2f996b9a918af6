"""The tasks for other evaluation harnesses: what they ask, and how they grade."""

from __future__ import annotations

from importlib import resources
from typing import Any

import pytest
import yaml

from journey.errors import InputError
from journey.runs.store import Run
from traces.run_files import read_problems
from traces.text import prompt
from train.console import Console
from train.harness import heldout
from train.pipeline.data import generate
from train.pipeline.experiment import open_run
from train.recipe.load import load_recipe

TINY = ["problems.train=2", "problems.validation=0", "problems.heldout=5", "search.workers=1"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    recipe = load_recipe("laptop", TINY)
    made = open_run(tmp_path_factory.mktemp("harness") / "run", recipe)
    generate(made, recipe, Console(quiet=True))
    return made


def test_a_row_holds_all_that_grading_needs(run: Run) -> None:
    problems = read_problems(run, "heldout")
    for row, problem in zip(heldout.rows(str(run.path)), problems, strict=True):
        assert row["id"] == problem.id
        assert row["prompt"] == prompt(problem, "terse")
        assert heldout.process_results(row, [f"y=0:1\n={problem.answer}"]) == {"correct": 1.0}
        thought = f"<think>\ny=0:1\n</think>\n\n={problem.answer}"
        assert heldout.is_right(row, thought) == (True, None)
        assert heldout.process_results(row, ["=1000,1000"]) == {"correct": 0.0}
        assert heldout.process_results(row, ["y=0:1"]) == {"correct": 0.0}, "cut off before it concluded"
    with pytest.raises(InputError, match="is not a run folder"):
        heldout.rows(str(run.path / "nothing"))


def test_the_task_of_lm_eval_names_functions_that_are_there(run: Run) -> None:
    class Loader(yaml.SafeLoader):
        pass

    def named(loader: Any, node: Any) -> Any:
        module, _, name = loader.construct_scalar(node).partition(".")
        assert module == "heldout"
        return getattr(heldout, name)

    Loader.add_constructor("!function", named)
    text = (resources.files("train") / "harness" / "journey_heldout.yaml").read_text()
    task = yaml.load(text, Loader)
    asked = task["custom_dataset"](run=str(run.path), version=1.0)["test"]
    assert len(asked) == 5
    [metric] = task["metric_list"]
    assert metric["metric"] in task["process_results"](asked[0], ["=1,1"])
    assert all(name in asked.column_names for name in ("prompt", "answer"))


def test_the_task_of_inspect(run: Run) -> None:
    pytest.importorskip("inspect_ai")
    from train.harness.inspect_task import journey_heldout

    task = journey_heldout(str(run.path))
    assert [sample.id for sample in task.dataset] == [problem.id for problem in read_problems(run, "heldout")]
