"""Pivotal pairs: the step of a model's own solution after which its success rate changes most.

This is Phi-4's pivotal token search (Abdin et al. 2024, section 4.3) at the level of steps. A model writes a
solution, then completes it several times from each of its lines. The share of right answers is its success
rate there. Where the rate jumps, the line before the jump and a line the model might have written instead
become a pair, if the checker proves one right and the other wrong or a dead end. The rollouts choose the
place, and the proof decides which side is preferred.
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
    """A line of a solution, and how it changes the success rate."""

    before: str
    """The lines before it."""
    line: str
    change: float
    """Change in the share of right answers from before the line to after it."""
    alternatives: dict[str, tuple[int, int]]
    """First lines of the rollouts that start before the line: the number that ended right, and the number."""


def pivotal_pairs(
    problems: Sequence[Problem], model: SamplingProposer, trace: str, threshold: float, style: str = "terse"
) -> Iterator[Pair]:
    """At most one pair per problem, in order; none if no line changes the success rate by `threshold`.

    Args:
        problems: the problems to solve.
        model: samples the solutions, and `samples` rollouts from each line.
        trace: the variant of traces that the model was trained on.
        threshold: minimum change in the share of right answers, from 0 to 1.
        style: the style of the model's outputs.
    """
    questions = [prompt(problem, style) for problem in problems]
    first = model.generate([Prompt(question, "", to_end=True) for question in questions])
    texts = [texts[0][0].rstrip("\n") for texts in first]
    places = [
        (at, "".join(f"{line}\n" for line in text.split("\n")[:number]))
        for at, text in enumerate(texts)
        for number in range(len(text.split("\n")))
    ]
    prompts = [Prompt(questions[at], lines, to_end=True) for at, lines in places]
    rollouts: dict[int, list[tuple[str, list[str]]]] = {}
    for (at, lines), samples in zip(places, model.generate(prompts), strict=True):
        rollouts.setdefault(at, []).append((lines, [text.rstrip("\n") for text, _ in samples]))
    for at, problem in enumerate(problems):
        for jump in _jumps(problem, texts[at], rollouts[at], style):
            if abs(jump.change) < threshold:
                break
            if pair := _pair(problem, jump, trace, style):
                yield pair
                break


def _jumps(problem: Problem, text: str, rollouts: list[tuple[str, list[str]]], style: str) -> list[Jump]:
    """The lines of a text, sorted by how much they change the success rate, largest change first."""
    rates = []
    alternatives: list[dict[str, tuple[int, int]]] = []
    for before, completions in rollouts:
        solved = [audit(problem, before + completion, style).solved for completion in completions]
        rates.append(sum(solved) / len(solved))
        first_lines = [completion.split("\n")[0] for completion in completions]
        right = Counter(line for line, good in zip(first_lines, solved, strict=True) if good)
        alternatives.append({line: (right[line], count) for line, count in Counter(first_lines).items()})
    rates.append(float(audit(problem, text, style).solved))
    jumps = [
        Jump(before, line, rates[number + 1] - rates[number], alternatives[number])
        for number, ((before, _), line) in enumerate(zip(rollouts, text.split("\n"), strict=True))
    ]
    return sorted(jumps, key=lambda jump: -abs(jump.change))


def _pair(problem: Problem, jump: Jump, trace: str, style: str) -> Pair | None:
    """The line paired with the best alternative, or the worst if the rate rose; None without a proof."""
    fell = jump.change < 0
    shares = {line: right / count for line, (right, count) in jump.alternatives.items() if line != jump.line}
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
