"""Outputs that are begun with a wrong step, other problem sets, and what was forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from journey.errors import InputError
from journey.runs.store import Run
from tests.conftest import graph_of
from tests.test_decoding import END
from traces.audit import audit
from traces.run_files import read_texts
from traces.text import prompt
from traces.walks import WalkSettings
from train.console import Console
from train.evaluation.decoding.batching import Output
from train.evaluation.decoding.planted import Plant, continue_plants, make_plants, summarize
from train.evaluation.problem_sets import draw_set, require_sets
from train.pipeline.data import make_problems
from train.pipeline.experiment import open_run
from train.recipe.evaluation_settings import ProblemSet
from train.recipe.load import load_recipe, recipe_of, shipped

GRAPHS = [graph_of("diophantine", index, mistakes=1.0) for index in range(12)]


class Told:
    """Writes fixed outputs for every prompt."""

    reads_pictures = False

    def __init__(self, *texts: str) -> None:
        self.texts = texts
        self.asked: list[str] = []

    def encode(self, text: str) -> tuple[int, ...]:
        return tuple(map(ord, text))

    def encode_prompt(self, text: str) -> tuple[int, ...]:
        return self.encode(text)

    def decode(self, ids: list[int]) -> str:
        return "".join(chr(token) for token in ids if token != END)

    def ended(self, output: Output) -> bool:
        return output.ids[-1] == END

    def generate(self, jobs: list[object], **named: object) -> list[Output]:
        self.asked = [self.decode(job.ids) for job in jobs]  # type: ignore[attr-defined]
        return [Output([*map(ord, text), END], [], True) for text in self.texts]


@pytest.mark.parametrize("style", ["terse", "prose"])
@pytest.mark.parametrize("kind", ["shortcut", "journey"])
def test_a_plant_is_the_teachers_lines_and_one_wrong_step(kind: str, style: str) -> None:
    result = make_plants(GRAPHS, kind, WalkSettings(mistakes=0), style)
    assert len(result) >= 10
    for plant in result:
        lines = audit(plant.problem, plant.before + plant.wrong, style).lines
        assert [line.says for line in lines if not line.sound] == ["take"]
        assert not lines[-1].sound
        assert "\n" not in plant.wrong
    if kind == "journey":
        assert any("\n" in plant.before[:-1] for plant in result)


def test_every_arm_is_given_the_same_wrong_step() -> None:
    shortcut, journey = (
        make_plants(GRAPHS, kind, WalkSettings(mistakes=0)) for kind in ("shortcut", "journey")
    )
    assert [(plant.problem.id, plant.wrong) for plant in shortcut] == [
        (plant.problem.id, plant.wrong) for plant in journey
    ]
    assert shortcut != journey
    assert shortcut != make_plants(GRAPHS, "shortcut", WalkSettings(mistakes=0), seed=1)


def test_noticing_takes_the_proof_and_going_back() -> None:
    plant = next(plant for plant in make_plants(GRAPHS, "shortcut", WalkSettings()) if not plant.before)
    problem = plant.problem
    walk = audit(problem, plant.wrong).lines[-1]
    assert walk.evidence is not None
    shown = [line for line in _solution(plant) if line]
    rest = "\n".join(shown)
    proof = _proof(plant)
    answers = Told(f"!{proof}<\n{rest}", f"={problem.answer}", f"<\n{rest}", "!999<\n=1,1")
    result = continue_plants(answers, [plant] * 4, 100)  # type: ignore[arg-type]
    assert [(output.noticed, output.correct) for output in result] == [
        (True, True),
        (False, True),
        (False, True),
        (False, False),
    ]
    assert answers.asked[0] == f"{prompt(problem)}{plant.wrong}\n"
    figures = summarize([result], {})
    assert figures.n == 4
    assert figures.noticed.share == 0.25
    assert figures.solved.share == 0.75
    assert figures.solved_if_noticed.share == 1.0


def _solution(plant: Plant) -> list[str]:
    from traces.text import render
    from traces.walks import shortcut

    graph = next(graph for graph in GRAPHS if graph.problem.id == plant.problem.id)
    trace = shortcut(graph, WalkSettings())
    assert trace is not None
    return render(trace).split("\n")


def _proof(plant: Plant) -> str:
    from traces.text import read_line
    from traces.trace import Walk

    walk = Walk(plant.problem)
    read_line(walk, plant.wrong)
    return walk.proof(1).terse()


def test_a_set_is_one_level_harder_or_of_another_family() -> None:
    recipe = load_recipe("laptop")
    harder = draw_set(recipe, ProblemSet(count=7))
    assert {(problem.family, problem.level) for problem in harder} == {("diophantine", 4)}
    assert len({problem.id for problem in harder}) == 7
    others = draw_set(recipe, ProblemSet(count=5, families=["linear", "system"], levels=[1]))
    assert [problem.family for problem in others] == ["linear"] * 2 + ["system"] * 3
    assert {problem.split for problem in harder + others} == {"heldout"}


@pytest.mark.parametrize("name", shipped())
def test_the_sets_of_shipped_recipes_can_be_drawn(name: str) -> None:
    for quick in (False, True):
        recipe = load_recipe(name, quick=quick)
        # The files of sets such as GSM8K are the user's.
        drawn = {key: each for key, each in recipe.evaluation.sets.items() if each.file is None}
        evaluation = recipe.evaluation.model_copy(update={"sets": drawn})
        require_sets(recipe.model_copy(update={"evaluation": evaluation}))


def test_an_impossible_set_is_refused_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("journey.problem.MAX_REPEATED_DRAWS", 500)
    recipe = load_recipe("laptop", ["evaluation.sets={huge: {count: 5, levels: [1], numbers: [9000, 9999]}}"])
    message = r"evaluation\.sets\.huge: diophantine has only about 0 heldout problems .* from 9000 to 9999"
    with pytest.raises(InputError, match=message):
        make_problems(open_run(tmp_path / "run", recipe), recipe, Console(quiet=True))
    assert not (tmp_path / "run" / "problems" / "train.jsonl").exists()


def test_a_set_above_the_hardest_level_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"evaluation\.sets\.harder needs `levels`: there is no level above 5"
    ):
        load_recipe("laptop", ["problems.levels=[5]", "evaluation.sets={harder: {count: 3}}"])
    with pytest.raises(InputError, match="diophantine"):
        load_recipe("laptop", ["evaluation.sets={other: {count: 3, families: [diophantin]}}"])


def test_earlier_data_that_is_not_there_is_reported_at_once() -> None:
    with pytest.raises(InputError, match=r"the file none\.txt in evaluation\.earlier does not exist"):
        load_recipe("laptop", ["evaluation.earlier=[none.txt]"])


def test_the_loss_on_earlier_texts_is_that_of_each_text_alone(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from train.evaluation.forgetting import forgotten, read_texts, rows_of_file
    from train.models.base import save_base

    size = "base.size={hidden: 16, layers: 1, heads: 2, kv_heads: 2, intermediate: 16}"
    sizes = load_recipe("laptop", [size]).base
    texts = ["1+2=3", "12+7=19\n", "5", "3*4=12 and 12+1=13"]
    for seed, name in enumerate(("before", "after")):
        save_base(tmp_path / name, texts, sizes, seed=seed)
    file = tmp_path / "earlier.txt"
    file.write_text("\n".join(text.strip() for text in texts) + "\n")
    earlier = {str(file): rows_of_file(file, AutoTokenizer.from_pretrained(tmp_path / "before"), 6)}
    figures, rows = forgotten(tmp_path / "before", tmp_path / "after", earlier, batch=2)
    result = figures[str(file)]
    assert [row["id"] for row in rows] == [f"{file}:{number}" for number in (0, 1, 3)], (
        "one token has no loss"
    )
    rise = sum(row["tokens"] * row["change"] for row in rows) / result.tokens
    assert rise == pytest.approx(result.after - result.before, rel=1e-4)
    for name in ("before", "after"):
        tokenizer = AutoTokenizer.from_pretrained(tmp_path / name)
        model = AutoModelForCausalLM.from_pretrained(tmp_path / name)
        total, count = 0.0, 0
        for text in read_texts(file):
            ids = torch.tensor([tokenizer(text)["input_ids"][:6]])
            if ids.shape[1] > 1:
                total += model(ids, labels=ids).loss.item() * (ids.shape[1] - 1)
                count += ids.shape[1] - 1
        assert result.tokens == count
        assert getattr(result, name) == pytest.approx(total / count, rel=1e-4)
    assert result.before != result.after


def test_a_later_stage_is_asked_what_the_first_one_taught(quick_run: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from train.models.token_rows import encode
    from train.pipeline.eval_job import measure_forgetting

    run = Run(quick_run)
    recipe = recipe_of(run)
    evaluation = recipe.evaluation.model_copy(update={"earlier": ["heldout"]})
    recipe = recipe.model_copy(update={"evaluation": evaluation})
    replica = recipe.replica("journey")
    first = run.path / "models" / "journey" / "sft"
    tokenizer = AutoTokenizer.from_pretrained(first)
    assert measure_forgetting(run, recipe, replica, "sft", tokenizer) == ({}, []), (
        "it forgets nothing of itself"
    )
    figures, changes = measure_forgetting(run, recipe, replica, "dpo", tokenizer)
    rows = encode(tokenizer, read_texts(run, "journey", "heldout"))
    rows = [row for row in rows if len(row["input_ids"]) <= recipe.base.context]
    assert len(changes) == len(rows)
    model = AutoModelForCausalLM.from_pretrained(first)
    counts = [sum(label >= 0 for label in row["labels"]) for row in rows]
    total = 0.0
    for row, count in zip(rows, counts, strict=True):
        words = {name: torch.tensor([row[name]]) for name in ("input_ids", "labels")}
        total += model(**words).loss.item() * count
    result = figures["heldout"]
    assert result.tokens == sum(counts)
    assert result.before == pytest.approx(total / sum(counts), rel=1e-4)
    assert result.after != result.before


def test_texts_that_cannot_be_read_are_reported(tmp_path: Path) -> None:
    from train.evaluation.forgetting import read_texts

    with pytest.raises(InputError, match="cannot read the texts"):
        read_texts(tmp_path / "none.txt")
    (tmp_path / "bad.jsonl").write_text('{"words": 1}\n')
    with pytest.raises(InputError, match='is not JSON with a "text"'):
        read_texts(tmp_path / "bad.jsonl")
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(InputError, match="holds no text"):
        read_texts(tmp_path / "empty.txt")
