"""A run's data as the files that other tools take as they are.

| format | what it writes | who takes it |
|---|---|---|
| trl | JSONL, a folder a kind of training and of trace | `trl sft`, `trl dpo`, trainers of step labels |
| parquet | traces, pairs and graphs with a dataset card | `datasets.load_dataset`, the Hub |
| graphml | a file for each graph | networkx, Gephi |
| sos | rows of Stream of Search, for countdown | that project's training and analysis |

Rows are read from the run's own files and written one at a time. Nothing is seen at the place asked for
before all of it is whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from journey.errors import InputError, unknown_name
from journey.store import Run

FORMATS = ("trl", "parquet", "graphml", "sos")


def export(path: Path, form: str, out: Path, id: str | None = None) -> Mapping[str, int]:
    """Writes a run in one format to the new folder `out`; returns what it holds: rows by file or folder.

    Args:
        path: A run folder.
        form: One of `FORMATS`.
        out: A folder that is not there yet, or is empty.
        id: Only the problem whose id begins so; for `graphml`.

    Raises:
        InputError: the format is unknown, the run lacks what it needs, or `out` holds files.
    """
    from traces.export.files import whole_folder

    if form not in FORMATS:
        raise unknown_name("format", form, FORMATS)
    if id is not None and form != "graphml":
        raise InputError(f"--id chooses a graph, and {form} has none. Leave it out, or use --format graphml")
    run = Run.existing(path)
    with whole_folder(out) as folder:
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
