"""The index of a run folder beside a scan of its files, also while they grow and are replaced."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey.errors import InputError, JourneyError
from journey.runs.graphs import find_graph
from journey.runs.index import Index, Location, open_index
from journey.runs.index_rows import Facts
from journey.runs.problem_list import SORTS, Query
from journey.runs.store import INDEX, encode, write_lines
from tests.indexed import (
    GRAPHS,
    KINDS,
    MODELS,
    PARTS,
    Reads,
    anew,
    contents,
    facts_by_the_graph,
    make_run,
    part,
    rows,
    samples,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("made") / "run")


@pytest.fixture
def run(tmp_path: Path, made: Path) -> Path:
    """A run folder of one's own, not indexed yet."""
    return Path(shutil.copytree(made, tmp_path / "run", ignore=shutil.ignore_patterns(INDEX)))


def test_lookups_equal_a_scan(run: Path) -> None:
    with open_index(run) as index:
        for number in range(len(PARTS)):
            for row in rows(part(run, number)):
                assert index.graph(row["problem"]["id"]) == row
        for kind in KINDS:
            scanned = {row["id"]: row for row in rows(run / f"traces/{kind}.jsonl")}
            for graph in GRAPHS:
                assert index.trace(kind, graph.problem.id) == scanned.get(graph.problem.id)
                assert (kind in index.kinds(graph.problem.id)) == (graph.problem.id in scanned)
        for graph in GRAPHS:
            result = [(s.model, s.sample, s.correct) for s in index.samples(graph.problem.id)]
            scanned_samples = [
                (model, row["sample"], row["correct"])
                for model in sorted(MODELS)
                for row in samples(model)
                if row["id"] == graph.problem.id
            ]
            assert result == scanned_samples
        for sample in index.samples(GRAPHS[0].problem.id):
            assert index.read(sample.place)["sample"] == sample.sample
        assert [row.facts for row in index.problems(limit=100)] == list(map(facts_by_the_graph, GRAPHS))
        assert index.trace("none", GRAPHS[0].problem.id) is None
        assert index.broken() == []


QUERIES = st.builds(
    Query,
    text=st.sampled_from(["", "x", "X +", "find", "sqrt", "1", GRAPHS[3].problem.id[:5].upper(), "%", "zz"]),
    family=st.none() | st.sampled_from(["diophantine", "radical", "linear", "none"]),
    level=st.none() | st.integers(1, 4),
    split=st.none() | st.sampled_from(["train", "heldout"]),
    wrong=st.none() | st.booleans(),
    unknown=st.none() | st.booleans(),
    mistakes=st.none() | st.booleans(),
    greedy=st.lists(st.tuples(st.sampled_from(MODELS), st.booleans()), max_size=2).map(tuple),
    sort=st.none() | st.sampled_from(SORTS),
    descending=st.booleans(),
)


def plainly(query: Query) -> list[Facts]:
    """What a query is about, by its words."""
    right = {model: {r["id"]: r["correct"] for r in samples(model) if r["sample"] == 0} for model in MODELS}
    result = [
        facts
        for facts in map(facts_by_the_graph, GRAPHS)
        if query.text.lower() in f"{facts.id} {facts.statement}".lower()
        and query.family in (None, facts.family)
        and query.level in (None, facts.level)
        and query.split in (None, facts.split)
        and query.wrong in (None, facts.wrong > 0)
        and query.unknown in (None, facts.unknown > 0)
        and query.mistakes in (None, facts.mistakes > 0)
        and all(right[model].get(facts.id) is wanted for model, wanted in query.greedy)
    ]
    if query.sort is None:
        return result[::-1] if query.descending else result

    def value(facts: Facts) -> int:
        if query.sort == "asked":
            return sum(facts.id in right[model] for model in MODELS)
        return int(getattr(facts, query.sort or ""))

    sign = -1 if query.descending else 1
    return sorted(result, key=lambda facts: sign * value(facts))


@given(query=QUERIES, limit=st.integers(1, 9), offset=st.integers(0, 30))
def test_a_query_is_what_its_words_say(made: Path, query: Query, limit: int, offset: int) -> None:
    with open_index(made) as index:
        expected = plainly(query)
        assert index.count(query) == len(expected)
        assert [row.facts for row in index.problems(query, limit, offset)] == expected[
            offset : offset + limit
        ]
        for field in ("family", "level", "split"):
            values = [getattr(facts, field) for facts in expected]
            assert index.counts(field, query) == {value: values.count(value) for value in values}


def test_a_row_says_who_was_right(run: Path) -> None:
    with open_index(run) as index:
        assert index.models() == sorted(MODELS)
        for row in index.problems(Query(greedy=(("shortcut-sft", False), ("journey-sft", True)))):
            assert row.greedy == {"shortcut-sft": False, "journey-sft": True}
        unasked = next(row for row in index.problems() if row.facts.id == GRAPHS[1].problem.id)
        assert unasked.greedy == {}


def test_unknown_names_are_reported(run: Path) -> None:
    with open_index(run) as index:
        with pytest.raises(InputError, match="did you mean 'wrong'"):
            index.count(Query(sort="wrng"))
        with pytest.raises(InputError, match="did you mean 'journey-sft'"):
            index.problems(Query(greedy=(("journey", True),)))
        with pytest.raises(InputError, match="did you mean 'level'"):
            index.counts("levle")
    with pytest.raises(InputError, match="is not a folder"):
        Index(run / "nowhere")


def test_an_id_may_be_begun_and_must_be_one(run: Path) -> None:
    write_lines(part(run, 7), twins("p1", "p10", "p1%"))
    with open_index(run) as index:
        id = GRAPHS[5].problem.id
        assert index.graph(id[:10])["problem"]["id"] == id
        assert find_graph(index, id).problem == GRAPHS[5].problem
        assert index.graph("p1")["problem"]["id"] == "p1", "a whole id is meant, whatever else begins so"
        assert index.graph("p1%")["problem"]["id"] == "p1%"
        for prefix, count in [("zzzz", "no"), ("", "27"), ("p", "3"), ("_", "no")]:
            with pytest.raises(InputError, match=f"^{count} problems of .* have an id that begins with"):
                index.graph(prefix)


def test_a_problem_twice_in_a_run_is_not_one(run: Path) -> None:
    write_lines(part(run, 7), [GRAPHS[0].to_record()])
    with open_index(run) as index, pytest.raises(InputError, match="2 problems"):
        index.graph(GRAPHS[0].problem.id)


def test_only_what_is_new_is_read(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    later = part(run, 2).read_bytes()
    part(run, 2).unlink()
    reads = Reads(monkeypatch)
    with open_index(run) as index, open_index(run) as other:
        assert index.count() == 20
        reads.taken()
        for bytes_ in later.splitlines(keepends=True):
            with open(part(run, 2), "ab") as file:
                file.write(bytes_)
            index.refresh()
            assert reads.taken() == [("part-00002.jsonl", 1)]
        index.refresh()
        assert reads.taken() == []
        assert index.count() == other.count() == len(GRAPHS), "what one has read, another sees"
        assert [row.facts.id for row in index.problems(limit=99)] == [g.problem.id for g in GRAPHS]
        assert contents(index) == anew(run, tmp_path)


def test_a_torn_line_is_left_for_later(run: Path, tmp_path: Path) -> None:
    whole = part(run, 2).read_bytes()
    lines = whole.splitlines(keepends=True)
    for cut in (1, len(lines[-1]) // 2, len(lines[-1]) - 1):
        part(run, 2).write_bytes(b"".join(lines[:-1]) + lines[-1][:cut])
        with open_index(run) as index:
            assert index.count() == len(GRAPHS) - 1
            assert index.broken() == []
            with pytest.raises(InputError, match="no problems"):
                index.graph(GRAPHS[-1].problem.id)
            # A worker cuts it off and makes the item anew.
            os.truncate(part(run, 2), len(whole) - len(lines[-1]))
            index.refresh()
            with open(part(run, 2), "ab") as file:
                file.write(lines[-1])
            index.refresh()
            assert contents(index) == anew(run, tmp_path)
    assert anew(run, tmp_path)["problems"][-1].facts.states > 0


def test_a_replaced_file_is_read_again(run: Path, tmp_path: Path) -> None:
    with open_index(run) as index:
        assert index.count(Query(family="linear")) == 8
        # Replaced by rename, with others in it; rewritten in its place, of the same size; gone.
        write_lines(part(run, 0), [graph.to_record() for graph in reversed(PARTS[0])])
        lines = part(run, 1).read_bytes().splitlines(keepends=True)
        part(run, 1).write_bytes(b"".join(lines[::-1]))
        os.utime(part(run, 1), ns=(1, 1))
        part(run, 2).unlink()
        write_lines(run / "traces/stream.jsonl", rows(run / "traces/stream.jsonl")[::-2])
        shutil.rmtree(run / "evals/shortcut-sft")
        index.refresh()
        assert index.count() == 20
        assert index.models() == ["journey-sft"]
        assert contents(index) == anew(run, tmp_path)


@pytest.mark.parametrize("grown", [True, False])
def test_a_file_with_another_beginning_was_not_appended_to(run: Path, tmp_path: Path, grown: bool) -> None:
    """Of the same inode, and larger or smaller than before."""
    lines = part(run, 1).read_bytes().splitlines(keepends=True)
    part(run, 1).write_bytes(b"".join(lines[5:]))
    with open_index(run) as index:
        part(run, 1).write_bytes(b"".join(lines if grown else lines[7:]))
        index.refresh()
        assert contents(index) == anew(run, tmp_path)


def twins(*ids: str) -> list[dict[str, Any]]:
    """One graph under several ids of the same length: their lines have the same length too."""
    records = [json.loads(encode(GRAPHS[0].to_record())) for _ in ids]
    for record, id in zip(records, ids, strict=True):
        record["problem"]["id"] = id
    return records


def test_a_file_that_only_looks_appended_to_is_read_again(run: Path, tmp_path: Path) -> None:
    """Another file, larger, and alike where reading would go on."""
    write_lines(part(run, 7), twins("aa", "bb", "cc"))
    with open_index(run) as index:
        write_lines(part(run, 7), twins("dd", "bb", "cc", "ee"))
        index.refresh()
        assert contents(index) == anew(run, tmp_path)


def test_another_problem_s_line_at_the_same_offset_is_refused(run: Path) -> None:
    write_lines(part(run, 7), twins("aa", "bb"))
    with open_index(run) as index:
        write_lines(part(run, 7), twins("bb", "aa"))
        assert index.graph("aa")["problem"]["id"] == "aa"


def test_a_lookup_in_a_changed_file_finds_the_new_offset(run: Path) -> None:
    with open_index(run) as index:
        write_lines(part(run, 0), [graph.to_record() for graph in reversed(PARTS[0])])
        assert index.graph(GRAPHS[0].problem.id)["problem"]["id"] == GRAPHS[0].problem.id
        write_lines(part(run, 0), [graph.to_record() for graph in PARTS[0][3:]])
        with pytest.raises(InputError, match="no problems"):
            index.graph(GRAPHS[0].problem.id)
        with pytest.raises(JourneyError, match="was replaced"):
            index.read(Location("graphs/part-00000.jsonl", 7, 20))
        with pytest.raises(JourneyError, match="was replaced"):
            index.read(Location("graphs/none.jsonl", 0, 20))
