r"""Traces as chat messages for instruct models, and the text of such a model's answer.

[{"role": "user", "content": "Solve 6=5x-9 for x."},
 {"role": "assistant", "content": "<think>\nAdd $9$ to both sides: ...\n</think>\n\nThe answer is ..."}]
"""

from __future__ import annotations

from typing import Literal, get_args

Chat = Literal["plain", "think"]
CHATS: tuple[str, ...] = get_args(Chat)
"""Chat formats; in `think`, all lines of an answer but the last are inside <think> tags."""
BEGIN, END = "<think>\n", "\n</think>\n\n"


def messages(prompt: str, completion: str, think: bool = False) -> list[dict[str, str]]:
    r"""A problem and its solution as chat messages; with `think`, all lines but the last are in <think> tags.

    >>> messages("1+1\n", "so\n=2", think=True)[1]["content"]
    '<think>\nso\n</think>\n\n=2'
    """
    lines, newline, last = completion.rpartition("\n")
    content = f"{BEGIN}{lines}{END}{last}" if think and newline else completion
    return [{"role": "user", "content": prompt.strip()}, {"role": "assistant", "content": content}]


def strip_think_tags(content: str) -> str:
    r"""The lines of an answer without its <think> tags, as `parse` and `audit` read them.

    >>> strip_think_tags("<think>\nso\n</think>\n\n=2")
    'so\n=2'
    """
    thinking, end, answer = content.partition(END.strip("\n"))
    if not end:
        return content
    lines = [thinking.removeprefix(BEGIN.strip("\n")).strip("\n"), answer.strip("\n")]
    return "\n".join(line for line in lines if line)
