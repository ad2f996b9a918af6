"""How much two texts share: the same words, a run of words in common, nearly the same shingles.

| found | when | source |
|---|---|---|
| the same | equal up to spaces and capitals; other families than prose: equal givens | `canonical_id` |
| a run of words | 13 in a row, without regard to punctuation | GPT-3 (Brown et al. 2020), appendix C |
| near | the Jaccard index of their shingles reaches a threshold | Broder 1997; MinHash by datasketch |

MinHash only proposes: the Jaccard index is then counted out, so nothing is called near that is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from journey.families import READ
from journey.problem import Problem

SHINGLE = 3
"""Tokens in a shingle. Problems are short: of 45 words, one changed leaves a Jaccard index of 0.87."""
PERMUTATIONS = 128
"""Of a MinHash; its estimate of a Jaccard index errs by about 0.04."""
MISSES = (0.02, 0.98)
"""How bad a needless look and a missed pair are, to the index: a look costs little. Of pairs that just reach
a threshold of 0.8 it then misses 1 in 50, of those 0.05 above it 1 in 1,000."""
FEWEST_WORDS = 8
"""A shorter evaluation problem is not searched for: its words are anybody's (GPT-3, appendix C)."""

Shingles = frozenset[tuple[str, ...]]


def tokens(text: str) -> list[str]:
    """Words, numbers and single symbols, in lower case: `2x-3` and `2x+3` differ, spaces do not count.

    >>> tokens("Solve 2x - 3 = 5 .")
    ['solve', '2x', '-', '3', '=', '5', '.']
    """
    return re.findall(r"\w+|[^\w\s]", text.casefold())


def words(text: str) -> list[str]:
    """Runs of letters and digits in lower case; however a file spaces its punctuation, they are the same.

    >>> words("Joan's 1.5 shells .") == words("Joan 's 1.5 shells.")
    True
    """
    return re.findall(r"\w+", text.casefold())


def identity(problem: Problem) -> str:
    """What two problems that are one have in common.

    The text of a problem in prose, up to spaces and capitals: its id holds the answer too, and files write
    one answer in several ways. For other families the id.
    """
    return " ".join(tokens(problem.statement)) if problem.family in READ else problem.id


class Runs:
    """Runs of n words of evaluation problems, each with a problem that holds it.

    A problem of fewer than n words is one run, if it has at least `FEWEST_WORDS`.
    """

    def __init__(self, texts: Iterable[tuple[str, str]], n: int) -> None:
        self.names: dict[int, dict[tuple[str, ...], str]] = {}
        for name, text in texts:
            said = words(text)
            length = n if len(said) >= n else len(said)
            if length == n or length >= FEWEST_WORDS:
                for run in _runs(said, length):
                    self.names.setdefault(length, {}).setdefault(run, name)

    def find(self, text: str) -> tuple[int, str] | None:
        """How many words in a row the text shares with which problem; the first such run in the text."""
        said = words(text)
        for length, names in sorted(self.names.items(), reverse=True):
            for run in _runs(said, length):
                if run in names:
                    return length, names[run]
        return None


def shingles(text: str) -> Shingles:
    """Every run of `SHINGLE` tokens; of a shorter text, all of it as one."""
    said = tokens(text)
    return frozenset(_runs(said, min(SHINGLE, len(said))))


def jaccard(one: Shingles, other: Shingles) -> float:
    """The share of what either has that both have.

    >>> jaccard(shingles("a b c d"), shingles("a b c e"))
    0.3333333333333333
    """
    return len(one & other) / len(one | other)


class Near:
    """Texts that were added, to be asked which of them a text is near to."""

    def __init__(self, threshold: float) -> None:
        # It imports much of scipy: over a second that nobody else need wait for.
        from datasketch import MinHash, MinHashLSH

        self.threshold = threshold
        self.index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, weights=MISSES)
        self.blank = MinHash(num_perm=PERMUTATIONS, seed=1)
        self.added: list[tuple[str, Shingles]] = []

    def add(self, name: str, text: str) -> None:
        """Adds a text under a name."""
        self._add(name, *self._read(text))

    def find(self, text: str) -> tuple[float, str] | None:
        """The Jaccard index with, and the name of, the first text added that this one is near to."""
        return self._find(*self._read(text))

    def find_or_add(self, name: str, text: str) -> tuple[float, str] | None:
        """As `find`; a text that is near to none is added."""
        read = self._read(text)
        found = self._find(*read)
        if found is None:
            self._add(name, *read)
        return found

    def _read(self, text: str) -> tuple[Shingles, Any]:
        found = shingles(text)
        signature = self.blank.copy()
        signature.update_batch([" ".join(run).encode(errors="replace") for run in found])
        return found, signature

    def _add(self, name: str, found: Shingles, signature: Any) -> None:
        self.index.insert(len(self.added), signature)
        self.added.append((name, found))

    def _find(self, mine: Shingles, signature: Any) -> tuple[float, str] | None:
        for at in sorted(self.index.query(signature)):
            name, other = self.added[at]
            alike = jaccard(mine, other)
            if alike >= self.threshold:
                return alike, name
        return None


def near_duplicates(texts: Iterable[tuple[str, str]], threshold: float) -> Iterator[tuple[str, float, str]]:
    """Each text that is near to one before it that stays: its name, the Jaccard index, the other's name.

    Of two that are near the first stays, and a text near to none that stays, stays.
    """
    index = Near(threshold)
    for name, text in texts:
        if found := index.find_or_add(name, text):
            yield name, *found


def _runs(said: list[str], length: int) -> Iterator[tuple[str, ...]]:
    return (tuple(said[at : at + length]) for at in range(len(said) - length + 1))
