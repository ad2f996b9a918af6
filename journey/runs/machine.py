"""The machine and software of a run: versions, commit, processor. Reading them imports nothing heavy."""

from __future__ import annotations

import importlib.metadata
import multiprocessing
import os
import platform
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PACKAGES = (
    "torch",
    "trl",
    "transformers",
    "accelerate",
    "datasets",
    "sympy",
    "networkx",
    "rich",
    "typer",
    "scipy",
)


def versions() -> dict[str, str | None]:
    """The version of each package that can affect results; None if it is not installed."""
    result: dict[str, str | None] = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            result[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            result[package] = None
    return result


def commit() -> str | None:
    """The commit of this source, with `+changes` if the tree is modified; None outside a checkout."""
    here = Path(__file__).resolve().parent

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", str(here), *words], capture_output=True, text=True, timeout=10)
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        tracked = git("ls-files", "--error-unmatch", "machine.py")
        head = git("rev-parse", "--short=12", "HEAD") if tracked else ""
        return (head + ("+changes" if git("status", "--porcelain") else "")) if head else None
    except (OSError, subprocess.TimeoutExpired):
        return None


def processor() -> str:
    """The name of the processor, as the system reports it."""
    try:
        rows = Path("/proc/cpuinfo").read_text().splitlines()
        return next(row.partition(":")[2].strip() for row in rows if row.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def cores() -> int:
    """The number of cores that this process may use; in a container, fewer than the machine has."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # only Linux has it
        return os.cpu_count() or 1


def gpus() -> list[str]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [each for each in visible.split(",") if each.strip() not in ("", "-1")]
    return [str(number) for number, _ in enumerate(Path("/dev").glob("nvidia[0-9]*"))]


def gpu_names() -> list[str]:
    """The names of the machine's GPUs, as NVIDIA's driver gives them."""
    names = []
    for file in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")):
        with suppress(OSError):
            rows = file.read_text().splitlines()
            names += [row.partition(":")[2].strip() for row in rows if row.startswith("Model:")]
    return names


def memory_gib() -> float | None:
    """Memory of the machine in GiB; None if the system does not report it."""
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (ValueError, OSError):
        return None


def describe() -> dict[str, Any]:
    """The machine and the software, for the manifest, the report and `journey doctor`."""
    return {
        "versions": versions(),
        "commit": commit(),
        "system": platform.platform(),
        "processor": processor(),
        "cores": cores(),
        "memory_gib": memory_gib(),
        "gpus": gpu_names(),
    }


def free_gib(path: Path) -> float:
    """Free space in GiB on the disk that holds `path` or its nearest existing parent."""
    while not path.exists():
        path = path.parent
    return round(shutil.disk_usage(path).free / 2**30, 1)


MIN_FREE_GIB = 1.0


def orphaned() -> bool:
    """Whether the process that started this one by `multiprocessing` has ended.

    `multiprocessing` records the parent before this process imports anything, so a parent that dies during
    the imports is noticed too. A different parent id alone proves nothing: with a fork server, the server is
    the parent.
    """
    parent = multiprocessing.parent_process()
    return parent is not None and os.getppid() != parent.pid and not parent.is_alive()


@dataclass(frozen=True, slots=True)
class Check:
    """One requirement of Journey."""

    name: str
    ok: bool
    detail: str
    """What this machine has."""


def diagnose() -> list[Check]:
    """The requirements of Journey, and whether this machine meets them."""
    missing = "not installed: pip install -c constraints.txt ."
    checks = [
        Check(package, version is not None, version or missing) for package, version in versions().items()
    ]
    free = free_gib(Path.cwd())
    checks.append(Check("disk", free >= MIN_FREE_GIB, f"{free} GiB free here, {MIN_FREE_GIB} needed"))
    memory = memory_gib()
    checks.append(Check("memory", memory is None or memory >= 2, f"{memory} GiB, 2 needed"))
    checks.append(Check("processor", True, f"{processor()}, {cores()} cores"))
    try:
        import torch

        devices = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
        checks.append(Check("GPU", True, ", ".join(devices) or "none: training runs on the processor"))
    except ImportError as fault:
        checks.append(Check("GPU", False, f"torch does not load: {fault}"))
    return checks
