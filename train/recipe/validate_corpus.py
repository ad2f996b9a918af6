"""Validates the spoilt corpora of a recipe and the filters of its arms."""

from __future__ import annotations

from journey import families
from journey.errors import InputError, unknown_name
from train.recipe.corpus_settings import Corpus
from train.recipe.recipe import Recipe
from train.recipe.stages import Arm

READS_GRAPHS = ("unknown_share", "mistake_share")
"""Limits that read the graph of a problem. A row of a spoilt corpus may have none."""


def check_corpus(recipe: Recipe, arm: Arm, own: Recipe, place: str) -> None:
    """Checks an arm's corpus and filters.

    Args:
        recipe: the recipe.
        arm: the arm.
        own: the recipe with the arm's overrides.
        place: the recipe and the arm, for errors.

    Raises:
        InputError: they are invalid.
    """
    filters = [key for key in arm.set if key.partition(".")[0] == "curation"]
    if filters and not own.corpus.spoilt:
        raise InputError(
            f"{place} sets {filters[0]}, but arms with the same texts are curated together: set it in the "
            "recipe, or give the arm a spoilt corpus with keys of `corpus`"
        )
    if not own.corpus.spoilt:
        if isinstance(own.curation.rows, str):
            raise InputError(f"{place}: curation.rows can name an arm only if the corpus is spoilt")
        return
    _check_shares(own.corpus, recipe, place)
    if recipe.mistakes_from(arm) is not None:
        raise InputError(f"{place} has a spoilt corpus, which does not go with traces.mistakes_from")
    for key in READS_GRAPHS:
        if getattr(own.curation, key) is not None:
            raise InputError(
                f"{place}: curation.{key} reads graphs, which rows of a spoilt corpus do not have"
            )
    if isinstance(own.curation.rows, str):
        other = recipe.for_arm(recipe.arm(own.curation.rows))
        if isinstance(other.curation.rows, str):
            raise InputError(f"{place}: curation.rows names {own.curation.rows}, which names an arm itself")
        if other.corpus != own.corpus:
            raise InputError(f"{place}: curation.rows names {own.curation.rows}, which has another corpus")


def _check_shares(corpus: Corpus, recipe: Recipe, place: str) -> None:
    if (total := sum(corpus.shares.values())) > 1 + 1e-9:
        raise InputError(f"{place}: the shares of `corpus` add up to {total:.2f}, more than 1")
    if corpus.noise and not corpus.noise_families:
        raise InputError(f"{place}: corpus.noise needs corpus.noise_families")
    for family in corpus.noise_families:
        families.get(family)
        if family in recipe.problems.families:
            raise InputError(f"{place}: {family} in corpus.noise_families is a family of the recipe")
    for share, name, key in (
        (corpus.leaked, corpus.leaked_set, "leaked"),
        (corpus.fact, corpus.fact_set, "fact"),
    ):
        if share and name is None:
            raise InputError(f"{place}: corpus.{key} needs corpus.{key}_set, a set of evaluation.sets")
        if name is not None and name not in recipe.evaluation.sets:
            raise unknown_name("set", name, recipe.evaluation.sets)
