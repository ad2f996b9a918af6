"""Continuous batching: the slot of a finished output goes to the next job, so long outputs delay no others.

The idea is Orca's, iteration-level scheduling (Yu et al. 2022). transformers has it too (`generate_batch`),
but samples a whole batch from one stream of random numbers, so that an output would depend on what else is in
the batch (DESIGN rule 8). `journey bench generate` compares it with this one.

Models with a state other than keys and values, such as Mamba, are not supported.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, NamedTuple

import numpy
import torch
from transformers import DynamicCache

from journey.problem import Problem
from train.evaluation.decoding.slots import Slots

REFILL = 16
"""New prompts are read when one slot in this many is free, because reading costs a forward pass."""
SHRINK = 0.75
"""Without waiting jobs, free slots are dropped when at most this share is in use."""


class Job(NamedTuple):
    """The request for one output."""

    ids: tuple[int, ...]
    """The tokens of the prompt, and of the output if it has begun."""
    name: str
    """Seeds the sampling, with the batcher's seed."""
    cap: int
    """The most tokens to generate."""
    banned: tuple[int, ...] = ()
    """Tokens that may not come first."""
    picture: Problem | None = None
    """The problem that is a picture in the prompt, for a model that reads pictures."""

    @property
    def start(self) -> tuple[tuple[int, ...], str]:
        """What two jobs with the same prompt have in common."""
        return self.ids, self.picture.id if self.picture else ""


class Output(NamedTuple):
    """The output for a job."""

    ids: list[int]
    """The tokens generated, with the stop token."""
    logprobs: list[float]
    """The natural logarithm of each one's probability, at temperature 1 whatever it was sampled with."""
    stopped: bool
    """It ended with a stop token, not at its cap."""


class ContinuousBatcher:
    """Generates many outputs of a model at a time.

    With temperature 0 the tokens are those of `model.generate` in float32, up to ties: sums are taken in
    another order, so two logits that differ by rounding alone (1e-6 or so) may change places. A sampled
    token is the one in whose share of [0, 1) the job's next random number falls, so an output depends on
    the seed, its job's name and its prompt alone, up to the same rounding.

    Args:
        model: any causal language model of transformers that caches keys and values.
        slots: outputs generated at a time.
        temperature: 0 takes the likeliest token.
        seed: of the sampling.
        pictures: the model's inputs for the pictures of problems, with texts of a number of tokens, for a
            model that reads pictures.
    """

    def __init__(
        self,
        model: Any,
        slots: int = 256,
        temperature: float = 0.0,
        seed: int = 0,
        pictures: Callable[[Sequence[Problem], int], dict[str, torch.Tensor]] | None = None,
    ) -> None:
        self.model, self.slots, self.temperature, self.seed = model, slots, temperature, seed
        self.pictures = pictures
        keeps = "logits_to_keep" in inspect.signature(model.forward).parameters
        self.last = {"logits_to_keep": 1} if keeps else {}
        crossed = getattr(model.config.get_text_config(), "cross_attention_layers", None)
        self.crossed: Collection[int] = crossed or ()

    def generate(
        self,
        jobs: Sequence[Job],
        stops: Collection[int],
        on_progress: Callable[[int], None] = lambda done: None,
    ) -> list[Output]:
        """An output for each job, in their order.

        `on_progress` is called with the number of outputs that were finished since its last call.
        """
        outputs: list[Output | None] = [None] * len(jobs)
        for at, output in self.stream(jobs, stops):
            outputs[at] = output
            on_progress(1)
        return [output for output in outputs if output is not None]

    def stream(self, jobs: Sequence[Job], stops: Collection[int]) -> Iterator[tuple[int, Output]]:
        """The number and output of each job, in the order in which they finish."""
        if short := [job.name for job in jobs if job.cap < 1 or not job.ids]:
            raise ValueError(f"a job needs a prompt and a cap of 1 or more: {short[0]!r}")
        # The longest prompts first: they tend to have the longest outputs, and nothing fills the slots that
        # wait for the last outputs. Copies of one prompt are next to each other and are read once.
        queue = sorted(range(len(jobs)), key=lambda at: (-len(jobs[at].ids), jobs[at].start))
        rows, longest = min(self.slots, len(jobs)), max((job.cap for job in jobs), default=1)
        slots = Slots(rows, longest, sorted(stops), self.model.device, self.crossed)
        while True:
            free = slots.free
            if queue and len(free) * REFILL >= rows:
                new, queue = queue[: len(free)], queue[len(free) :]
                self._prefill(slots, free[: len(new)], new, jobs)
            elif len(free) == len(slots.jobs):
                return
            else:
                if not queue and len(slots.jobs) - len(free) <= SHRINK * len(slots.jobs):
                    slots.shrink()
                self._decode_step(slots)
            finished = slots.finished()
            if len(finished) * REFILL >= rows or (finished and not queue):
                for at, ids, logprobs, stopped in slots.take(finished):
                    yield at, Output(ids, logprobs, stopped)

    @torch.inference_mode()
    def _decode_step(self, slots: Slots) -> None:
        """One more token in every slot."""
        logits = self.model(**slots.inputs(), use_cache=True).logits[:, -1]
        slots.step()
        slots.add(slots.every, *self._choose(logits, slots.chances(slots.every)))

    @torch.inference_mode()
    def _prefill(self, slots: Slots, free: Sequence[int], new: Sequence[int], jobs: Sequence[Job]) -> None:
        """Reads the prompts of new jobs, each different one once, and chooses their first tokens."""
        fresh = [jobs[at] for at in new]
        different = {job.start: job for job in fresh}
        places = {start: place for place, start in enumerate(different)}
        width, device = max(len(ids) for ids, _ in places), self.model.device
        ids = torch.tensor([[0] * (width - len(one)) + list(one) for one, _ in places], device=device)
        starts = torch.tensor([width - len(one) for one, _ in places], device=device)
        columns = torch.arange(width, device=device)
        cache = DynamicCache()
        logits = self.model(
            input_ids=ids,
            attention_mask=(columns >= starts[:, None]).long(),
            position_ids=(columns - starts[:, None]).clamp(min=0),
            past_key_values=cache,
            use_cache=True,
            **self._seen(list(different.values()), width),
            **self.last,
        ).logits[:, -1]
        rows = torch.tensor([places[job.start] for job in fresh], device=device)
        uniforms = torch.zeros(len(fresh), max(job.cap for job in fresh), dtype=torch.double)
        if self.temperature:
            for row, job in enumerate(fresh):
                uniforms[row, : job.cap] = torch.from_numpy(self._uniforms(job))
        slots.fill(
            slots=free,
            jobs=new,
            caps=[job.cap for job in fresh],
            uniforms=uniforms.to(device),
            read=cache,
            rows=rows,
            starts=starts[rows],
        )
        into = torch.tensor(free, device=device)
        banned = [job.banned for job in fresh]
        slots.add(into, *self._choose(logits[rows], slots.chances(into), banned))

    def _seen(self, jobs: Sequence[Job], width: int) -> dict[str, torch.Tensor]:
        """The model's inputs for the pictures of these jobs, with texts of `width` tokens."""
        problems = [job.picture for job in jobs if job.picture is not None]
        if self.pictures is None or not problems:
            return {}
        return {name: value.to(self.model.device) for name, value in self.pictures(problems, width).items()}

    def _uniforms(self, job: Job) -> numpy.ndarray[Any, Any]:
        """The job's random numbers, one a token."""
        digest = hashlib.blake2b(f"{self.seed}:{job.name}".encode(), digest_size=16).digest()
        return numpy.random.Generator(numpy.random.Philox(key=int.from_bytes(digest))).random(job.cap)

    def _choose(
        self, logits: torch.Tensor, uniforms: torch.Tensor, banned: Sequence[Sequence[int]] = ()
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """A token a row, and its log-probability."""
        logits = logits.float()
        logprobs = logits.log_softmax(-1)
        for row, tokens in enumerate(banned):
            logits[row, list(tokens)] = -torch.inf
        if not self.temperature:
            token = logits.argmax(-1)
        else:
            # In float64: over a large vocabulary the rounding of a sum in float32 would be a token's share.
            shares = (logits / self.temperature).softmax(-1).double().cumsum(-1)
            token = torch.searchsorted(shares, uniforms[:, None] * shares[:, -1:], right=True)[:, 0]
            token = token.clamp(max=logits.shape[1] - 1)
        return token, logprobs.gather(1, token[:, None])[:, 0]
