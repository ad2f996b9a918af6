"""Word problems made on the spot, and their texts, for the tests of curation."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from journey.problem import Problem, canonical_id
from journey.step import Verdict
from traces.curate import Curated
from traces.filters import Text
from traces.text import prompt

WORDS = [
    first + second for first in ("ba", "do", "fi", "gu", "ke", "la") for second in ("nt", "rm", "sk", "ll")
]


def story(number: int) -> str:
    """A word problem of its own, 40 words long."""
    rng = Random(f"story:{number}")
    parts = [rng.choice(WORDS) if at % 6 else str(rng.randint(2, 99)) for at in range(40)]
    return ", ".join([" ".join(parts[:9]), " ".join(parts[9:21])]) + ". " + " ".join(parts[21:]) + "?"


def reworded(text: str, *places: int) -> str:
    """The text with other words in these places."""
    parts = text.split()
    for place in places:
        parts[place] = "zebra"
    return " ".join(parts)


def prose(text: str, answer: str = "7", level: int | None = 1, source: str = "here") -> Problem:
    givens = {"problem": text, "answer": answer}
    id = canonical_id("prose", givens)
    return Problem(id, "prose", text, givens, answer, "train", level, f"{source}:{id}", "CC0-1.0")


def texts(problems: Sequence[Problem], *kinds: str, **changed: Text) -> dict[str, dict[str, Text]]:
    """A plain text of every problem in every kind; `kind_at=Text(..)` changes that of problem `at`."""
    made = {
        kind: {p.id: Text(prompt(p), "It is 7.\n=7", (Verdict.VALID,)) for p in problems} for kind in kinds
    }
    for place, text in changed.items():
        kind, at = place.rsplit("_", 1)
        made[kind][problems[int(at)].id] = text
    return made


def lost(curated: Curated) -> dict[str, str]:
    return {id: drop.filter for id, drop in curated.dropped.items()}


PLAIN = [prose(story(number)) for number in range(40)]
