"""Proposers by name: `symbolic`, `model:DIR`, `server:URL#MODEL`, `replay:FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from journey.errors import InputError, unknown_name
from search.proposers import Proposer
from search.proposers.model import Model, check_folder
from search.proposers.replay import Replay
from search.proposers.sampling import Question, Read
from search.proposers.server import Server
from search.proposers.symbolic import Symbolic

KINDS = {"symbolic": "", "model": "DIR", "server": "URL#MODEL", "replay": "FILE"}
"""And what each needs to know."""


def check(words: str) -> tuple[str, str]:
    """The kind and the place that the words name; nothing is loaded and nobody is asked.

    Raises:
        InputError: the kind is unknown, or what it needs is missing.
    """
    kind, _, where = words.partition(":")
    if kind not in KINDS:
        raise unknown_name("proposer", kind, KINDS)
    if KINDS[kind] and not where:
        raise InputError(f"say where: --proposer {kind}:{KINDS[kind]}")
    if kind == "model":
        check_folder(Path(where))
    if kind == "server":
        Server.at(where)
    if kind == "replay" and not Path(where).is_file():
        raise InputError(f"cannot read {where}: there is no such file")
    return kind, where


def make(
    words: str,
    mistakes: float,
    seed: int,
    *,
    read: Read | None = None,
    question: Question | None = None,
    answers: Path | None = None,
    samples: int = 4,
    temperature: float = 1.0,
) -> Proposer:
    """The proposer that the words name; they are all that a worker in another process needs.

    Args:
        words: `KIND` or `KIND:WHERE`.
        mistakes: the share of moves before which the symbolic proposer makes a mistake.
        seed: of all that it draws.
        read: how a model's whole output is read; None asks it for next lines (`search.proposers.sampling`).
        question: what is asked for a whole output, if not the family's one line.
        answers: the folder that keeps what a server answers.
        samples: texts that a model is asked for at a time.
        temperature: of their sampling.

    Raises:
        InputError: as `check` does.
    """
    kind, where = check(words)
    if kind == "symbolic":
        return Symbolic(mistakes, seed)
    if kind == "replay":
        return Replay.from_file(Path(where))
    if kind == "model":
        return Model(Path(where), samples, temperature, seed, read, question=question)
    asking: dict[str, Any] = {"seed": seed, "read": read, "question": question}
    return Server.at(where, **asking, answers=answers, samples=samples, temperature=temperature)
