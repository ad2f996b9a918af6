"""Exports a run's data in formats that other tools read.

| format | files | read by |
|---|---|---|
| trl | JSONL, one folder per kind of training and of trace | `trl sft`, `trl dpo`, trainers of step labels |
| parquet | traces, pairs and graphs with a dataset card | `datasets.load_dataset`, the Hub |
| graphml | one file per graph | networkx, Gephi |
| sos | rows of Stream of Search, for countdown | that project's training and analysis |

Rows are read from the run's files and written one at a time. The output folder appears when it is complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journey.errors import InputError, unknown_name
from journey.runs.store import Run

FORMATS = ("trl", "parquet", "graphml", "sos")


def export(path: Path, form: str, out: Path, id: str | None = None) -> Mapping[str, int]:
    """Exports a run in one format to the new folder `out`; returns the number of rows by file.

    Args:
        path: a run folder.
        form: one of `FORMATS`.
        out: a folder that does not exist or is empty.
        id: export only the problem with this id or unique prefix; for `graphml`.

    Raises:
        InputError: the format is unknown, the run has no data for it, or `out` holds files.
    """
    from traces.export.files import atomic_folder

    if form not in FORMATS:
        raise unknown_name("format", form, FORMATS)
    if id is not None and form != "graphml":
        raise InputError(f"--id chooses a graph, and {form} has none. Leave it out, or use --format graphml")
    run = Run.existing(path)
    with atomic_folder(out) as folder:
        if form == "trl":
            from traces.export.trl import write_trl

            return write_trl(run, folder)
        if form == "parquet":
            from traces.export.parquet import write_parquet

            return write_parquet(run, folder)
        if form == "graphml":
            from traces.export.graphml import write_graphs

            return write_graphs(run, folder, id)
        from traces.export.sos import write_searches

        return write_searches(run, folder)
