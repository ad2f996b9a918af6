"""Uploads an exported folder to a dataset repository on the Hugging Face Hub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from journey.errors import InputError, JourneyError


@dataclass(frozen=True, slots=True)
class Upload:
    """What is uploaded, or would be."""

    repo: str
    files: dict[str, int]
    """Bytes by file, relative to the folder."""
    dry_run: bool

    @property
    def sentence(self) -> str:
        """What happened, in a sentence."""
        done = "would be uploaded" if self.dry_run else "were uploaded"
        size = sum(self.files.values())
        return f"{len(self.files):,} files ({size:,} bytes) {done} to the dataset repository {self.repo}"


def check_repo(repo: str) -> None:
    """Checks the name of a repository, before anything is exported.

    Raises:
        InputError: it is not OWNER/NAME as the Hub takes it.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils._validators import validate_repo_id

    try:
        validate_repo_id(repo)
    except HFValidationError as fault:
        raise InputError(
            f"{repo!r} is not the name of a repository: {' '.join(str(fault).split())}"
        ) from None
    if repo.count("/") != 1:
        raise InputError(f"{repo!r} is not the name of a repository: say OWNER/NAME")


def push(folder: Path, repo: str, dry_run: bool) -> Upload:
    """Uploads a folder; creates the repository as a private one if there is none.

    Args:
        folder: an exported folder.
        repo: OWNER/NAME.
        dry_run: only say what would be uploaded. Needs no network.

    Raises:
        JourneyError: the Hub refuses, or cannot be reached.
    """
    files = {
        str(path.relative_to(folder)): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    if not dry_run:
        from huggingface_hub import HfApi

        api = HfApi()
        try:
            api.create_repo(repo, repo_type="dataset", private=True, exist_ok=True)
            api.upload_folder(folder_path=folder, repo_id=repo, repo_type="dataset")
        except Exception as fault:  # The HTTP library, and so its errors, differs between versions.
            reason = " ".join(str(fault).split())[:300]
            raise JourneyError(
                f"cannot upload {folder} to {repo}: {reason}. The exported files are kept. Log in with "
                f"`hf auth login`, then `hf upload {repo} {folder} . --repo-type dataset --private`"
            ) from fault
    return Upload(repo, files, dry_run)
