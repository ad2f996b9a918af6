r"""Traces as chat messages, for instruct models, and the text in what such a model says.

[{"role": "user", "content": "Solve 6=5x-9 for x."},
 {"role": "assistant", "content": "<think>\nAdd $9$ to both sides: ...\n</think>\n\nThe answer is ..."}]
"""

from __future__ import annotations

from typing import Literal, get_args

Chat = Literal["plain", "think"]
CHATS: tuple[str, ...] = get_args(Chat)
"""How an instruct model is asked; with think, all but the last line of an answer is thought."""
BEGIN, END = "<think>\n", "\n</think>\n\n"


def messages(prompt: str, completion: str, think: bool = False) -> list[dict[str, str]]:
    r"""A problem and its solution as a chat; with `think`, all but the last line is thought, not said.

    >>> messages("1+1\n", "so\n=2", think=True)[1]["content"]
    '<think>\nso\n</think>\n\n=2'
    """
    lines, newline, last = completion.rpartition("\n")
    said = f"{BEGIN}{lines}{END}{last}" if think and newline else completion
    return [{"role": "user", "content": prompt.strip()}, {"role": "assistant", "content": said}]


def spoken(content: str) -> str:
    r"""The lines of an answer, thought and said: what `parse` and `audit` read.

    >>> spoken("<think>\nso\n</think>\n\n=2")
    'so\n=2'
    """
    thought, end, said = content.partition(END.strip("\n"))
    if not end:
        return content
    lines = [thought.removeprefix(BEGIN.strip("\n")).strip("\n"), said.strip("\n")]
    return "\n".join(line for line in lines if line)
