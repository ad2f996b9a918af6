"""Bases from scratch that read pictures: a text model with a vision encoder, in two of NVLM's ways.

NVLM (Dai et al. 2024, arXiv 2409.11402) compares three. Its hybrid has no class in transformers.

    sequence           The encoder's features, four patches joined to one, are tokens of the sequence.
    cross_attention    The sequence has one token for the picture. Layers between those of the language model
                       attend to the features of all patches. Their gates are 0 at first, so that the model
                       begins as the text model that it is made of.

The language model has the same random weights in both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from train.models.vision import IMAGE

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from train.recipe.settings import Vision

TILE, WHOLE, BEGIN, END = "<tile>", "<whole>", "<image_begin>", "<image_end>"
"""The tokens around a picture in the sequence, and the tags of its tiles."""
TOKENS = (IMAGE, TILE, WHOLE, BEGIN, END)


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
    make = {"sequence": _with_image_tokens, "cross_attention": _with_cross_attention}[vision.kind]
    model, processor = make(text_model, tokenizer, vision, side)
    model.generation_config = text_model.generation_config
    model.generation_config.bos_token_id = tokenizer.bos_token_id
    return model, processor


def _with_image_tokens(
    text_model: Any, tokenizer: PreTrainedTokenizerFast, vision: Vision, side: int
) -> tuple[Any, Any]:
    """NVLM-D: SigLIP's encoder, pixel shuffle and a small network, as AyaVision has them."""
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


def _with_cross_attention(
    text_model: Any, tokenizer: PreTrainedTokenizerFast, vision: Vision, side: int
) -> tuple[Any, Any]:
    """NVLM-X: gated layers that attend to the patches, as Mllama has them.

    Mllama's table of embeddings has 8 rows more than the output layer, so the two cannot be one. Both begin
    as the text model's.
    """
    from transformers import MllamaConfig, MllamaForConditionalGeneration, MllamaProcessor
    from transformers.models.mllama.image_processing_pil_mllama import MllamaImageProcessorPil

    # Mllama's processor puts this token before each text, completions included. Texts here begin with none.
    tokenizer.bos_token = ""
    text = text_model.config
    # The first layer must be the language model's own: a cache takes the length of the text from it.
    count = text.num_hidden_layers // vision.every
    crossed = [(vision.every + 1) * number - 1 for number in range(1, count + 1)]
    text_config = {
        "vocab_size": text.vocab_size,
        "hidden_size": text.hidden_size,
        "intermediate_size": text.intermediate_size,
        "num_hidden_layers": text.num_hidden_layers + count,
        "num_attention_heads": text.num_attention_heads,
        "num_key_value_heads": text.num_key_value_heads,
        "max_position_embeddings": text.max_position_embeddings,
        "rms_norm_eps": text.rms_norm_eps,
        "rope_parameters": text.rope_parameters,
        "cross_attention_layers": crossed,
        "pad_token_id": text.pad_token_id,
        "eos_token_id": text.eos_token_id,
        "bos_token_id": tokenizer.bos_token_id,
    }
    encoder = {
        "hidden_size": vision.hidden,
        "intermediate_size": vision.intermediate,
        "num_hidden_layers": vision.layers,
        # These would join tiles, and a picture is one.
        "num_global_layers": 0,
        "attention_heads": vision.heads,
        "image_size": side,
        "patch_size": vision.patch,
        "max_num_tiles": 1,
        "supported_aspect_ratios": [[1, 1]],
        # The features of a patch are those of the last layer and, as strokes are seen early, of the first.
        "intermediate_layers_indices": [0],
        "vision_output_dim": 2 * vision.hidden,
    }
    config = MllamaConfig(
        vision_config=encoder, text_config=text_config, image_token_index=tokenizer.get_vocab()[IMAGE]
    )
    model = MllamaForConditionalGeneration(config)
    language, own = model.model.language_model, text_model.model
    kept = [layer for number, layer in enumerate(language.layers) if number not in crossed]
    for layer, source in zip(kept, own.layers, strict=True):
        layer.load_state_dict(source.state_dict())
    language.norm.load_state_dict(own.norm.state_dict())
    language.embed_tokens.weight.data[: text.vocab_size] = own.embed_tokens.weight.data
    model.lm_head.load_state_dict(text_model.lm_head.state_dict())
    images = MllamaImageProcessorPil(size={"height": side, "width": side}, max_image_tiles=1)
    return model, MllamaProcessor(images, tokenizer, chat_template=tokenizer.chat_template)
