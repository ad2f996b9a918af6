"""Walks, text, pairs, audit and what is printed, on explored graphs of every family."""

from __future__ import annotations

import io
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from journey import families
from journey.errors import InputError, MoveError
from journey.graph import SolutionGraph
from journey.problem import make_problem
from journey.runs.store import write_lines
from journey.step import Evidence, Verdict
from search.explore import Budget, explore
from search.proposers.symbolic import Symbolic
from search.strategies import STRATEGIES
from tests.conftest import graph_of, problem_of
from traces import pairs, walks
from traces.audit import audit
from traces.audit_files import audit_path
from traces.show import graph_tree, trace_text
from traces.summary import summarize, summary_table
from traces.text import parse, prompt, read_line, render
from traces.trace import Back, Conclude, Notice, Take, Trace, Walk

PLAIN = walks.WalkSettings()


def made(kind: str, graph: SolutionGraph, walk_settings: walks.WalkSettings = PLAIN) -> Trace:
    trace = walks.walk(kind, graph, walk_settings)
    assert trace is not None
    return trace


def test_a_golden_journey() -> None:
    """The example of the family, and its shortcut."""
    problem = make_problem(families.get("diophantine"), {"a": 7, "b": 12, "c": 173}, "23,1")
    graph = explore(problem, Symbolic(0.0, 0), "depth", Budget())
    assert prompt(problem) == "7x+12y=173\n"
    assert render(made("journey", graph)) == "y=0:7x=173\n!5<\ny=1:7x=161\nx=23\n=23,1"
    assert render(made("shortcut", graph)) == "y=1:7x=161\nx=23\n=23,1"
    assert made("journey", graph).events == (
        Take(graph.steps()[0].move),
        Notice(Evidence("remainder", (173, 7, 5))),
        Back("7x+12y=173"),
        Take(graph.steps()[1].move),
        Take(graph.steps()[2].move),
        Conclude("23,1"),
    )


@pytest.mark.parametrize("name", [*families.NAMES, *families.READ])
def test_the_example_of_a_family_is_true(name: str) -> None:
    """Each docstring shows a real problem and journey: it must parse and audit clean."""
    family = families.get(name)
    question, *journey = family.EXAMPLE.lines
    problem = make_problem(family, family.EXAMPLE.givens)
    assert prompt(problem).strip() == question, "the docstring's first line is the prompt of EXAMPLE"
    report = audit(problem, "\n".join(journey))
    lines = [(line.text, str(line.evidence or "")) for line in report.lines]
    assert report.solved, f"the docstring of {name} shows no solution: {lines}"
    faults = (report.unflagged, report.unparsed, report.false_notices)
    assert not any(faults), f"the docstring of {name} shows faults: {faults}"


def test_a_shortcut_is_the_solution_and_nothing_else(family: str) -> None:
    for index in range(20):
        graph = graph_of(family, index)
        trace = made("shortcut", graph)
        assert [type(event) for event in trace.events[:-1]] == [Take] * (len(trace.events) - 1)
        assert len(trace.events) - 1 == len(graph.solution() or [])


def test_a_journey_holds_at_most_k_wrong_turns_a_state(family: str) -> None:
    for turns in (0, 1, 3):
        for index in range(20):
            graph = graph_of(family, index)
            trace = made("journey", graph, walks.WalkSettings(wrong_turns=turns))
            notices = [event for event in trace.events if isinstance(event, Notice)]
            assert len(notices) <= turns * len(graph.solution() or [])
            if turns == 0:
                assert trace == made("shortcut", graph)


def test_mistakes_are_kept_in_their_share(family: str) -> None:
    def mistakes(share: float) -> int:
        count = 0
        for index in range(40):
            graph = graph_of(family, index)
            text = render(made("journey", graph, walks.WalkSettings(mistakes=share)))
            count += len(audit(graph.problem, text).wrong_steps)
        return count

    none, half, all_of_them = mistakes(0.0), mistakes(0.5), mistakes(1.0)
    assert none == 0
    assert 0.25 * all_of_them < half < 0.75 * all_of_them


def test_a_stream_takes_every_step_in_order(family: str) -> None:
    for strategy in STRATEGIES:
        for index in range(15):
            graph = graph_of(family, index, strategy)
            if strategy == "beam" and graph.solution() is None:
                continue
            taken = [event.move for event in made("stream", graph).events if isinstance(event, Take)]
            explored = [step.move for step in graph.steps()]
            assert taken[: len(explored)] == explored[: len(taken)]
            assert len(taken) >= len(explored)


def test_an_unsolved_graph_has_no_trace(family: str) -> None:
    for kind in walks.WALKS:
        graph = SolutionGraph(problem_of(family, 0), "root")
        from journey.graph import State

        graph.add_state(State("root"))
        assert walks.walk(kind, graph, walks.WalkSettings()) is None
    with pytest.raises(InputError, match="did you mean 'journey'"):
        walks.walk("jorney", graph, walks.WalkSettings())


def test_planted_faults_are_all_found(family: str) -> None:
    """A number changed, a notice removed, a conclusion spoilt: each in many traces, each found."""
    rng = random.Random(0)
    known = families.get(family)
    planted = 0
    for index in range(60):
        graph = graph_of(family, index)
        clean = audit(graph.problem, render(made("journey", graph))).lines
        lines = [line.text for line in clean]
        at = rng.choice([at for at, line in enumerate(clean) if line.verdict is Verdict.VALID])
        walk = Walk(graph.problem)
        for line in lines[:at]:
            read_line(walk, line)
        true = known.read(walk.here.state, lines[at])
        wrong = [move for _, move in known.mistakes(walk.here.state, true)]
        if not wrong:
            continue
        spoilt = [*lines[:at], known.write(walk.here.state, rng.choice(wrong)), *lines[at + 1 :]]
        report = audit(graph.problem, "\n".join(spoilt))
        faults = report.unflagged or report.unparsed or report.false_notices or not report.solved
        assert faults or report.lines[at].flagged, "\n".join(spoilt)
        assert report.lines[at].verdict is not Verdict.VALID
        planted += 1
    assert planted >= 50


def test_a_wrong_step_whose_notice_is_gone_is_unflagged() -> None:
    problem = graph_of("diophantine", 0).problem
    a, c = problem.givens["a"], problem.givens["c"]
    clean = f"y=0:{a}x={c + 1}\n!{c}<\n"
    end = render(made("shortcut", graph_of("diophantine", 0, mistakes=0.0)))
    assert not audit(problem, clean + end).unflagged
    for spoilt in ("<\n", f"!{c + 1}<\n", "!<\n"):
        assert len(audit(problem, f"y=0:{a}x={c + 1}\n{spoilt}{end}").unflagged) == 1, spoilt


def test_a_false_alarm_is_counted() -> None:
    problem = graph_of("diophantine", 1).problem
    shortcut = render(made("shortcut", graph_of("diophantine", 1))).split("\n")
    report = audit(problem, "\n".join([shortcut[0], "!0<", *shortcut]))
    assert len(report.false_notices) == 1
    assert report.solved


def test_model_nonsense_is_data(family: str) -> None:
    problem = problem_of(family, 0)
    for text in (
        "",
        "\n\n",
        "=",
        "!",
        "<",
        "@9",
        "<<<<",
        "x" * 5_000,
        "y=1:\n=",
        "\x00",
        "!5<\n!5<",
        "@0\n@0",
    ):
        report = audit(problem, text)
        assert not report.solved
        assert len(report.lines) == text.count("\n") + 1


def test_parse_raises_on_a_line_that_says_nothing(family: str) -> None:
    with pytest.raises(MoveError, match="line 1"):
        parse(problem_of(family, 0), "well, let me think")


def test_a_step_pair_shares_its_prefix_and_differs_in_verdict(family: str) -> None:
    count = 0
    for index in range(40):
        graph = graph_of(family, index)
        for kind in ("shortcut", "journey"):
            trace = made(kind, graph, walks.WalkSettings(mistakes=0.2))
            pair = pairs.step_pair(graph, trace, 0)
            if pair is None:
                continue
            count += 1
            before = pair.prompt.removeprefix(prompt(graph.problem))
            assert (prompt(graph.problem) + render(trace) + "\n").startswith(pair.prompt)
            chosen, rejected = (
                audit(graph.problem, (before + side).rstrip("\n")) for side in (pair.chosen, pair.rejected)
            )
            assert chosen.lines[-1].sound
            assert not rejected.lines[-1].sound
            assert rejected.lines[-1].verdict is pair.rejected_verdict is not Verdict.UNKNOWN
            assert rejected.lines[-1].evidence == pair.evidence
    assert count > 40


def test_a_recover_pair_prefers_noticing_to_carrying_on(family: str) -> None:
    count = 0
    for index in range(40):
        graph = graph_of(family, index)
        pair = pairs.recover_pair(graph, made("journey", graph, walks.WalkSettings(mistakes=0.2)), 0)
        if pair is None:
            continue
        count += 1
        before = pair.prompt.removeprefix(prompt(graph.problem))
        noticed = audit(graph.problem, (before + pair.chosen).rstrip("\n"))
        carried = audit(graph.problem, (before + pair.rejected).rstrip("\n"))
        assert noticed.lines[-1].right
        assert not noticed.unflagged
        assert carried.unflagged
    assert count > 20


def test_an_answer_pair_parts_at_a_wrong_step(family: str) -> None:
    count = 0
    for index in range(40):
        graph = graph_of(family, index)
        for kind in ("shortcut", "journey"):
            trace = made(kind, graph, walks.WalkSettings(mistakes=0.2))
            pair = pairs.answer_pair(graph, trace, 0)
            if pair is None:
                continue
            count += 1
            assert pair.prompt == prompt(graph.problem)
            assert pair.chosen == render(trace)
            assert pair.ends
            chosen, rejected = (audit(graph.problem, side) for side in (pair.chosen, pair.rejected))
            assert chosen.solved
            assert not rejected.solved
            assert not rejected.unparsed
            assert len(rejected.unflagged) == 1, "one wrong step, and right ones from there"
            assert rejected.lines[-1].says == "conclude"
    assert count > 10


def test_every_pair_is_proved_and_a_spoilt_one_is_not(family: str) -> None:
    result = [
        pair
        for index in range(15)
        for kind in ("shortcut", "journey")
        for make in pairs.PAIRS.values()
        if (pair := make(graph_of(family, index), made(kind, graph_of(family, index)), 0))
    ]
    assert result
    for pair in result:
        assert pairs.proved(pair)
        assert not pairs.proved(replace(pair, chosen=pair.rejected, rejected=pair.chosen))
        assert not pairs.proved(replace(pair, rejected=pair.chosen)), "nothing is wrong with either"
        assert not pairs.proved(replace(pair, chosen_verdict=pair.rejected_verdict))
        longer = replace(pair, rejected=pair.chosen + " ~ ~")
        assert pairs.invalid_reason(longer) == "one side extends the other"


def test_a_graph_is_printed_with_signs_and_proofs(family: str) -> None:
    graph = next(g for g in (graph_of(family, i) for i in range(40)) if any(s.evidence for s in g.steps()))
    console = Console(file=io.StringIO(), width=160, no_color=True)
    console.print(graph_tree(graph))
    console.print(trace_text(graph, render(made("journey", graph))))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "✓" in shown
    assert "✗" in shown
    wrong = next(step for step in graph.steps() if step.evidence)
    assert str(wrong.evidence) in shown


def test_summary_counts_what_is_there(quick_run: Path) -> None:
    figures = summarize(quick_run)
    assert figures.graphs == 280
    assert sum(figures.problems.values()) == 280
    assert figures.verdicts["wrong"] > 0
    assert figures.verdicts["unknown"] == 0
    assert set(figures.traces) == {"shortcut", "journey", "stream"}
    assert summary_table(figures).row_count > 10


def test_audit_reads_a_run_or_a_file_and_refuses_the_rest(quick_run: Path, tmp_path: Path) -> None:
    totals = audit_path(quick_run)
    assert totals.clean
    assert totals.traces == 3 * 280
    assert totals.wrong_steps > 0
    one = audit_path(quick_run / "traces" / "journey.jsonl")
    assert one.clean
    assert one.traces == 280
    with pytest.raises(InputError, match="holds no traces"):
        audit_path(tmp_path)
    write_lines(tmp_path / "bad.jsonl", [{"completion": "=1"}])
    bad = audit_path(tmp_path / "bad.jsonl")
    assert not bad.clean
    assert [line for line in bad.unreadable if "bad.jsonl:1" in line]


def test_audit_trusts_nothing_that_was_stored(quick_run: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (quick_run / "traces" / "journey.jsonl").read_text().splitlines()]
    row = next(row for row in rows if "!" in row["completion"])
    row["completion"] = "\n".join(line for line in row["completion"].split("\n") if not line.startswith("x="))
    write_lines(tmp_path / "edited.jsonl", [row])
    row["completion"] = row["completion"].replace("=", "=9", 1)
    write_lines(tmp_path / "spoilt.jsonl", [row])
    assert not audit_path(tmp_path / "spoilt.jsonl").clean
