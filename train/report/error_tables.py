"""Tables of what the models do after an error: their own first error, and a planted one."""

from __future__ import annotations

from collections.abc import Iterator

from train.analysis.results_schema import Results, StageFigures
from train.evaluation.metrics_schema import Fate, GreedyAccuracy, PlantedShare, RecoveryShare
from train.report.formatting import NONE, Table, count, interval, share, stage_label

FATES: dict[str, str] = {
    "noticed": "noticed and left",
    "left": "left unproved",
    "answered": "reaches the answer",
    "open": "no answer given",
}
"""The labels of the fates of an output's first error (`train.evaluation.recovery`)."""
FATE_NAMES: tuple[Fate, ...] = ("noticed", "left", "answered", "open")


def recovery(results: Results) -> Table:
    """What the models do after an error."""
    rows = []
    for arm, stage, figures in results.distinct_rows():
        part = figures.recovery
        shares = (part.error, part.noticed, part.right_noticed, part.left, part.right_left, part.answered,
                  part.false_alarms, part.unproved)  # fmt: skip
        rows.append((arm, stage_label(stage), *map(_cell, shares)))
    columns = ("arm", "stage", "P(error)", "P(notice | error)", "P(right | noticed)",
               "P(left unproved | error)", "P(right | left unproved)", "errors that reach the answer",
               "false alarms", "unproved notices")  # fmt: skip
    note = (
        "Greedy outputs, audited line by line. An error is a refuted step that may not stay; a dead end is "
        "no error. Only the first error of an output counts. It is noticed and left with words that prove "
        "it, left without such words, or it reaches the answer. A false alarm is a notice of what is "
        "neither wrong nor hopeless. An unproved notice is justified, but its words do not prove it. In "
        "brackets: counts, and 95 % intervals over clusters of problems and over seeds."
    )
    return Table("recovery", "After an error", columns, rows, note, words=2)


def _parts(results: Results) -> Iterator[tuple[str, str, str, StageFigures | GreedyAccuracy]]:
    """Arm, stage and name of all problems, of each level and of each other set, with their figures."""
    for arm, stage, figures in results.distinct_rows():
        parts: dict[str, StageFigures | GreedyAccuracy] = {"all": figures}
        parts |= {f"level {level}": part for level, part in figures.levels.items()}
        parts |= figures.sets or {}
        for name, part in parts.items():
            yield arm, stage_label(stage), name, part


def reading(results: Results) -> Table | None:
    """How models read problems from pictures, and whether an output recovers from a misread problem."""
    rows = []
    for *place, part in _parts(results):
        if (read := part.reading) is not None:
            after = [
                NONE if each is None else share(each) for each in (read.right_if_read, read.right_if_misread)
            ]
            cells = (share(part.pass_1), share(read.misread), *after, count(part.n))
            rows.append((*place, *cells))
    columns = ("arm", "stage", "problems", "right", "misread", "right if read right", "right if misread", "n")
    note = (
        "A model that is given a picture first writes the problem that it reads. Misread: that is another "
        "problem. A later line could still be right, because the model sees the picture all the time."
    )
    return Table("reading", "Reading the pictures", columns, rows, note, words=3) if rows else None


def verified(results: Results) -> Table | None:
    """How much of the accuracy is right for the right reasons: in all, by level and in other sets."""
    rows = []
    for *place, part in _parts(results):
        if part.verified is not None and part.clean is not None:
            reasons = share(part.pass_1 - part.verified)
            cells = (share(part.pass_1), share(part.verified), reasons, share(part.clean))
            rows.append((*place, *cells, count(part.n)))
    columns = ("arm", "stage", "problems", "right", "verified", "right for the wrong reasons", "clean", "n")
    note = (
        "Verified: the answer is right, and every line before it is proved. A line is proved if its step is "
        "right, or if it is noticed as wrong with its proof and left. Clean: every line is proved, whatever "
        "the answer."
    )
    return Table("verified", "Right for the right reasons", columns, rows, note, words=3) if rows else None


def fates(results: Results) -> Table:
    """The fates of first errors and the number of all errors."""
    counted = ("errors", "errors noticed", "errors answered", "undecided", "unreadable", "outputs")
    rows = []
    for arm, stage, figures in results.distinct_rows():
        part = figures.recovery
        cells = [count(part.fates[name]) for name in FATE_NAMES]
        cells += [count(part.counts.get(name, 0)) for name in counted]
        rows.append((arm, stage_label(stage), *cells))
    columns = ("arm", "stage", *(f"first error {FATES[name]}" for name in FATE_NAMES), "all errors",
               "of them noticed", "of them in the answer", "undecided steps",
               "outputs with an unreadable line", "outputs")  # fmt: skip
    return Table("fates", "Errors, counted", columns, rows, words=2)


def recovery_levels(results: Results) -> Table | None:
    """What the models do after an error, by level."""
    rows = [
        (arm, stage_label(stage), level, *map(_cell, (part.error, part.noticed, part.left, part.answered)))
        for arm, stage, figures in results.distinct_rows()
        for level, part in figures.recovery.levels.items()
    ]
    columns = ("arm", "stage", "level", "P(error)", "P(notice | error)", "P(left unproved | error)",
               "errors that reach the answer")  # fmt: skip
    return Table("recovery-levels", "After an error, by level", columns, rows, words=3) if rows else None


def planted(results: Results) -> Table | None:
    """How models continue an output that begins with a wrong step."""
    rows = []
    for arm, stage, figures in results.distinct_rows():
        parts = {"search": figures.planted, "model": figures.planted_own}
        for origin, part in parts.items():
            if part is None:
                continue
            shares = map(_planted_cell, (part.noticed, part.solved, part.solved_if_noticed))
            tokens = f"{part.tokens:.1f}" if part.n else NONE
            rows.append((arm, stage_label(stage), origin, *shares, tokens, count(part.n)))
    columns = ("arm", "stage", "step of", "noticed", "solved", "solved if noticed", "tokens after it", "n")
    note = (
        "The output begins with the teacher's lines up to a state of the solution. Then follows a wrong step "
        "that the search explored there, or that a model wrote there, and the tested model continues. "
        "Noticed: it proves the step wrong and goes back."
    )
    return Table("planted", "After a planted wrong step", columns, rows, note, words=3) if rows else None


def _cell(part: RecoveryShare) -> str:
    if part.share is None:
        return NONE
    return f"{share(part.share)} ({part.count:,} of {part.n:,}; {interval(part.ci95)})"


def _planted_cell(part: PlantedShare) -> str:
    if part.share is None:
        return NONE
    return f"{share(part.share)} ({interval(part.ci95)}; n = {part.n:,})"
