"""Proposers by name: `symbolic`, `model:DIR`, `server:URL#MODEL`, `replay:FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from journey.errors import InputError, unknown_name
from search.proposers import Proposer
from search.proposers.model import Model, check_folder
from search.proposers.replay import Replay
from search.proposers.sampling import QuestionWriter, StepReader
from search.proposers.server import Server
from search.proposers.symbolic import Symbolic

LOCATIONS = {"symbolic": "", "model": "DIR", "server": "URL#MODEL", "replay": "FILE"}
"""The kinds of proposer, each with the location it needs."""


def check_spec(spec: str) -> tuple[str, str]:
    """Validates a proposer spec and splits it into kind and location. Loads nothing, sends no request.

    Raises:
        InputError: the kind is unknown, or its location is missing or unusable.
    """
    kind, _, location = spec.partition(":")
    if kind not in LOCATIONS:
        raise unknown_name("proposer", kind, LOCATIONS)
    if LOCATIONS[kind] and not location:
        raise InputError(f"--proposer {kind} needs a location: --proposer {kind}:{LOCATIONS[kind]}")
    if kind == "model":
        check_folder(Path(location))
    if kind == "server":
        Server.from_spec(location)
    if kind == "replay" and not Path(location).is_file():
        raise InputError(f"cannot read {location}: there is no such file")
    return kind, location


def make_proposer(
    spec: str,
    mistakes: float,
    seed: int,
    *,
    lookahead: int = 0,
    prune: bool = False,
    read: StepReader | None = None,
    question: QuestionWriter | None = None,
    answers: Path | None = None,
    samples: int = 4,
    temperature: float = 1.0,
) -> Proposer:
    """Makes the proposer that a spec names. A spec is plain text, so it can be sent to workers.

    Args:
        spec: `KIND` or `KIND:LOCATION`.
        mistakes: the share of moves before which the symbolic proposer makes a mistake.
        seed: seeds every random choice of the proposer.
        lookahead: moves that the symbolic proposer looks ahead.
        prune: whether the symbolic proposer leaves out moves to hopeless states that are out of reach.
        read: reads the steps of a complete model output. None: the model writes next lines.
        question: writes the question for a complete output; None uses the family's own prompt.
        answers: the folder in which a server's answers are stored.
        samples: outputs sampled per state.
        temperature: sampling temperature.

    Raises:
        InputError: as `check_spec` does.
    """
    kind, location = check_spec(spec)
    if kind == "symbolic":
        return Symbolic(mistakes, seed, lookahead, prune)
    if kind == "replay":
        return Replay.from_file(Path(location))
    if kind == "model":
        return Model(Path(location), samples, temperature, seed, read, question=question)
    shared: dict[str, Any] = {"seed": seed, "read": read, "question": question}
    return Server.from_spec(location, **shared, answers=answers, samples=samples, temperature=temperature)
