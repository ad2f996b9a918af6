"""The styles `terse` and `prose`: both read back exactly, both audited alike, and prose in many wordings."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from journey import families
from journey.errors import InputError, MoveError
from journey.problem import Problem
from journey.runs.store import read_lines
from journey.step import Evidence, Move
from tests.conftest import graph_of, problem_of
from tests.timing import within
from traces import chat, pairs, walks
from traces.audit import audit
from traces.audit_files import audit_path
from traces.run_files import read_problems
from traces.show import show_problem
from traces.styles import words
from traces.styles.phrases import BACKS, CHECKS, CLOSINGS, CONCLUSIONS, FILLER, OPENERS
from traces.styles.words.tex import terse, tex
from traces.text import (
    STYLES,
    answer_in,
    length,
    parse,
    prompt,
    read_line,
    read_steps,
    render,
    rendered_lines,
)
from traces.trace import Back, Conclude, Event, Filler, Notice, Take, Trace, Verify, Walk
from train.console import Console
from train.evaluation.scoring import grade
from train.pipeline.data import generate
from train.pipeline.experiment import open_run
from train.recipe.load import load_recipe

MOST = 0.05
"""The largest share that a phrase may have of all corrections."""
SAYS = re.compile(
    rf"({'|'.join(map(re.escape, OPENERS))}).+?({'|'.join(map(re.escape, CLOSINGS))})(?:to .+|.+)\."
)


@cache
def trace_of(family: str, index: int, kind: str, depth: int = 1, strategy: str = "depth") -> Trace | None:
    walk_settings = walks.WalkSettings(depth=depth, seed=index)
    return walks.walk(
        kind, graph_of(family, index, strategy), walk_settings, graph_of(family, index + 1, strategy)
    )


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("kind", [kind for kind in walks.WALKS if kind not in walks.QUOTED])
def test_each_style_reads_back(family: str, kind: str, style: str) -> None:
    """Rule 3; and what prose says, terse says: no event comes or goes with the words."""
    for index in range(4):
        for depth in (1, 2):
            trace = trace_of(family, index, kind, depth, ("depth", "breadth")[index % 2])
            for seed in (0, 7) if trace else ():
                assert trace is not None
                text = render(trace, style, seed)
                again = parse(trace.problem, text, style)
                assert again == trace
                assert render(again, style, seed) == text
                assert [step for _, step in read_steps(trace.problem, text, style)] == [
                    event.move for event in trace.events if isinstance(event, Take)
                ]
                end = trace.events[-1]
                assert isinstance(end, Conclude)
                assert answer_in(trace.problem, text.split("\n")[-1], style) == end.answer


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("kind", [kind for kind in walks.WALKS if kind not in walks.UNPROVED])
def test_clean_traces_are_audited_clean_in_each_style(family: str, kind: str, style: str) -> None:
    for index in range(4):
        trace = trace_of(family, index, kind, 1 + index % 2)
        if trace is not None:
            report = audit(trace.problem, render(trace, style, index), style)
            assert report.solved
            assert not report.faults


def test_terse_has_one_wording(family: str) -> None:
    trace = trace_of(family, 0, "journey")
    assert trace is not None
    assert render(trace) == render(trace, "terse", 5)
    assert render(trace, "prose") == render(trace, "prose", 0)
    assert render(trace, "prose", 1) != render(trace, "prose", 0)
    assert prompt(trace.problem, "prose") == trace.problem.statement + "\n"


def test_there_is_one_box_and_it_ends_the_text(family: str) -> None:
    for index in range(10):
        trace = trace_of(family, index, "journey")
        assert trace is not None
        text = render(trace, "prose", index)
        assert text.count(r"\boxed{") == 1
        assert r"\boxed{" in text.split("\n")[-1]


def test_prose_holds_no_terse_codes(family: str) -> None:
    """Every line of the shipped families has words of its own: none falls back to general ones."""
    for kind in ("shortcut", "journey", "stream"):
        for index in range(6):
            trace = trace_of(family, index, kind)
            assert trace is not None
            text = render(trace, "prose", index)
            general = re.search("[`“”]|Next comes|From here, ", text)
            assert not general, f"styles/words/{family} has no wording for a line of this text:\n{text}"
            dollars = re.sub(r"\$[^$]*\$", "", text)
            assert not re.search(r"[*^=<>{}\\]", dollars), f"a formula outside $...$: {dollars}"


def corrections() -> list[str]:
    result: list[str] = []
    for family in families.NAMES:
        for index in range(40):
            trace = trace_of(family, index, "stream")
            if trace is not None:
                for seed in (0, 1):
                    lines = render(trace, "prose", seed).split("\n")
                    result += [line for line in lines if SAYS.fullmatch(line)]
    return result


def test_no_phrase_is_in_more_than_5_percent_of_corrections() -> None:
    result = corrections()
    assert len(result) >= 10_000
    openers, closings, whole = Counter[str](), Counter[str](), Counter[tuple[str, str]]()
    for line in result:
        parts = SAYS.fullmatch(line)
        assert parts is not None
        openers[parts[1]] += 1
        closings[parts[2]] += 1
        whole[parts[1], parts[2]] += 1
    for each in (openers, closings):
        assert max(each.values()) / len(result) <= MOST, each.most_common(3)
    assert max(whole.values()) / len(result) <= MOST / 5, whole.most_common(3)
    assert len(openers) == len(OPENERS)
    assert len(closings) == len(CLOSINGS)
    print(f"{len(result):,} corrections, {len(whole):,} frames, {whole.most_common(1)}")


def test_phrases_come_apart_in_one_way() -> None:
    for phrases in (OPENERS, BACKS, CONCLUSIONS, CHECKS):
        for one in phrases:
            assert [other for other in phrases if other.startswith(one)] == [one]
    for one in CLOSINGS:
        assert [other for other in CLOSINGS if other.endswith(one)] == [one]
    beginnings = [*OPENERS, *BACKS, *CONCLUSIONS, *CHECKS]
    assert len({*beginnings}) == len(beginnings)


def test_pairs_continue_the_trace_s_own_words(family: str) -> None:
    for index in range(8):
        graph = graph_of(family, index)
        trace = walks.walk("journey", graph, walks.WalkSettings(mistakes=0.2))
        assert trace is not None
        whole = prompt(graph.problem, "prose") + render(trace, "prose", 3) + "\n"
        for kind, make in pairs.PAIRS.items():
            pair = make(graph, trace, 3, "prose")
            if pair is not None:
                assert pairs.proved(pair)
                # The prompt of a recovery ends with the wrong step, which the trace may not hold.
                before = (
                    pair.prompt[: pair.prompt.rindex("\n", 0, -1) + 1] if kind == "recover" else pair.prompt
                )
                assert whole.startswith(before)
                if kind == "step":
                    assert whole.startswith(pair.prompt + pair.chosen)


@given(number=some.integers(0, 900))
def test_filler_is_as_long_as_it_says(number: int) -> None:
    problem = problem_of("linear", 0)
    for style in STYLES:
        trace = Trace(problem, (Filler(number),) if number else (), "filler")
        text = render(trace, style)
        assert length(text) == number or style == "terse"
        if number:
            assert parse(problem, text, style) == trace


@pytest.mark.parametrize(
    "message", ["", "x", "23,1", "23 , 1", "no solution", "{", r"\text{5}", "$", "1/", "5 apples"]
)
def test_any_answer_reads_back(message: str) -> None:
    for name in ("diophantine", "linear", "countdown"):
        output = Trace(problem_of(name, 0), (Conclude(message),))
        for seed in range(4):
            assert parse(output.problem, render(output, "prose", seed), "prose") == output


def test_a_verification_and_an_unproved_notice_read_back() -> None:
    trace = trace_of("diophantine", 1, "shortcut")
    assert trace is not None
    *steps, end = trace.events
    assert isinstance(end, Conclude)
    said_so = Verify(families.get("diophantine").verification_line(trace.problem.givens, end.answer))
    doubt = Notice(Evidence("unverified", ("I am not sure",)))
    silent = Notice(Evidence("unverified", ("",)))
    start = Walk(trace.problem).here.key
    output: tuple[Event, ...] = (steps[0], doubt, steps[1], silent, Back(start), *steps, said_so, end)
    for seed in range(20):
        again = Trace(trace.problem, output)
        assert parse(trace.problem, render(again, "prose", seed), "prose") == again


ENGLISH = Problem(
    "gsm8k-prose",
    "prose",
    "Weng earns $12 an hour. Yesterday she worked 50 minutes. How much did she earn?",
    {"problem": "Weng earns $12 an hour. Yesterday she worked 50 minutes.", "answer": "10"},
    "10",
    "train",
    None,
    "GSM8K",
    "MIT",
)


@pytest.mark.parametrize(
    "line",
    [
        "She earned 12 * 50/60 = $10.",
        "Wait: 12 * 50/60 is 10. I go back one step.",
        "Check: $5 = 5$.",
        r"So the answer is $\boxed{10}$.",
        r"An \underline{amount} of \boxed{10} dollars",
        "> quoted",
        "> > twice",
        "=5",
        "!5<",
        "I put this aside and go back one step.",
        FILLER.split(".")[0] + ".",
        r"\uline{strange}",
    ],
)
def test_english_lines_are_kept_and_never_mistaken(line: str) -> None:
    trace = Trace(ENGLISH, (Take(Move("say", (), line)),))
    text = render(trace, "prose")
    assert parse(ENGLISH, text, "prose") == trace
    assert text == line or text.startswith("> ") or r"\boxed" in line or line[0] in "=!"


def test_a_record_with_a_box_of_its_own_ends_in_one_box() -> None:
    lines = ("She earned 12 * 50/60 = $10.", r"The answer is \boxed{10}.")
    trace = Trace(ENGLISH, (*(Take(Move("say", (), line)) for line in lines), Conclude("10")))
    text = render(trace, "prose")
    assert text.count(r"\boxed") == 1
    assert parse(ENGLISH, text, "prose") == trace
    assert audit(ENGLISH, text, "prose").solved


PIECES = (*OPENERS, *CLOSINGS, *BACKS, *CONCLUSIONS, *CHECKS)
SIGNS = (
    "$", r"\boxed{", "}", "to the start", "one step", "x", ".", "$x = 1$", r"\frac{1}{2}", "Try ", ": ",
    "to position 3", " ", "`", "“", "> ", r"\left(", "^{", "(", "\n",
)  # fmt: skip
WORDED = some.lists(some.sampled_from([*PIECES, *SIGNS]), max_size=12).map("".join)


@settings(max_examples=300)
@given(family=some.sampled_from([*families.NAMES, "prose"]), text=some.text(max_size=80) | WORDED)
@example("linear", "So the answer is $\\boxed{}$.")
@example("linear", "Wait: x. Back to position 99999.")
def test_whatever_a_model_writes_is_data(family: str, text: str) -> None:
    problem = ENGLISH if family == "prose" else problem_of(family, 0)
    for style in STYLES:
        try:
            parse(problem, text, style)
        except MoveError:
            assert audit(problem, text, style).unparsed
        assert len(audit(problem, text, style).lines) == text.count("\n") + 1


def test_hostile_lines_cost_little() -> None:
    problems = [problem_of(name, 0) for name in families.NAMES]
    lines = [
        "$" * 5_000,
        r"$\frac{" * 800,
        "Wait: " + ". Back to " * 590 + ".",
        "Try $" + r" \cdot = " * 600 + "$.",
        "Add $" + "(" * 5_000 + "$ to both sides: $x$.",
        "Check: $" + "," * 5_000 + "$.",
        r"So the answer is $\boxed{" + "x^{" * 1_900 + "}$.",
        "1+" * 2_900,
    ]
    with within(0.5 * len(problems), "hostile lines"):
        for problem in problems:
            for line in lines:
                read_line(Walk(problem), line, "prose")


MATHEMATICS = some.recursive(
    some.integers(0, 99).map(str) | some.sampled_from("xyz"),
    lambda inner: some.one_of(
        some.tuples(inner, some.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]}{t[1]}{t[2]})"),
        some.tuples(some.sampled_from(("sqrt", "sin", "log", "exp", "abs", "D", "I")), inner).map(
            lambda t: f"{t[0]}({t[1]})"
        ),
        some.tuples(some.sampled_from("xyz"), some.integers(2, 12)).map(lambda t: f"{t[0]}^{t[1]}"),
        inner.map(lambda text: f"-{text}"),
    ),
    max_leaves=12,
)


@given(left=MATHEMATICS, right=MATHEMATICS, sign=some.sampled_from(("=", "<", ">=", ",", ", ", " or ")))
def test_mathematics_comes_back_from_latex_sign_for_sign(left: str, right: str, sign: str) -> None:
    from journey import algebra

    try:
        text = f"{algebra.write(algebra.read(left))}{sign}{algebra.write(algebra.read(right))}"
        latex = tex(text)
    except MoveError:
        return
    assert terse(latex) == text
    assert latex.count("{") == latex.count("}")


def test_a_family_without_words_gets_general_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "of", lambda family: words.Words())
    for name in families.NAMES:
        trace = walks.walk("journey", graph_of(name, 3), walks.WalkSettings())
        assert trace is not None
        text = render(trace, "prose", 1)
        assert parse(trace.problem, text, "prose") == trace
        assert audit(trace.problem, text, "prose").solved


def test_a_chat_thinks_before_it_answers(family: str) -> None:
    trace = trace_of(family, 2, "journey")
    assert trace is not None
    text = render(trace, "prose")
    for think in (False, True):
        user, assistant = chat.messages(prompt(trace.problem, "prose"), text, think)
        assert user == {"role": "user", "content": trace.problem.statement}
        assert assistant["content"].startswith("<think>") == think
        assert assistant["content"].split("\n")[-1] == text.split("\n")[-1]
        assert chat.strip_think_tags(assistant["content"]) == text


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(InputError, match="did you mean 'prose'"):
        prompt(problem_of("linear", 0), "pros")
    assert next(iter(rendered_lines(Trace(problem_of("linear", 0), (Conclude("1"),)))))[2] == "=1"


def test_a_run_in_prose_is_made_audited_and_shown(tmp_path: Path) -> None:
    out = tmp_path / "run"
    small = [
        f"problems.{split}={number}" for split, number in (("train", 12), ("validation", 4), ("heldout", 4))
    ]
    shares = "problems.families={linear: 1, story: 1}"
    changes = [*small, shares, "traces.style=prose", "traces.mistakes=1", "search.mistakes=0.5"]
    recipe = load_recipe("laptop", changes)
    run = open_run(out, recipe)
    generate(run, recipe, Console(quiet=True))
    totals = audit_path(out)
    assert totals.clean
    assert totals.traces >= 40
    assert totals.wrong_steps > 20
    assert totals.pairs > 5
    row = next(iter(read_lines(out / "traces" / "journey.jsonl", dict)))
    assert row["style"] == "prose"
    assert row["prompt"] == row["problem"]["statement"] + "\n"
    problem = next(problem for problem in read_problems(run, "train") if problem.id == row["id"])
    assert grade(problem, row["completion"], finished=True, style="prose") == (True, None)
    assert grade(problem, row["completion"], finished=True)[0] is False
    parts = show_problem(out, row["id"], False, None)
    assert parts.record["traces"]["journey"]["lines"][-1].right
    with pytest.raises(InputError, match="did you mean 'prose'"):
        load_recipe("laptop", ["traces.style=pros"])
    arm = "arms=[{name: a, traces: journey, set: {traces.style: prose}}]"
    with pytest.raises(InputError, match=r"traces\.style is the same for all arms"):
        load_recipe("laptop", [arm, "compare=[]", "evaluation.samples={}"])
