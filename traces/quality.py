"""A small learned quality score, as FineWeb-Edu's: labels on a sample, and a linear regression for the rest.

FineWeb-Edu (Penedo et al. 2024, arXiv 2406.17557, section 4) labels 460,000 pages with a large model, fits a
linear regression to the labels on top of frozen embeddings, and keeps the pages above a threshold. Here the
checker labels the sample, and the embedding of a text is the number of its words and pairs of words, hashed
and normalized, because nothing pretrained is at hand. Such a score knows how right texts look; it cannot
calculate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any
from zlib import crc32

from traces.overlap import tokens

DIMENSIONS = 2048
"""Counts of words and pairs; those with equal hashes are added."""
PENALTY = 0.1
"""The weight of the squared coefficients in the regression, per label."""
END = "\x00"
"""Stands before and after a text, so that its beginning and its end are words."""


def quality_scores(texts: Sequence[str], labels: Mapping[int, float]) -> list[float]:
    """A score for each text: the label that a ridge regression predicts from its words.

    Args:
        texts: the texts to score.
        labels: labels from 0 to 1 of some texts, by their numbers.

    >>> quality_scores([], {})
    []
    """
    if not texts:
        return []
    import numpy

    matrix = numpy.array([_embedding(text) for text in texts])
    sample = sorted(labels)
    known, goal = matrix[sample], numpy.array([labels[number] for number in sample])
    mean = float(goal.mean()) if len(goal) else 0.0
    # The dual form: as many equations as there are labels.
    kernel = known @ known.T + PENALTY * numpy.eye(len(sample))
    weights = known.T @ numpy.linalg.solve(kernel, goal - mean)
    return [float(score) for score in matrix @ weights + mean]


def _embedding(text: str) -> Any:
    import numpy

    # Lines are words too: where one ends matters.
    words = [END, *tokens(text.replace("\n", " ; ")), END]
    counts = numpy.zeros(DIMENSIONS)
    for feature in (*words, *(" ".join(pair) for pair in pairwise(words))):
        counts[crc32(feature.encode(errors="replace")) % DIMENSIONS] += 1
    return counts / numpy.linalg.norm(counts)
