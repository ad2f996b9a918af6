"""One line on what a finished training or evaluation did, for the console."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from journey.runs.store import read_json


def summarize_training(folder: Path) -> tuple[str, dict[str, Any]]:
    """The amount of data that a model was trained on as text, and its training.json."""
    facts = read_json(folder / "training.json")
    units = {"pairs": "pairs", "train_tokens": "tokens", "outputs": "outputs"}
    amount = next(f"{facts[key]:,} {unit}" for key, unit in units.items() if key in facts)
    curve = f", learning curve {facts['curve_seconds']:.0f} s" if "curve_seconds" in facts else ""
    return f"{amount} in {facts['steps']:,} steps{curve}", facts


def summarize_evaluation(folder: Path) -> tuple[str, dict[str, Any]]:
    """The metrics of a model as text. The completion mark holds no facts."""
    from train.evaluation.metrics_schema import read_metrics

    metrics = read_metrics(folder)
    low, high = metrics.ci95
    accuracy = f"{metrics.pass_1:.1%} of {metrics.n:,} ({low:.1%} to {high:.1%})"
    length = f"{metrics.mean_new_tokens:.0f} tokens, {metrics.unfinished:.1%} unfinished"
    return f"{accuracy}, {length}", {}
