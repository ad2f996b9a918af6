"""Rule 5: operands have identity, not value: of two equal numbers, one is used and the other stays."""

from __future__ import annotations

from collections import Counter

from journey import families
from tests.conftest import graph_of, problem_of
from traces import walks
from traces.text import parse, render


def test_a_repeated_number_is_used_once_in_every_trace() -> None:
    repeated = [
        index for index in range(250) if len(set(problem_of("countdown", index).givens["numbers"])) < 3
    ]
    assert len(repeated) >= 10, "about one drawing in twelve repeats a number"
    known = families.get("countdown")
    for index in repeated:
        graph = graph_of("countdown", index)
        for kind in {*walks.WALKS} - {*walks.QUOTED}:
            trace = walks.walk(kind, graph, walks.WalkSettings(), graph_of("countdown", index + 1))
            assert trace is None or parse(graph.problem, render(trace)) == trace
        for move in known.moves(known.start(graph.problem.givens)):
            before = Counter(graph.problem.givens["numbers"])
            after = Counter(known.apply(known.start(graph.problem.givens), move).left)
            assert before - after <= Counter(operand.value for operand in move.operands)
            assert sum(after.values()) == sum(before.values()) - 1
