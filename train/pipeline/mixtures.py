"""Mixes training texts from several sources by their shares of the training tokens.

    batches = mixed_batches([lengths_of_new, lengths_of_old], [0.95, 0.05], 512, 1_500_000, seed)

Every arm sees the same number of tokens, however many sources it has (DESIGN rule 4): what one source gets is
taken from the others. Texts are drawn one by one, each from the source that is furthest behind its share. So
the shares hold during all of training and not only at its end, to within a text for each further source. A
source with few texts repeats them: its texts are shuffled again whenever all of them were drawn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from train.models.token_rows import cut_batches, token_batches

GROUP = 64
"""Batches that are sorted by length together. Few enough that the shares hold within each group."""


def mixed_batches(
    lengths: Sequence[Sequence[int]], shares: Sequence[float], batch_tokens: int, total: int, seed: int
) -> list[list[int]]:
    """Batches of row numbers of up to `batch_tokens` tokens each, with `total` tokens or up to a text more.

    Rows are numbered through all sources, in their order. With one source the batches are those of
    `token_batches`.

    Args:
        lengths: for each source, the length of each of its texts in tokens. Each source has a text.
        shares: the share of each source; they add up to 1.
        batch_tokens: maximum number of tokens in a batch.
        total: training tokens.
        seed: of the order.

    >>> batches = mixed_batches([[10] * 4, [10] * 2], [0.75, 0.25], 20, 80, seed=0)
    >>> rows = [row for batch in batches for row in batch]
    >>> sum(row < 4 for row in rows), sum(row >= 4 for row in rows)
    (6, 2)
    """
    if len(lengths) == 1:
        return token_batches(lengths[0], batch_tokens, total, seed)
    flat = [length for source in lengths for length in source]
    shuffles = Random(f"{seed}:groups")
    batches: list[list[int]] = []
    group: list[int] = []
    size = 0
    order = _drawn(lengths, shares, total, seed)
    for row in order:
        group.append(row)
        size += flat[row]
        if size >= GROUP * batch_tokens:
            batches += cut_batches(group, flat, batch_tokens, shuffles)
            group, size = [], 0
    return batches + cut_batches(group, flat, batch_tokens, shuffles)


def _drawn(lengths: Sequence[Sequence[int]], shares: Sequence[float], total: int, seed: int) -> Iterator[int]:
    """The rows in the order in which they are drawn."""
    firsts = [sum(map(len, lengths[:at])) for at in range(len(lengths))]
    rows = [_repeated(len(source), Random(f"{seed}:source:{at}")) for at, source in enumerate(lengths)]
    seen = [0] * len(lengths)
    while (all_seen := sum(seen)) < total:
        behind = [share * all_seen - own for share, own in zip(shares, seen, strict=True)]
        at = max(range(len(lengths)), key=lambda source: behind[source])
        row = next(rows[at])
        seen[at] += lengths[at][row]
        yield firsts[at] + row


def _repeated(count: int, random: Random) -> Iterator[int]:
    """The numbers below `count` in shuffled order, again and again, in another order each time."""
    order = list(range(count))
    while True:
        random.shuffle(order)
        yield from order


@dataclass(frozen=True, slots=True)
class Tally:
    """What training saw of one source."""

    tokens: int
    """Training tokens."""
    share: float
    """Of the training tokens of all sources."""
    texts: int
    """Number of texts."""
    epochs: float
    """How often training saw each text, on average."""


def tally(
    lengths: Sequence[Sequence[int]], batches: Sequence[Sequence[int]]
) -> tuple[list[Tally], list[int]]:
    """What the batches hold of each source, and how often they hold each row.

    >>> tally([[10, 30], [20]], [[0, 2], [0]])[0][0]
    Tally(tokens=20, share=0.5, texts=2, epochs=1.0)
    """
    times = Counter(row for batch in batches for row in batch)
    seen = [times[row] for row in range(sum(map(len, lengths)))]
    tokens, places = [], []
    first = 0
    for source in lengths:
        places.append(range(first, first + len(source)))
        tokens.append(sum(seen[first + row] * length for row, length in enumerate(source)))
        first += len(source)
    all_tokens = max(1, sum(tokens))
    tallies = [
        Tally(own, own / all_tokens, len(place), round(sum(seen[row] for row in place) / len(place), 2))
        for own, place in zip(tokens, places, strict=True)
    ]
    return tallies, seen
