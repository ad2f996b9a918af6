"""A model's own mistakes: read from its outputs, proved, put into graphs, walked and planted."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from journey.errors import InputError
from journey.graph import SolutionGraph
from journey.problem import Problem
from search.explore import Budget, explore
from search.proposers.symbolic import Symbolic
from tests.conftest import graph_of
from tests.test_decoding import problem
from traces.audit import Audit, audit
from traces.mistakes import find_mistakes, with_mistakes
from traces.text import STYLES, parse, render
from traces.trace import Trace
from traces.walks import WalkSettings, walk
from train.evaluation.decoding.planted import make_plants
from train.recipe.dependencies import stages
from train.recipe.load import load_recipe

OUTPUT = "y=0:7x=173\n!5<\nnonsense\ny=1:7x=151\nx=22\n=22,1"
"""After y = 0 a slip: 173 - 12 = 161. And x = 22 does not follow from 7x = 151."""
OWN = WalkSettings(mistaken=1.0, mistakes_from="model")


def searched(one: Problem, mistakes: float = 0.0) -> SolutionGraph:
    return explore(one, Symbolic(mistakes, 0), "depth", Budget(steps=300))


def journeys_of(family: str, index: int) -> tuple[SolutionGraph, Trace]:
    """The graph of a search without mistakes, and a journey about the problem that has many."""
    trace = walk("journey", graph_of(family, index, mistakes=1.0), WalkSettings())
    assert trace is not None
    return graph_of(family, index, mistakes=0.0), trace


def wrong_lines(report: Audit) -> list[str]:
    return [line.text for line in report.wrong_steps]


def test_refuted_steps_are_found_with_their_proofs() -> None:
    slip, division = find_mistakes(problem(), [OUTPUT, "y=2:7x=149", OUTPUT])
    assert (slip.source, slip.target) == ("7x+12y=173", "y=1, 7x=151")
    assert str(slip.evidence) == "173 - 12*1 = 161, not 151"
    assert slip.tried == ("y=0, 7x=173",)
    assert (slip.count, slip.solved) == (2, False)
    assert (division.source, division.count, division.solved) == ("y=1, 7x=151", 2, True)
    assert find_mistakes(problem(), ["y=0:7x=173\n!5<\ny=1:7x=161\nx=23\n=23,1", "", "?"]) == []


def test_a_mistake_comes_where_the_model_made_it() -> None:
    graph = searched(problem())
    before = graph.to_record()
    more = with_mistakes(graph, find_mistakes(problem(), [OUTPUT]), "model")
    assert graph.to_record() == before
    assert [step.target for step in more.steps_from(more.root)] == [
        "y=0, 7x=173",
        "y=1, 7x=151",
        "y=1, 7x=161",
    ]
    assert [step.order for step in more.steps()] == list(range(len(graph.steps()) + 1))
    assert {step.proposer for step in more.steps()} == {"symbolic", "model"}
    assert [s.target for s in more.solution() or []] == [s.target for s in graph.solution() or []]
    assert SolutionGraph.from_record(more.to_record()).to_record() == more.to_record()
    trace = walk("journey", more, OWN)
    assert trace is not None
    assert render(trace) == "y=0:7x=173\n!5<\ny=1:7x=151\n!161<\ny=1:7x=161\nx=23\n=23,1"


def test_mistakes_from_nowhere_and_in_circles_are_left_out() -> None:
    graph = searched(problem())
    elsewhere = find_mistakes(problem(), ["y=9:7x=65\nx=9"])
    circle = find_mistakes(problem(), ["x=3"])
    assert elsewhere and circle
    assert with_mistakes(graph, [*elsewhere, *circle], "model").to_record() == graph.to_record()


@pytest.mark.parametrize("style", STYLES)
def test_own_mistakes_become_audited_journeys(family: str, style: str) -> None:
    taught = 0
    for index in range(6):
        graph, written = journeys_of(family, index)
        own = find_mistakes(graph.problem, [render(written, style, index)], style)
        more = with_mistakes(graph, own, "model")
        trace = walk("journey", more, OWN)
        assert trace is not None
        text = render(trace, style, index)
        assert parse(graph.problem, text, style) == trace
        report = audit(graph.problem, text, style)
        assert report.solved and not report.faults
        assert len(report.wrong_steps) <= 1
        taught += len(report.wrong_steps)
    assert taught >= 3


def test_only_the_chosen_proposer_s_mistakes_are_walked(family: str) -> None:
    for index in range(6):
        synthetic = graph_of(family, index, mistakes=1.0)
        none = walk("journey", synthetic, WalkSettings(mistakes_from="model"))
        assert none is not None
        assert not audit(none.problem, render(none)).wrong_steps


@pytest.mark.parametrize("family", ["countdown", "diophantine", "linear"])
def test_a_share_of_the_journeys_has_one_mistake(family: str) -> None:
    mistaken: dict[float, set[int]] = {}
    for share in (0.0, 0.1, 0.33, 1.0):
        mistaken[share] = set()
        for index in range(24):
            trace = walk("journey", graph_of(family, index), WalkSettings(mistaken=share, mistakes=0.02))
            assert trace is not None
            count = len(audit(trace.problem, render(trace)).wrong_steps)
            assert count <= 1
            mistaken[share] |= {index} if count else set()
    assert not mistaken[0.0]
    assert mistaken[0.1] <= mistaken[0.33] <= mistaken[1.0]
    assert len(mistaken[1.0]) > 12
    assert 0 < len(mistaken[0.33]) / len(mistaken[1.0]) < 0.7


def wrong_turns(trace: Trace | None) -> tuple[list[str], list[str]]:
    """The moves of a journey that were wrong, and the sound ones that were left for a dead end, as lines."""
    assert trace is not None
    lines = audit(trace.problem, render(trace)).lines
    left = [before for before, line in pairwise(lines) if line.says == "notice"]
    return [line.text for line in left if not line.sound], [line.text for line in left if line.sound]


@pytest.mark.parametrize("limits", [{"wrong_turns": k} for k in (0, 1, 2, 24)] + [{"total": 2}, {"depth": 2}])
@pytest.mark.parametrize("dead_ends", [0.5, 1.0])
def test_arms_of_mistaken_differ_in_the_mistake_alone(limits: dict[str, Any], dead_ends: float) -> None:
    taught = 0
    for index in range(40):
        graph = graph_of("diophantine", index, mistakes=1.0)

        def journey(graph: SolutionGraph = graph, **settings: Any) -> Trace | None:
            return walk("journey", graph, WalkSettings(dead_ends=dead_ends, **limits, **settings))

        without = journey(mistakes=0.0)
        assert journey(mistaken=0.0) == without
        assert journey(graph_of("diophantine", index, mistakes=0.0), mistakes=0.0) == without
        if "depth" in limits:
            continue
        mistaken, plain = wrong_turns(journey(mistaken=1.0)), wrong_turns(without)
        assert len(mistaken[0]) <= 1
        assert not Counter(mistaken[1]) - Counter(plain[1])
        assert len(plain[1]) - len(mistaken[1]) <= len(mistaken[0])
        taught += len(mistaken[0])
        for each in (mistaken, plain):
            assert len(each[0]) + len(each[1]) <= limits.get("total", 1000)
    assert taught >= 30 or "depth" in limits or limits == {"wrong_turns": 0}


def test_reduced_mixed_journeys_have_half_the_mistakes() -> None:
    def count(dropped: float) -> int:
        settings = WalkSettings(fast=0.0, dropped=dropped, mistaken=1.0)
        graphs = [graph_of("diophantine", index, mistakes=1.0) for index in range(60)]
        return sum(len(wrong_turns(walk("mixed", graph, settings))[0]) for graph in graphs)

    assert count(0.0) >= 50
    assert 0.3 < count(1.0) / count(0.0) < 0.7


def test_a_plant_stands_where_the_step_was_explored() -> None:
    graph = searched(problem())
    more = with_mistakes(graph, find_mistakes(problem(), ["y=0:7x=172", OUTPUT]), "model")
    plants = {
        plant.wrong: plant.before
        for seed in range(30)
        for plant in make_plants([more], "journey", WalkSettings(), seed=seed, proposer="model")
    }
    assert plants == {"y=0:7x=172": "", "y=1:7x=151": "y=0:7x=173\n!5<\n"}
    assert make_plants([more], "journey", WalkSettings(), proposer="nobody") == []
    shortcut = make_plants([more], "shortcut", WalkSettings(), proposer="model")
    assert [plant.before for plant in shortcut] == [""]


def test_the_lines_before_a_plant_hold_no_mistake() -> None:
    graphs = [graph_of("diophantine", index, mistakes=1.0) for index in range(12)]
    for plant in make_plants(graphs, "journey", WalkSettings(mistakes=1.0, mistaken=1.0)):
        assert wrong_lines(audit(plant.problem, plant.before + plant.wrong)) == [plant.wrong]


ARMS = "arms=[{name: none, traces: journey}, {name: own, traces: %s, set: {traces.mistakes_from: %s}%s}]"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["traces.mistakes_from=none"], "set traces.mistakes_from in the arms"),
        ([ARMS % ("shuffled", "none", "")], "no kind of trace with traces.mistakes_from 'shuffled'"),
        ([ARMS % ("journey", "nine", "")], "no arm 'nine': did you mean 'none'"),
        ([ARMS % ("journey", "own", "")], "own cannot give its mistakes"),
        (
            [ARMS % ("journey", "none", ", stages: [sft, {kind: dpo, pairs: [step]}]")],
            "dpo of own: traces.mistakes_from makes no pairs",
        ),
        (
            [ARMS % ("erased", "none", "")],
            "own needs an arm whose walk settings differ in nothing but mistakes",
        ),
        (
            [ARMS.replace("}%s}]", ", traces.depth: 2}%s}]") % ("journey", "none", "")],
            "own needs an arm whose walk settings differ in nothing but mistakes",
        ),
        (
            ["evaluation.methods={problems: 9, planted_from: none}", ARMS % ("journey", "none", "")],
            "methods.planted_from needs methods.planted",
        ),
    ],
)
def test_what_cannot_give_mistakes_is_refused(changes: list[str], message: str) -> None:
    settings = ["claims=[]", "compare=[]", *changes]
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        load_recipe("noticing", settings)


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("own > none on noticed in harder", "noticed is measured in own only"),
        ("own > none on recovered in own", None),
        ("own > none on right_after_error", None),
        ("own > none on pass@1 in own", "set evaluation.sets.own"),
    ],
)
def test_claims_name_the_plants_of_a_model(claim: str, message: str | None) -> None:
    if message is None:
        assert load_recipe("noticing", [f"claims=[{claim}]"]).claims == [claim]
        return
    with pytest.raises(InputError, match=message):
        load_recipe("noticing", [f"claims=[{claim}]"])


def differing(*changes: str) -> set[str]:
    seeds = "training.seeds=[0]"
    before = {stage.mark: stage.digest for stage in stages(load_recipe("noticing", [seeds]))}
    after = {stage.mark: stage.digest for stage in stages(load_recipe("noticing", [seeds, *changes]))}
    return {mark for mark in before if before[mark] != after.get(mark)}


def arms(none: str = "", own: str = "1.0") -> str:
    return (
        f"arms=[{{name: none, traces: journey, set: {{traces.mistaken: 0.0{none}}}}}, "
        "{name: tenth, traces: journey, set: {traces.mistaken: 0.1}}, "
        "{name: third, traces: journey, set: {traces.mistaken: 0.33}}, "
        f"{{name: own, traces: journey, set: {{traces.mistakes_from: none, traces.mistaken: {own}}}}}]"
    )


def test_a_later_arm_may_hold_another_share_of_mistakes() -> None:
    changes = ["claims=[]", "compare=[]", ARMS.replace("}%s}]", ", traces.mistakes: 1.0}}]")]
    assert load_recipe("noticing", [*changes[:2], changes[2] % ("journey", "none")]).later_arms


def test_an_update_repeats_later_traces_of_another_template() -> None:
    """Whether they fit depends on the chat template and the tokenizer of the arm that learns from them."""
    own = f"traces-{load_recipe('noticing').arm('own').variant}"

    def digest(changes: str) -> str:
        sizes = "{name: own, traces: journey, set: {base.context: 512, traces.mistakes_from: none, %s}}"
        first = "{name: none, traces: journey, set: {traces.mistaken: 0.0}}"
        recipe = load_recipe("noticing", ["claims=[]", "compare=[]", f"arms=[{first}, {sizes % changes}]"])
        return next(stage.digest for stage in stages(recipe) if stage.mark == own)

    plain = digest("traces.mistaken: 1.0")
    assert digest("traces.mistaken: 1.0, sft.learning_rate: 0.001") == plain
    assert digest("traces.mistaken: 1.0, base.chat: plain") != plain
    assert digest("traces.mistaken: 1.0, base.numbers: 50") != plain


def test_an_update_repeats_what_a_source_s_change_affects() -> None:
    assert differing(arms()) == set()
    variant = "journey,mistaken=1.0,mistakes_from=none"
    learner = {"sft-own", "eval-own-sft"}
    # The variant has another name then, so its traces are another stage.
    assert differing(arms(own="0.5")) == {f"traces-{variant}", *learner}
    source = {"sft-none", "mistakes-none", f"traces-{variant}", *learner, "eval-none-sft"}
    evaluated = {"eval-tenth-sft", "eval-third-sft"}
    assert differing(arms(none=", sft.learning_rate: 0.001")) == source | evaluated
    without = [
        "claims=[]",
        "compare=[]",
        "evaluation.methods.planted_from=null",
        "arms=[{name: none, traces: journey, set: {traces.mistaken: 0.0}}, "
        "{name: tenth, traces: journey, set: {traces.mistaken: 0.1}}, "
        "{name: third, traces: journey, set: {traces.mistaken: 0.33}}]",
    ]
    assert differing(*without) == {
        "mistakes-none",
        f"traces-{variant}",
        *learner,
        *evaluated,
        "eval-none-sft",
    }
