"""Rule 2: every wrong step is noticed and left before the conclusion, and every conclusion is right."""

from __future__ import annotations

import pytest

from search.strategies import STRATEGIES
from tests.conftest import graph_of
from traces import walks
from traces.audit import audit
from traces.audit_files import AuditTotals
from traces.text import render


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("kind", [kind for kind in walks.WALKS if kind not in walks.UNPROVED])
def test_every_trace_audits_clean(family: str, kind: str, strategy: str) -> None:
    totals = AuditTotals()
    for index in range(10):
        graph = graph_of(family, index, strategy)
        if strategy == "beam" and graph.solution() is None:
            continue  # a beam may cut the way to the goal
        for depth in (1, 3):
            trace = walks.walk(kind, graph, walks.WalkSettings(depth=depth, seed=index))
            assert trace is not None
            totals.add(audit(graph.problem, render(trace)))
    assert totals.clean, totals
    assert totals.traces == 20 or (strategy == "beam" and totals.traces > 14)
    assert totals.steps > totals.traces
    holds_wrong_steps = kind in ("journey", "erased", "stream", "shortened", "mixed")
    assert (totals.wrong_steps > 0) == holds_wrong_steps
