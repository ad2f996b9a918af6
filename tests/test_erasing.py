"""Traces that erase their dead ends: the text, the training rows, and the outputs of a model that erases."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from journey.errors import InputError
from journey.problem import Problem
from journey.runs.store import Run, encode, read_lines, replace
from tests.conftest import graph_of
from tests.test_decoding import END, Scripted, problem
from traces.audit import audit
from traces.erasing import context_of, ends_erasing, split_text
from traces.run_files import read_texts
from traces.text import STYLES, parse, prompt, read_line, render
from traces.trace import Back, Erase, Notice, Trace, Walk
from traces.walks import WalkSettings, walk
from train.evaluation.decoding.batching import Job, Output
from train.evaluation.decoding.erasing import Request, write_outputs
from train.evaluation.decoding.planted import Plant, continue_plants
from train.evaluation.inference import generate_outputs
from train.models.token_rows import IGNORED, problems_that_fit
from train.models.token_rows import encode as encode_rows
from train.pipeline.data import trace_row
from train.recipe.load import load_recipe

DEEP = WalkSettings(wrong_turns=3, depth=None)


def erased(family: str, index: int, settings: WalkSettings = DEEP) -> Trace:
    trace = walk("erased", graph_of(family, index), settings)
    assert trace is not None
    return trace


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("settings", [DEEP, WalkSettings(), WalkSettings(depth=2, restart=True)])
def test_erased_traces_read_back_and_are_clean(family: str, style: str, settings: WalkSettings) -> None:
    erasures = 0
    for index in range(5):
        trace = erased(family, index, settings)
        text = render(trace, style, index)
        assert parse(trace.problem, text, style) == trace
        report = audit(trace.problem, text, style)
        assert not report.faults
        assert report.solved
        erasures += sum(isinstance(event, Erase) for event in trace.events)
    assert erasures


def test_an_erased_trace_is_the_journey_with_erasures(family: str) -> None:
    for index in range(5):
        journey = walk("journey", graph_of(family, index), DEEP)
        assert journey is not None
        events = erased(family, index).events
        assert tuple(event for event in events if not isinstance(event, Erase)) == journey.events
        notices = [isinstance(event, Notice) for event in events]
        assert sum(isinstance(event, Erase) for event in events) <= sum(notices)


def test_the_audit_still_finds_an_erased_mistake() -> None:
    text = "y=0:7x=172\n!5<#\ny=1:7x=161\nx=23\n=23,1"
    report = audit(problem(), text)
    assert [line.text for line in report.wrong_steps] == ["y=0:7x=172"]
    assert report.unflagged and report.false_notices
    assert not audit(problem(), text.replace("!5", "!173")).faults


@pytest.mark.parametrize("style", STYLES)
def test_what_remains_is_the_path_and_the_last_attempt(family: str, style: str) -> None:
    for index in range(5):
        trace = erased(family, index)
        text = render(trace, style, index)
        parts = split_text(trace.problem, text, style)
        assert "\n".join(line for part in parts for line in part.lines) == text
        for part in parts[1:]:
            walk_there = Walk(trace.problem)
            for line in text.split("\n")[: part.first]:
                read_line(walk_there, line, style)
            depth = len(walk_there.path) - 1
            assert len(part.context) == depth + 2
            walk_again = Walk(trace.problem)
            for line in part.context[:depth]:
                read_line(walk_again, line, style)
            assert [stop.key for stop in walk_again.path] == [stop.key for stop in walk_there.path]
            lines = text.split("\n")[: part.first]
            assert part.context[-1] == lines[-1]
            assert ends_erasing(trace.problem, "\n".join(lines), style)


def test_a_text_without_erasing_lines_is_one_part(family: str) -> None:
    trace = walk("journey", graph_of(family, 1), DEEP)
    assert trace is not None
    text = render(trace)
    assert [part.lines for part in split_text(trace.problem, text)] == [tuple(text.split("\n"))]
    assert context_of(trace.problem, text) == text + "\n"
    assert not ends_erasing(trace.problem, text)


@pytest.mark.parametrize("line", ["#", "!5#", "x#", "5<#", "!5<#x", "@0#<"])
def test_only_a_step_back_can_erase(line: str) -> None:
    walked = Walk(problem())
    read_line(walked, "y=0:7x=173")
    assert not any(isinstance(event, Erase) for event in read_line(walked, line).events)
    assert any(isinstance(event, Back) for event in read_line(walked, "!5<#").events)


LINES = ["y=0:7x=173", "!5<#", "y=1:7x=166", "!161<#", "y=1:7x=161", "x=23", "=23,1"]
KEPT_1 = "y=0:7x=173\n!5<#\n"
KEPT_2 = "y=1:7x=166\n!161<#\n"
SCRIPT: dict[str, Sequence[str]] = {
    "": ["y=0:7x=173\n!5<#"],
    KEPT_1: ["y=1:7x=166\n!161<#"],
    KEPT_2: ["y=1:7x=161\nx=23\n=23,1"],
}


def test_decoding_goes_on_from_what_remains() -> None:
    model = Scripted(SCRIPT)
    (sample,) = generate_outputs(model, [problem()], max_new_tokens=100, audited=True)
    assert model.asked == ["", KEPT_1, KEPT_2]
    assert sample.text == "\n".join(LINES)
    assert (sample.correct, sample.finished, sample.clean) == (True, True, True)
    # Each of the three parts ends with an end of sequence, in the place of its last newline.
    assert sample.tokens == len("\n".join(LINES)) + 1
    question = len(prompt(problem()))
    read = [question, question + len(KEPT_1), question + len(KEPT_2)]
    assert [context[0] for context in sample.contexts] == read
    assert sample.longest_context == max(map(sum, sample.contexts))
    assert sample.longest_context < question + sample.tokens


def test_erased_tokens_count_towards_the_cap() -> None:
    whole = len("\n".join(LINES)) + 1
    for cap in range(1, whole + 1):
        (sample,) = generate_outputs(Scripted(SCRIPT), [problem()], max_new_tokens=cap)
        assert sample.tokens <= cap
        assert sample.finished == (cap == whole)


def test_an_erasing_line_within_an_output_erases_nothing() -> None:
    model = Scripted({"": ["y=0:7x=173\n!5<#\ny=1:7x=161\nx=23\n=23,1"]})
    (sample,) = generate_outputs(model, [problem()], max_new_tokens=100)
    assert model.asked == [""]
    assert len(sample.contexts) == 1


def test_a_planted_error_is_read_without_what_was_erased() -> None:
    script: dict[str, Sequence[str]] = {
        KEPT_1 + "y=1:7x=166\n": ["!161<#"],
        KEPT_2: ["y=1:7x=161\nx=23\n=23,1"],
    }
    model = Scripted(script)
    (output,) = continue_plants(model, [Plant(problem(), KEPT_1, "y=1:7x=166")], 100)
    assert (output.noticed, output.correct) == (True, True)


def test_outputs_that_do_not_erase_are_asked_once() -> None:
    model = Scripted({"": ["y=1:7x=161\nx=23\n=23,1"]})
    requests = [Request(problem(), model.encode_prompt(prompt(problem())), "", "a:0", 100)] * 3
    outputs = write_outputs(model, requests, temperature=0.0, seed=0)
    assert [len(output.contexts) for output in outputs] == [1, 1, 1]
    assert len(model.asked) == 3


class Recited(Scripted):
    """Writes what the training rows teach after each prompt."""

    def __init__(self, asked: Problem, texts: dict[str, str]) -> None:
        opening = prompt(asked)
        super().__init__({before.removeprefix(opening): [text] for before, text in texts.items()})
        self.opening = opening

    def _written(self, job: Job, lines: bool) -> Output:
        before = self.decode(job.ids).removeprefix(self.opening)
        self.asked.append(before)
        return Output([*map(ord, self.script[before][0]), END], [], True)


def write_traces(path: Path, traces: list[Trace], style: str = "terse") -> Run:
    rows = [trace_row(trace, "erased", DEEP, style) for trace in traces]
    replace(path / "traces" / "erased.jsonl", b"".join(encode(row) + b"\n" for row in rows))
    assert len(list(read_lines(path / "traces" / "erased.jsonl", dict))) == len(rows)
    return Run(path)


def test_the_rows_teach_what_decoding_reads(family: str, tmp_path: Path) -> None:
    """A model that has learned the rows by heart writes the trace."""
    traces = [erased(family, index) for index in range(4)]
    texts = read_texts(write_traces(tmp_path, traces), "erased", "train")
    for trace in {trace.problem.id: trace for trace in traces}.values():
        rows = {text.prompt: text.completion for text in texts if text.id == trace.problem.id}
        model = Recited(trace.problem, rows)
        (sample,) = generate_outputs(model, [trace.problem], max_new_tokens=100_000)
        assert sample.text == render(trace)
        assert sample.correct
        assert len(model.asked) == len(rows)


def test_only_the_new_lines_of_a_row_carry_loss(tmp_path: Path) -> None:
    from train.models.base import build_tokenizer

    trace = erased("diophantine", 2, WalkSettings())
    run = write_traces(tmp_path, [trace])
    texts = read_texts(run, "erased", "train")
    assert len(texts) == 1 + sum(isinstance(event, Erase) for event in trace.events) > 1
    tokenizer = build_tokenizer([text.prompt + text.completion for text in texts], 199)
    rows = encode_rows(tokenizer, texts)
    for text, row in zip(texts, rows, strict=True):
        trained = [label for label in row["labels"] if label != IGNORED]
        assert tokenizer.decode(trained) == text.completion + tokenizer.eos_token
        assert tokenizer.decode(row["input_ids"]) == text.prompt + text.completion + tokenizer.eos_token
    joined = "\n".join(text.completion for text in texts)
    assert joined == render(trace)
    longest = max(len(row["input_ids"]) for row in rows)
    assert problems_that_fit({"erased": {"a": rows}}, longest) == {"a"}
    assert problems_that_fit({"erased": {"a": rows}}, longest - 1) == set()


def test_masked_mistakes_are_masked_in_their_own_row(tmp_path: Path) -> None:
    graph = graph_of("diophantine", 2, mistakes=1.0)
    trace = walk("erased", graph, WalkSettings())
    assert trace is not None
    steps = [line for line in audit(trace.problem, render(trace)).lines if line.says == "take"]
    wrong = [line.text for line in steps if not line.sound]
    texts = read_texts(write_traces(tmp_path, [trace]), "erased", "train", audited=True)
    masked = [text.completion.split("\n")[number] for text in texts for number in text.unsound]
    assert wrong and masked == wrong


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("evaluation.methods={problems: 4, budgets: [50]}", "methods.budgets and methods.minimum do not"),
        ("base.chat=think", "erases lines, which think tags do not allow"),
        (
            "arms=[{name: gone, traces: erased, stages: [sft, {kind: dpo, pairs: [step]}]}]",
            "dpo of gone: arms of erased traces have sft and continue stages only",
        ),
    ],
)
def test_what_cannot_erase_is_refused(change: str, message: str) -> None:
    arms = "arms=[{name: gone, traces: erased}]"
    changes = [arms, "claims=[]", "evaluation.samples={}", change]
    with pytest.raises(InputError, match=message):
        load_recipe("laptop", changes)


def test_the_context_is_a_metric_of_claims(tmp_path: Path) -> None:
    from journey.runs.store import record, write_lines
    from train.analysis.evaluations import Evaluations
    from train.evaluation.scoring import Sample, measure

    one = problem()
    samples = [Sample(one.id, 0, "", 9, True, True, None, True, ((4, 5), (6, 4)))]
    write_lines(tmp_path / "samples.jsonl", map(record, samples))
    ids, values = Evaluations("gone", "sft", {0: tmp_path}).values("context")
    assert (ids, values.tolist()) == ([one.id], [[10.0]])
    assert measure([one], samples).longest_context == 10
    write_lines(tmp_path / "samples.jsonl", [{**record(samples[0]), "contexts": []}])
    with pytest.raises(InputError, match="context of gone was not measured"):
        Evaluations("gone", "sft", {0: tmp_path}).values("context")
