r"""Exports folders that plain TRL commands read.

    trl sft --dataset_name DIR/sft/journey                {"prompt": "7x+12y=173\n", "completion": "y=0:..."}
    trl sft --dataset_name DIR/sft-conversational/journey {"prompt": [{"role": "user", "content": ..}], ..}
    trl dpo --dataset_name DIR/dpo/journey                {"prompt": .., "chosen": .., "rejected": ..}
    DIR/steps/journey                                     {"prompt": .., "completions": [..], "labels": [..]}

There is one folder per kind of trace and one file per split, which `datasets` finds by their names. Rows hold
only the columns of TRL's dataset types. A label is true if the line is right: its step follows, its notice is
proved, or its answer is right. The labels come from a new audit of the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from journey.problem import Problem
from journey.runs.store import Run, replace, validator
from traces.audit import audit
from traces.export.files import SPLITS, LineFiles, pair_rows, trace_rows
from traces.run_files import training_texts

README = """# Training data for TRL

From `journey export --format trl`. Splits: `train`, `validation` and `test` (held out), where there are rows.

| folder | rows | columns |
|---|---|---|
{table}

    trl sft --model_name_or_path MODEL --dataset_name {example} --max_length N --output_dir OUT

- `--max_length`: TRL truncates longer texts silently, and a truncated journey loses its answer. The longest
  text here has {longest} characters.
- `dpo` folders: a pair is about one line within a solution, but `trl dpo` ends each side with an
  end-of-sequence token. A model trained long on these pairs alone learns to stop there. `journey train dpo`
  omits that token.
- `steps` folders: `labels` says whether each line is right. A step into a dead end is right: it follows.
"""


def write_trl(run: Run, folder: Path) -> Mapping[str, int]:
    """Writes the folders; returns the number of rows by file.

    Raises:
        InputError: the run holds no traces.
    """
    problem = validator(Problem)
    longest = 0
    with LineFiles(folder) as files:
        for row in trace_rows(run):
            name = f"{row['kind']}/{SPLITS[row['split']]}.jsonl"
            prompt, completion = row["prompt"], row["completion"]
            for text in training_texts(row):
                files.add(f"sft/{name}", {"prompt": text.prompt, "completion": text.completion})
                files.add(f"sft-conversational/{name}", conversation(text.prompt, text.completion))
            files.add(
                f"steps/{name}",
                {"prompt": prompt, **steps(problem(row["problem"]), completion, row.get("style", "terse"))},
            )
            longest = max(longest, len(prompt) + len(completion))
        for row in pair_rows(run):
            sides = {side: row[side] for side in ("prompt", "chosen", "rejected")}
            files.add(f"dpo/{row['trace']}/train.jsonl", sides)
    replace(folder / "README.md", _readme(files.counts, longest))
    return files.counts


def conversation(prompt: str, completion: str) -> dict[str, Any]:
    """A conversational prompt-completion row.

    The prompt keeps its last newline. Otherwise a chat template without separators, such as that of a
    from-scratch base, would join the last number of the question to the first number of the answer.
    """
    return {
        "prompt": [{"role": "user", "content": prompt}],
        "completion": [{"role": "assistant", "content": completion}],
    }


def steps(problem: Problem, completion: str, style: str = "terse") -> dict[str, Any]:
    """The lines of a text and whether each is right."""
    lines = audit(problem, completion, style).lines
    return {
        "completions": [line.text for line in lines],
        "labels": [line.says != "unparsed" and line.sound and line.right is not False for line in lines],
    }


def _readme(counts: Mapping[str, int], longest: int) -> str:
    columns = {
        "sft": "prompt, completion",
        "sft-conversational": "prompt, completion (messages)",
        "dpo": "prompt, chosen, rejected",
        "steps": "prompt, completions, labels",
    }
    folders: dict[str, list[str]] = {}
    for name, count in counts.items():
        folder, _, file = name.rpartition("/")
        folders.setdefault(folder, []).append(f"{file.removesuffix('.jsonl')} {count:,}")
    table = [
        f"| `{folder}` | {', '.join(splits)} | {columns[folder.split('/')[0]]} |"
        for folder, splits in sorted(folders.items())
    ]
    example = "sft/journey" if "sft/journey" in folders else next(iter(folders))
    return README.format(table="\n".join(table), example=example, longest=f"{longest:,}")
