"""Many problems at once: here, in local processes, or on a Ray cluster; one part file at a time.

Problem `i` goes to part `i // PART`, whatever the engine and the number of workers; within its part it is
line `i % PART`. So the files are the same for one worker and for many machines. A local worker appends
graphs in that order, and after a kill its part goes on at its first missing line; a part that is made
elsewhere comes back whole, and one that was lost with its machine is made again.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import traceback
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, NamedTuple, cast

from journey.errors import InputError, JourneyError, unknown_name
from journey.machine import orphaned
from journey.problem import Problem
from journey.store import appending, count_lines, replacing
from search.explore import Budget, explore_together
from search.proposers.catalogue import make
from search.proposers.sampling import Question, Read

PART = 250
"""Problems a part file."""
TOGETHER = 64
"""Searches that go on side by side, so that a model sees their states in one batch."""
RETRIES = 10
"""Times a part is made again after its machine was lost."""
DEATHS = 3
"""Workers that a part may cost: it goes on in another, but what kills each of them is no accident."""


@dataclass(frozen=True, slots=True)
class Search:
    """How each problem is searched; it travels to the workers, whole."""

    strategy: str
    budget: Budget
    mistakes: float
    """The share of moves before which a mistake is proposed."""
    seed: int
    proposer: str = "symbolic"
    """As `search.proposers.catalogue.make` reads it."""
    read: Read | None = None
    """How a model's whole output is read; importable by name. None asks it for next lines."""
    question: Question | None = None
    """What is asked for a whole output; importable by name. None asks in the family's one line."""
    answers: Path | None = None
    """The folder that keeps a server's answers."""
    samples: int = 4
    """Texts that a model is asked for at a time."""
    temperature: float = 1.0
    """Of their sampling."""

    def graphs(self, problems: Sequence[Problem]) -> Iterator[dict[str, Any]]:
        """The graph of each problem in order, as a record."""
        proposer = make(
            self.proposer,
            self.mistakes,
            self.seed,
            read=self.read,
            question=self.question,
            answers=self.answers,
            samples=self.samples,
            temperature=self.temperature,
        )
        together = 1 if self.proposer == "symbolic" else TOGETHER
        for at in range(0, len(problems), together):
            found = explore_together(
                problems[at : at + together], proposer, self.strategy, self.budget, self.seed
            )
            yield from (graph.to_record() for graph in found)


WHOLE = (0, 1)


class Fleet(NamedTuple):
    """Where the searches run."""

    engine: str = "local"
    """`local`, or `ray`."""
    workers: int = 1
    """Local processes; on Ray, parts under way at a time."""
    address: str | None = None
    """Of the Ray cluster; None starts one on this machine."""
    shard: tuple[int, int] = WHOLE
    """(i, n): of every n parts, only the i-th is made here."""


Part = tuple[Sequence[Problem], Search, Path]


def explore_part(problems: Sequence[Problem], search: Search, path: Path) -> int:
    """Explores the problems whose graphs the part file lacks, in order; returns how many it has then."""
    with appending(path) as (have, add):
        for graph in search.graphs(problems[have:]):
            if orphaned():
                raise JourneyError("the process that started this one is gone")
            add(graph)
    return len(problems)


def explore_all(
    problems: Sequence[Problem],
    search: Search,
    folder: Path,
    fleet: Fleet,
    advance: Callable[[int], None],
) -> None:
    """Explores every problem into `folder`/part-*.jsonl. `advance` hears how many each done part holds.

    Raises:
        InputError: the engine is unknown, or Ray is not installed.
    """
    if fleet.engine not in ENGINES:
        raise unknown_name("engine", fleet.engine, ENGINES)
    mine, of = fleet.shard
    parts = [
        (problems[at : at + PART], search, folder / f"part-{at // PART:05d}.jsonl")
        for at in range(0, len(problems), PART)
        if at // PART % of == mine
    ]
    ENGINES[fleet.engine](parts, fleet, advance)


def _here(parts: Sequence[Part], fleet: Fleet, advance: Callable[[int], None]) -> None:
    if fleet.workers <= 1 or len(parts) <= 1:
        for part in parts:
            advance(explore_part(*part))
        return
    owed = deque(parts)
    deaths: Counter[Path] = Counter()
    working: dict[Connection, tuple[SpawnProcess, Part]] = {}
    workers = [_worker() for _ in range(min(fleet.workers, len(parts)))]

    def hand(part: Part, channel: Connection, process: SpawnProcess) -> None:
        working[channel] = process, part
        # One that died at rest is told of by its channel, like one that dies at work.
        with contextlib.suppress(ConnectionError):
            channel.send(part)

    try:
        for channel, process in workers:
            hand(owed.popleft(), channel, process)
        while working:
            for channel in cast(list[Connection], wait(list(working))):
                process, part = working.pop(channel)
                outcome = _heard(channel)
                if isinstance(outcome, JourneyError):
                    raise outcome
                if outcome is not None:
                    advance(outcome)
                    if owed:
                        hand(owed.popleft(), channel, process)
                    continue
                process.join()
                deaths[part[2]] += 1
                if deaths[part[2]] == DEATHS:
                    raise JourneyError(
                        f"{DEATHS} workers died at {part[2]}, the last with exit code {process.exitcode}. "
                        "Was memory short? Try fewer --workers; what is done stays done"
                    )
                workers.append(_worker())
                hand(part, *workers[-1])
    finally:
        for process, _ in working.values():
            process.terminate()
        for channel, _ in workers:
            channel.close()


def _worker() -> tuple[Connection, SpawnProcess]:
    """A process that explores what is handed to it, and the channel to it.

    It shares nothing with the others, so none of them waits for what one that died has not given back.
    """
    # Spawned, not forked: a fork beside torch's threads can deadlock.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(theirs,))
    process.start()
    theirs.close()
    return ours, process


def _heard(channel: Connection) -> int | JourneyError | None:
    """What a worker says of its part; None if it died."""
    try:
        heard: int | JourneyError = channel.recv()
        return heard
    except (EOFError, ConnectionError):
        return None


def _work(channel: Connection) -> None:
    # Ctrl-C reaches every process of the terminal; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The channel ends when the parent is done, or gone.
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            part = channel.recv()
            try:
                channel.send(explore_part(*part))
            except JourneyError as fault:
                channel.send(fault)
            except Exception:
                channel.send(JourneyError(f"a worker failed at {part[2]}:\n{traceback.format_exc()}"))


def _on_ray(parts: Sequence[Part], fleet: Fleet, advance: Callable[[int], None]) -> None:
    try:
        import ray
    except ImportError:
        raise InputError("Ray is not installed: pip install 'journey-learning[ray]'") from None
    owed = []
    for part in parts:
        if count_lines(part[2]) == len(part[0]):
            advance(len(part[0]))
        else:
            owed.append(part)
    if not ray.is_initialized():
        ray.init(address=fleet.address, log_to_driver=False, configure_logging=False)
    remote = ray.remote(_graphs_of).options(max_retries=RETRIES, scheduling_strategy="SPREAD")
    going: dict[Any, Part] = {}
    try:
        while owed or going:
            while owed and len(going) < max(1, fleet.workers):
                part = owed.pop(0)
                going[remote.remote(part[0], part[1])] = part
            done, _ = ray.wait(list(going), num_returns=1)
            for reference in done:
                asked, _, path = going.pop(reference)
                with replacing(path) as add:
                    for graph in ray.get(reference):
                        add(graph)
                advance(len(asked))
    except ray.exceptions.RayError as fault:
        raise JourneyError(f"Ray: {str(fault).strip().splitlines()[-1]}") from None
    finally:
        for reference in going:
            ray.cancel(reference, force=True)


def _graphs_of(problems: Sequence[Problem], search: Search) -> list[dict[str, Any]]:
    return list(search.graphs(problems))


ENGINES: dict[str, Callable[[Sequence[Part], Fleet, Callable[[int], None]], None]] = {
    "local": _here,
    "ray": _on_ray,
}
