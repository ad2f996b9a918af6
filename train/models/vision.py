r"""How models read problems as pictures, and how their processors are used.

The prompt of a problem becomes a picture, and the text of the prompt moves to the beginning of the
completion. So the model states what it reads, and all arms learn the same texts:

    text               7x+12y=173 \n | y=0:173 ...                       | is where the loss begins
    sequence           <|image|> ... <|image|> \n | 7x+12y=173 \n y=0:173 ...
    cross-attention    <|image|> \n | 7x+12y=173 \n y=0:173 ...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from PIL import Image

from journey.problem import Problem
from traces.pictures import draw
from traces.trace import TrainingText

IMAGE = "<|image|>"
"""The place of a picture in a text. The processor of Mllama knows it by this name alone."""
CROSS_MASK = "cross_attention_mask"
"""Which tokens see which tiles of a picture; [texts, tokens, pictures, tiles]."""
PROMPT = f"{IMAGE}\n"
"""A prompt with a picture, before the processor puts in as many tokens as the picture has."""


def reads_pictures(processing: Any) -> bool:
    """Whether a tokenizer or processor is that of a model that reads pictures."""
    return hasattr(processing, "image_processor")


def as_picture(text: TrainingText) -> TrainingText:
    r"""The text with a picture in the place of its prompt, and the prompt at the beginning of its completion.

    >>> as_picture(TrainingText("a", "1+1\n", "=2", (0,)))
    TrainingText(id='a', prompt='<|image|>\n', completion='1+1\n=2', unsound=(1,), problem=None)
    """
    moved = tuple(number + text.prompt.count("\n") for number in text.unsound)
    return TrainingText(text.id, PROMPT, text.prompt + text.completion, moved, text.problem)


class PictureReader:
    """Prepares pictures of problems for a model.

    Args:
        processor: the model's. It decides the side of the pictures.
    """

    def __init__(self, processor: Any) -> None:
        self.processor = processor
        self.side = int(processor.image_processor.size["height"])

    @cached_property
    def prompt_ids(self) -> tuple[int, ...]:
        """The tokens of a prompt, the same for every picture."""
        blank = Image.new("L", (self.side, self.side))
        return tuple(self.processor(images=[[blank]], text=[PROMPT])["input_ids"][0])

    def inputs(self, problems: Sequence[Problem], width: int) -> dict[str, Any]:
        """What a model gets with the prompts of these problems, besides tokens and their mask.

        Args:
            problems: the problems.
            width: how many tokens the model reads of each text, padding included.
        """
        return self._inputs([draw(problem, self.side) for problem in problems], width)

    def blank(self, width: int) -> dict[str, Any]:
        """The inputs of a blank picture, with a text of `width` tokens."""
        return self._inputs([Image.new("L", (self.side, self.side))], width)

    def _inputs(self, pictures: Sequence[Image.Image], width: int) -> dict[str, Any]:
        nested = [[picture] for picture in pictures]
        inputs = self.processor(images=nested, text=[PROMPT] * len(pictures), return_tensors="pt")
        own = {name: value for name, value in inputs.items() if name not in ("input_ids", "attention_mask")}
        return seen_by_all_tokens(own, width)


def seen_by_all_tokens(inputs: Mapping[str, Any], width: int) -> dict[str, Any]:
    """Inputs in which every token of a text sees its picture.

    A processor makes the mask of cross-attention for the prompt alone. As in `generate` of transformers,
    later tokens see what the prompt's last token sees. No mask would not be the same: PyTorch's fused
    attention would then take the patches for a text, of which a token sees only the beginning.

    Args:
        inputs: a model's inputs, with the mask if the model has cross-attention.
        width: the number of tokens.
    """
    mask = inputs.get(CROSS_MASK)
    seen = {} if mask is None else {CROSS_MASK: mask[:, -1:].expand(-1, width, -1, -1)}
    return {**inputs, **seen}
