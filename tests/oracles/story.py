"""networkx's topological order, and plain integers."""

from __future__ import annotations

import operator
from typing import Any

import networkx as nx

LEVELS = [1, 2, 3]

SIGNS = {"+": operator.add, "-": operator.sub, "*": operator.mul}


def evaluated(givens: dict[str, Any]) -> tuple[dict[str, int], set[str]]:
    """Every quantity's value, and the names of those that the question needs."""
    rules = givens["quantities"]
    graph: nx.DiGraph[str] = nx.DiGraph()
    for name, rule in rules.items():
        graph.add_node(name)
        graph.add_edges_from(
            (term, name) for term in (rule if isinstance(rule, list) else [])[1:] if term in rules
        )
    values: dict[str, int] = {}
    for name in nx.topological_sort(graph):
        rule = rules[name]
        if isinstance(rule, list):
            rule = SIGNS[rule[0]](*(values.get(term, term) for term in rule[1:]))
        values[name] = rule
    return values, {givens["asked"], *nx.ancestors(graph, givens["asked"])}


def right(givens: dict[str, Any], answer: str) -> bool:
    return int(answer) == evaluated(givens)[0][givens["asked"]]


def near(givens: dict[str, Any], answer: str) -> list[str]:
    return [str(number) for number in range(int(answer) - 20, int(answer) + 20)]
