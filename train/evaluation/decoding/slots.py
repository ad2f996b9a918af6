"""The slots of a batch: keys and values in buffers, and the tokens that each slot has generated.

Slots share a cursor, the column of the next token. The keys and values of a row are right-aligned at the
cursor, as with left padding:

    column     0 1 2 3 4 5 6 7 |
    slot 0     . . p p o o o o |      p prompt, o output, . not seen by the row
    slot 1     p p p o o o o o |
    slot 2     . . . . . p p p |      refilled: its prompt is put right before the cursor

The distance between two columns of a row is that of their positions, so masks of sliding windows work too.
Columns to the left of every row in use are ignored. When the cursor reaches the end of the buffers, the rows
are moved to their beginning.

A layer of cross-attention has the keys and values of a slot's picture instead, which do not grow.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import torch
from transformers import Cache
from transformers.cache_utils import DynamicLayer

SPARE = 128
"""The fewest free columns after a move; as many as were moved are added."""


class _Columns:
    """The columns in use: from `low` to before the cursor `at`."""

    def __init__(self) -> None:
        self.low, self.at, self.end = 0, 0, 0


class _Layer(DynamicLayer):
    """One layer's keys and values, as models expect them of a cache.

    Args:
        columns: the columns in use.
        rows: how many slots.
        read: keys and values of prompts.
    """

    keys: torch.Tensor
    values: torch.Tensor

    def __init__(self, columns: _Columns, rows: int, read: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.columns = columns
        # Of no columns yet.
        self.keys, self.values = (
            each.new_zeros((rows, each.shape[1], 0, each.shape[3])) for each in (read.keys, read.values)
        )
        self.is_initialized = True

    def put(self, slots: torch.Tensor, read: Any, rows: torch.Tensor) -> None:
        """Keys and values of prompts into free slots, right before the cursor."""
        at = self.columns.at
        self.keys[slots, :, at - read.keys.shape[2] : at] = read.keys[rows]
        self.values[slots, :, at - read.values.shape[2] : at] = read.values[rows]

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        low, at = self.columns.low, self.columns.at
        self.keys[:, :, at : at + 1], self.values[:, :, at : at + 1] = key_states, value_states
        return self.keys[:, :, low : at + 1], self.values[:, :, low : at + 1]

    def get_seq_length(self) -> int:
        return self.columns.at - self.columns.low

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self.get_seq_length() + query_length, 0

    def move(self, keep: torch.Tensor | None, low: int, at: int, to: int, end: int) -> None:
        """Columns `low` to `at` of some rows, or all, to where they end at `to`, in `end` columns."""
        self.keys = _moved(self.keys, keep, low, at, to, end)
        self.values = _moved(self.values, keep, low, at, to, end)


def _moved(
    old: torch.Tensor, keep: torch.Tensor | None, low: int, at: int, to: int, end: int
) -> torch.Tensor:
    kept = old[:, :, low:at].clone() if keep is None else old[keep, :, low:at]
    # New memory is the expensive part. It is zeros, because masked values must be numbers.
    fits = keep is None and old.shape[2] == end
    new = old if fits else old.new_zeros(*kept.shape[:2], end, kept.shape[3])
    new[:, :, to - (at - low) : to] = kept
    return new


class _PictureLayer(DynamicLayer):
    """The keys and values of pictures of one layer, as models expect them of a cache (`_Layer`)."""

    keys: torch.Tensor
    values: torch.Tensor

    def __init__(self, columns: _Columns, rows: int, read: Any) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.keys, self.values = (
            each.new_zeros((rows, *each.shape[1:])) for each in (read.keys, read.values)
        )
        self.is_initialized = True

    def put(self, slots: torch.Tensor, read: Any, rows: torch.Tensor) -> None:
        """Keys and values of pictures into free slots."""
        self.keys[slots], self.values[slots] = read.keys[rows], read.values[rows]

    def move(self, keep: torch.Tensor | None, low: int, at: int, to: int, end: int) -> None:
        """Drops all rows but some; columns stay where they are."""
        if keep is not None:
            self.keys, self.values = self.keys[keep], self.values[keep]


class Slots:
    """The outputs that are being generated, one in each slot.

    Args:
        rows: how many slots.
        longest: the most tokens of an output.
        stops: the tokens that end an output.
        device: where the tensors are.
        crossed: the layers of cross-attention.
    """

    def __init__(
        self,
        rows: int,
        longest: int,
        stops: Sequence[int],
        device: torch.device,
        crossed: Collection[int] = (),
    ) -> None:
        self.columns, self.crossed = _Columns(), crossed
        self.layers: list[Any] = []
        self.cache: Cache | None = None
        self.jobs = [-1] * rows
        """By slot, the number of its job; -1 is free."""
        self.stops = torch.tensor(list(stops), device=device, dtype=torch.long)
        self.every = torch.arange(rows, device=device)
        self.start = torch.zeros(rows, dtype=torch.long, device=device)
        """The column of the first token."""
        self.over = torch.ones(rows, dtype=torch.bool, device=device)
        """Whether tokens here are ignored: the output is finished, or the slot is free."""
        self.token = torch.zeros(rows, dtype=torch.long, device=device)
        self.count = torch.zeros(rows, dtype=torch.long, device=device)
        self.cap = torch.zeros(rows, dtype=torch.long, device=device)
        # One extra column, for the ignored tokens of rows that are over.
        self.written = torch.zeros(rows, longest + 1, dtype=torch.long, device=device)
        self.logprobs = torch.zeros(rows, longest + 1, device=device)
        self.uniforms = torch.zeros(rows, longest + 1, dtype=torch.double, device=device)

    @property
    def free(self) -> list[int]:
        """The slots without a job."""
        return [slot for slot, job in enumerate(self.jobs) if job < 0]

    def fill(
        self,
        slots: Sequence[int],
        jobs: Sequence[int],
        caps: Sequence[int],
        uniforms: torch.Tensor,
        read: Any,
        rows: torch.Tensor,
        starts: torch.Tensor,
    ) -> None:
        """Puts new jobs into free slots.

        Args:
            slots: the free slots.
            jobs: their numbers.
            caps: the most tokens of each.
            uniforms: each job's random numbers; [jobs, longest].
            read: keys and values of the different prompts, left-padded.
            rows: by job, the row of its prompt in `read`.
            starts: by job, how much padding its prompt has there.
        """
        width = read.get_seq_length()
        if self.columns.at < width or not self.layers:
            self._room(width, read)
        into = torch.tensor(slots, device=self.every.device)
        at = self.columns.at
        for layer, source in zip(self.layers, read.layers, strict=True):
            layer.put(into, source, rows)
        for slot, job in zip(slots, jobs, strict=True):
            self.jobs[slot] = job
        self.start[into] = at - width + starts
        self.over[into], self.count[into] = False, 0
        self.cap[into] = torch.tensor(caps, device=into.device)
        self.uniforms[into, : uniforms.shape[1]] = uniforms
        self._look()

    def inputs(self) -> dict[str, Any]:
        """The model's inputs for the next token of each slot."""
        if self.columns.at == self.columns.end:
            self._room(0)
        low, at = self.columns.low, self.columns.at
        seen = torch.arange(low, at + 1, device=self.start.device) >= self.start[:, None]
        # A slot that is over may be past the positions that the model supports.
        places = (at - self.start).masked_fill(self.over, 0)
        return {
            "input_ids": self.token[:, None],
            "attention_mask": seen.long(),
            "position_ids": places[:, None],
            "past_key_values": self.cache,
        }

    def step(self) -> None:
        """Moves the cursor after the model has read a token of each slot."""
        self.columns.at += 1

    def chances(self, slots: torch.Tensor) -> torch.Tensor:
        """The next random number of these slots."""
        return self.uniforms[slots, self.count[slots]]

    def add(self, slots: torch.Tensor, token: torch.Tensor, logprob: torch.Tensor) -> None:
        """Adds the tokens chosen for these slots."""
        count, over = self.count[slots], self.over[slots]
        self.written[slots, count] = token.where(~over, self.written[slots, count])
        self.logprobs[slots, count] = logprob.where(~over, self.logprobs[slots, count])
        count = count + ~over
        self.token[slots], self.count[slots] = token, count
        self.over[slots] = over | torch.isin(token, self.stops) | (count >= self.cap[slots])

    def finished(self) -> list[int]:
        """The slots whose output is complete."""
        return [slot for slot, over in enumerate(self.over.tolist()) if over and self.jobs[slot] >= 0]

    def take(self, slots: Sequence[int]) -> list[tuple[int, list[int], list[float], bool]]:
        """Frees slots; returns the job, tokens, log-probabilities and whether it stopped, for each slot."""
        counts = self.count[slots].tolist()
        longest = max(counts)
        ids, logprobs = self.written[slots, :longest].tolist(), self.logprobs[slots, :longest].tolist()
        stops = set(self.stops.tolist())
        taken = []
        for row, (slot, count) in enumerate(zip(slots, counts, strict=True)):
            kept = ids[row][:count]
            taken.append((self.jobs[slot], kept, logprobs[row][:count], kept[-1] in stops))
            self.jobs[slot] = -1
        self._look()
        return taken

    def shrink(self) -> None:
        """Drops the free slots."""
        kept = [slot for slot, job in enumerate(self.jobs) if job >= 0]
        if not kept:
            return
        keep = torch.tensor(kept, device=self.every.device)
        self.jobs = [self.jobs[slot] for slot in kept]
        for name in ("start", "over", "token", "count", "cap", "written", "logprobs", "uniforms"):
            setattr(self, name, getattr(self, name)[keep])
        self.every = torch.arange(len(kept), device=self.every.device)
        self._look()
        self._room(0, keep=keep)

    def _look(self) -> None:
        """Finds the first column that a row in use needs."""
        used = [slot for slot, job in enumerate(self.jobs) if job >= 0]
        self.columns.low = int(self.start[used].min()) if used else self.columns.at

    def _room(self, before: int, read: Any = None, keep: torch.Tensor | None = None) -> None:
        """Moves all rows so that the cursor has `before` columns before it, and free ones after it."""
        old = self.columns
        if not self.layers and read is not None:
            self.layers = [
                (_PictureLayer if number in self.crossed else _Layer)(old, len(self.jobs), source)
                for number, source in enumerate(read.layers)
            ]
            self.cache = Cache(layers=self.layers)
        to = max(before, old.at - old.low)
        end = max(old.end if keep is None else 0, 2 * to + SPARE)
        for layer in self.layers:
            layer.move(keep, old.low, old.at, to, end)
        self.start += to - old.at
        old.low, old.at, old.end = to - (old.at - old.low), to, end
