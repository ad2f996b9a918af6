"""A model that does not fit on the disk: one sentence, whichever library writes it."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from journey.errors import JourneyError
from train.models.saving import saving


@pytest.fixture
def small_files() -> Iterator[None]:
    """The system refuses to write more than 1,000 bytes to a file, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("small_files")
@pytest.mark.parametrize(
    ("library", "reason"),
    [("python", "File too large"), ("safetensors", "File too large"), ("torch", "full")],
)
def test_a_full_disk_is_one_sentence(library: str, reason: str, tmp_path: Path) -> None:
    weights = {"a": torch.zeros(100_000)}
    path = tmp_path / "weights"
    sentence = rf"cannot write {tmp_path}: .*{reason}\. No finished work .*run the command again"
    with pytest.raises(JourneyError, match=sentence), saving(tmp_path):
        if library == "python":
            path.write_bytes(bytes(100_000))
        elif library == "safetensors":
            save_file(weights, path)
        else:
            torch.save(weights, path)


def test_another_error_of_torch_stays_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="must match"), saving(tmp_path):
        torch.zeros(2) + torch.zeros(3)
