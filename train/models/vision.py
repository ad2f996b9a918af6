r"""Models that read problems as pictures: how one is built from scratch, and how its processor is used.

The prompt of a problem becomes a picture, and the text of the prompt moves to the beginning of the
completion. So the model states what it reads, and all arms learn the same texts:

    text        7x+12y=173 \n | y=0:173 ...                              | is where the loss begins
    picture     <image> ... <image> \n | 7x+12y=173 \n y=0:173 ...
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from PIL import Image

from journey.problem import Problem
from traces.pictures import draw
from traces.trace import TrainingText

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from train.recipe.settings import Vision

IMAGE, TILE, WHOLE, BEGIN, END = "<image>", "<tile>", "<whole>", "<image_begin>", "<image_end>"
"""The place of a picture in a text; then the tokens around it, with the tags of its tiles."""
TOKENS = (IMAGE, TILE, WHOLE, BEGIN, END)
PROMPT = f"{IMAGE}\n"
"""A prompt with a picture, before the processor puts in as many tokens as the picture has."""


def add_vision(
    text_model: Any, tokenizer: PreTrainedTokenizerFast, vision: Vision, side: int
) -> tuple[Any, Any]:
    """A text model with a vision encoder of random weights, and the processor that prepares its inputs.

    Args:
        text_model: a causal language model with the vocabulary of `tokenizer`; its weights are kept.
        tokenizer: it must have `TOKENS`.
        vision: the encoder.
        side: side of the pictures in pixels.
    """
    from transformers import AyaVisionConfig, AyaVisionForConditionalGeneration, AyaVisionProcessor
    from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil

    encoder = {
        "model_type": "siglip_vision_model",
        "hidden_size": vision.hidden,
        "intermediate_size": vision.intermediate,
        "num_hidden_layers": vision.layers,
        "num_attention_heads": vision.heads,
        "image_size": side,
        "patch_size": vision.patch,
        "vision_use_head": False,
    }
    text_config = text_model.config
    config = AyaVisionConfig(
        vision_config=encoder,
        text_config=text_config.to_dict(),
        downsample_factor=vision.merge,
        image_token_index=tokenizer.get_vocab()[IMAGE],
        tie_word_embeddings=text_config.tie_word_embeddings,
    )
    model = AyaVisionForConditionalGeneration(config)
    model.model.language_model = text_model.model
    model.lm_head = text_model.lm_head
    model.generation_config = text_model.generation_config
    images = GotOcr2ImageProcessorPil(size={"height": side, "width": side}, max_patches=1)
    processor = AyaVisionProcessor(
        images,
        tokenizer,
        patch_size=vision.patch,
        img_size=side,
        downsample_factor=vision.merge,
        image_token=IMAGE,
        img_patch_token=IMAGE,
        start_of_img_token=BEGIN,
        end_of_img_token=END,
        tile_token=TILE,
        tile_global_token=WHOLE,
        chat_template=tokenizer.chat_template,
    )
    return model, processor


def reads_pictures(processing: Any) -> bool:
    """Whether a tokenizer or processor is that of a model that reads pictures."""
    return hasattr(processing, "image_processor")


def as_picture(text: TrainingText) -> TrainingText:
    r"""The text with a picture in the place of its prompt, and the prompt at the beginning of its completion.

    >>> as_picture(TrainingText("a", "1+1\n", "=2", (0,)))
    TrainingText(id='a', prompt='<image>\n', completion='1+1\n=2', unsound=(1,), problem=None)
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

    def inputs(self, problems: Sequence[Problem]) -> dict[str, Any]:
        """What a model gets with the prompts of these problems, besides tokens and their mask."""
        pictures = [[draw(problem, self.side)] for problem in problems]
        inputs = self.processor(images=pictures, text=[PROMPT] * len(pictures), return_tensors="pt")
        return {name: value for name, value in inputs.items() if name not in ("input_ids", "attention_mask")}
