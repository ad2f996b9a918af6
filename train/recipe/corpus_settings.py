"""The sections of a recipe about training texts: how they are spoilt on purpose, and which are kept.

An arm may override both, to train on another corpus or through other filters. Arms with the same corpus and
the same filters are curated together.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from traces.corpus import DEFECTS
from traces.filters import Limits
from train.recipe.settings import Section, optional

Share = Annotated[float, Field(ge=0, le=1)]


class Corpus(Section):
    """Training texts that are spoilt on purpose, as web texts are (`traces.corpus`). Default: none is.

    A corpus has one row for each training problem. Each share is the share of rows that are spoilt this way,
    in place of the problem's own trace.
    """

    duplicate: Share = 0
    """Share of rows that are copies of earlier rows. Few rows have many copies (Zipf's law)."""
    near_duplicate: Share = 0
    """Share of rows that are other traces of the problems of earlier rows, with fewer wrong turns."""
    truncated: Share = 0
    """Share of rows that end early, without their answer."""
    noise: Share = 0
    """Share of rows that are traces of `noise_families`."""
    noise_families: list[str] = Field(default=[])
    """Families of the noise. Problem sets may use them too: other problems are drawn for those."""
    leaked: Share = 0
    """Share of rows that are traces of evaluation problems, those of `leaked_set`."""
    leaked_set: str | None = None
    """The set of `evaluation.sets` that leaks. Its problems that are held-out problems too do not leak."""
    fact: Share = 0
    """Share of rows that state a problem of `fact_set` and its answer without a derivation."""
    fact_set: str | None = None
    """The set of `evaluation.sets` with the answers that are stated as facts. Its family must not be one of
    the recipe's if answers are to be remembered and not derived."""
    wrong: Share = 0
    """Share of rows with a mistake that is not noticed, which the audit finds. The answer is right."""

    @property
    def shares(self) -> dict[str, float]:
        """The share of each defect."""
        return {defect: getattr(self, defect) for defect in DEFECTS}

    @property
    def spoilt(self) -> bool:
        """Whether any row is spoilt."""
        return any(self.shares.values())


class Curation(Section):
    """Which training problems to keep, the same for every arm. By default all of them.

    Held-out problems are never dropped. An arm with a spoilt corpus can have limits of its own, which decide
    about the rows of its corpus.
    """

    against: list[str] = Field(default=[])
    """Files of evaluation problems, `heldout` for the run's own, or names of `evaluation.sets`. Problems in
    them are not trained on."""
    ngram: int = Field(default=13, gt=0)
    """A training text is contaminated if it shares this many consecutive words with an evaluation problem."""
    levels: list[int] | None = None
    """Keep only these levels."""
    min_characters: int | None = Field(default=None, ge=0)
    """Minimum number of characters in a trace, without its prompt."""
    max_characters: int | None = Field(default=None, gt=0)
    """Maximum number of characters in a trace, without its prompt."""
    min_lines: int | None = Field(default=None, ge=0)
    """Minimum number of lines in a trace."""
    max_lines: int | None = Field(default=None, gt=0)
    """Maximum number of lines in a trace."""
    unknown_share: float | None = Field(default=None, ge=0, le=1)
    """Maximum share of undecided steps in a trace."""
    duplicates: bool = False
    """Drop a problem if its text repeats an earlier one, ignoring spaces and case."""
    near_duplicates: float | None = Field(default=None, gt=0, le=1)
    """Drop a problem if its shingles have at least this Jaccard index with those of an earlier or evaluation
    problem."""
    compare: Literal["prompt", "text", "structure"] = optional("prompt")
    """What near duplicates share: shingles of 3 tokens of the prompt, or of the prompt and the text, or the
    steps of the text. Texts of one style share many shingles. Evaluation problems are compared by prompts."""
    checked: bool = optional(False)
    """Drop a text in which the audit finds a fault, or that does not end with the right answer."""
    quality: float | None = optional(None, ge=0, le=1)
    """Drop a text if its score, predicted from its words, is lower (`traces.quality`). 1: like texts of the
    recipe's families that the audit finds right. 0: like others."""
    labels: int = optional(500, gt=0)
    """Number of texts that are audited to learn `quality`."""
    rows: int | str | None = optional(None)
    """Keep this many rows with different texts, at random; or as many as the arm of this name keeps."""
    mistake_share: float | None = Field(default=None, gt=0, le=1)
    """Maximum share of one mistake among the mistakes in a kind of trace; never below an equal share."""
    family_share: float | None = Field(default=None, gt=0, le=1)
    """Maximum share of one family among the problems; never below an equal share."""

    @property
    def limits(self) -> Limits:
        """The limits as `traces.curate` takes them."""
        levels = None if self.levels is None else tuple(self.levels)
        rows = None if isinstance(self.rows, str) else self.rows
        return Limits(**{**self.model_dump(exclude={"against"}), "levels": levels, "rows": rows})
