r"""Plain English for the lines of each family: one module per family, data only.

A family without a module here gets general wordings, with its mathematics in LaTeX. To give a family better
words, write `traces/styles/words/NAME.py` with a `WORDS`.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from journey.errors import ParseError
from journey.step import EVIDENCE_TEXTS, Evidence
from traces.styles.words.forms import SLOT, SLOT_KINDS, Form, Kind, Kinds, form
from traces.styles.words.tex import tex

NO_PROOFS: Mapping[str, tuple[str, ...]] = {}


class Words(NamedTuple):
    """The wordings of a family."""

    takes: tuple[Form, ...] = ()
    """Forms of its lines; the first that matches is used."""
    answers: tuple[Form, ...] = ()
    """Forms of its answers, in LaTeX, for the box."""
    states: tuple[Form, ...] = ()
    """Forms of its state keys, to name the state that a trace goes back to. They are never parsed."""
    proofs: Mapping[str, tuple[str, ...]] = NO_PROOFS
    """Clauses for its evidence, by kind; the slots are indices of the evidence's values."""
    kinds: Mapping[str, Kind] = {}
    """Further kinds of slots, besides those of `traces.styles.words.forms`."""
    english: bool = False
    """Its lines are already English and are not changed."""

    @property
    def slots(self) -> Kinds:
        """Its further kinds of slots, as `traces.styles.words.forms` expects them."""
        return tuple(self.kinds.items())


GENERAL = (
    form(
        "<word:word> <u>:<line>",
        "By “<word:word>” with $<u>$, $<line>$.",
        "Next, “<word:word>” with $<u>$ gives $<line>$.",
        "I use “<word:word>” with $<u>$: $<line>$.",
    ),
    form(
        "<word:word>:<line>",
        "By “<word:word>”, $<line>$.",
        "Next, “<word:word>” gives $<line>$.",
        "I use “<word:word>”: $<line>$.",
    ),
    form("<line>", "Next comes $<line>$.", "This gives $<line>$.", "From here, $<line>$."),
    form("<line:text>", "The next line is `<line:text>`."),
)
"""For lines without a wording in their family; the last is for lines that are not mathematics."""
IN_BOX = (form("<answer>", "<answer>"), form("<answer:text>", r"\text{<answer:text>}"))
PROOFS: dict[str, tuple[str, ...]] = {
    "unequal": (
        "<0> = <1>, not <2>",
        "<0> is <1>, not <2>",
        "<0> makes <1>, not <2>",
        "<0> comes to <1>, not <2>",
        "<0> is <1> and not <2>",
    ),
    "residue": (r"<0> leaves <1> modulo <3>, not <2>", r"modulo <3>, <0> is <1>, not <2>"),
    "remainder": (
        "<1> does not divide <0>, which leaves <2>",
        "<0> divided by <1> leaves <2>",
        "<0> is no multiple of <1>, the remainder is <2>",
        "dividing <0> by <1> leaves the remainder <2>",
    ),
    "exhausted": ("that leaves <0>, and no operation makes <1>",),
    "missed": ("<0> is left, not <1>", "this ends at <0>, not <1>", "the result is <0>, not <1>"),
    "missing": ("<0> is not among <1>", "there is no <0> among <1>"),
    "misread": ("<0> is <1> here, not <2>", "<0> stands for <1> here, not <2>"),
    "misplaced": ("that cannot be done here", "that step is not possible here"),
    "lost": (
        "<0> solves the line before and not this one",
        "<0> solved the line before, but not this one",
        "the solution <0> of the line before is lost",
    ),
    "added": (
        "<0> solves this line and not the one before",
        "<0> solves this line, but not the line before",
        "<0> comes in as a solution that the line before did not have",
    ),
    "differs": (
        "it is <0> at <1>, not <2>",
        "at <1> it is <0>, not <2>",
        "at <1> it has to be <0>, not <2>",
        "at <1> it was <0> before and is <2> now",
    ),
    "constant": ("it is <0>, not <2>", "it has to be <0>, not <2>", "it must be <0> and not <2>"),
    "derivative": (
        "its derivative is <2> at <1>, not <0>",
        "at <1> its derivative is <2>, not <0>",
        "at <1> its derivative is <2> and has to be <0>",
    ),
    "sides": ("<0> says <1> at <2>", "at <2>, <0> says <1>"),
    "undecided": ("I cannot decide it: <0:text>",),
    "stated": ("<0:text>",),
    "unverified": ("<0:text>",),
}
"""Clauses for each kind of evidence, if the family has none. Kinds that are missing here have a single
clause. "constant" is for sides that differ at every point, which are numbers."""


@lru_cache
def of(family: str) -> Words:
    """The wordings of a family; empty ones if it has no module here."""
    name = f"{__name__}.{family}"
    module = importlib.util.find_spec(name) and importlib.import_module(name)
    return getattr(module, "WORDS", Words())


@lru_cache(maxsize=8192)
def shown(text: str) -> str:
    r"""A value for a sentence: mathematics between dollar signs, words unchanged.

    >>> shown("3*4"), shown("every point")
    ('$3 \\cdot 4$', 'every point')
    """
    for plain in (text.replace(", ", ","), re.sub(r" *([-+*/=<>,]) *", r"\1", text)):
        if re.search(r"[a-z]{3}", re.sub("sqrt|sin|cos|tan|exp|log|abs| and ", "", plain)):
            break
        try:
            return f"${tex(plain)}$"
        except ParseError:
            continue
    return text


def clauses(words: Words, evidence: Evidence) -> Iterator[str]:
    """The clauses that state the evidence."""
    kind = "constant" if evidence.kind == "differs" and "every point" in evidence.values else evidence.kind
    usual = PROOFS.get(kind) or (re.sub(r"\{(\d)\}", r"<\1>", EVIDENCE_TEXTS[evidence.kind][0]),)
    values = list(map(str, evidence.values))
    kinds = {**SLOT_KINDS, **words.kinds}
    for template in words.proofs.get(evidence.kind, usual):
        clause = SLOT.sub(
            lambda slot: kinds[slot[2]].say(values[int(slot[1])]) if slot[2] else shown(values[int(slot[1])]),
            template,
        )
        # Two formulas joined by a sign become one.
        yield clause.replace("$ = $", " = ")
