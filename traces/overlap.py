"""Measures the overlap of texts: equal texts, shared n-grams, near duplicates.

| overlap | criterion | source |
|---|---|---|
| same | prose: equal up to spaces and capitals; other families: equal givens | `canonical_id` |
| n-gram | 13 words in a row, ignoring punctuation | GPT-3 (Brown et al. 2020), appendix C |
| near | the Jaccard index of their shingles reaches a threshold | Broder 1997; MinHash by datasketch |

MinHash only proposes candidates. Their Jaccard index is then computed exactly, so there are no false matches.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from journey.families import READ
from journey.problem import Problem, canonical_id

SHINGLE = 3
"""Tokens in a shingle. Problems are short: of 45 words, one changed leaves a Jaccard index of 0.87."""
PERMUTATIONS = 128
"""Permutations of a MinHash; the standard error of its Jaccard estimate is about 0.04."""
MISSES = (0.02, 0.98)
"""Weights of false positives and false negatives: a false positive only costs time. At a threshold of 0.8 the
index then misses 1 in 50 pairs at the threshold and 1 in 1,000 pairs that are 0.05 above it."""
MIN_WORDS = 8
"""Shorter evaluation problems are not matched, because their words are too common (GPT-3, appendix C)."""

Shingles = frozenset[tuple[str, ...]]


def tokens(text: str) -> list[str]:
    """Words, numbers and single symbols in lower case. `2x-3` and `2x+3` differ; spaces are ignored.

    >>> tokens("Solve 2x - 3 = 5 .")
    ['solve', '2x', '-', '3', '=', '5', '.']
    """
    return re.findall(r"\w+|[^\w\s]", text.casefold())


def words(text: str) -> list[str]:
    """Runs of letters and digits in lower case, independent of spaces around punctuation.

    >>> words("Joan's 1.5 shells .") == words("Joan 's 1.5 shells.")
    True
    """
    return re.findall(r"\w+", text.casefold())


def identity(problem: Problem) -> str:
    """A key that is equal for two versions of one problem.

    For prose, the statement up to spaces and capitals: the id also depends on the answer, which files write
    in several ways. For other families, the id that follows from the givens.
    """
    if problem.family in READ:
        return " ".join(tokens(problem.statement))
    return canonical_id(problem.family, problem.givens)


class NgramIndex:
    """An index of the word n-grams of evaluation problems, each with the source of one problem that has it.

    A problem with fewer than n words is one n-gram, if it has at least `MIN_WORDS` words.
    """

    def __init__(self, texts: Iterable[tuple[str, str]], n: int) -> None:
        self.sources: dict[int, dict[tuple[str, ...], str]] = {}
        for name, text in texts:
            text_words = words(text)
            length = n if len(text_words) >= n else len(text_words)
            if length == n or length >= MIN_WORDS:
                for ngram in _ngrams(text_words, length):
                    self.sources.setdefault(length, {}).setdefault(ngram, name)

    def find(self, text: str) -> tuple[int, str] | None:
        """The length and source of the first indexed n-gram in the text; None if there is none."""
        text_words = words(text)
        for length, sources in sorted(self.sources.items(), reverse=True):
            for ngram in _ngrams(text_words, length):
                if ngram in sources:
                    return length, sources[ngram]
        return None


def shingles(text: str) -> Shingles:
    """Every n-gram of `SHINGLE` tokens; a shorter text is one shingle."""
    text_tokens = tokens(text)
    return frozenset(_ngrams(text_tokens, min(SHINGLE, len(text_tokens))))


def jaccard(one: Shingles, other: Shingles) -> float:
    """The Jaccard index: the size of the intersection over the size of the union.

    >>> jaccard(shingles("a b c d"), shingles("a b c e"))
    0.3333333333333333
    """
    return len(one & other) / len(one | other)


class NearIndex:
    """An index of texts, as their shingles, for finding near duplicates by Jaccard index."""

    def __init__(self, threshold: float) -> None:
        # datasketch imports much of scipy, which takes over a second.
        from datasketch import MinHash, MinHashLSH

        self.threshold = threshold
        self.index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, weights=MISSES)
        self.blank = MinHash(num_perm=PERMUTATIONS, seed=1)
        self.added: list[tuple[str, Shingles]] = []

    def add(self, name: str, text: Shingles) -> None:
        """Adds a text under a name."""
        self._add(name, text, self._signature(text))

    def find(self, text: Shingles) -> tuple[float, str] | None:
        """The Jaccard index and name of the first added text that is near this one; None if there is none."""
        return self._find(text, self._signature(text))

    def find_or_add(self, name: str, text: Shingles) -> tuple[float, str] | None:
        """As `find`; a text without a match is added."""
        signature = self._signature(text)
        match = self._find(text, signature)
        if match is None:
            self._add(name, text, signature)
        return match

    def _signature(self, text: Shingles) -> Any:
        signature = self.blank.copy()
        signature.update_batch([" ".join(shingle).encode(errors="replace") for shingle in text])
        return signature

    def _add(self, name: str, text_shingles: Shingles, signature: Any) -> None:
        self.index.insert(len(self.added), signature)
        self.added.append((name, text_shingles))

    def _find(self, text_shingles: Shingles, signature: Any) -> tuple[float, str] | None:
        for index in sorted(self.index.query(signature)):
            name, other = self.added[index]
            similarity = jaccard(text_shingles, other)
            if similarity >= self.threshold:
                return similarity, name
        return None


def near_duplicates(
    texts: Iterable[tuple[str, Shingles]], threshold: float
) -> Iterator[tuple[str, float, str]]:
    """Yields each text that is near an earlier kept text: its name, the Jaccard index, the other's name.

    A text is kept if it is near no earlier kept text. One without shingles is near none.
    """
    index = NearIndex(threshold)
    for name, text in texts:
        if text and (match := index.find_or_add(name, text)):
            yield name, *match


def _ngrams(items: list[str], length: int) -> Iterator[tuple[str, ...]]:
    return (tuple(items[start : start + length]) for start in range(len(items) - length + 1))
