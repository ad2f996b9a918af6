"""What is exported opens in the tools it is for: TRL's own commands, datasets, networkx."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
import yaml

from journey.errors import InputError
from journey.graph import SolutionGraph
from journey.runs.graphs import read_graphs
from journey.runs.store import Run
from tests.conftest import Journey, graph_of
from traces.export import export
from traces.export.card import GraphStatistics, front_matter
from traces.export.graphml import plain
from traces.export.trl import steps

FEW = "journey,wrong_turns=3"
"""The name of an arm's own walk, which is also that of a folder and a configuration."""
KINDS = ("shortcut", "journey", "stream", FEW)
ARMS = (
    "arms=[{name: shortcut, traces: shortcut, stages: [sft, {kind: dpo, pairs: [step]}]}, "
    "{name: journey, traces: journey, set: {traces.wrong_turns: 3}, "
    "stages: [sft, {kind: dpo, pairs: [step, recover]}]}]"
)
SIZES = {"train": 24, "validation": 4, "heldout": 6}
NAMES = {"train": "train", "validation": "validation", "heldout": "test"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, journey: Journey) -> Path:
    """A small run of countdown problems with all three splits."""
    out = tmp_path_factory.mktemp("export") / "run"
    sizes = [word for split, size in SIZES.items() for word in ("--set", f"problems.{split}={size}")]
    done = journey(
        "generate", "--family", "countdown", "--level", 1, "--level", 2, "--out", out, *sizes, "--set", ARMS
    )
    assert done.returncode == 0, done.stderr
    return out


def exported(run: Path, form: str, out: Path) -> Path:
    export(run, form, out)
    return out


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def traces(run: Path, kind: str, split: str) -> list[dict[str, Any]]:
    return [row for row in rows(run / "traces" / f"{kind}.jsonl") if row["split"] == split]


# TRL


@pytest.fixture(scope="module")
def trl(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(run, "trl", tmp_path_factory.mktemp("trl") / "out")


def test_trl_rows_match_the_run_and_their_type(run: Path, trl: Path) -> None:
    for kind in KINDS:
        for split, name in NAMES.items():
            own = traces(run, kind, split)
            assert len(own) == SIZES[split]
            plain_rows = rows(trl / "sft" / kind / f"{name}.jsonl")
            assert plain_rows == [{key: row[key] for key in ("prompt", "completion")} for row in own]
            chats = rows(trl / "sft-conversational" / kind / f"{name}.jsonl")
            for chat, row in zip(chats, own, strict=True):
                assert chat["prompt"] == [{"role": "user", "content": row["prompt"]}]
                assert chat["completion"] == [{"role": "assistant", "content": row["completion"]}]
            labelled = rows(trl / "steps" / kind / f"{name}.jsonl")
            for judged, row in zip(labelled, own, strict=True):
                assert set(judged) == {"prompt", "completions", "labels"}
                assert "\n".join(judged["completions"]) == row["completion"]
                assert len(judged["labels"]) == len(judged["completions"])
    pairs = rows(run / "pairs" / "step.jsonl") + rows(run / "pairs" / "recover.jsonl")
    for kind in ("shortcut", FEW):
        dpo_rows = rows(trl / "dpo" / kind / "train.jsonl")
        assert len(dpo_rows) == sum(pair["trace"] == kind for pair in pairs) > 0
        assert all(set(row) == {"prompt", "chosen", "rejected"} for row in dpo_rows)


def test_labels_are_false_where_plain_arithmetic_says_so(trl: Path) -> None:
    labels: Counter[bool] = Counter()
    for row in rows(trl / "steps" / "stream" / "train.jsonl"):
        for line, label in zip(row["completions"], row["labels"], strict=True):
            sum_ = re.fullmatch(r"(\d+)([-+*/])(\d+)=(\d+)(?:=(\d+)([-+]\d+))?", line)
            if sum_ is None:
                assert label is True, "notices and answers of our own traces are proved"
                continue
            a, b, c = int(sum_[1]), int(sum_[3]), int(sum_[4])
            true = {"+": a + b == c, "-": a - b == c, "*": a * b == c, "/": b * c == a}[sum_[2]]
            if sum_[5]:
                true = true and c == int(sum_[5]) + int(sum_[6])
            assert true or not label, line
            labels[label] += 1
    assert labels[True] > labels[False] > 0


def test_a_wrong_notice_and_a_wrong_answer_are_labelled_false() -> None:
    labels = steps(graph_of("countdown", 0).problem, "1+1=3\nhello\n=1")["labels"]
    assert labels == [False, False, False]


@pytest.fixture(scope="module")
def tiny(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of some thousand weights with a tokenizer for this run's texts."""
    from train.models.base import save_base
    from train.recipe.settings import Base, Size

    path = tmp_path_factory.mktemp("tiny") / "model"
    texts = [row["prompt"] + row["completion"] for kind in KINDS for row in traces(run, kind, "train")]
    size = Size(hidden=16, layers=1, heads=2, kv_heads=2, intermediate=16)
    sizes = Base(size=size, context=2048, numbers=99)
    save_base(path, texts, sizes, seed=0)
    return path


def test_plain_trl_commands_train_on_the_folders_as_they_are(tiny: Path, trl: Path, tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("trl")
    runs = {
        "sft": ("sft", "sft/journey", ["--eval_strategy", "steps", "--eval_steps", "1"]),
        "conversational": ("sft", "sft-conversational/journey", []),
        "dpo": ("dpo", f"dpo/{FEW}", []),
    }
    settings = ["--max_steps", "1", "--per_device_train_batch_size", "2", "--max_length", "1024"]
    settings += ["--use_cpu", "true", "--bf16", "false", "--report_to", "none", "--logging_steps", "1"]
    offline = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf"), "OMP_NUM_THREADS": "1"}
    started: dict[str, subprocess.Popen[bytes]] = {}
    for name, (verb, folder, more) in runs.items():
        words = [
            "--model_name_or_path",
            tiny,
            "--dataset_name",
            trl / folder,
            "--output_dir",
            tmp_path / name,
        ]
        with open(tmp_path / f"{name}.log", "w") as log:
            started[name] = subprocess.Popen(
                [str(word) for word in (command, verb, *words, *settings, *more)],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=offline,
            )
    try:
        for name, process in started.items():
            code = process.wait()
            assert code == 0, (tmp_path / f"{name}.log").read_text()[-2_000:]
            checkpoint = tmp_path / name / "checkpoint-1"
            assert (checkpoint / "model.safetensors").stat().st_size > 0
            state = json.loads((checkpoint / "trainer_state.json").read_text())
            assert state["global_step"] == 1
            assert any("loss" in entry for entry in state["log_history"])
    finally:
        for process in started.values():
            process.kill()


# Parquet


@pytest.fixture(scope="module")
def parquet(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported(run, "parquet", tmp_path_factory.mktemp("parquet") / "out")


def test_datasets_opens_every_configuration_by_its_name(run: Path, parquet: Path, tmp_path: Path) -> None:
    from datasets import get_dataset_config_names, load_dataset

    names = get_dataset_config_names(str(parquet))
    assert sorted(names) == sorted(["graphs", "pairs", *KINDS])
    cache = str(tmp_path / "cache")
    for kind in KINDS:
        for split, name in NAMES.items():
            own = traces(run, kind, split)
            dataset = load_dataset(str(parquet), kind, split=name, cache_dir=cache)
            assert dataset["completion"][:] == [row["completion"] for row in own]
            assert [json.loads(text) for text in dataset["givens"]] == [r["problem"]["givens"] for r in own]
    default = load_dataset(str(parquet), cache_dir=cache)
    assert default["train"]["kind"][0] == "journey"
    pairs = load_dataset(str(parquet), "pairs", split="train", cache_dir=cache)
    assert set(pairs["kind"]) == {"step", "recover"}
    graphs = load_dataset(str(parquet), "graphs", split="test", cache_dir=cache)
    first = graphs[0]
    assert first["solved"] is True
    assert len(SolutionGraph.from_record(json.loads(first["graph"]))) == first["states"]


def test_the_card_says_what_the_files_hold(run: Path, parquet: Path) -> None:
    _, front, body = (parquet / "README.md").read_text().split("---\n", 2)
    facts = yaml.safe_load(front)
    assert facts["license"] == "cc0-1.0"
    assert facts["task_categories"] == ["text-generation"]
    for config in facts["configs"]:
        for file in config["data_files"]:
            assert (parquet / file["path"]).is_file()
    assert [c["config_name"] for c in facts["configs"] if c.get("default")] == ["journey"]
    for expected in (
        "| journey | test | 6 |",
        "| countdown | 2 | train |",
        "wrong_turns: 24",
        "wrong_turns: 3\n",
        "CC0-1.0",
        "@article{gandhi2024stream",
    ):
        assert expected in body


def test_the_licence_of_a_card_follows_from_the_problems() -> None:
    graph = graph_of("countdown", 0)
    facts = GraphStatistics()
    facts.add(graph)
    assert front_matter({"journey/train.parquet": 1}, facts)["license"] == "cc0-1.0"
    for licence in ("MIT", "my own"):
        facts.add(SolutionGraph(replace(graph.problem, licence=licence), graph.root))
    front = front_matter({"journey/train.parquet": 3}, facts)
    assert front["license"] == ["cc0-1.0", "mit", "other"]
    assert front["license_name"] == "my own"


# GraphML


def test_networkx_reads_every_graph_as_it_was(run: Path, tmp_path: Path) -> None:
    export(run, "graphml", tmp_path / "out")
    graphs = list(read_graphs(run / "graphs"))
    assert len(list((tmp_path / "out").iterdir())) == len(graphs) == sum(SIZES.values())
    for graph in graphs[:10]:
        path = tmp_path / "out" / f"{graph.problem.id}.graphml"
        read = nx.read_graphml(path, force_multigraph=True)
        assert set(read) == {state.key for state in graph.states()}
        for state in graph.states():
            node = read.nodes[state.key]
            for name in ("solved", "expanded", "hopeless", "visits"):
                assert node[name] == getattr(state, name)
                assert type(node[name]) is type(getattr(state, name))
        edges = {data["order"]: (source, target, data) for source, target, data in read.edges(data=True)}
        assert list(sorted(edges)) == [step.order for step in graph.steps()]
        for step in graph.steps():
            source, target, edge = edges[step.order]
            assert (source, target) == (step.source, step.target)
            assert edge["verdict"] == step.verdict.value
            assert edge["evidence"] == ("" if step.evidence is None else str(step.evidence))
            assert edge["mistake"] == (step.mistake or "")
        on_path = sorted(e["order"] for *_, e in read.edges(data=True) if e["on_path"])
        assert on_path == sorted(step.order for step in graph.solution() or ())
        assert read.graph["statement"] == graph.problem.statement


def test_graphml_of_every_family_holds_one_type_a_column(family: str, tmp_path: Path) -> None:
    graph = graph_of(family, 1)
    path = tmp_path / "graph.graphml"
    made = plain(graph)
    values = [value for _, data in made.nodes(data=True) for value in data.values()]
    values += [value for *_, data in made.edges(data=True) for value in data.values()]
    assert {type(value) for value in values} <= {bool, int, float, str}
    nx.write_graphml(made, path)
    again = nx.read_graphml(path, force_multigraph=True)
    assert list(again.nodes(data=True)) == list(made.nodes(data=True))
    assert sorted(again.edges(data="label")) == sorted(made.edges(data="label"))
    root = ET.parse(path).getroot()
    space = root.tag.removesuffix("graphml")
    columns = [(key.get("for"), key.get("attr.name")) for key in root.iter(f"{space}key")]
    assert len(columns) == len(set(columns)), "Gephi keeps one column a name"
    edges = [edge.get("id") for edge in root.iter(f"{space}edge")]
    assert len(edges) == len(set(edges)) == graph.graph.number_of_edges()


def test_characters_that_no_xml_holds_are_written_out(tmp_path: Path) -> None:
    graph = graph_of("countdown", 0)
    odd = SolutionGraph(replace(graph.problem, statement="a\x0cb\ud800 <&>\n"), graph.root)
    for state in graph.states():
        odd.add_state(state)
    nx.write_graphml(plain(odd), tmp_path / "graph.graphml")
    assert nx.read_graphml(tmp_path / "graph.graphml").graph["statement"] == "a\\x0cb\\xd800 <&>\n"


# The command


def test_the_verb_says_what_it_wrote(run: Path, tmp_path: Path, journey: Journey) -> None:
    id = next(read_graphs(run / "graphs")).problem.id
    done = journey("export", run, "--format", "graphml", "--id", id[:10], "--out", tmp_path / "one")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["1", "*.graphml"]
    assert [path.name for path in (tmp_path / "one").iterdir()] == [f"{id}.graphml"]


def test_bad_requests_are_reported_and_leave_nothing(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(InputError, match="did you mean 'parquet'"):
        export(run, "parkuet", out)
    with pytest.raises(InputError, match="--id chooses a graph"):
        export(run, "trl", out, id="abc")
    with pytest.raises(InputError, match="is not a run folder"):
        export(tmp_path, "trl", out)
    with pytest.raises(InputError, match="no problems of"):
        export(run, "graphml", out, id="zzz")
    bare = Run(tmp_path / "bare")
    bare.claim({}, {})
    for form in ("trl", "parquet", "graphml", "sos"):
        with pytest.raises(InputError, match="holds no "):
            export(bare.path, form, out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bare"]
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="holds files already"):
        export(run, "trl", out)
    assert (out / "mine.txt").read_text() == "mine"
