r"""The model that arms start from: a small one with a tokenizer for the run's texts, or a pretrained model.

A model from scratch is a Llama. With experts it is a Mixtral: the same Llama apart from its experts.

Whole numbers up to a limit are one token each, so a model from scratch learns arithmetic as facts about
numbers. Larger numbers are one token per digit. Words and symbols are one token each. Decoding the tokens
returns the exact text.

    7x+12y=173     ->  7 x + 12 y= 173 \n         (limit 199)
    41-30=2003     ->  41 - 30 = 2 0 0 3
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
    PreTrainedTokenizerFast,
    set_seed,
)
from transformers.utils import logging

from journey.errors import InputError
from train.models.loading import load_model, load_processing, tokenizer_of
from train.models.saving import saving
from train.models.sizes import Size, size_of
from train.models.vision_bases import TOKENS, add_vision
from train.recipe.settings import Base

PAD, EOS, UNKNOWN = "<pad>", "<eos>", "<unk>"
SYMBOLS = "\n !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


def number_pattern(limit: int) -> str:
    """A regular expression for whole numbers from 0 to `limit`, without leading zeros, standing alone.

    >>> import re
    >>> [n for n in ("0", "7", "07", "199", "200", "1999") if re.fullmatch(number_pattern(199), n)]
    ['0', '7', '199']
    """
    digits = str(limit)
    choices = ["0"] + [f"[1-9][0-9]{{{length - 1}}}" for length in range(1, len(digits))]
    for place, digit in enumerate(digits):
        lowest = 1 if place == 0 else 0
        if int(digit) > lowest:
            rest = len(digits) - place - 1
            choices.append(f"{digits[:place]}[{lowest}-{int(digit) - 1}][0-9]{{{rest}}}")
    choices.append(digits)
    return f"(?<![0-9])(?:{'|'.join(choices)})(?![0-9])"


def build_tokenizer(
    texts: Iterable[str], numbers: int, phrases: Sequence[str] = ()
) -> PreTrainedTokenizerFast:
    """A tokenizer with whole numbers up to `numbers`, digits, symbols, and the words of these texts.

    Each of `phrases` is one token wherever it occurs.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    fixed = "".join(f"{re.escape(phrase)}|" for phrase in phrases)
    split = Regex(rf"{fixed}{number_pattern(numbers)}|[0-9]|[A-Za-z]+=?|\n|.")
    splitter = pre_tokenizers.Split(split, behavior="isolated")
    words = {word for text in texts for word, _ in splitter.pre_tokenize_str(text) if not word.isdigit()}
    tokens = [str(number) for number in range(numbers + 1)] + sorted(words | set(SYMBOLS) | set(phrases))
    vocabulary = {token: id for id, token in enumerate([PAD, EOS, UNKNOWN, *tokens])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = splitter
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=EOS,
        unk_token=UNKNOWN,
        padding_side="left",
        clean_up_tokenization_spaces=False,
        # A server with a chat API only then passes the text on unchanged.
        chat_template="{% for message in messages %}{{ message['content'] }}{% endfor %}",
    )


def build_model(tokenizer: PreTrainedTokenizerFast, base: Base, seed: int) -> Any:
    """A model of the given size with random weights drawn from `seed`."""
    set_seed(seed)
    size = base.sizes
    sizes: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "hidden_size": size.hidden,
        "intermediate_size": size.intermediate,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "num_key_value_heads": size.kv_heads,
        "max_position_embeddings": base.context,
        "tie_word_embeddings": True,
        "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "bos_token_id": None,
    }
    dense = LlamaConfig(**sizes)
    if base.experts is None:
        return LlamaForCausalLM(dense)
    config = MixtralConfig(
        **sizes,
        num_local_experts=base.experts.count,
        num_experts_per_tok=base.experts.active,
        # Mixtral's own defaults differ from Llama's.
        rms_norm_eps=dense.rms_norm_eps,
        rope_parameters=dense.rope_parameters,
    )
    return MixtralForCausalLM(config)


def save_base(path: Path, texts: Iterable[str], base: Base, seed: int, picture: int | None = None) -> Size:
    """Saves the base model as a plain Hugging Face folder; returns its size.

    A pretrained model is saved unchanged, so that the run folder is complete.

    Args:
        path: the folder.
        texts: the tokenizer of a base from scratch knows their words.
        base: its settings.
        seed: of its random weights.
        picture: side in pixels of the pictures of a base with `vision`.

    Raises:
        InputError: a pretrained model cannot be loaded or does not fit the recipe.
        JourneyError: the folder cannot be written.
    """
    logging.disable_progress_bar()
    if base.model is not None:
        processing, model = _pretrained(base)
    else:
        processing = tokenizer = build_tokenizer(texts, base.numbers, base.phrases)
        if base.vision is not None:
            tokenizer.add_special_tokens({"additional_special_tokens": list(TOKENS)})
        model = build_model(tokenizer, base, seed)
        # Without this, `transformers serve` decodes greedily and ignores temperature and seed.
        model.generation_config.do_sample = True
        if base.vision is not None and picture is not None:
            model, processing = add_vision(model, tokenizer, base.vision, picture)
    with saving(path):
        model.save_pretrained(path)
        processing.save_pretrained(path)
    return size_of(path)


def _pretrained(base: Base) -> tuple[Any, Any]:
    """The tokenizer or processor, and the model, of a pretrained base.

    Raises:
        InputError: it cannot be loaded, its context is too short, or it lacks a chat template that the recipe
            needs.
    """
    name = str(base.model)
    try:
        processing = load_processing(name)
        model = load_model(name, dtype="auto")
    except (OSError, ValueError) as error:
        raise InputError(f"cannot load base.model {name}: {str(error).splitlines()[0]}") from error
    tokenizer = tokenizer_of(processing)
    longest = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    if longest is not None and base.context > longest:
        raise InputError(f"base.context is {base.context}, but {name} reads at most {longest} tokens")
    if base.chat and not tokenizer.chat_template:
        raise InputError(f"base.chat is {base.chat}, but {name} has no chat template. Set `base.chat: null`")
    tokenizer.padding_side = "left"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return processing, model
