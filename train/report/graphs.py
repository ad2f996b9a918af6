"""Draws a solution graph from left to right, as SVG in the colours of the page.

The solution runs along the top. Other steps hang below the state that they were tried from. Signs repeat what
colours say. All monospace letters have the same width, so boxes fit without measuring.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import networkx as nx
from markupsafe import Markup

from journey.graph import SolutionGraph, State
from journey.step import Step

MAX_STATES = 24
"""States that are drawn. Of a larger graph it is the solution and the first states."""
MAX_LABEL = 34
"""Letters of a state, and of a proof below it. The tooltip has the full text."""
LETTER, SMALL = 7.25, 5.85
"""The width of a letter in pixels, of a state and of a proof."""
ROW, GAP, PAD = 26, 46, 9


@dataclass(slots=True)
class Box:
    """A state's place in the picture."""

    column: int
    row: int
    look: str
    """path, wrong, hopeless or plain."""
    label: str
    proof: str = ""
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0


def draw(graph: SolutionGraph) -> Markup:
    """The graph as an SVG element with a description."""
    path = graph.solution() or []
    keys = _drawn(graph, path)
    boxes = _placed(graph, path, keys)
    width, height = _measured(boxes)
    on_path = {(step.source, step.order) for step in path}
    parts = [_edge(graph, step, boxes, on_path) for step in _steps(graph, keys)]
    parts += [_box(graph.state(key), box) for key, box in boxes.items()]
    return Markup(
        '<svg class="states" role="img" aria-label="{}" width="{:.0f}" height="{:.0f}" '
        'viewBox="0 0 {:.0f} {:.0f}">{}</svg>'
    ).format(_words(graph, path, len(boxes)), width, height, width, height, Markup("").join(parts))


def _words(graph: SolutionGraph, path: list[Step], drawn: int) -> str:
    steps = graph.steps()
    wrong = sum(not graph.sound(step) for step in steps)
    hopeless = sum(state.hopeless for state in graph.states())
    more = len(graph) - drawn
    return (
        f"Solution graph of: {graph.problem.statement} {len(graph)} states, {len(steps)} steps, {wrong} of "
        f"them wrong; {hopeless} states are proved dead ends; the solution has {len(path)} steps."
        + (f" {more} states are not drawn." if more else "")
    )


def _drawn(graph: SolutionGraph, path: list[Step]) -> set[str]:
    """The states that are drawn: the solution, then the first found, each with one that leads to it."""
    keys = {graph.root, *(step.target for step in path)}
    for step in graph.steps():
        if len(keys) >= MAX_STATES:
            break
        if step.source in keys:
            keys.add(step.target)
    return keys


def _steps(graph: SolutionGraph, keys: set[str]) -> Iterator[Step]:
    return (step for step in graph.steps() if step.source in keys and step.target in keys)


def _placed(graph: SolutionGraph, path: list[Step], keys: set[str]) -> dict[str, Box]:
    """Columns by the steps from the start, rows by a walk that takes the solution first."""
    on_path = {graph.root, *(step.target for step in path)}
    depth = nx.single_source_shortest_path_length(graph.graph.subgraph(keys), graph.root)
    into: dict[str, Step] = {}
    for step in _steps(graph, keys):
        if depth[step.target] == depth[step.source] + 1:
            # A state is wrong if nothing but wrong steps leads to it.
            earlier = into.get(step.target)
            if earlier is None or (graph.sound(step) and not graph.sound(earlier)):
                into[step.target] = step
    children: dict[str, list[str]] = {}
    for step in sorted(into.values(), key=lambda step: (step.target not in on_path, step.order)):
        children.setdefault(step.source, []).append(step.target)
    boxes: dict[str, Box] = {}
    free = 0

    def place(key: str) -> None:
        nonlocal free
        box = boxes[key] = _looked(graph, key, into.get(key), key in on_path)
        box.column, box.row = depth[key], free
        below = children.get(key, [])
        for at, child in enumerate(below):
            if at:
                free += 1
            place(child)

    place(graph.root)
    return boxes


def _looked(graph: SolutionGraph, key: str, step: Step | None, good: bool) -> Box:
    if good:
        return Box(0, 0, "path", f"\N{CHECK MARK} {_cut(key)}")
    if step is not None and not graph.sound(step):
        proof = "" if step.evidence is None else _cut(f"{step.verdict}: {step.evidence}", MAX_LABEL + 8)
        return Box(0, 0, step.verdict.value, f"\N{BALLOT X} {_cut(key)}", proof or step.verdict.value)
    if graph.state(key).hopeless:
        return Box(0, 0, "hopeless", f"\N{EMPTY SET} {_cut(key)}")
    return Box(0, 0, "plain", _cut(key))


def _cut(text: str, most: int = MAX_LABEL) -> str:
    return text if len(text) <= most else text[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _measured(boxes: dict[str, Box]) -> tuple[float, float]:
    """Gives every box its size and place; returns the picture's width and height."""
    for box in boxes.values():
        box.width = max(len(box.label) * LETTER, len(box.proof) * SMALL) + 2 * PAD
        box.height = ROW + (14 if box.proof else 0)
    columns = {box.column: 0.0 for box in boxes.values()}
    rows = {box.row: 0.0 for box in boxes.values()}
    for box in boxes.values():
        columns[box.column] = max(columns[box.column], box.width)
        rows[box.row] = max(rows[box.row], box.height)
    left, top = 4.0, 4.0
    lefts, tops = {}, {}
    for column in sorted(columns):
        lefts[column], left = left, left + columns[column] + GAP
    for row in sorted(rows):
        tops[row], top = top, top + rows[row] + 8
    for box in boxes.values():
        box.x, box.y = lefts[box.column], tops[box.row]
    return left - GAP + 4, top - 4


def _edge(graph: SolutionGraph, step: Step, boxes: dict[str, Box], on_path: set[tuple[str, int]]) -> Markup:
    start, end = boxes[step.source], boxes[step.target]
    look = "path" if (step.source, step.order) in on_path else "plain" if graph.sound(step) else step.verdict
    x, y = start.x + start.width, start.y + ROW / 2
    to_x, to_y = end.x - 7, end.y + ROW / 2
    bend = max(20.0, (to_x - x) / 2)
    tooltip = f"{step.verdict}" + ("" if step.evidence is None else f": {step.evidence}")
    if step.mistake:
        tooltip += f" ({step.mistake})"
    return Markup(
        '<g class="{}"><title>{}</title>'
        '<path class="edge" d="M{:.1f} {:.1f}C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}"/>'
        '<path class="head" d="M{:.1f} {:.1f}l-1 -4l8 4l-8 4z"/></g>'
    ).format(look, tooltip, x, y, x + bend, y, to_x - bend, to_y, to_x, to_y, to_x, to_y)


def _box(state: State, box: Box) -> Markup:
    texts = Markup('<text x="{:.1f}" y="{:.1f}">{}</text>').format(box.x + PAD, box.y + 17, box.label)
    if box.proof:
        proof = Markup('<text class="proof" x="{:.1f}" y="{:.1f}">{}</text>')
        texts += proof.format(box.x + PAD, box.y + 32, box.proof)
    hint = "" if not state.hopeless else ", a proved dead end"
    return Markup(
        '<g class="{}"><title>{}{}</title>'
        '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="6"/>{}</g>'
    ).format(box.look, state.key, hint, box.x, box.y, box.width, box.height, texts)
