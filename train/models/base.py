r"""The model that arms start from: a small Llama with a tokenizer of the run's own words, or pretrained.

One number is one token up to a limit, so a from-scratch model learns arithmetic as facts about numbers;
larger numbers are spelled in digits. Everything else is one token a symbol. Text comes back from tokens
exactly as it went in.

    7x+12y=173     ->  7 x + 12 y= 173 \n         (limit 199)
    41-30=2003     ->  41 - 30 = 2 0 0 3
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    set_seed,
)
from transformers.utils import logging

from journey.errors import InputError
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


def build_tokenizer(texts: Iterable[str], numbers: int) -> PreTrainedTokenizerFast:
    """A tokenizer for these texts: whole numbers up to `numbers`, digits, words, symbols."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

    split = Regex(rf"{number_pattern(numbers)}|[0-9]|[A-Za-z]+=?|\n|.")
    words = pre_tokenizers.Split(split, behavior="isolated")
    found = {word for text in texts for word, _ in words.pre_tokenize_str(text) if not word.isdigit()}
    plain = [str(number) for number in range(numbers + 1)] + sorted(found | set(SYMBOLS))
    vocabulary = {word: place for place, word in enumerate([PAD, EOS, UNKNOWN, *plain])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = words
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=EOS,
        unk_token=UNKNOWN,
        padding_side="left",
        clean_up_tokenization_spaces=False,
        # A server that knows only chats gives the model the text as it is.
        chat_template="{% for message in messages %}{{ message['content'] }}{% endfor %}",
    )


def build_model(tokenizer: PreTrainedTokenizerFast, base: Base, seed: int) -> LlamaForCausalLM:
    """A Llama of the given sizes with weights drawn from `seed`."""
    set_seed(seed)
    size = base.sizes
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=size.hidden,
        intermediate_size=size.intermediate,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.kv_heads,
        max_position_embeddings=base.context,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    return LlamaForCausalLM(config)


def save_base(path: Path, texts: Iterable[str], base: Base, seed: int) -> int:
    """Makes the base and saves it as a plain Hugging Face folder; returns its number of parameters.

    A pretrained one is saved as it is, so that a run holds all that it was made of.
    """
    logging.disable_progress_bar()
    if base.model is not None:
        tokenizer, model = _pretrained(base)
    else:
        tokenizer = build_tokenizer(texts, base.numbers)
        model = build_model(tokenizer, base, seed)
        # Else `transformers serve` writes the likeliest text, whatever temperature and seed it is asked with.
        model.generation_config.do_sample = True
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return int(model.num_parameters())


def _pretrained(base: Base) -> tuple[Any, Any]:
    """The tokenizer and the model of a pretrained base.

    Raises:
        InputError: it cannot be loaded, or has no chat template where one is asked for.
    """
    name = str(base.model)
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        model = AutoModelForCausalLM.from_pretrained(name, dtype="auto")
    except (OSError, ValueError) as fault:
        raise InputError(f"base.model {name} does not load: {str(fault).splitlines()[0]}") from fault
    longest = getattr(model.config, "max_position_embeddings", None)
    if longest is not None and base.context > longest:
        raise InputError(f"base.context is {base.context}, and {name} reads {longest} tokens at most")
    if base.chat and not tokenizer.chat_template:
        raise InputError(f"base.chat is {base.chat}, and {name} has no chat template. Say `base.chat: null`")
    tokenizer.padding_side = "left"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer, model
