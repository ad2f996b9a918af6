"""Searches many problems in this process, in local workers or on a Ray cluster, one part file at a time.

Problem `i` is line `i % PART_SIZE` of part `i // PART_SIZE`, for every engine and every number of workers. So
one worker and many machines write the same files. A local worker appends graphs in order; after a kill, its
part continues at the first missing line. A remote part is written when it is complete; if its machine is
lost, it runs again.
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
from journey.problem import Problem
from journey.runs.machine import orphaned
from journey.runs.store import appending, count_lines, replacing
from search.explore import Budget, explore_together
from search.proposers.sampling import QuestionWriter, StepReader
from search.proposers.spec import make_proposer

PART_SIZE = 250
"""Problems in a part file."""
BATCH = 64
"""Searches that run side by side, so that a model sees their states in one batch."""
MAX_RETRIES = 10
"""How often a part runs again after its machine was lost."""
MAX_WORKER_DEATHS = 3
"""A part fails after killing this many workers; until then another worker continues it."""


@dataclass(frozen=True, slots=True)
class Search:
    """How each problem is searched. It is pickled and sent to the workers."""

    strategy: str
    budget: Budget
    mistakes: float
    """The share of moves before which a mistake is proposed."""
    seed: int
    lookahead: int = 0
    """Moves that the symbolic proposer looks ahead."""
    prune: bool = False
    """Whether the symbolic proposer leaves out moves to hopeless states that are out of reach."""
    proposer: str = "symbolic"
    """The proposer's name, as `search.proposers.spec.make_proposer` takes it."""
    read: StepReader | None = None
    """Reads the steps of a complete output (a module-level function). None: the model writes next lines."""
    question: QuestionWriter | None = None
    """Writes the question for a complete output (a module-level function). None: the family's own prompt."""
    answers: Path | None = None
    """The folder in which a server's answers are stored."""
    samples: int = 4
    """Outputs sampled per state."""
    temperature: float = 1.0
    """Sampling temperature."""

    def graphs(self, problems: Sequence[Problem]) -> Iterator[dict[str, Any]]:
        """Yields the graph of each problem in order, as a record."""
        proposer = make_proposer(
            self.proposer,
            self.mistakes,
            self.seed,
            lookahead=self.lookahead,
            prune=self.prune,
            read=self.read,
            question=self.question,
            answers=self.answers,
            samples=self.samples,
            temperature=self.temperature,
        )
        batch = 1 if self.proposer == "symbolic" else BATCH
        for start in range(0, len(problems), batch):
            graphs = explore_together(
                problems[start : start + batch], proposer, self.strategy, self.budget, self.seed
            )
            yield from (graph.to_record() for graph in graphs)


ALL_PARTS = (0, 1)


class Fleet(NamedTuple):
    """Where the searches run."""

    engine: str = "local"
    """`local`, or `ray`."""
    workers: int = 1
    """Local processes; on Ray, the number of parts that run at the same time."""
    address: str | None = None
    """Connect to the Ray cluster at this address; None starts one on this machine."""
    shard: tuple[int, int] = ALL_PARTS
    """(i, n): only every n-th part, starting with part i, is explored here."""


Part = tuple[Sequence[Problem], Search, Path]


def explore_part(problems: Sequence[Problem], search: Search, path: Path) -> int:
    """Explores the problems whose graphs are missing from the part file; returns the number of its graphs.

    Raises:
        JourneyError: the parent process is gone.
    """
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
    on_progress: Callable[[int], None],
) -> None:
    """Explores every problem of this shard into `folder`/part-*.jsonl.

    Args:
        problems: all problems, of all shards.
        search: how each is searched.
        folder: where the part files are written.
        fleet: the engine, its workers and the shard.
        on_progress: called with the number of graphs in each finished part.

    Raises:
        InputError: the engine is unknown, or Ray is not installed.
        JourneyError: a worker failed, or a part killed `MAX_WORKER_DEATHS` workers.
    """
    if fleet.engine not in ENGINES:
        raise unknown_name("engine", fleet.engine, ENGINES)
    shard, shards = fleet.shard
    parts = [
        (problems[start : start + PART_SIZE], search, folder / f"part-{start // PART_SIZE:05d}.jsonl")
        for start in range(0, len(problems), PART_SIZE)
        if start // PART_SIZE % shards == shard
    ]
    ENGINES[fleet.engine](parts, fleet, on_progress)


def _run_locally(parts: Sequence[Part], fleet: Fleet, on_progress: Callable[[int], None]) -> None:
    if fleet.workers <= 1 or len(parts) <= 1:
        for part in parts:
            on_progress(explore_part(*part))
        return
    pending = deque(parts)
    deaths: Counter[Path] = Counter()
    working: dict[Connection, tuple[SpawnProcess, Part]] = {}
    workers = [_start_worker() for _ in range(min(fleet.workers, len(parts)))]

    def send(part: Part, channel: Connection, process: SpawnProcess) -> None:
        working[channel] = process, part
        # The closed channel reports a worker that died idle, like one that dies at work.
        with contextlib.suppress(ConnectionError):
            channel.send(part)

    try:
        for channel, process in workers:
            send(pending.popleft(), channel, process)
        while working:
            for channel in cast(list[Connection], wait(list(working))):
                process, part = working.pop(channel)
                reply = _receive(channel)
                if isinstance(reply, JourneyError):
                    raise reply
                if reply is not None:
                    on_progress(reply)
                    if pending:
                        send(pending.popleft(), channel, process)
                    continue
                process.join()
                deaths[part[2]] += 1
                if deaths[part[2]] == MAX_WORKER_DEATHS:
                    raise JourneyError(
                        f"{MAX_WORKER_DEATHS} workers died at {part[2]}, the last with exit code "
                        f"{process.exitcode}. Was memory short? Try fewer --workers; finished graphs are kept"
                    )
                workers.append(_start_worker())
                send(part, *workers[-1])
    finally:
        for process, _ in working.values():
            process.terminate()
        for channel, _ in workers:
            channel.close()


def _start_worker() -> tuple[Connection, SpawnProcess]:
    """Starts a process that explores the parts it receives; returns it with the channel to it.

    Workers share no lock, so a worker that dies cannot block the others.
    """
    # Spawned, not forked: a fork while torch's threads run can deadlock.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_worker_loop, args=(theirs,))
    process.start()
    theirs.close()
    return ours, process


def _receive(channel: Connection) -> int | JourneyError | None:
    """Receives a worker's reply about its part; None if the worker died."""
    try:
        reply: int | JourneyError = channel.recv()
        return reply
    except (EOFError, ConnectionError):
        return None


def _worker_loop(channel: Connection) -> None:
    # Ctrl-C reaches every process of the terminal; only the parent handles it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The channel closes when the parent finishes or dies.
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            part = channel.recv()
            try:
                channel.send(explore_part(*part))
            except JourneyError as fault:
                channel.send(fault)
            except Exception:
                channel.send(JourneyError(f"a worker failed at {part[2]}:\n{traceback.format_exc()}"))


def _run_on_ray(parts: Sequence[Part], fleet: Fleet, on_progress: Callable[[int], None]) -> None:
    try:
        import ray
    except ImportError:
        raise InputError("Ray is not installed: pip install 'journey-learning[ray]'") from None
    pending = []
    for part in parts:
        if count_lines(part[2]) == len(part[0]):
            on_progress(len(part[0]))
        else:
            pending.append(part)
    if not ray.is_initialized():
        ray.init(address=fleet.address, log_to_driver=False, configure_logging=False)
    remote = ray.remote(_graphs_of).options(max_retries=MAX_RETRIES, scheduling_strategy="SPREAD")
    running: dict[Any, Part] = {}
    try:
        while pending or running:
            while pending and len(running) < max(1, fleet.workers):
                part = pending.pop(0)
                running[remote.remote(part[0], part[1])] = part
            done, _ = ray.wait(list(running), num_returns=1)
            for reference in done:
                problems, _, path = running.pop(reference)
                with replacing(path) as add:
                    for graph in ray.get(reference):
                        add(graph)
                on_progress(len(problems))
    except ray.exceptions.RayError as fault:
        raise JourneyError(f"Ray: {str(fault).strip().splitlines()[-1]}") from None
    finally:
        for reference in running:
            ray.cancel(reference, force=True)


def _graphs_of(problems: Sequence[Problem], search: Search) -> list[dict[str, Any]]:
    return list(search.graphs(problems))


ENGINES: dict[str, Callable[[Sequence[Part], Fleet, Callable[[int], None]], None]] = {
    "local": _run_locally,
    "ray": _run_on_ray,
}
