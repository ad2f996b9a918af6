"""Outputs that the start model of a stage samples for training problems, and what is trained on of them.

Rejection sampling as in Llama 3 (2407.21783, section 4.2.2), with the checker in the place of the reward
model: the model writes several outputs for each problem, and those that are right become training texts. For
`sampled` pairs a right output is preferred to a wrong one of the same model, so the pairs are on policy.

models/ARM/STAGE/outputs.jsonl has a row for each output, right or wrong. All problems get their first output
before any gets its second, in an order of the stage's own. models/ARM/STAGE/pairs.jsonl has the pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from journey.errors import JourneyError
from journey.problem import Problem
from journey.runs.store import Run, appending, read_lines, reader, record, write_lines
from journey.step import Verdict
from traces.pairs import Pair, invalid_reason
from traces.text import prompt
from train.pipeline.branches import derived_seed
from train.recipe.recipe import Recipe, Replica
from train.recipe.stages import Stage

if TYPE_CHECKING:
    from train.trainers.stage import StageSpec

OUTPUTS_FILE, PAIRS_FILE = "outputs.jsonl", "pairs.jsonl"
BATCH = 500
"""Problems that get an output together. Batches do not depend on what a killed run had written."""


@dataclass(frozen=True, slots=True)
class SampledOutput:
    """A row of outputs.jsonl."""

    id: str
    """Of its problem."""
    sample: int
    """The number of the output among those for its problem, from 1."""
    model: str
    """The folder of the model that wrote it, in the run folder."""
    text: str
    tokens: int
    """Tokens generated, the end of sequence included."""
    finished: bool
    correct: bool
    reason: str | None
    """The reason if it is not correct."""
    clean: bool
    """Whether it is correct and every line is proved (`train.evaluation.scoring.is_clean`)."""

    def accepted(self, stage: Stage) -> bool:
        """Whether a stage counts it as right."""
        return self.clean if stage.accept == "verified" else self.correct


def work_folder(run: Run, replica: Replica, stage: Stage) -> Path:
    """The folder of a stage: its final one if it is finished, else the one that it works in."""
    done = run.path / "models" / replica.name / stage.name
    return done if done.exists() else done.with_name(f"{done.name}.partial")


def outputs_file(run: Run, replica: Replica, stage: Stage) -> Path:
    """The file of a stage's outputs."""
    return work_folder(run, replica, stage) / OUTPUTS_FILE


def pairs_file(run: Run, replica: Replica, stage: Stage) -> Path:
    """The file of a stage's `sampled` pairs."""
    return work_folder(run, replica, stage) / PAIRS_FILE


def sample_outputs(
    run: Run, recipe: Recipe, replica: Replica, stage: Stage, spec: StageSpec, problems: Sequence[Problem]
) -> dict[str, Any]:
    """Writes the outputs of the stage's start model for these problems; returns facts about them.

    A file that was interrupted continues at the first missing line.

    Raises:
        JourneyError: no output is accepted, so there is nothing to train on.
    """
    from train.evaluation.decoding.generators import CheckpointGenerator
    from train.evaluation.inference import generate_outputs
    from train.evaluation.scoring import Sample, is_clean
    from train.models.flops import cost_of

    own, style = recipe.for_arm(replica.arm, stage), recipe.traces.style
    model = CheckpointGenerator(spec.start, recipe.evaluation.batch, own.base.chat)
    origin = spec.start.relative_to(run.path).as_posix()
    path = outputs_file(run, replica, stage)
    by_id = {problem.id: problem for problem in problems}
    budget = recipe.for_arm(replica.arm).training.tokens
    limit = inf if stage.generated is None else stage.generated * budget

    def output(sample: Sample) -> SampledOutput:
        clean = sample.correct and is_clean(by_id[sample.id], sample.text, style)
        fields = sample.id, sample.sample, origin, sample.text, sample.tokens
        return SampledOutput(*fields, sample.finished, sample.correct, sample.reason, clean)

    def sampled(copy: int, batch: Sequence[Problem]) -> list[SampledOutput]:
        samples = generate_outputs(
            model,
            batch,
            max_new_tokens=recipe.evaluation.max_new_tokens,
            samples=1,
            first_sample=copy,
            temperature=recipe.search.temperature,
            seed=derived_seed(replica.seed, stage.name),
            style=style,
        )
        return list(map(output, samples))

    def turn(problem: Problem) -> float:
        return Random(f"{replica.seed}:{stage.name}:{problem.id}:turn").random()

    # In the order of the file, a limit would leave out the same problems in every round.
    order = sorted(problems, key=turn)
    outputs: list[SampledOutput] = []
    tokens = 0
    with appending(path) as (_, add):
        kept = list(read_lines(path, reader(SampledOutput)))

        def rows() -> Iterator[SampledOutput]:
            for copy in range(1, stage.samples + 1):
                for at in range(0, len(order), BATCH):
                    spec.on_progress(len(outputs), stage.samples * len(order), "outputs")
                    batch = order[at : at + BATCH]
                    old = kept[len(outputs) : len(outputs) + len(batch)]
                    yield from old
                    if len(old) < len(batch):
                        for row in sampled(copy, batch)[len(old) :]:
                            add(record(row))
                            yield row

        for row in rows():
            outputs.append(row)
            tokens += row.tokens
            if tokens >= limit:
                break
    accepted = [row for row in outputs if row.accepted(stage)]
    if not accepted:
        solved = "solved" if stage.accept == "right" else "solved, with every line proved,"
        raise JourneyError(
            f"{stage.name} of {replica.name} ends here: {origin} {solved} none of {len(problems):,} problems "
            f"in {len(outputs):,} outputs, so there is nothing to train on. Train it longer before, raise "
            "`samples`, or give it easier problems"
        )
    cost = cost_of(spec.start)
    asked = {problem.id: len(model.encode_prompt(prompt(problem, style))) for problem in problems}
    return {
        "outputs": len(outputs),
        "generated_tokens": tokens,
        "accepted": len(accepted),
        "solved": len({row.id for row in accepted}),
        "asked": len(problems),
        "generate_flops": round(sum(cost.answer(asked[row.id], row.tokens) for row in outputs)),
    }


def read_outputs(path: Path, problems: Iterable[str]) -> dict[str, list[SampledOutput]]:
    """The outputs of a file by problem, for these problems in their order."""
    by_id: dict[str, list[SampledOutput]] = {id: [] for id in problems}
    for row in read_lines(path, reader(SampledOutput)):
        if row.id in by_id:
            by_id[row.id].append(row)
    return by_id


def chosen_outputs(path: Path, stage: Stage, seed: int, problems: Iterable[str]) -> list[SampledOutput]:
    """The outputs that a rejection stage trains on (`Stage.choose`), in the order of these problems."""
    chosen: list[SampledOutput] = []
    for id, outputs in read_outputs(path, problems).items():
        accepted = [row for row in outputs if row.accepted(stage)]
        finished = [row for row in outputs if row.finished]
        if stage.choose == "random" and finished:
            chosen.append(Random(f"{seed}:{stage.name}:{id}").choice(finished))
        elif stage.choose == "shortest" and accepted:
            chosen.append(min(accepted, key=lambda row: (row.tokens, row.sample)))
        elif stage.choose == "all":
            chosen += {row.text: row for row in reversed(accepted)}.values()
    return chosen


def write_sampled_pairs(
    run: Run, replica: Replica, stage: Stage, problems: Mapping[str, Problem], style: str
) -> int:
    """Writes the pairs of a stage's outputs; returns their number."""
    outputs = read_outputs(outputs_file(run, replica, stage), problems)
    pairs = _pairs(outputs, replica, stage, problems, style)
    return write_lines(pairs_file(run, replica, stage), map(record, pairs))


def _pairs(
    outputs: Mapping[str, Sequence[SampledOutput]],
    replica: Replica,
    stage: Stage,
    problems: Mapping[str, Problem],
    style: str,
) -> Iterator[Pair]:
    """At most one pair a problem: one of its right outputs and one of its wrong ones, drawn at random.

    Both are drawn, as in iterative reasoning preference optimization (Pang et al. 2024, section 2): the
    shortest right output would also teach a preference for length.
    """
    for id, rows in outputs.items():
        right = [row for row in rows if row.accepted(stage)]
        wrong = [row for row in rows if row.finished and not row.correct]
        if not right or not wrong:
            continue
        random = Random(f"{replica.seed}:{stage.name}:{id}:pair")
        chosen, rejected = random.choice(right), random.choice(wrong)
        pair = Pair(
            id=id,
            kind="answer",
            trace=replica.arm.variant,
            prompt=prompt(problems[id], style),
            chosen=chosen.text.rstrip("\n"),
            rejected=rejected.text.rstrip("\n"),
            chosen_verdict=Verdict.VALID,
            rejected_verdict=Verdict.WRONG,
            evidence=str(rejected.reason),
            problem=problems[id],
            style=style,
        )
        if invalid_reason(pair) is None:
            yield pair
