"""What `journey recipes show` prints: every key of a recipe with its value and its line of help."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from journey.errors import InputError
from tests.conftest import Journey
from train.recipe.keys import changed_keys, entries, flow_yaml, render_recipe
from train.recipe.load import load_recipe, shipped
from train.report.tables import arms


@pytest.mark.parametrize("name", shipped())
def test_every_key_of_every_shipped_recipe_has_a_line_of_help(name: str) -> None:
    result = entries(load_recipe(name))
    free = (
        "problems.families.",
        "problems.sampling.",
        "sft.",
        "dpo.",
        "grpo.",
        "evaluation.samples.",
        "map.set.",
    )
    assert [entry.key for entry in result if not entry.help and not entry.key.startswith(free)] == []
    keys = [entry.key for entry in result]
    assert len(keys) == len(set(keys))
    assert {"training.tokens", "evaluation.methods.budgets", "arms[].stages[].pairs",
            "evaluation.sets.NAME.count"} <= set(keys)  # fmt: skip


def test_a_recipe_is_reported_with_its_resolved_values() -> None:
    page = io.StringIO()
    for part in render_recipe(
        load_recipe("laptop", ["training.tokens=5", "evaluation.sets={harder: {count: 7}}"])
    ):
        Console(file=page, width=100, highlight=False).print(part)
    text = page.getvalue()
    assert "laptop: Does a model trained on whole searches" in text
    assert "5  Training tokens seen by each arm" in text
    assert "[1, 1, 1, 2, 2, 2, 3]  Levels from 1 to 5" in text
    assert "journey.sft > shortcut.sft by 30 on pass@1" in text
    assert "{name: journey, traces: journey, stages: [{kind: sft, name: sft}, " in " ".join(text.split())
    assert "{harder: {count: 7}}" in text
    assert "sft.learning_rate" in text
    assert "null  " in text
    assert all(len(line) <= 100 for line in text.splitlines())


def test_the_command_shows_a_recipe_and_lists_them_all(here: Journey) -> None:
    listed = here("recipes")
    assert listed.returncode == 0
    for name in shipped():
        assert name in listed.stdout
    claim = "Learning from the whole search, wrong turns and all, beats learning from correct solutions"
    assert claim in " ".join(listed.stdout.split())
    assert {"name", "question", "claim", "source"} == set(json.loads(here("recipes", "--json").stdout)[0])
    rows = json.loads(here("recipes", "show", "laptop", "--set", "dpo.beta=0.5", "--json").stdout)
    values = {row["key"]: row["value"] for row in rows if row["has_value"]}
    assert values["dpo.beta"] == 0.5
    assert values["training.tokens"] == 1_500_000
    quick = here("recipes", "show", "laptop", "--quick").stdout
    assert "30000  Training tokens" in quick
    wrong = here("recipes", "show", "labtop")
    assert wrong.returncode == 2
    assert "did you mean 'laptop'?" in wrong.stderr
    unknown = here("recipes", "show", "laptop", "--set", "training.token=5")
    assert unknown.returncode == 2
    assert "did you mean 'tokens'?" in unknown.stderr


def test_what_differs_from_the_recipe_as_it_ships_is_named() -> None:
    assert changed_keys(load_recipe("laptop")) == []
    assert changed_keys(load_recipe("laptop", ["dpo.beta=0.5", "base.size=3M"])) == [
        "base.size=3M",
        "dpo.beta=0.5",
    ]
    assert changed_keys(load_recipe("laptop", ["name=own", "dpo.beta=0.5"])) == [], (
        "one's own is as it was written"
    )
    assert flow_yaml({"a": [1, None]}) == "{a: [1, null]}"


@pytest.mark.parametrize(
    ("change", "form"),
    [("problems.families=gcd", "a map, written {KEY: VALUE}"), ("training.seeds=0", "a list, written [")],
)
def test_a_value_of_the_wrong_form_is_answered_with_the_right_one(change: str, form: str) -> None:
    key, _, value = change.partition("=")
    with pytest.raises(InputError) as error:
        load_recipe("laptop", [change])
    assert f"{key}: input should be {form}" in str(error.value)
    assert value in str(error.value)


def test_the_table_of_arms_says_what_differs_and_nothing_else() -> None:
    table = arms(load_recipe("wrong-turns"))
    assert table.columns == ("arm", "trained on", "stages", "traces.wrong_turns")
    assert [row[-1] for row in table.rows] == ["0", "1", "2", "4", "8"]
    stages = [row[2] for row in arms(load_recipe("adapters")).rows]
    first = "first (SFT) on traces of diophantine (learning_rate = 0.004)"
    assert stages[0] == f"{first}, then second (continue) on traces of derivative"
    lora = "adapter.kind = lora, adapter.rank = 32, adapter.alpha = 64, adapter.embeddings = True"
    assert stages[1].endswith(f"second (continue) on traces of derivative ({lora})")
    own = load_recipe(
        "test-time", ["base.size={hidden: 64, layers: 2, heads: 4, kv_heads: 4, intermediate: 96}"]
    )
    named = arms(own)
    assert named.columns[-2:] == ("base.size", "sft.learning_rate")
    small = "hidden 64, layers 2, heads 4, kv_heads 4, intermediate 96"
    assert [row[-2] for row in named.rows] == [small, small, "3M"]


def test_the_recipe_of_the_readme_is_taken(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    lines = readme[readme.index("    from: laptop") :].split("\n\n")[0].splitlines()
    file = tmp_path / "small-steps.yaml"
    file.write_text("\n".join(line.removeprefix("    ") for line in lines))
    for quick in (False, True):
        recipe = load_recipe(str(file), quick=quick)
        assert [arm.name for arm in recipe.arms] == ["journey", "masked"]
        assert list(recipe.evaluation.samples) == ([] if quick else ["journey"])
