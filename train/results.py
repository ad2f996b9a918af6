"""The figures of a run, gathered into results.json, and the sentence that says what they mean.

Every share comes with a Wilson interval, every difference between arms is paired over the same problems,
and both arms' figures stand beside the teacher's own ceiling at the same token cap (DESIGN 8).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from journey.errors import InputError
from journey.store import Run, read_json, read_lines, reader, write_json
from train.console import Narrator
from train.measure import Sample
from train.recipe import Recipe
from train.stats import Paired, paired

STAGES = ("sft", "dpo")


def conclude(run: Run, recipe: Recipe, narrator: Narrator) -> dict[str, Any]:
    """Writes results.json and the report, prints the table and the answer; returns the results."""
    from train.report import write_report

    results = gather(run, recipe)
    write_json(run.path / "results.json", results)
    with narrator.bars("report") as make:
        make("", 1)(0, "")
        report = write_report(run, recipe, results)
    run.manifest["state"] = "done"
    run.save()
    narrator.out.print()
    narrator.out.print(table({recipe.name: results}))
    narrator.out.print()
    for sentence in answers(results):
        narrator.out.print(sentence, soft_wrap=True)
    narrator.out.print(f"\nReport: {report}   ({results['seconds']['total']:.0f} s)", soft_wrap=True)
    return results


def gather(run: Run, recipe: Recipe) -> dict[str, Any]:
    """results.json from the files of a run, as far as it has come."""
    arms: dict[str, Any] = {}
    outcomes: dict[tuple[str, str], dict[str, bool]] = {}
    for arm in recipe.arms:
        for stage in STAGES:
            folder = run.path / "evals" / f"{arm.name}-{stage}"
            if not run.done(f"eval-{arm.name}-{stage}"):
                continue
            facts = run.manifest["stages"].get(f"{stage}-{arm.name}", {})
            figures = read_json(folder / "metrics.json")
            train = {
                key: facts[key]
                for key in ("train_tokens", "examples_seen", "epochs", "pairs")
                if key in facts
            }
            arms.setdefault(arm.name, {})[stage] = {**figures, **train, "seeds": [recipe.seed]}
            greedy = (s for s in read_samples(folder) if s.sample == 0)
            outcomes[arm.name, stage] = {sample.id: sample.correct for sample in greedy}
    if not arms:
        raise InputError(f"{run.path} holds no evaluation yet. Go on with `journey run --out {run.path}`")

    def between(first: tuple[str, str], second: tuple[str, str]) -> dict[str, Any]:
        ids = list(outcomes[first])
        result: Paired = paired(
            [outcomes[first][id] for id in ids], [outcomes[second][id] for id in ids], recipe.seed
        )
        return asdict(result)

    differences = {
        f"{one}-{other}": {
            stage: between((one, stage), (other, stage))
            for stage in STAGES
            if (one, stage) in outcomes and (other, stage) in outcomes
        }
        for one, other in recipe.compare
    }
    preference = {
        arm.name: between((arm.name, "dpo"), (arm.name, "sft"))
        for arm in recipe.arms
        if (arm.name, "dpo") in outcomes and (arm.name, "sft") in outcomes
    }
    stages = run.manifest["stages"]
    spent = {
        "generate": _seconds(stages, "problems", "graphs", "traces", "curation"),
        "train": _seconds(stages, "base", "sft-", "dpo-"),
        "eval": _seconds(stages, "eval-"),
    }
    return {
        "schema_version": 1,
        "recipe": recipe.name,
        "seconds": {**spent, "total": round(sum(spent.values()), 2)},
        "arms": arms,
        "paired": differences,
        "dpo_minus_sft": preference,
        "teacher": teacher(run, recipe),
        "counts": {
            arm.name: {key: stages[f"sft-{arm.name}"][key] for key in ("kept", "truncated", "dropped")}
            for arm in recipe.arms
            if f"sft-{arm.name}" in stages
        },
    }


def gather_all(paths: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """The results of several runs, by the run folder's name."""
    from train.experiment import recipe_of

    runs = {path.name if len({p.name for p in paths}) == len(paths) else str(path): path for path in paths}
    return {name: gather(run := Run.existing(path), recipe_of(run)) for name, path in runs.items()}


def _seconds(stages: dict[str, Any], *prefixes: str) -> float:
    spent = [float(facts.get("seconds", 0)) for name, facts in stages.items() if name.startswith(prefixes)]
    return round(sum(spent), 2)


def read_samples(folder: Path) -> list[Sample]:
    """The outputs that one model gave."""
    return list(read_lines(folder / "samples.jsonl", reader(Sample)))


def teacher(run: Run, recipe: Recipe) -> dict[str, float]:
    """What the journey's own search reaches on the held-out problems: at all, and within the token cap.

    No student of these traces can be expected to do better at this budget.
    """
    from transformers import AutoTokenizer

    from train.data import read_texts

    tokenizer = AutoTokenizer.from_pretrained(run.path / "models" / "base")
    texts = read_texts(run, "journey", "heldout")
    lengths = (
        [len(ids) + 1 for ids in tokenizer([text.completion for text in texts])["input_ids"]] if texts else []
    )
    total = recipe.problems.heldout
    return {
        "solved": len(texts) / total,
        "within_budget": sum(length <= recipe.evaluation.max_new_tokens for length in lengths) / total,
        "mean_new_tokens": sum(lengths) / max(1, len(lengths)),
    }


def answers(results: dict[str, Any]) -> list[str]:
    """The results in sentences: the comparisons first, then what DPO changed."""
    said = []
    for pair, by_stage in results["paired"].items():
        first, _, second = pair.partition("-")
        if "sft" not in by_stage:
            continue
        one, other = results["arms"][first]["sft"], results["arms"][second]["sft"]
        low, high = (100 * bound for bound in by_stage["sft"]["ci95"])
        said.append(
            f"On {one['n']:,} held-out problems, at equal training tokens "
            f"({amount(one['train_tokens'])} each), the {first}-learned model solves {one['pass@1']:.1%} "
            f"and the {second}-learned one {other['pass@1']:.1%} (difference "
            f"{100 * by_stage['sft']['delta']:.1f} points, 95 % interval {low:.1f} to {high:.1f})."
        )
    for arm, change in results["dpo_minus_sft"].items():
        low, high = (100 * bound for bound in change["ci95"])
        said.append(
            f"DPO changes {arm} by {100 * change['delta']:+.1f} points "
            f"(95 % interval {low:+.1f} to {high:+.1f})."
        )
    return said


def amount(tokens: int) -> str:
    """A number of tokens as people say it.

    >>> amount(4_500_123), amount(30_000)
    ('4.5 M', '30,000')
    """
    return f"{tokens / 1e6:.1f} M" if tokens >= 1e6 else f"{tokens:,}"


def table(runs: dict[str, dict[str, Any]]) -> Table:
    """The figures of one run or of several, a row an arm and stage. Fits 80 columns."""
    many = len(runs) > 1
    grid = Table(title=None, header_style="bold", show_edge=False, pad_edge=False)
    for name in (*(["run"] if many else []), "arm", "stage"):
        grid.add_column(name, no_wrap=True)
    for name in ("pass@1", "95 % interval", "unfinished", "tokens", "n"):
        grid.add_column(name, justify="right", no_wrap=True)
    for run, results in runs.items():
        rows = [(arm, *stage) for arm, stages in results["arms"].items() for stage in stages.items()]
        for arm, stage, figures in rows:
            low, high = figures["ci95"]
            interval = f"{100 * low:.1f} to {100 * high:.1f}"
            spent = f"{figures['mean_new_tokens']:.1f}"
            cells = [arm, stage, f"{figures['pass@1']:.1%}", interval, f"{figures['unfinished']:.1%}", spent]
            grid.add_row(*([run] if many else []), *cells, f"{figures['n']:,}")
        ceiling = results["teacher"]
        cells = [
            "teacher",
            "",
            f"{ceiling['within_budget']:.1%}",
            "",
            "",
            f"{ceiling['mean_new_tokens']:.1f}",
        ]
        grid.add_row(*([run] if many else []), *cells, "", style="dim")
    return grid
