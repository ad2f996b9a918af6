"""Pivotal pairs: the step of a model's own solution after which its success rate changes most.

Phi-4's pivotal tokens (Abdin et al. 2024, section 4.3), at the level of steps. A model writes a solution;
from each of its lines on it is asked to finish several times, and the share of right answers is its chance
there. Where that share jumps, the line before the jump and what the model might have written in its place are
a pair, if the checker proves the one right and the other wrong or a dead end: the rollouts say where to look,
the proof says which side is which.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from journey.problem import Problem
from journey.step import Verdict
from search.proposers.sampling import Prompt, SamplingProposer
from traces.audit import AuditedLine, audit
from traces.pairs import PIVOTAL, Pair, dead_end_proof, proved
from traces.text import prompt


class Jump(NamedTuple):
    """A line after which a model's chance changes, and how the chances are without it."""

    before: str
    """The lines before it."""
    line: str
    change: float
    """Of the share of right answers, from before the line to after it."""
    others: dict[str, tuple[int, int]]
    """The first lines of the rollouts from before it: how many of how many ended right."""


def pivotal_pairs(
    problems: Sequence[Problem], model: SamplingProposer, trace: str, threshold: float, style: str = "terse"
) -> Iterator[Pair]:
    """At most one pair a problem, in order; none where no line changes the chance by `threshold`.

    Args:
        problems: that the model is asked.
        model: whose `samples` texts from each line are its rollouts.
        trace: the kind of trace that it was trained on.
        threshold: the least change of the share of right answers, 0 to 1.
        style: what it writes in.
    """
    questions = [prompt(problem, style) for problem in problems]
    first = model.generate([Prompt(question, "", to_end=True) for question in questions])
    texts = [texts[0][0].rstrip("\n") for texts in first]
    places = [
        (at, "".join(f"{line}\n" for line in text.split("\n")[:number]))
        for at, text in enumerate(texts)
        for number in range(len(text.split("\n")))
    ]
    wanted = [Prompt(questions[at], lines, to_end=True) for at, lines in places]
    rollouts: dict[int, list[tuple[str, list[str]]]] = {}
    for (at, lines), found in zip(places, model.generate(wanted), strict=True):
        rollouts.setdefault(at, []).append((lines, [text.rstrip("\n") for text, _ in found]))
    for at, problem in enumerate(problems):
        for jump in _jumps(problem, texts[at], rollouts[at], style):
            if abs(jump.change) < threshold:
                break
            if pair := _pair(problem, jump, trace, style):
                yield pair
                break


def _jumps(problem: Problem, text: str, rollouts: list[tuple[str, list[str]]], style: str) -> list[Jump]:
    """The lines of a text, the one that changes the chance most first."""
    chances = []
    firsts: list[dict[str, tuple[int, int]]] = []
    for before, found in rollouts:
        right = [audit(problem, before + further, style).solved for further in found]
        chances.append(sum(right) / len(right))
        every = Counter(further.split("\n")[0] for further in found)
        good = Counter(further.split("\n")[0] for further, well in zip(found, right, strict=True) if well)
        firsts.append({line: (good[line], count) for line, count in every.items()})
    chances.append(float(audit(problem, text, style).solved))
    jumps = [
        Jump(before, line, chances[number + 1] - chances[number], firsts[number])
        for number, ((before, _), line) in enumerate(zip(rollouts, text.split("\n"), strict=True))
    ]
    return sorted(jumps, key=lambda jump: -abs(jump.change))


def _pair(problem: Problem, jump: Jump, trace: str, style: str) -> Pair | None:
    """The line and what does best, or worst, in its place; None if nothing is proved of them."""
    fell = jump.change < 0
    shares = {line: right / count for line, (right, count) in jump.others.items() if line != jump.line}
    for other in sorted(shares, key=lambda line: (-shares[line] if fell else shares[line], line)):
        chosen, rejected = (other, jump.line) if fell else (jump.line, other)
        last = audit(problem, jump.before + rejected, style).lines[-1]
        pair = Pair(
            id=problem.id,
            kind=PIVOTAL,
            trace=trace,
            prompt=prompt(problem, style) + jump.before,
            chosen=chosen + "\n",
            rejected=rejected + "\n",
            chosen_verdict=Verdict.VALID,
            rejected_verdict=last.verdict or Verdict.WRONG,
            evidence=_evidence(problem, jump.before + rejected, last, style),
            dead_end=last.sound and last.says == "take",
            problem=problem,
            style=style,
        )
        if proved(pair):
            return pair
    return None


def _evidence(problem: Problem, text: str, last: AuditedLine, style: str) -> str:
    return last.evidence or str(dead_end_proof(problem, text, style) or "it says nothing")
