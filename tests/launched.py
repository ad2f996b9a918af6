"""What `accelerate launch` starts in the tests: stages of a run folder, one after another.

    accelerate launch ... --module tests.launched RUN STAGE:ARM ...

Several in one launch, since starting costs seconds.
"""

from __future__ import annotations

import sys
from pathlib import Path

from train.console import Console
from train.pipeline.experiment import train_arm


def main() -> None:
    """Trains what the words say."""
    run, *wanted = sys.argv[1:]
    for each in wanted:
        stage, _, arm = each.partition(":")
        train_arm(Path(run), stage, arm, Console(quiet=True))


if __name__ == "__main__":
    main()
