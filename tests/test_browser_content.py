"""What the browser shows, made without a screen: graphs, audited texts, filters, states in two dimensions."""

from __future__ import annotations

from pathlib import Path

import pytest

from journey.errors import InputError
from journey.problem import Problem
from journey.runs.index import open_index
from journey.runs.problem_list import Query
from journey.step import REFUTED
from tests.browsed import GRAPHS, make_run, text_of
from tests.conftest import graph_of
from traces.audit import audit
from traces.browser import queries, rows
from traces.browser.numbers import siblings
from traces.browser.pretty import pretty
from traces.browser.problem_view import ProblemView, problem_views, story, turns
from traces.browser.records import read_records
from traces.outline import Branch, Standing, outline
from train.analysis.results_schema import read_results
from train.report.run_numbers import evaluated_models


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("browsed") / "run")


def branches(branch: Branch) -> list[Branch]:
    return [branch, *(each for further in branch.children for each in branches(further))]


def complete_view(run: Path, problem: Problem) -> ProblemView:
    with open_index(run) as index:
        return list(problem_views(read_records(index, problem.id)))[-1]


def test_each_step_is_shown_once_and_each_state_unfolded_once(family: str) -> None:
    for number in range(4):
        graph = graph_of(family, number)
        shown = branches(outline(graph))[1:]
        steps = {(each.step.source, each.step.order) for each in shown if each.step}
        assert len(shown) == len(steps) == graph.graph.number_of_edges()
        homes = [each for each in shown if each.elsewhere is None]
        assert len({each.state.key for each in homes}) == len(homes) == len(graph) - 1
        path = {(step.source, step.order) for step in graph.solution() or []}
        for each in shown:
            assert each.step is not None
            other_parents = {*graph.graph.predecessors(each.step.target)} - {each.step.source}
            assert {*each.parents} == other_parents
            on_path = (each.step.source, each.step.order) in path
            assert on_path == (each.standing is Standing.PATH)
            assert not (on_path and each.elsewhere), "the solution path is shown whole"
            if each.standing is Standing.WRONG:
                assert not graph.sound(each.step)
                assert each.step.verdict in REFUTED
            if each.standing is Standing.HOPELESS:
                assert each.state.hopeless
                assert each.elsewhere or each.dead_end_evidence
            if each.standing is Standing.DEAD_END:
                assert not each.state.hopeless, "no goal was found, and nothing proves that there is none"


def test_lines_know_their_steps_and_where_wrong_turns_begin(run: Path) -> None:
    for graph in GRAPHS[:8]:
        view = complete_view(run, graph.problem)
        steps = {(step.source, step.order): step for step in graph.steps()}
        for kind in ("shortcut", "journey", "stream"):
            report = audit(graph.problem, text_of(kind, graph))
            column = view.columns[kind]
            for line, seen in zip(report.lines, column.lines, strict=True):
                assert line.text in seen.text.plain
                if line.evidence:
                    assert line.evidence in seen.text.plain
                if line.says == "take":
                    assert seen.edge is not None
                    assert (steps[seen.edge].source, steps[seen.edge].target) == (line.source, line.target)
                    assert steps[seen.edge].verdict is line.verdict
                if line.says == "notice":
                    assert seen.edge is not None
                    turn = next(
                        other
                        for other in report.lines[: report.lines.index(line)][::-1]
                        if (other.source, other.target) == (line.source, line.target)
                    )
                    assert turn.left, "what is noticed is left"
            begun = sum(line.turn for line in column.lines)
            if kind == "shortcut":
                assert begun == 0
            if kind == "journey":
                assert begun == sum(line.says == "notice" for line in report.lines)


def test_a_story_says_where_it_erred_and_how_it_ended() -> None:
    graph = next(g for g in GRAPHS if g.problem.family == "diophantine" and "!" in text_of("journey", g))
    journey = audit(graph.problem, text_of("journey", graph))
    assert "✓ right" in story(journey).plain
    wrong = text_of("journey", graph).split("\n")[0] + "\nhm\n=0,0"
    report = audit(graph.problem, wrong)
    summary = story(report).plain
    assert summary.startswith("✗ not right")
    assert "1 unreadable" in summary
    if not report.lines[0].sound:
        assert "erred on line 1 · line 1 unnoticed · did not recover" in summary
    assert "it does not conclude" in story(audit(graph.problem, "hm")).plain
    assert turns(report.lines) <= {0}


def test_a_model_s_outputs_stand_next_to_the_teacher(run: Path) -> None:
    view = complete_view(run, GRAPHS[0].problem)
    assert [output.column.name for output in view.outputs] == [
        "journey-sft",
        "journey-sft sample 1",
        "shortcut-sft",
    ]
    assert [output.label.plain[0] for output in view.outputs] == ["✓", "✗", "✗"]
    assert view.teacher == "journey"
    assert {*view.columns} == {"shortcut", "journey", "stream", "journey-sft", "shortcut-sft"}
    assert complete_view(run, GRAPHS[20].problem).outputs == []


def test_broken_records_are_reported_in_their_place(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    path = run / "traces/journey.jsonl"
    lines = path.read_text().split("\n")
    lines[0] = lines[0].replace('"style":"terse"', '"style":"verse"')
    path.write_text("\n".join(lines))
    samples = run / "evals/shortcut-sft/samples.jsonl"
    samples.write_text(samples.read_text().replace('"text"', '"txet"'))
    part = run / "graphs/part-00000.jsonl"
    part.write_text(part.read_text().replace('"verdict":"wrong"', '"verdict":"wrogn"', 1))
    spoilt = next(graph for graph in GRAPHS if any(step.verdict == "wrong" for step in graph.steps()))
    view = complete_view(run, spoilt.problem)
    assert "row is broken" in view.head.plain
    assert "wrogn" in view.head.plain
    assert view.complete
    assert view.root is None
    other = complete_view(run, GRAPHS[1].problem)
    assert "no 'text'" in other.outputs[-1].column.verdict.plain
    assert other.root is not None
    with open_index(run) as index:
        index.refresh()
        records = read_records(index, GRAPHS[0].problem.id)
    assert len(records.traces) == 3


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("(x-1)/2=3", "x - 1\n───── = 3\n  2"),
        ("x=2 or x=-3", "x = 2 or x = -3"),
        ("x=(3+-sqrt(5))/2", "    3 ± √5\nx = ──────\n      2"),
        ("x^2-81=0; kept 9", " 2\nx  - 81 = 0; kept 9"),
        ("left -9; kept 9", "left -9; kept 9"),
        ("x-(y-2)", "x - (y - 2)"),
        ("no solution", "no solution"),
        ("__import__('os')", "__import__('os')"),
        ("x" * 500, "x" * 500),
        ("", ""),
    ],
)
def test_states_are_drawn_by_sympy(text: str, drawn: str) -> None:
    assert pretty(text) == drawn


def test_every_state_of_every_family_is_drawn(family: str) -> None:
    for state in graph_of(family, 1).states():
        for sign in ("2", "3", "7"):
            assert (sign in state.key) <= (sign in pretty(state.key))


def test_filters_are_counted_and_put_on_and_off(run: Path) -> None:
    with open_index(run) as index:
        offered = {choice.words: choice for choice in queries.choices(index, Query(text="solve"))}
        both = offered["shortcut-sft wrong and journey-sft right"]
        assert index.count(both.query) == 4
        assert offered["radical"].count == index.count(offered["radical"].query) == 6
        query = offered["radical"].query
        for choice in queries.choices(index, query):
            if choice.count is not None and not choice.on:
                assert index.count(choice.query) == choice.count, choice.words
        on = next(choice for choice in queries.choices(index, query) if choice.on)
        assert on.words == "radical"
        assert on.query == Query(text="solve")
        again = next(c for c in queries.choices(index, both.query) if c.words == both.words)
        assert again.on
        assert again.query.greedy == ()
        assert queries.describe(both.query) == "shortcut-sft wrong · journey-sft right"
        assert queries.cleared(both.query) == Query(text="solve")


def test_orders_come_round() -> None:
    query, seen = Query(), []
    for _ in range(8):
        query = queries.next_sort(query)
        seen.append((query.sort, query.descending))
    assert seen[:2] == [("asked", True), ("level", False)]
    assert seen[4] == ("wrong", True)
    assert seen[-1] == (None, False)
    assert queries.describe(queries.reversed_order(query)) == "by place in the files ↓"


def test_a_long_line_leaves_out_what_all_begin_with(run: Path) -> None:
    with open_index(run) as index:
        page = index.problems(Query(family="diophantine"))
        begin = rows.common_beginnings(page)
        assert begin == {"diophantine": len("Find whole numbers x, y >= 0 with ")}
        narrow = rows.problem_line(page[0], index.models(), 1, "x", 40, begin["diophantine"])
        wide = rows.problem_line(page[0], index.models(), 4, "x", 200, begin["diophantine"])
        alone = rows.problem_line(page[0], index.models(), 1, "x", 200, begin["diophantine"])
    assert "… 10x" in narrow.plain
    assert "… 10x" in alone.plain, "the heading says it once"
    assert "Find whole numbers" in wide.plain
    assert any("underline" in str(span.style) for span in narrow.spans)
    assert narrow.plain.startswith("✓✗ 1    3   · ")


def test_numbers_are_those_of_the_run_s_files(run: Path, tmp_path: Path) -> None:
    assert evaluated_models(run)["journey-sft"].pass_1 == 0.875
    assert read_results(run).recipe == "small"
    with pytest.raises(InputError, match=r"has no results.json yet"):
        read_results(tmp_path)
    assert siblings(run) == []
