"""The training texts of a supervised stage, source by source, and the record of where each came from.

models/ARM/STAGE/data.jsonl has a row for each text of the stage. `seen` is how often training saw it:

    {"schema_version":1,"id":"5f0c...","source":"first: traces","file":"traces/journey.jsonl","sample":null,
     "tokens":61,"seen":3}

training.json sums them up for each source, and `journey stats` shows the sums. A source that is an earlier
stage of the arm stands for that stage's own sources, in the same proportions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple

from journey.errors import InputError, JourneyError
from journey.problem import Problem
from journey.runs.store import SCHEMA_VERSION, Run, read_lines, write_lines
from traces.curate import dropped_ids
from traces.run_files import TextSource, read_problems, read_rows, read_texts
from traces.text import prompt
from traces.trace import TrainingText
from traces.walks import WALKS
from train.models.token_rows import Row, encode, problems_that_fit, text_tokens
from train.pipeline.mixtures import mixed_batches, tally
from train.recipe.load import recipe_of
from train.recipe.recipe import Recipe, Replica
from train.recipe.stages import OUTPUTS, PROMPTS, TRACES, Source, Stage
from train.trainers import distributed as ranks

FILE = "data.jsonl"
"""The record of a stage's texts, in its folder."""


class StageText(NamedTuple):
    """A training text of a stage."""

    id: str
    """Of its problem, or of the problem that a row of a spoilt corpus replaces; for a text of a file,
    the file and the number of its line."""
    row: Row
    file: str
    """The file that holds it: a path in the run folder, or the user's file."""
    sample: int | None = None
    """For an output of a model: the number of the sample."""


@dataclass(frozen=True, slots=True)
class Part:
    """The texts of one source of a stage."""

    words: str
    """The source in words."""
    share: float
    """Of the stage's training tokens."""
    texts: list[StageText]


@dataclass(frozen=True, slots=True)
class StageData:
    """The texts of a stage."""

    parts: list[Part]
    too_long: int
    """Outputs and texts of files that do not fit the context."""

    @property
    def texts(self) -> list[StageText]:
        """The texts of all parts, in order."""
        return [text for part in self.parts for text in part.texts]


def stage_problems(
    run: Run, stage: Stage, split: str = "train", origin: str | None = None
) -> dict[str, Problem]:
    """The problems of a stage's sources by id, including those that curation drops.

    Replayed problems are not among them. `part` applies to the training problems alone.

    Args:
        run: the run folder.
        stage: the stage.
        split: the split of the problems.
        origin: only of sources with this origin; None for all.
    """
    problems = read_problems(run, split)
    known = {TRACES, OUTPUTS, PROMPTS, *WALKS}
    if any(source.origin not in known for source in stage.data):
        known |= {arm.name for arm in recipe_of(run).data_arms}
    kept = {
        problem.id
        for source in stage.data
        if source.origin in (known if origin is None else [origin])
        for problem in source_problems(source, problems)
    }
    return {problem.id: problem for problem in problems if problem.id in kept}


def source_problems(source: Source, problems: Sequence[Problem]) -> list[Problem]:
    """The problems that a source takes."""
    kept = [
        problem
        for problem in problems
        if (not source.families or problem.family in source.families)
        and (not source.levels or problem.level in source.levels)
    ]
    if source.part is None or any(problem.split != "train" for problem in kept):
        return kept
    first, end = (round(share * len(kept)) for share in source.part)
    return kept[first:end]


def read_data(
    run: Run,
    recipe: Recipe,
    replica: Replica,
    stage: Stage,
    tokenizer: Any,
    among: Collection[str] | None = None,
) -> StageData:
    """The texts of a supervised stage that fit the context, source by source.

    Args:
        run: the run folder.
        recipe: its recipe.
        replica: the replica that is trained.
        stage: one of its supervised stages.
        tokenizer: the model's, or its processor.
        among: only texts about these problems; None for all. Texts of files are about none.

    Raises:
        JourneyError: a source has no text. The message explains why.
    """
    reader = _Reader(run, recipe, replica, tokenizer, among)
    parts = [part for source, share in zip(stage.data, stage.shares, strict=True)
             for part in reader.read(source, share, stage)]  # fmt: skip
    return StageData(parts, reader.too_long)


class _Reader:
    """Reads the sources of the stages of one replica."""

    def __init__(
        self, run: Run, recipe: Recipe, replica: Replica, tokenizer: Any, among: Collection[str] | None
    ) -> None:
        self.run, self.recipe, self.replica, self.tokenizer = run, recipe, replica, tokenizer
        self.among = among
        self.context = min(recipe.for_arm(arm).base.context for arm in recipe.arms)
        self.too_long = 0

    def read(self, source: Source, share: float, stage: Stage) -> list[Part]:
        """The parts of one source of a stage, which together have this share."""
        if source.origin in [each.name for each in self.replica.arm.before(stage)]:
            parts = self._replayed(source, share, self.replica.arm.stage(source.origin))
        else:
            parts = [Part(source.words, share, self._texts(source, stage))]
        if self.among is None and not any(part.texts for part in parts):
            raise JourneyError(
                f"{stage.name} of {self.replica.arm.name} has no texts from {source.words} to train on. "
                f"`journey stats {self.run.path}` shows what was dropped"
            )
        return parts

    def _texts(self, source: Source, stage: Stage) -> list[StageText]:
        own = self.recipe.for_arm(self.replica.arm, stage)
        if source.is_file:
            return self._file(Path(source.origin), own)
        asked = {problem.id for problem in source_problems(source, read_problems(self.run, "train"))}
        if self.among is not None:
            asked &= set(self.among)
        if source.origin == OUTPUTS:
            return self._outputs(stage, own, asked)
        if source.origin == PROMPTS:
            return self._prompts(own, asked)
        return self._traces(self.recipe.texts_from(source.origin, self.replica.arm), own, asked)

    def _replayed(self, source: Source, share: float, earlier: Stage) -> list[Part]:
        """The parts of an earlier stage, or what they hold about the problems that the source takes."""
        shares = zip(earlier.data, earlier.shares, strict=True)
        parts = [part for each, own in shares for part in self.read(each, share * own, earlier)]
        if source.filters:
            ids = {problem.id for problem in source_problems(source, read_problems(self.run, "train"))}
            parts = [replace(part, texts=[text for text in part.texts if text.id in ids]) for part in parts]
        parts = [part for part in parts if part.texts]
        left = sum(part.share for part in parts)
        return [
            Part(f"{source.origin}: {part.words}", share * part.share / left, part.texts) for part in parts
        ]

    def _traces(self, texts: TextSource, own: Recipe, asked: Collection[str]) -> list[StageText]:
        by_file = self._rows_by_file(texts, own, asked)
        dropped = dropped_ids(self.run.path, texts.curation)
        rows = {id: each for id, each in by_file[texts.file].items() if id not in dropped}
        kept = problems_that_fit(by_file, self.context) & rows.keys()
        if rows and not kept and self.among is None:
            raise JourneyError(f"no trace fits in {self.context} tokens: raise base.context in the recipe")
        return [
            StageText(id, row, texts.file) for id, all_rows in rows.items() for row in all_rows if id in kept
        ]

    def _rows_by_file(
        self, texts: TextSource, own: Recipe, asked: Collection[str]
    ) -> dict[str, dict[str, list[Row]]]:
        """The rows of every file that is trained on: what does not fit in one is trained on in none.

        Filters differ between arms, so this includes what they drop.
        """
        recipe, arm = self.recipe, self.replica.arm
        # An arm that is trained later has no traces yet, and drops no problem (`train.pipeline.mistakes`).
        later = [recipe.texts(arm)] if arm in recipe.later_arms else []
        by_file: dict[str, dict[str, list[Row]]] = {}
        for each in {source.file: source for source in [*recipe.first_texts, *later]}.values():
            audited = each.file == texts.file and own.training.loss_on == "sound"
            read = read_texts(self.run, each, "train", audited, asked, curated=False)
            rows = by_file[each.file] = {}
            for text, row in zip(read, encode(self.tokenizer, read, own.base.chat), strict=True):
                rows.setdefault(text.id, []).append(row)
        return by_file

    def _outputs(self, stage: Stage, own: Recipe, asked: Collection[str]) -> list[StageText]:
        from train.pipeline.on_policy import chosen_outputs, outputs_file

        path = outputs_file(self.run, self.replica, stage)
        problems = {
            problem.id: problem for problem in read_problems(self.run, "train") if problem.id in asked
        }
        outputs = chosen_outputs(path, stage, self.replica.seed, problems)
        style = own.traces.style
        texts = [
            TrainingText(output.id, prompt(problems[output.id], style), output.text.rstrip("\n"))
            for output in outputs
        ]
        # The folder's final name, although it may still be called partial.
        file = f"models/{self.replica.name}/{stage.name}/{path.name}"
        return self._that_fit(texts, own, file, [output.sample for output in outputs])

    def _prompts(self, own: Recipe, asked: Collection[str]) -> list[StageText]:
        dropped = dropped_ids(self.run.path, self.recipe.texts(self.replica.arm).curation)
        texts = [
            TrainingText(problem.id, prompt(problem, own.traces.style), "", problem=problem)
            for problem in read_problems(self.run, "train")
            if problem.id in asked and problem.id not in dropped
        ]
        return self._that_fit(texts, own, "problems/train.jsonl", [None] * len(texts))

    def _file(self, path: Path, own: Recipe) -> list[StageText]:
        if self.among is not None:
            return []
        texts = [
            TrainingText(f"{path}:{number}", row["prompt"], row["completion"])
            for number, row in enumerate(read_lines(path, text_row), 1)
        ]
        return self._that_fit(texts, own, str(path), [None] * len(texts))

    def _that_fit(
        self, texts: Sequence[TrainingText], own: Recipe, file: str, samples: Sequence[int | None]
    ) -> list[StageText]:
        """Those of these texts that fit the context; the others are counted."""
        rows = encode(self.tokenizer, texts, own.base.chat)
        fits = [text_tokens(row) <= self.context for row in rows]
        self.too_long += fits.count(False)
        every = map(StageText, (text.id for text in texts), rows, [file] * len(rows), samples)
        return list(compress(every, fits))


def problems_of(run: Run, recipe: Recipe, texts: Sequence[StageText]) -> list[str]:
    """The problem of each text: its id, except that rows of a spoilt corpus can hold another problem."""
    corpora = {f"corpora/{name}.jsonl": name for name in recipe.corpora()}
    held = {
        file: {row.id: row.problem.id for row in read_rows(run, corpora[file])}
        for file in corpora.keys() & {text.file for text in texts}
    }
    return [held.get(text.file, {}).get(text.id, text.id) for text in texts]


def text_row(data: Any) -> dict[str, str]:
    """A row of a file of training texts. Other keys than `prompt` and `completion` are ignored.

    Raises:
        ValueError: one of them is missing or no text.
    """
    row = {key: data[key] for key in ("prompt", "completion")}
    if not all(isinstance(text, str) for text in row.values()):
        raise ValueError("prompt and completion must be texts")
    return row


def file_texts(files: Sequence[str]) -> Iterator[str]:
    """The texts of files of training texts, for the tokenizer of a model from scratch."""
    for file in files:
        for row in read_lines(Path(file), text_row):
            yield row["prompt"] + row["completion"]


def mix(
    stage: Stage, data: StageData, batch_tokens: int, total: int, seed: int, folder: Path
) -> tuple[list[list[int]], dict[str, Any]]:
    """The batches of a stage, and the sums for training.json. Writes data.jsonl into `folder`.

    Raises:
        InputError: a source's texts are longer than its share of the tokens allows.
    """
    lengths = [[text_tokens(text.row) for text in part.texts] for part in data.parts]
    batches = mixed_batches(lengths, [part.share for part in data.parts], batch_tokens, total, seed)
    tallies, seen = tally(lengths, batches)
    for part, each in zip(data.parts, tallies, strict=True):
        if not each.tokens:
            raise InputError(f"{stage.name}: {part.words} gets none of {total:,} tokens: raise its share")
    words = [part.words for part in data.parts for _ in part.texts]
    if ranks.first():
        rows = (
            {
                "schema_version": SCHEMA_VERSION,
                "id": text.id,
                "source": origin,
                "file": text.file,
                "sample": text.sample,
                "tokens": text_tokens(text.row),
                "seen": times,
            }
            for text, origin, times in zip(data.texts, words, seen, strict=True)
        )
        write_lines(folder / FILE, rows)
    sums = [
        {
            "source": part.words,
            "share": round(each.share, 5),
            "tokens": each.tokens,
            "texts": each.texts,
            "epochs": each.epochs,
        }
        for part, each in zip(data.parts, tallies, strict=True)
    ]
    return batches, {"data": sums}
