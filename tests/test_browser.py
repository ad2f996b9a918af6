"""The browser as a person uses it: keys are pressed on every screen, and what is shown is looked at."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from journey.graph import SolutionGraph
from journey.runs.problem_list import Query
from journey.runs.store import INDEX, write_json, write_lines
from tests.browsed import GRAPHS, drive, make_run, sample, seen, settled, shown
from traces.browser.app import Browser
from traces.browser.keys import VIEWS

SCREENS = Path(__file__).parent / "screens"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("browsed") / "run")


@pytest.fixture
def run(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run folder of one's own; the working directory is beside it."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(made, tmp_path / "run", ignore=shutil.ignore_patterns(INDEX)))


def test_problems_are_searched_filtered_sorted_and_counted(run: Path) -> None:
    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        assert "Problems: 24" in shown(app)
        await pilot.press("slash", *"sqrt")
        assert "Problems: 6 of 24" in shown(app), "searched at each key"
        assert "countdown" not in shown(app)
        await pilot.press("enter", "f")
        assert "[ ] radical  6" in shown(app)
        await pilot.press("enter", "down")
        assert "[x] radical  6" in shown(app)
        await pilot.press("enter", "escape")
        assert "Problems: 1 of 24" in shown(app)
        assert "radical · level 1" in shown(app).splitlines()[3], "the filters are shown"
        await pilot.press("slash", *"zz")
        assert "Problems: 0 of 24" in shown(app)
        await pilot.press(*["backspace"] * 6, "enter")
        assert "Problems: 1 of 24" in shown(app), "a filter outlives the search"
        await pilot.press("f", "x", "escape")
        assert "Problems: 24" in shown(app)
        for _ in range(4):
            await pilot.press("s")
        text = shown(app)
        assert "by wrong ↓" in text
        wrong = [int(match[1]) for match in re.finditer(r"[✓✗-]{2} \d \w+ +(\d+) +· ", text)]
        assert wrong == sorted(wrong, reverse=True)
        assert wrong[0] == 22
        await pilot.press("S")
        assert "by wrong ↑" in shown(app)

    drive(run, keys)


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
def test_keys_that_quit(run: Path, key: str) -> None:
    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        await pilot.press(key)
        assert app._exit, f"{key} does not quit"

    drive(run, keys)


def test_whose_shortcut_is_wrong_and_journey_right(run: Path) -> None:
    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        await pilot.press("f")
        listed = app.screen.query_one(OptionList)
        words = "shortcut-sft wrong and journey-sft right"
        while words not in str(listed.get_option_at_index(listed.highlighted or 0).prompt):
            await pilot.press("down")
        await pilot.press("enter", "escape")
        assert "Problems: 8 of 24" in shown(app)
        assert "shortcut-sft wrong · journey-sft right" in shown(app)
        assert shown(app).count("✓✗ ") == 8

    drive(run, keys)


def asked_of(run: Path, graphs: list[SolutionGraph]) -> None:
    """Replaces the outputs of one model by wrong ones for these problems, and removes the other model."""
    shutil.rmtree(run / "evals/journey-sft")
    write_lines(run / "evals/shortcut-sft/samples.jsonl", [sample(each, 0, "?", False) for each in graphs])


def test_it_opens_where_models_were_asked(run: Path) -> None:
    asked_of(run, GRAPHS[20:])

    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        text = shown(app)
        assert "by models asked ↓" in text
        assert re.findall(r"│([✓✗-]) \d", text)[:6] == ["✗"] * 4 + ["-"] * 2
        assert app.problem_view is not None and app.problem_view.id == GRAPHS[20].problem.id
        await pilot.press("4")
        assert "Models: 0 of 1 output" in shown(app)

    drive(run, keys)


def test_it_stays_where_the_user_went_before(run: Path) -> None:
    asked_of(run, GRAPHS[20:])

    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        app.problems.seek(Query(text="sqrt"))
        app.problems.open_where_asked()
        assert app.problems.query_now == Query(text="sqrt")
        app.problems.seek(Query())
        await pilot.press("down")
        app.problems.open_where_asked()
        assert app.problems.query_now == Query()

    drive(run, keys)


def test_columns_of_models_have_a_legend(run: Path) -> None:
    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        text = shown(app)
        assert "a journey-sft  b shortcut-sft" in text.replace("\N{NO-BREAK SPACE}", " ")
        assert "│ab L family" in text
        await pilot.press("question_mark", "end")
        assert "a model's greedy output" in shown(app)

    drive(run, keys, (100, 70))


def test_common_words_are_stated_once_of_one_family(run: Path) -> None:
    graphs = [graph for graph in GRAPHS if graph.problem.family == "diophantine"]
    shutil.rmtree(run / "graphs")
    write_lines(run / "graphs/part-00000.jsonl", [graph.to_record() for graph in graphs])

    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        text = shown(app)
        assert text.count("Find whole numbers x, y >= 0 with …") == 1, "in the heading"
        assert text.count("Find whole numbers") == 1
        assert len(re.findall(r"· … \d+x \+ \d+y = \d+\.", text)) == len(graphs)

    drive(run, keys)


def test_numbers_are_read_before_they_are_asked_for(run: Path) -> None:
    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        for _ in range(500):
            if "Group" in type(app.numbers.query_one("#figures", Static).content).__name__:
                break
            await pilot.pause(0.02)
        await pilot.press("5")
        assert "87.5%" in shown(app)

    drive(run, keys)


def test_the_results_need_no_plots_and_no_scipy_stats() -> None:
    script = (
        "import sys, train.report.summary; print(*{'matplotlib', 'scipy.stats', 'torch'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "", "they take two seconds to import, and the numbers wait for them"


def test_a_graph_folds_and_tells_of_the_selected_step(run: Path) -> None:
    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        await pilot.press("down", "down")
        await settled(app, pilot)
        await pilot.press("enter", "down")
        text = shown(app)
        for expected in ("Graph: 11 states, 11 steps", "✗ 10-2=-8", "✓ 10-2(x+5)=-8", "○ 8=-8"):
            assert expected in text
        for expected in ("10 - 2 = -8", "multiply", "wrong", "it is -2 at x = 1, not 8", "term_left_out"):
            assert expected in text.split("─" * 60)[1], "shown for the step below the tree"
        assert "10/(x+5)-2=-8/(x+5)" in text
        await pilot.press("space")
        assert "○ 8=-8" not in shown(app), "folded"
        await pilot.press("space")
        assert "○ 8=-8" in shown(app)

    drive(run, keys)


def test_merged_states_name_their_other_parents(run: Path) -> None:
    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        merged = [any(len({*g.graph.predecessors(k)}) > 1 for k in g.graph) for g in GRAPHS]
        at = merged.index(True)
        await pilot.press("home", *["down"] * at)
        await settled(app, pilot)
        await pilot.press("2")
        assert "78>25 ≡ shown after 70,148" in shown(app)
        for _ in range(15):
            await pilot.press("down")
            if "also from" in shown(app):
                break
        assert re.search("also from +70,148>25", shown(app))

    drive(run, keys, (160, 48))


def test_traces_and_the_graph_select_each_other(run: Path) -> None:
    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        await pilot.press("down", "down")
        await settled(app, pilot)
        await pilot.press("3")
        text = shown(app)
        assert "shortcut" in text
        assert "erred on lines 1, 4, 7" in text
        assert "it is -2 at x = 1, not 8" in text, "the correction has its evidence"
        await pilot.press("n")
        lines = app.trace.query_one("#right OptionList", OptionList)
        first = lines.highlighted
        await pilot.press("n", "n")
        assert (first, lines.highlighted) == (0, 6), "from one wrong turn to the next"
        await pilot.press("n")
        await pilot.pause()
        assert "no further wrong turn" in shown(app)
        await pilot.press("p")
        assert lines.highlighted == 3
        await pilot.press("2")
        tree = app.graph.query_one("#tree")
        assert "half_distributed" in shown(app).split("─" * 60)[1], "the line's step is selected in the graph"
        assert tree.has_focus
        await pilot.press("home", "down", "3")
        assert lines.highlighted == 0, "and the step's line in the trace"

    drive(run, keys)


def test_any_two_texts_stand_side_by_side(run: Path) -> None:
    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        await pilot.press("3")
        await pilot.press("right_square_bracket", "right_square_bracket")
        await pilot.pause()
        assert "journey-sft" not in shown(app).splitlines()[4][:40]
        names = []
        for _ in range(5):
            await pilot.press("right_square_bracket")
            await pilot.pause()
            names.append(app.trace.query_one("#right").column.name)  # type: ignore[attr-defined]
        assert {*names} == {"shortcut", "journey", "stream", "journey-sft", "shortcut-sft"}
        await pilot.press("left_square_bracket")
        await pilot.pause()
        assert app.trace.query_one("#left").column.name == "stream"  # type: ignore[attr-defined]

    drive(run, keys)


def test_models_are_audited_next_to_the_teacher(run: Path) -> None:
    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        await pilot.press("4")
        text = shown(app)
        assert "Models: 1 of 3 outputs right" in text
        assert "✓ journey-sft      greedy" in text
        assert "✗ journey-sft      sample 1" in text
        await pilot.press("down")
        text = shown(app)
        assert "journey-sft sample 1: ✗ not right" in text
        assert "erred on line 1 · line 1" in text
        assert "did not recover" in text
        assert "no such line here" in text
        assert "journey: ✓ right" in text, "the teacher's trace is beside it"
        await pilot.press("1", "end")
        await settled(app, pilot)
        await pilot.press("4")
        assert "no model was evaluated on this problem" in shown(app)

    drive(run, keys)


def test_numbers_of_one_run_and_of_two(run: Path) -> None:
    other = Path(shutil.copytree(run, run.parent / "other"))
    figures = json.loads((other / "evals/journey-sft/metrics.json").read_text())
    write_json(other / "evals/journey-sft/metrics.json", {**figures, "pass@1": 0.5})

    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        await pilot.press("5")
        text = await seen(app, pilot, "87.5%")
        assert "journey-learned model solves 87.5%" in text
        assert "█" in text
        await pilot.press("c")
        assert "other" in shown(app)
        await pilot.press("tab", "enter")
        await seen(app, pilot, "│ other")
        await pilot.press("pagedown")
        assert "other: On 8 held-out problems" in shown(app)
        await pilot.press("end")
        assert "journey-sft, other" in shown(app)
        assert "50.0%" in shown(app)
        await pilot.press("c", *"nowhere", "enter")
        await seen(app, pilot, "nowhere has no results.json yet")

    drive(run, keys)


def test_texts_are_copied_exported_and_pictured(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        await pilot.press("3", "y")
        assert app.clipboard == json.loads((run / "traces/journey.jsonl").open().readline())["completion"]
        await pilot.press("e")
        await pilot.pause()
        written = json.loads((run.parent / f"{GRAPHS[0].problem.id}-journey.json").read_text())
        assert written["completion"] == app.clipboard
        assert written["audit"][0]["says"] == "take"
        assert written["problem"]["id"] == GRAPHS[0].problem.id
        assert "wrote" in shown(app)
        await pilot.press("ctrl+s")
        assert "<svg" in (run.parent / "journey-trace.svg").read_text()
        opened: list[str] = []
        monkeypatch.setattr(app, "open_url", opened.append)
        await pilot.press("1", "o")
        assert opened == [(run / "report.html").resolve().as_uri()]

    drive(run, keys)


def test_a_problem_is_drawn(run: Path) -> None:
    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        await pilot.press("v")
        await seen(app, pilot, "The problem as a picture")
        width, height = app.screen.query_one("#drawn").size
        assert 10 < height < width
        await pilot.press("v")
        assert "The problem as a picture" not in shown(app)

    drive(run, keys)


def test_show_has_the_picture_if_the_run_has_pictures(run: Path) -> None:
    from traces.show import show_problem

    id = GRAPHS[0].problem.id
    before = show_problem(run, id, False, None)
    assert "picture" not in before.record
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["settings"] = {**manifest.get("settings", {}), "problems": {"picture": 64}}
    (run / "manifest.json").write_text(json.dumps(manifest))
    after = show_problem(run, id, False, None)
    assert after.record["picture"].startswith("data:image/png;base64,")
    assert len(after.parts) == len(before.parts) + 2


def test_help_the_palette_and_the_themes(run: Path) -> None:
    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        for view in "12345":
            await pilot.press(view)
            footer = (await seen(app, pilot, "? Help")).splitlines()[-1]
            assert "? Help" in footer
            assert "q Quit" in footer
            assert footer.endswith("^p palette")
        await pilot.press("question_mark")
        assert "the command palette" in shown(app)
        await pilot.press("escape", "ctrl+p", *"broken")
        await pilot.pause(0.5)
        assert "Journey: Broken rows" in shown(app)
        await pilot.press("escape", "escape")
        dark = app.current_theme.dark
        await pilot.press("d")
        assert app.current_theme.dark is not dark

    drive(run, keys)


def test_every_size_from_80x24_up_shows_every_pane(run: Path) -> None:
    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        for width, height in ((130, 30), (240, 70), (80, 24)):
            await pilot.resize_terminal(width, height)
            for number, view in enumerate(VIEWS, 1):
                await pilot.press(str(number))
                await pilot.pause()
                assert app.query_one(f"#{view}").region.area > 0
                text = shown(app)
                assert max(map(len, text.splitlines())) <= width
                if width >= 120 and view != "numbers":
                    assert app.problems.region.area > 0
                both = width >= 120 and height >= 40 and view in ("problems", "graph", "trace")
                assert (app.graph.region.area > 0 and app.trace.region.area > 0) == both

    drive(run, keys)


def test_the_mouse_selects_and_opens(run: Path) -> None:
    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        await pilot.click("#list", offset=(10, 3))
        await settled(app, pilot)
        assert app.problem_view is not None
        assert app.problem_view.id == GRAPHS[3].problem.id
        await pilot.click("#bar", offset=(14, 0))
        assert app.view == "graph"
        await pilot.click("#tree", offset=(6, 1))
        assert app.graph.query_one("#tree").has_focus

    drive(run, keys)


def test_a_run_that_is_still_written_grows(run: Path) -> None:
    part = run / "graphs/part-00001.jsonl"
    later = part.read_text()
    part.unlink()
    traces = run / "traces/stream.jsonl"
    stream = traces.read_text()
    traces.unlink()

    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        assert "Problems: 16" in shown(app)
        await pilot.press("down", "down")
        await settled(app, pilot)
        assert app.problem_view is not None
        assert "stream" not in app.problem_view.columns
        part.write_text(later)
        traces.write_text(stream)
        app.follow()
        for _ in range(200):
            await pilot.pause(0.02)
            if "Problems: 24" in shown(app) and "stream" in app.problem_view.columns:
                break
        assert "Problems: 24" in shown(app)
        assert "stream" in app.problem_view.columns, "what came for the open problem is shown"
        assert app.problem_view.id == GRAPHS[2].problem.id, "the cursor stays"
        write_lines(part, [graph.to_record() for graph in GRAPHS[16:20]])
        app.follow()
        for _ in range(200):
            await pilot.pause(0.02)
            if "Problems: 20" in shown(app):
                break
        assert "Problems: 20" in shown(app), "a file that was replaced"

    drive(run, keys)


def test_broken_rows_are_listed_and_stop_nothing(run: Path) -> None:
    part = run / "graphs/part-00000.jsonl"
    lines = part.read_text().splitlines()
    lines[1] = "{"
    lines[2] = lines[2].replace('"verdict":"wrong"', '"verdict":"wrogn"')
    part.write_text("\n".join(lines) + "\n")

    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        await pilot.pause(0.3)
        assert "Problems: 23" in shown(app)
        assert "1 broken row (b)" in shown(app)
        await pilot.press("b")
        assert "graphs/part-00000.jsonl:2" in shown(app)
        await pilot.press("escape", "down")
        await settled(app, pilot)
        await pilot.press("2")
        assert "This problem's row is broken" in shown(app)
        assert "no graph" in shown(app)
        await pilot.press("1", "down")
        await settled(app, pilot)
        await pilot.press("2")
        assert "This problem's row is broken" not in shown(app)
        (run / "results.json").write_text('{"arms": {"a": {"sft": {}}}}')
        await pilot.press("5")
        text = await seen(app, pilot, "required")
        assert "87.5%" in text, "the bars are of the files of the models"

    drive(run, keys)


def test_an_empty_run_is_shown_as_empty(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")

    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        for view in "12345":
            await pilot.press(view)
        await seen(app, pilot, "no model has been evaluated yet")
        await pilot.press("1", "down", "enter", "y", "e", "n", "f", "escape")
        assert "no problem is selected" in str(app.query_one("#head", Static).render())

    drive(tmp_path, keys)


@pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=["80x24", "160x48"])
def test_the_screens_are_as_they_were_looked_at(size: tuple[int, int], run: Path) -> None:
    """REMAKE=1 writes them again: look at them before they are kept."""
    taken: dict[str, str] = {}

    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        await pilot.press("down", "down")
        await settled(app, pilot)
        for number, view in enumerate(VIEWS, 1):
            await pilot.press(str(number), *(["n"] if view == "trace" else []))
            if os.environ.get("REMAKE"):
                await pilot.pause(2)
                taken[view] = shown(app)
            else:
                taken[view] = await seen(app, pilot, file_of(view).read_text().removesuffix("\n"))

    def file_of(view: str) -> Path:
        return SCREENS / f"{view}-{size[0]}x{size[1]}.txt"

    drive(run, keys, size)
    for view, text in taken.items():
        path = file_of(view)
        if os.environ.get("REMAKE"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text + "\n")
        assert text + "\n" == path.read_text(), path


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_the_real_program_in_tmux(run: Path, tmp_path: Path) -> None:
    tmux = ["tmux", "-S", str(tmp_path / "socket"), "-f", "/dev/null"]

    def tell(*words: str) -> str:
        done = subprocess.run([*tmux, *words], capture_output=True, text=True, timeout=30, check=False)
        return done.stdout

    def wait(expected: str) -> str:
        until = time.monotonic() + 60
        while expected not in (screen := tell("capture-pane", "-p")) and time.monotonic() < until:
            time.sleep(0.1)
        assert expected in screen
        return screen

    root = Path(__file__).parents[1]
    program = shlex.join([sys.executable, "-m", "cli", "browse", str(run)])
    command = f"cd {shlex.quote(str(root))} && {program}; echo left with $?; sleep 60"
    try:
        tell("new-session", "-d", "-x", "80", "-y", "24", command)
        wait("Problems: 24")
        tell("send-keys", "Down", "Down", "Enter")
        assert "10/(x+5)-2=-8/(x+5)" in wait("Graph: 11 states")
        tell("send-keys", "3")
        wait("erred on lines 1, 4, 7")
        tell("send-keys", "5")
        wait("journey-learned model solves 87.5%")
        tell("send-keys", "q")
        wait("left with 0")
    finally:
        tell("kill-server")
