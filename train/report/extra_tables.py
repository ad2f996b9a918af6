"""Tables of what is measured beyond the held-out problems: other sets, a planted error, earlier data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from train.analysis.reading import label, own_stages
from train.report.table import NONE, Table, between, count, share


def sets(results: dict[str, Any]) -> Table | None:
    """Accuracy on other sets beside that on the held-out problems."""
    names = list(dict.fromkeys(name for _, _, found in own_stages(results) for name in found.get("sets", {})))
    rows = []
    for arm, stage, found in own_stages(results):
        if "sets" in found:
            parts = [found, *(found["sets"].get(name) for name in names)]
            rows.append((arm, label(stage), *map(_solved, parts)))
    measured = (found["sets"] for _, _, found in own_stages(results) if "sets" in found)
    sizes: dict[str, Any] = next(measured, {})
    unread = {name: sizes[name].get("unreadable") for name in sizes if sizes[name].get("unreadable")}
    note = "Greedy, under the same cap. In distribution: the held-out problems."
    if unread:
        said = ", ".join(f"{share(part)} of {name}" for name, part in unread.items())
        note += f" Words that the model's vocabulary lacks are in {said}."
    heads = (f"{name} (n = {count(sizes[name]['n']) if name in sizes else NONE})" for name in names)
    columns = ("arm", "stage", "in distribution", *heads)
    return Table("sets", "Harder than trained, and other problems", columns, rows, note, 2) if rows else None


def planted(results: dict[str, Any]) -> Table | None:
    """What models make of an output that was begun with a wrong step."""
    rows = []
    for arm, stage, found in own_stages(results):
        if part := found.get("planted"):
            shares = (part[name] for name in ("noticed", "solved", "solved_if_noticed"))
            said = f"{part['tokens']:.1f}" if part["n"] else NONE
            rows.append((arm, label(stage), *map(_share, shares), said, count(part["n"])))
    columns = ("arm", "stage", "noticed", "solved", "solved if noticed", "tokens after it", "n")
    note = (
        "The teacher's own lines up to a state of the solution, then a wrong step that the search explored "
        "there; the model goes on. Noticed: it says so with the proof, and goes back."
    )
    return Table("planted", "After a planted wrong step", columns, rows, note, words=2) if rows else None


def forgotten(results: dict[str, Any]) -> Table | None:
    """The loss on earlier data before and after training."""
    rows = [
        (arm, label(stage), file, f"{part['before']:.3f}", f"{part['after']:.3f}",
         f"{part['after'] - part['before']:+.3f}", count(part["tokens"]))
        for arm, stage, found in own_stages(results)
        for file, part in found.get("forgotten", {}).items()
    ]  # fmt: skip
    columns = ("arm", "stage", "earlier data", "before", "after", "change", "tokens")
    note = (
        "Mean cross-entropy in nats a token on texts of what the base was trained on before; heldout is what "
        "the arm's first stage was trained on."
    )
    return Table("forgotten", "What is forgotten", columns, rows, note, words=3) if rows else None


def _solved(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return NONE
    return f"{share(found['pass@1'])}" + (f" ({between(found['ci95'])})" if "ci95" in found else "")


def _share(part: Mapping[str, Any]) -> str:
    if part["share"] is None:
        return NONE
    return f"{share(part['share'])} ({between(part['ci95'])}; n = {part['n']:,})"
