"""The command as a user runs it: every verb, its JSON, its errors and exit codes."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from journey.runs.store import Run
from tests.conftest import Journey
from train.command.app import guarded
from train.command.examples import EXAMPLES
from train.pipeline.processes import Job

ROOT = Path(__file__).parents[1]

VERBS = [
    "run",
    "map",
    "tune",
    "generate",
    "train",
    "eval",
    "compare",
    "report",
    "browse",
    "show",
    "stats",
    "fetch",
    "grade",
    "audit",
    "export",
    "check",
    "families",
    "recipes",
    "doctor",
    "bench",
]


@pytest.fixture
def run_copy(quick_run: Path, tmp_path: Path) -> Path:
    """A run folder that a test may change."""
    return Path(shutil.copytree(quick_run, tmp_path / "run"))


def an_id(run: Path) -> str:
    row = json.loads((run / "problems" / "heldout.jsonl").read_text().splitlines()[0])
    return str(row["id"])


def test_help_names_every_verb(journey: Journey, here: Journey) -> None:
    output = journey("--help").stdout
    for verb in VERBS:
        assert f" {verb} " in output
        assert here(verb, "--help").returncode == 0


def test_results_are_as_designed(quick_run: Path) -> None:
    results = json.loads((quick_run / "results.json").read_text())
    assert set(results["seconds"]) == {"generate", "train", "eval", "total"}
    for arm in ("shortcut", "journey"):
        for stage in ("sft", "dpo"):
            figures = results["arms"][arm][stage]
            assert {"n", "pass@1", "ci95", "clusters", "seeds", "unfinished"} <= set(figures)
            assert {"mean_new_tokens", "train_flops", "flops_per_answer", "problems"} <= set(figures)
        assert results["arms"][arm]["sft"]["train_tokens"] >= 30_000
        assert set(results["counts"][arm]) == {"kept", "truncated", "dropped"}
    for stage in ("sft", "dpo"):
        compared = results["paired"]["journey-shortcut"][stage]
        assert {"delta", "ci95", "p", "n", "clusters", "seeds", "iqm", "improvement"} <= set(compared)
    assert {"solved", "within_budget"} <= set(results["teacher"])
    assert results["teacher"]["solved"] == 1.0


def test_the_run_folder_is_as_designed(quick_run: Path) -> None:
    for name in (
        "recipe.yaml", "manifest.json", "metrics.jsonl", "results.json", "report.html", "report.md",
        "claims.json",
        "problems/train.jsonl", "problems/heldout.jsonl", "graphs/part-00000.jsonl", "traces/shortcut.jsonl",
        "traces/journey.jsonl", "traces/stream.jsonl", "pairs/step.jsonl", "pairs/recover.jsonl",
        "models/journey/sft/config.json", "models/journey/dpo/model.safetensors",
        "evals/journey-sft/samples.jsonl",
        "evals/shortcut-dpo/metrics.json", "plots/accuracy.svg",
    ):  # fmt: skip
        assert (quick_run / name).stat().st_size > 0, name
    assert not list(quick_run.rglob("*.partial"))
    assert json.loads((quick_run / "manifest.json").read_text())["state"] == "done"


def test_show_prints_a_graph_and_its_traces(quick_run: Path, journey: Journey, here: Journey) -> None:
    shown = journey("show", quick_run, an_id(quick_run)).stdout
    for word in ("shortcut", "journey", "stream", "✓", "one right answer"):
        assert word in shown
    assert "\x1b[" not in shown, "no colour where it is not wanted"
    record = json.loads(here("show", quick_run, an_id(quick_run), "--json").stdout)
    assert set(record) == {"problem", "graph", "traces", "outputs"}
    only = here("show", quick_run, an_id(quick_run), "--trace", "shortcut").stdout
    assert "stream" not in only
    wrong = here("show", quick_run, an_id(quick_run), "--trace", "shortcat")
    assert wrong.returncode == 2
    assert "did you mean 'shortcut'?" in wrong.stderr


@pytest.mark.parametrize("verb", ["stats", "compare"])
def test_reading_verbs_print_tables_and_json(verb: str, quick_run: Path, here: Journey) -> None:
    assert here(verb, quick_run).stdout
    done = here(verb, quick_run, "--json")
    assert json.loads(done.stdout)


def test_compare_takes_several_runs(quick_run: Path, run_copy: Path, here: Journey) -> None:
    output = json.loads(here("compare", quick_run, run_copy, "--json").stdout)
    assert len(output) == 2


def test_families_recipes_and_doctor(here: Journey) -> None:
    names = [row["name"] for row in json.loads(here("families", "--json").stdout)]
    modules = {path.stem for path in (ROOT / "journey" / "families").glob("[a-z]*")}
    assert names == [*sorted(modules - {"prose"}), "prose"]
    assert "laptop" in here("recipes").stdout
    done = here("doctor", "--json")
    assert done.returncode == 0, done.stdout
    assert {"torch", "disk", "memory"} <= {row["name"] for row in json.loads(done.stdout)}


def test_audit_says_clean_or_exits_with_1(run_copy: Path, journey: Journey, here: Journey) -> None:
    done = journey("audit", run_copy)
    assert done.returncode == 0
    output = json.loads(done.stdout)
    assert {"traces", "steps", "wrong_steps", "unflagged", "conclusions_wrong", "unparsed"} <= set(output)
    assert output["wrong_steps"] > 0
    assert f"{output['unknown']:,} of {output['steps']:,} steps could not be decided" in done.stderr
    assert output["unflagged"] == output["conclusions_wrong"] == output["unparsed"] == 0
    path = run_copy / "traces" / "journey.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[0]["completion"] += "1"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = here("audit", path)
    assert done.returncode == 1
    assert json.loads(done.stdout)["conclusions_wrong"] == 1


def test_report_is_written_again(run_copy: Path, here: Journey) -> None:
    before = (run_copy / "report.md").read_text()
    for name in ("report.html", "report.md", "results.json"):
        (run_copy / name).unlink()
    done = here("report", run_copy)
    assert done.returncode == 0, done.stderr
    assert (run_copy / "report.md").read_text() == before


def test_a_report_changes_no_state(run_copy: Path, here: Journey) -> None:
    """A map skips a run that is done, and a running process has marks that are not in the file yet."""
    run = Run(run_copy)
    run.manifest |= {"state": "failed", "failed": ["sft hot failed: the loss is nan"]}
    run.save()
    before = (run_copy / "manifest.json").read_bytes()
    assert here("report", run_copy).returncode == 0
    assert (run_copy / "manifest.json").read_bytes() == before
    with run.lock():
        done = here("report", run_copy)
    assert (done.returncode, done.stdout) == (1, "")
    assert "another process is writing to" in done.stderr


def one_after_another(jobs: list[Job], *_: object) -> None:
    """`train.pipeline.processes.run_jobs` without processes: each would import torch and trl for itself."""
    for job in jobs:
        job.call(*job.arguments, on_progress=lambda *_: None)


def test_generate_then_train_then_eval(
    tmp_path: Path, journey: Journey, here: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("train.pipeline.replica_jobs.run_jobs", one_after_another)
    out = tmp_path / "made"
    sizes = [
        "--set",
        "training.tokens=2000",
        "--set",
        "pairs.count=16",
        "--set",
        "evaluation.max_new_tokens=30",
    ]
    done = journey("generate", "--family", "countdown", "--count", 40, "--level", 1, "--out", out, *sizes)
    assert done.returncode == 0, done.stderr
    assert here("audit", out).returncode == 0
    early = here("train", "dpo", "--run", out, "--arm", "journey")
    assert early.returncode == 2
    assert "Make it with `journey train sft" in early.stderr
    for stage in ("sft", "dpo"):
        done = here("train", stage, "--run", out, "--arm", "journey")
        assert done.returncode == 0, done.stderr
    model = out / "models" / "journey" / "dpo"
    words = ("--problems", "countdown", "--level", 1, "--count", 10, "--max-new-tokens", 20, "--samples", 2)
    figures = json.loads(here("eval", "--model", model, *words, "--json").stdout)
    assert figures["n"] == 10
    assert set(figures["sampled"]["pass@k"]) == {"1", "2"}
    given = out / "problems" / "train.jsonl"
    again = here("generate", "--problems", given, "--out", tmp_path / "again", "--strategy", "best")
    assert again.returncode == 0, again.stderr
    assert (tmp_path / "again" / "problems" / "train.jsonl").read_bytes() == given.read_bytes()


COUNTDOWN = ["generate", "--family", "countdown", "--out", "OUT", "--proposer"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["run", "labtop"], 2, "no recipe 'labtop': did you mean 'laptop'?"),
        (["run", "--set", "trainig.tokens=5"], 2, "no recipe key 'trainig': did you mean 'training'?"),
        (["generate", "--out", "OUT"], 2, "use either --family NAME or --problems FILE"),
        (["generate", "--family", "contdown", "--out", "OUT"], 2, "did you mean 'countdown'?"),
        (
            ["generate", "--family", "countdown", "--strategy", "deep", "--out", "OUT"],
            2,
            "'deep' is not one of 'depth'",
        ),
        (
            ["generate", "--family", "countdown", "--proposer", "oracle", "--out", "OUT"],
            2,
            "no proposer 'oracle'",
        ),
        ([*COUNTDOWN, "server"], 2, "server needs a location: --proposer server:URL#MODEL"),
        ([*COUNTDOWN, "server:localhost"], 2, "a server is given as server:URL#MODEL"),
        ([*COUNTDOWN, "model:nowhere"], 2, "nowhere is not a model folder"),
        ([*COUNTDOWN, "replay:none.jsonl"], 2, "cannot read none.jsonl"),
        (["generate", "--problems", "none.jsonl", "--out", "OUT"], 2, "cannot read none.jsonl"),
        (["stats", "nowhere"], 2, "nowhere is not a run folder"),
        (["show", "nowhere", "abc"], 2, "nowhere is not a run folder"),
        (["browse", "nowhere"], 2, "nowhere is not a run folder"),
        (["audit", "nowhere.jsonl"], 2, "cannot read nowhere.jsonl"),
        (["compare", "nowhere"], 2, "nowhere is not a run folder"),
        (["train", "sft", "--run", "nowhere", "--arm", "journey"], 2, "nowhere is not a run folder"),
        (["eval", "--model", "nowhere", "--problems", "countdown"], 2, "nowhere is not a model folder"),
        (["export", "nowhere", "--format", "trl", "--out", "OUT"], 2, "nowhere is not a run folder"),
        (["export", "nowhere", "--format", "trk", "--out", "OUT"], 2, "'trk' is not one of 'trl'"),
        (["bench", "serch"], 2, "'serch' is not one of"),
        (["fly"], 2, "No such command"),
    ],
)
def test_bad_input_is_reported_in_a_sentence(
    words: list[str], code: int, message: str, tmp_path: Path, here: Journey
) -> None:
    done = here(*[str(tmp_path / "out") if word == "OUT" else word for word in words])
    assert done.returncode == code
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists(), "nothing is left behind"


@pytest.mark.parametrize("file", ["graphs/part-00000", "traces/journey", "pairs/step"])
def test_a_corrupt_line_is_named_and_the_rest_counted(file: str, run_copy: Path, here: Journey) -> None:
    before = {verb: json.loads(here(verb, run_copy, "--json").stdout) for verb in ("stats", "audit")}
    path = run_copy / f"{file}.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], b'{"schema_version": 1, "oops"\n', *lines[3:]]))
    for verb in ("stats", "audit"):
        done = here(verb, run_copy, "--json")
        after = json.loads(done.stdout)
        if verb == "audit" and file.startswith("graphs"):
            assert (done.returncode, after) == (0, before[verb]), "the audit does not read graphs"
            continue
        assert done.returncode == 1
        (fault,) = after.pop("unreadable")
        assert fault.startswith(f"{path}:4 does not hold a record: ")
        assert "line 1" not in fault, "one line is named"
        assert f"1 line is unreadable and left out: {path}:4" in done.stderr
        assert after == {name: value for name, value in before[verb].items() if name != "unreadable"}
        assert "Traceback" not in done.stderr


PRINTING = ["audit", "bench", "check", "compare", "doctor", "eval", "export", "families", "families new",
            "grade", "map report", "recipes", "recipes show", "show", "stats", "tune"]  # fmt: skip


def command_of(words: list[str]) -> tuple[Any, list[str]]:
    """The command that these words name, and the words that are left."""
    import typer

    import cli

    command: Any = typer.main.get_command(cli.app)
    while words and words[0] in getattr(command, "commands", ()):
        command, words = command.commands[words[0]], words[1:]
    return command, words


@pytest.mark.parametrize("name", PRINTING)
def test_every_verb_that_prints_data_takes_json(name: str) -> None:
    command, _ = command_of(name.split())
    assert any("--json" in option.opts for option in command.params)


def test_verbs_have_examples_that_parse() -> None:
    assert {*VERBS, *PRINTING} == {*EXAMPLES}
    for verb, lines in EXAMPLES.items():
        command, _ = command_of(verb.split())
        for line in lines:
            assert line in (command.epilog or "")
            words = shlex.split(line.rpartition("| ")[2])
            named, rest = command_of(words[1:])
            assert named.name == command.name, line
            named.make_context(verb, rest)


def test_grade_check_and_audit_print_json_either_way(run_copy: Path, tmp_path: Path, here: Journey) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"id": 1, "gold": "2", "pred": "2", "solution": "1 + 1 = 2"}\n')
    for words in (("grade", rows), ("check", rows), ("audit", run_copy / "traces" / "shortcut.jsonl")):
        assert json.loads(here(*words).stdout) == json.loads(here(*words, "--json").stdout)


def test_export_counts_are_json(run_copy: Path, tmp_path: Path, here: Journey) -> None:
    done = here("export", run_copy, "--format", "trl", "--out", tmp_path / "trl", "--json")
    assert min(json.loads(done.stdout).values()) > 0


def test_output_can_be_cut_short(quick_run: Path) -> None:
    command = f"{sys.executable} -m cli show {quick_run} {an_id(quick_run)} | head -n 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True)
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_an_output_that_cannot_be_written_is_a_sentence() -> None:
    with open("/dev/full", "w") as full:
        words = [sys.executable, "-m", "cli", "recipes", "show", "laptop", "--json"]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (1, "journey: No space left on device\n")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("run", "interrupted. The same command continues from here"), ("check", "interrupted")],
)
def test_an_interrupted_verb_says_whether_it_continues(
    name: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    interrupted.__name__ = name
    before = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(typer.Exit) as ended:
            guarded(interrupted)()
        assert signal.getsignal(signal.SIGINT) == signal.SIG_DFL, "Ctrl-C again prints no traceback"
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended.value.exit_code == 130
    assert capsys.readouterr().err == f"journey: {sentence}\n"


def test_ctrl_c_before_a_verb_starts_prints_no_traceback() -> None:
    """As when a user presses it at once: the interrupt arrives while the command's libraries are imported."""
    program = """
import sys

class Interrupting:
    def find_spec(self, name, path, target=None):
        if name == "typer":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
import cli
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_the_version_is_reported(journey: Journey) -> None:
    done = journey("--version")
    assert (done.returncode, done.stdout) == (0, "journey 0.1.0\n")


def test_a_fault_in_yaml_names_the_file(journey: Journey, tmp_path: Path) -> None:
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("a: [1\nb: 2")
    done = journey("run", recipe)
    assert done.returncode == 2
    assert "mine.yaml" in done.stderr and "line 2" in done.stderr
    assert "unicode string" not in done.stderr
