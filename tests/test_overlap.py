"""Duplicates, near duplicates and contamination: planted, and beside plain ways of finding them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from journey.runs.records import read_problems
from tests.conftest import problem_of
from tests.stories import PLAIN, lost, prose, reworded, story, texts
from traces.curate import curate
from traces.filters import Limits, Text
from traces.overlap import NgramIndex, identity, jaccard, near_duplicates, shingles, words
from traces.text import prompt

SHARED = Path(__file__).parents[2] / "shared" / "data"


def test_planted_duplicates_go_and_the_first_stays() -> None:
    twins = [
        prose(PLAIN[3].statement.replace(" ", "  ").upper()),
        prose(PLAIN[5].statement, answer="7.0"),
    ]
    problems = [*PLAIN, *twins]
    curated = curate(problems, texts(problems, "journey"), Limits(duplicates=True))
    assert curated.kept == [problem.id for problem in PLAIN]
    assert set(lost(curated).values()) == {"duplicate"}
    assert curated.dropped[twins[0].id].why == {"journey": f"the same as {PLAIN[3].id}"}
    turned = curate(problems[::-1], texts(problems, "journey"), Limits(duplicates=True))
    assert set(lost(turned)) == {PLAIN[3].id, PLAIN[5].id}


@pytest.mark.parametrize("at", range(40))
def test_one_changed_word_makes_a_near_duplicate(at: int) -> None:
    twin = prose(reworded(PLAIN[8].statement, at))
    problems = [*PLAIN[:20], twin]
    curated = curate(problems, texts(problems, "journey"), Limits(near_duplicates=0.75))
    assert lost(curated) == {twin.id: "near_duplicate"}
    assert curated.dropped[twin.id].why["journey"].endswith(f" like {PLAIN[8].id}")
    assert not curate(problems, texts(problems, "journey"), Limits(duplicates=True)).dropped


def test_a_sign_makes_another_problem() -> None:
    problems = [prose(f"Solve for x: 2x {sign} 3 = 5") for sign in "+-*/"]
    assert not curate(problems, texts(problems, "journey"), Limits(near_duplicates=0.8)).dropped
    drawn = [problem_of("linear", index) for index in range(40)]
    distinct = list({problem.id: problem for problem in drawn}.values())
    assert not curate(distinct, texts(distinct, "journey"), Limits(duplicates=True)).dropped


def test_minhash_finds_what_comparing_all_pairs_finds() -> None:
    """Beside the plain way: every text against every one before it that stays."""
    rng = Random(0)
    problems = [story(number) for number in range(150)]
    for _ in range(150):
        problems.append(reworded(rng.choice(problems[:150]), *rng.sample(range(40), rng.randint(1, 4))))
    names = [(str(at), shingles(text)) for at, text in enumerate(problems)]
    for threshold in (0.6, 0.8):
        stays: list[str] = []
        plain: set[str] = set()
        for name, text in names:
            near = any(jaccard(text, shingles(problems[int(other)])) >= threshold for other in stays)
            (plain.add if near else stays.append)(name)
        matches = {name for name, _, _ in near_duplicates(names, threshold)}
        assert len(plain) >= 40
        assert len(matches & plain) >= 0.97 * len(plain)
        for name, alike, other in near_duplicates(names, threshold):
            assert (
                alike == jaccard(shingles(problems[int(name)]), shingles(problems[int(other)])) >= threshold
            )
            assert int(other) < int(name)


@given(some.lists(some.sampled_from("abc+ "), max_size=12).map("".join))
def test_a_text_is_wholly_like_itself(text: str) -> None:
    assert jaccard(shingles(text), shingles(text)) == 1


# --- decontamination ---


def test_contamination_inside_a_text_is_found_in_any_kind() -> None:
    held = [prose(story(number), source="test.jsonl") for number in range(100, 120)]
    copied = " ".join(words(held[7].statement)[10:23])
    short = " ".join(words(held[7].statement)[10:22])
    changed = {
        "journey_2": Text("p", f"First, {copied.upper()},\nand then more.\n=7"),
        "shortcut_4": Text("p", f"First {short} and then more.\n=7"),
    }
    inside = prose(f"Once upon a time {copied} and so on")
    problems = [*PLAIN, inside]
    curated = curate(problems, texts(problems, "shortcut", "journey", **changed), Limits(), held)
    assert lost(curated) == {PLAIN[2].id: "evaluation_words", inside.id: "evaluation_words"}
    assert curated.dropped[PLAIN[2].id].why == {"journey": f"13 words of {held[7].source}"}
    assert set(curated.dropped[inside.id].why) == {"shortcut", "journey"}
    assert curated.counts["evaluation_words"] == {
        "shortcut": {"own": 1, "others": 1},
        "journey": {"own": 2, "others": 0},
    }
    twelve = curate(problems, texts(problems, "shortcut", "journey", **changed), Limits(ngram=12), held)
    assert lost(twelve)[PLAIN[4].id] == "evaluation_words"


def test_a_reworded_evaluation_problem_is_dropped() -> None:
    same = prose(PLAIN[1].statement.replace(".", " ."), answer="seven", source="test.jsonl")
    near = prose(reworded(PLAIN[6].statement, 5, 30), source="test.jsonl")
    drawn = [problem_of("countdown", index) for index in range(5)]
    problems = [*PLAIN, *drawn]
    held = [same, near, replace(drawn[3], split="heldout", source="heldout")]
    curated = curate(problems, texts(problems, "journey"), Limits(ngram=99), held)
    assert lost(curated) == {PLAIN[1].id: "evaluation_same", drawn[3].id: "evaluation_same"}
    curated = curate(problems, texts(problems, "journey"), Limits(ngram=99, near_duplicates=0.6), held)
    assert lost(curated)[PLAIN[6].id] == "evaluation_near"


def test_a_short_problem_matches_unless_its_words_are_common() -> None:
    runs = NgramIndex(
        [("eight", "one two three four five six seven eight"), ("few", "how many are left")], 13
    )
    assert runs.find("zero, ONE two-three four five six seven (eight) nine") == (8, "eight")
    assert runs.find("one two three four five six seven") is None
    assert runs.find("and so how many are left of them all") is None


@given(some.lists(some.sampled_from("abcd"), max_size=30), some.lists(some.sampled_from("abcd"), max_size=30))
def test_runs_agree_with_looking_everywhere(one: list[str], other: list[str]) -> None:
    size = 5
    spans = [other[at : at + size] for at in range(len(other) - size + 1)]
    shared = any(one[at : at + size] in spans for at in range(len(one) - size + 1))
    one_ngram = 8 <= len(other) < size
    assert not one_ngram
    assert (NgramIndex([("other", " ".join(other))], size).find(" ".join(one)) is not None) == shared


@pytest.mark.parametrize(("name", "shared_words"), [("svamp", 0), ("mawps", 3)])
def test_gsm8k_against_other_word_problems(name: str, shared_words: int) -> None:
    if not SHARED.is_dir():
        pytest.skip(f"the data sets are not at {SHARED}")
    train = read_problems(SHARED / "gsm8k" / "train.jsonl")
    held = read_problems(SHARED / name / "test.jsonl")
    empty = {"journey": {p.id: Text(prompt(p), "") for p in train}}
    curated = curate(train, empty, Limits(), held)
    dropped = {filter: by_kind["journey"]["own"] for filter, by_kind in curated.counts.items()}
    assert dropped == {"no_trace": 0, "evaluation_same": 0, "evaluation_words": shared_words}
    planted = [*train[:50], prose(held[11].statement, source="planted")]
    again = curate(planted, {"journey": {p.id: Text(prompt(p), "") for p in planted}}, Limits(), held)
    assert planted[-1].id in again.dropped


def test_identity_is_text_for_prose_and_givens_for_the_rest() -> None:
    drawn = problem_of("linear", 0)
    assert identity(drawn) == drawn.id
    assert identity(prose("Add 1 and 1 .")) == identity(prose("add  1 and 1.", answer="2"))


def test_near_duplicates_load_their_library_late() -> None:
    import subprocess
    import sys

    script = "import sys, traces.curate, train.pipeline.data; print('datasketch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
