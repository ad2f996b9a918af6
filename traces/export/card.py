"""The card of an exported dataset: front matter for the Hub, and a description for people.

The licence is that of the problems: one name if they share it, else a list. A licence without a name on the
Hub is `other`, and the card names it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from journey.graph import SolutionGraph
from journey.runs.store import Run
from traces.export.files import SPLITS

LICENCES = (
    "apache-2.0", "bsd-3-clause", "cc-by-3.0", "cc-by-4.0", "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "cc-by-sa-3.0",
    "cc-by-sa-4.0", "cc0-1.0", "cdla-permissive-2.0", "gpl-3.0", "mit", "odc-by", "openrail", "unknown",
)  # fmt: skip
"""The Hub's names of licences for data (its documentation, "Licenses")."""

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))

CITATIONS = """```bibtex
@software{journey_learning,
  title = {Journey: verified reasoning traces, and what models learn from them},
  note  = {Made by journey-learning VERSION}
}
@article{qin2024o1,
  title   = {O1 Replication Journey: A Strategic Progress Report -- Part 1},
  author  = {Qin, Yiwei and Li, Xuefeng and Zou, Haoyang and Liu, Yixiu and Xia, Shijie and Huang, Zhen and
             Ye, Yixin and Yuan, Weizhe and Liu, Hector and Li, Yuanzhi and Liu, Pengfei},
  journal = {arXiv preprint arXiv:2410.18982},
  year    = {2024}
}
@article{gandhi2024stream,
  title   = {Stream of Search (SoS): Learning to Search in Language},
  author  = {Gandhi, Kanishk and Lee, Denise and Grand, Gabriel and Liu, Muxin and Cheng, Winson and
             Sharma, Archit and Goodman, Noah D.},
  journal = {arXiv preprint arXiv:2404.03683},
  year    = {2024}
}
```"""


class GraphStatistics:
    """Counts over the graphs of a run."""

    def __init__(self) -> None:
        self.licences: Counter[str] = Counter()
        self.problems: Counter[tuple[str, str, str]] = Counter()
        self.verdicts: Counter[str] = Counter()
        self.mistakes: Counter[str] = Counter()
        self.walk_settings: dict[str, Any] = {}
        """The settings of each kind of walk."""

    def add(self, graph: SolutionGraph) -> None:
        """Adds one graph."""
        problem = graph.problem
        self.licences[problem.licence] += 1
        self.problems[problem.family, str(problem.level or ""), SPLITS[problem.split]] += 1
        for step in graph.steps():
            self.verdicts[step.verdict.value] += 1
            if step.mistake:
                self.mistakes[step.mistake] += 1


def card(run: Run, counts: Mapping[str, int], statistics: GraphStatistics) -> str:
    """The text of README.md; `counts` has the number of rows of each CONFIGURATION/SPLIT.parquet."""
    settings = run.manifest.get("settings", {})
    shown_settings = {
        "seed": settings.get("seed"),
        **{part: settings.get(part) for part in ("problems", "search")},
        "walks": statistics.walk_settings,
    }
    parts = [
        "---\n"
        + yaml.safe_dump(front_matter(counts, statistics), sort_keys=False, allow_unicode=True)
        + "---",
        "# Verified reasoning traces",
        "Searches over problems of mathematics, written out as text. Every step has a checker's verdict, and "
        "each correction states the fact that proves it (except in the control `shuffled`). A configuration "
        "is one kind of walk over the same graphs, so models trained on them can be compared.",
        '    datasets.load_dataset(DIR, "journey", split="train")',
        "## Rows",
        _table(("configuration", "split", "rows"), _split_counts(counts)),
        "`prompt` and `completion` are the training text; `pairs` holds preference pairs of one line with "
        "their verdicts and evidence; `graphs` holds the searches as networkx node-link JSON. `givens`, "
        "`walk_settings` (the settings of the walk) and `graph` are JSON text. `test` is the held-out split.",
        "## Problems",
        _table(("family", "level", "split", "problems"), _rows(statistics.problems)),
        "## Steps",
        _table(("verdict", "steps"), statistics.verdicts.most_common()),
    ]
    if statistics.mistakes:
        parts.append(_table(("mistake proposed", "steps"), statistics.mistakes.most_common()))
    parts += [
        "## Settings",
        "```yaml\n" + yaml.safe_dump(shown_settings, sort_keys=False) + "```",
        "## Licence",
        _licence_text(statistics.licences),
        "## Citation",
        CITATIONS.replace("VERSION", _version()),
    ]
    return "\n\n".join(parts) + "\n"


def front_matter(counts: Mapping[str, int], statistics: GraphStatistics) -> dict[str, Any]:
    """The metadata for `datasets` and the Hub."""
    configs: dict[str, list[dict[str, str]]] = {}
    for name in counts:
        config, _, file = name.partition("/")
        split = file.removesuffix(".parquet")
        configs.setdefault(config, []).append({"split": split, "path": name})
    default = "journey" if "journey" in configs else next(iter(configs))
    names = sorted({hub_name(licence) for licence in statistics.licences})
    licence: dict[str, Any] = {"license": names[0] if len(names) == 1 else names}
    if "other" in names:
        licence["license_name"] = ", ".join(each for each in statistics.licences if hub_name(each) == "other")
    return {
        "pretty_name": "Verified reasoning traces",
        **licence,
        "task_categories": ["text-generation"],
        "tags": ["math", "reasoning", "search", "verified", "journey-learning", "trl"],
        "size_categories": [size(sum(counts.values()))],
        "configs": [
            {"config_name": config, **({"default": True} if config == default else {}), "data_files": files}
            for config, files in configs.items()
        ],
    }


def hub_name(licence: str) -> str:
    """The Hub's name of a licence.

    >>> hub_name("CC0-1.0"), hub_name("my own")
    ('cc0-1.0', 'other')
    """
    name = licence.strip().lower().replace(" ", "-")
    return name if name in LICENCES else "other"


def size(rows: int) -> str:
    """The Hub's size category for a number of rows.

    >>> size(5_000)
    '1K<n<10K'
    """
    return next((name for limit, name in SIZES if rows < limit), "n>1M")


def _licence_text(licences: Counter[str]) -> str:
    if len(licences) == 1:
        return f"The licence of the problems: {next(iter(licences))}."
    table = _table(("licence", "problems"), licences.most_common())
    return f"The problems have {len(licences)} licences; each row names its own in `licence`.\n\n{table}"


def _split_counts(counts: Mapping[str, int]) -> list[tuple[str, str, int]]:
    names = ((name.removesuffix(".parquet").partition("/"), count) for name, count in counts.items())
    return [(config, split, count) for (config, _, split), count in names]


def _rows(counts: Mapping[tuple[str, str, str], int]) -> list[tuple[Any, ...]]:
    return [(*key, count) for key, count in sorted(counts.items())]


def _table(heads: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in rows:
        cells = (f"{cell:,}" if isinstance(cell, int) else str(cell).replace("|", "\\|") for cell in row)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("journey-learning")
    except PackageNotFoundError:
        return "from source"
