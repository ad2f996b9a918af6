"""YAML in which 1e-4 is a number, as in YAML 1.2 and JSON. PyYAML reads it as a string."""

from __future__ import annotations

import re
from typing import Any

import yaml


class Loader(yaml.SafeLoader):
    """PyYAML's safe loader. It follows YAML 1.1, where an exponent needs a decimal point and a sign."""


Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"), list("-+.0123456789")
)


def read_yaml(text: str, name: str = "") -> Any:
    """Parses a text.

    Args:
        text: the YAML.
        name: the file that the text comes from, for errors.

    Raises:
        yaml.YAMLError: the text is not valid YAML.

    >>> read_yaml("{learning_rate: 1e-4, name: e4, steps: 5}")
    {'learning_rate': 0.0001, 'name': 'e4', 'steps': 5}
    """
    loader = Loader(text)  # A SafeLoader builds plain values only.
    loader.name = name or "the text"  # Otherwise PyYAML's errors say "<unicode string>".
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()
