"""YAML as people write it: 1e-4 is a number, as in YAML 1.2 and in JSON, and not a text."""

from __future__ import annotations

import re
from typing import Any

import yaml


class Loader(yaml.SafeLoader):
    """PyYAML's, which follows YAML 1.1, where a number with an exponent needs a point and a sign."""


Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


def read_yaml(text: str, name: str = "") -> Any:
    """What a text says.

    Args:
        text: the YAML.
        name: the file that it comes from, for the error.

    Raises:
        yaml.YAMLError: it is no YAML.

    >>> read_yaml("{learning_rate: 1e-4, name: e4, steps: 5}")
    {'learning_rate': 0.0001, 'name': 'e4', 'steps': 5}
    """
    loader = Loader(text)  # a SafeLoader: it makes plain values only
    loader.name = name or "the text"  # PyYAML's errors name "<unicode string>" otherwise
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()
