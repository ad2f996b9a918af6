"""The problems that a report shows: which are chosen, how a graph is drawn, what a text looks like."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from journey.graph import SolutionGraph, State
from journey.step import Evidence, Move, Step, Verdict
from tests.conftest import graph_of
from tests.made_up import CLAIMS, NINE, REGISTRATION, changed
from train.recipe.load import load_recipe
from train.report import claims, cost_plots, plots, render, tables
from train.report.canvas import ink
from train.report.content import command
from train.report.examples import Example, Examples, choose, written
from train.report.graphs import MAX_STATES, draw


def test_both_directions_and_several_levels_are_chosen() -> None:
    right = {f"a{n}": (True, False) for n in range(20)} | {f"b{n}": (False, True) for n in range(3)}
    levels = {id: n % 3 + 1 for n, id in enumerate(right)}
    lines = {id: 10 for id in right} | {"a3": 90}
    chosen = choose(right, levels, lines)
    assert chosen == ["a0", "a1", "a11", "b1", "b2"]
    assert [levels[id] for id in chosen] == [1, 2, 3, 1, 2]
    assert chosen == choose(dict(reversed(right.items())), levels, lines)


def test_problems_on_which_arms_agree_fill_up() -> None:
    right = {"p": (False, False), "q": (True, True), "r": (True, False), "s": (False, True)}
    assert choose(right, dict.fromkeys(right, 1), dict.fromkeys(right, 5)) == ["r", "s", "q", "p"]
    assert choose(right, dict.fromkeys(right, 1), dict.fromkeys(right, 5), most=2) == ["r", "s"]


def boxes(svg: str) -> list[tuple[float, float, float, float]]:
    root = ElementTree.fromstring(svg)
    result = [each.attrib for each in root.iter("rect")]
    return [tuple(float(each[k]) for k in ("x", "y", "width", "height")) for each in result]  # type: ignore[misc]


@pytest.mark.parametrize("family", ["diophantine", "linear", "countdown", "radical", "story"])
def test_a_graph_is_drawn_with_room_for_every_state(family: str) -> None:
    for index in range(4):
        graph = graph_of(family, index)
        svg = draw(graph)
        result = boxes(svg)
        assert 1 < len(result) <= max(MAX_STATES, len(graph.solution() or []) + 1)
        for at, (x, y, width, height) in enumerate(result):
            for other_x, other_y, other_width, other_height in result[at + 1 :]:
                apart = x + width <= other_x or other_x + other_width <= x
                assert apart or y + height <= other_y or other_y + other_height <= y
        path = [
            row for row in re.findall(r'<g class="path"><title>[^<]*</title><rect x="[^"]*" y="([^"]*)"', svg)
        ]
        assert len(path) == len(graph.solution() or []) + 1
        assert len(set(path)) == 1, "the solution is a straight line"


def test_verdicts_have_their_own_style_and_text_is_escaped() -> None:
    problem = replace(graph_of("diophantine", 0).problem, statement="<b>What?</b>")
    graph = SolutionGraph(problem, "start")
    graph.add_state(State("start"))
    for order, verdict in enumerate(Verdict):
        key = f"<script>{verdict}"
        graph.add_state(State(key, solved=verdict is Verdict.VALID))
        evidence = None if verdict is Verdict.VALID else Evidence("stated", ('a < b & "c"',))
        graph.add_step(Step("start", key, order, Move("so", (), key), verdict, evidence, "here"))
    svg = draw(graph)
    ElementTree.fromstring(svg)
    assert "<script>" not in svg
    for look in ("path", "wrong", "loses", "adds", "unknown"):
        assert f'<g class="{look}">' in svg
    assert "4 of them wrong" in svg


class Tags(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.classes: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.classes += (dict(attrs).get("class") or "").split()


def test_the_page_shows_claims_and_escapes_outputs() -> None:
    recipe = load_recipe("laptop")
    graph = graph_of("diophantine", 0)
    text = written(graph.problem, "journey", "wrong", "<img src=x onerror=alert(1)>\n=<b>1", "terse")
    example = Example(graph.problem, "journey wrong", draw(graph), [text, text], [text], [text])
    judged = changed(NINE, claims=CLAIMS, registration=REGISTRATION)
    made = [*tables.tables(judged), tables.arms(recipe)]
    with ink():
        pictures = [plots.accuracy(NINE), cost_plots.tokens(NINE), plots.recovery(NINE), plots.levels(NINE)]
    drawn = {plot.name: plot for plot in pictures if plot is not None}
    content = {
        "recipe": recipe,
        "results": NINE,
        "comparisons": ["One.", "Two."],
        "tables": {each.name: each for each in made},
        "claims": CLAIMS,
        "plots": drawn,
        "problems": Examples("Of 2 problems these are shown.", [example]),
        "command": command(recipe),
        "yaml": "a: 1",
        "machine": {"processor": "P", "cores": 2, "memory_gib": 8, "system": "S", "commit": None,
                    "versions": {}, "gpus": ["G"]},
        "precision": "float32",
        "seeds": "problems: 0",
        "claim_summary": claims.summary(judged),
        "claim_format": claims,
        "training_example": None,
    }  # fmt: skip
    page = render("report.html", content)
    tags = Tags(page)
    assert not {"img", "script"} & set(tags.seen)
    assert {"supported", "contradicted", "undecided"} <= set(tags.classes)
    words = " ".join(re.sub(r"<[^>]*>", " ", page).split())
    assert "✗ contradicted filler &lt;i&gt;~&lt;/i&gt; shortcut -20.0 points" in words
    assert (
        "+1.0 tokens, 95&nbsp;% interval -2.0 to +4.0, p = 0.5; 1,000 problems in 7 clusters, 1 seed; "
        "registered after training. This design detects a difference of 4.2 tokens or more. "
        "What would decide it" in words
    )
    assert "1 of 3 claims is supported, 1 is contradicted and 1 is undecided." in words
    assert "P, 2 cores, 8 GiB, S; G" in words
    assert "? unreadable" in words
    assert (
        "| ? undecided | rewarded.grpo < rewarded.sft on tokens | about 4,000 problems | +1.0 tokens |"
        in render("report.md", content)
    )
    assert "What can be claimed" in page
    assert "What can be claimed" not in render("report.html", {**content, "claims": []})


def test_the_command_is_the_one_that_made_the_recipe() -> None:
    assert command(load_recipe("laptop", ["seed=3"])) == "journey run laptop --seed 3"
    assert command(load_recipe("laptop", quick=True)) == "journey run laptop --quick --seed 0"
    assert command(load_recipe("laptop", ["training.tokens=5"])) == "journey run recipe.yaml"
