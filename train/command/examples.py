"""The examples under each verb's --help. A test parses them, so they cannot name what is not there."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[str, ...]] = {
    "run": ("journey run laptop --quick", "journey run controls --set training.seeds=[0,1] --out runs/mine"),
    "map": (
        "journey map --quick",
        "journey map --out runs/map --family linear --family roots",
        "journey map --out runs/map --shard 2/5",
    ),
    "map report": ("journey map report runs/map", "journey map report runs/map other/map --json"),
    "tune": ("journey tune laptop --quick --json",),
    "generate": (
        "journey generate --family linear --count 1000 --out runs/linear",
        "journey generate --problems train.jsonl --proposer replay:train.jsonl --out runs/mine",
    ),
    "train": ("journey train sft --run runs/linear --arm journey --log-to tensorboard",),
    "eval": (
        "journey eval --model runs/laptop/models/journey/dpo --problems diophantine --samples 8",
        "journey eval --model DIR --problems gsm8k.jsonl --chat plain --prompt",
    ),
    "compare": ("journey compare runs/laptop runs/controls",),
    "report": ("journey report runs/laptop --open",),
    "show": ("journey show runs/laptop 5f0c --trace journey", "journey show runs/laptop 5f0c --tokens"),
    "browse": ("journey browse runs/laptop",),
    "stats": ("journey stats runs/laptop --json",),
    "grade": (
        "journey grade answers.jsonl --units strict",
        """echo '{"id": 1, "gold": "1/2", "pred": "0.5"}' | journey grade -""",
    ),
    "audit": ("journey audit runs/laptop", "journey audit runs/laptop/traces/journey.jsonl"),
    "export": (
        "journey export runs/linear --format trl --out linear-trl",
        "journey export runs/linear --format parquet --out linear-hub --push me/linear --dry-run",
    ),
    "check": (
        "journey check solutions.jsonl",
        """echo '{"id": 1, "solution": "Half of 48 is 24."}' | journey check -""",
    ),
    "families": ("journey families", "journey families --json"),
    "families new": ("journey families new gcd",),
    "recipes": ("journey recipes", "journey recipes --json"),
    "recipes show": ("journey recipes show laptop --quick",),
    "doctor": ("journey doctor",),
    "fetch": ("journey fetch smollm2 --out models/smollm2",),
    "bench": ("journey bench search --plot search.svg", "journey bench check --json"),
}
"""By verb, one or two commands."""


def examples_of(verb: str) -> str:
    """The examples of a verb for its help; typer shows each paragraph on a line of its own."""
    return "\n\n".join(("Examples:", *EXAMPLES[verb]))
