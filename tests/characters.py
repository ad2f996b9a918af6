"""What scripted models of the tests share: each character is one token."""

from __future__ import annotations

from collections.abc import Sequence

from train.evaluation.decoding.batching import Output

END = 0


class CharacterModel:
    """Encodes and decodes text by character; a subclass says what it generates."""

    reads_pictures = False

    def encode(self, text: str) -> tuple[int, ...]:
        return tuple(map(ord, text))

    encode_prompt = encode

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(chr(token) for token in ids if token != END)

    def ended(self, output: Output) -> bool:
        return output.ids[-1] == END
