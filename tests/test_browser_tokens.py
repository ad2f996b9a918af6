"""The browser marks the tokens that arms train on: `t` toggles them in the pane of traces."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from textual.pilot import Pilot

from journey.errors import InputError
from tests.browsed import GRAPHS, drive, make_run, seen, settled, shown
from traces.browser.app import Browser
from traces.browser.tokens import masked_columns
from traces.masked_text import MaskedText, Span, masked_lines

FIRST = GRAPHS[0].problem.id


def text(arm: str, stage: str, role: str, trained: str) -> MaskedText:
    return MaskedText(arm, stage, role, (Span("2x=4\n", 5, False), Span(trained, 4, True)))


TEXTS = [
    text("shortcut", "sft", "text", "x=2\n=2"),
    text("shortcut", "dpo", "chosen", "x=2"),
    text("journey", "sft", "text", "x=3\n!4<\nx=2"),
    text("journey", "dpo", "chosen", "x=2"),
    text("journey", "dpo", "chosen", "x=+2"),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("browsed") / "run")


def test_columns_are_named_and_the_first_stages_come_first() -> None:
    assert list(masked_columns("id", TEXTS)) == [
        "shortcut sft", "journey sft", "shortcut dpo chosen", "journey dpo chosen", "journey dpo chosen 2",
    ]  # fmt: skip


def test_each_line_has_brackets_of_its_own() -> None:
    spans = (Span("2x=", 3, False), Span("4\nx=2", 5, True), Span("\n", 1, False), Span("=2", 2, True))
    lines = [line.plain for line in masked_lines(MaskedText("a", "sft", "text", spans))]
    assert lines == ["2x=⟦4⟧", "⟦x=2⟧", "⟦=2⟧"]


@pytest.mark.parametrize("size", [(80, 24), (142, 44)], ids=["80x24", "142x44"])
def test_a_key_shows_the_trained_tokens_and_the_traces(size: tuple[int, int], run: Path) -> None:
    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        await pilot.press("3")
        await seen(app, pilot, "no wrong step")
        await pilot.press("t")
        text = await seen(app, pilot, "4 of 9 tokens are trained on")
        assert "Trained tokens: ⟦trained on⟧, the rest is only read" in text
        assert "shortcut sft" in text and "journey sft" in text
        assert "⟦x=3⟧" in text and "⟦!4<⟧" in text
        assert "⟦2x=4" not in text
        await pilot.press("right_square_bracket")
        await seen(app, pilot, "shortcut dpo chosen")
        await pilot.press("t")
        text = await seen(app, pilot, "no wrong step")
        assert "tokens are trained on" not in text

    drive(run, keys, size, lambda id: TEXTS)


def test_the_tokens_are_those_of_the_selected_problem(run: Path) -> None:
    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        await pilot.press("2", "t")
        assert app.view == "trace", "the key shows the pane"
        await seen(app, pilot, "no stage trains on this problem")
        app.action_home()
        await pilot.press("down")
        await settled(app, pilot)
        await pilot.press("3")
        assert app._selected_id is not None
        await seen(app, pilot, f"⟦{app._selected_id[:8]}⟧")

    def read_masks(id: str) -> list[MaskedText]:
        return [] if id == FIRST else [text("journey", "sft", "text", id[:8])]

    drive(run, keys, read_masks=read_masks)


def test_an_export_of_masks_says_what_is_trained_on(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        await pilot.press("3", "t")
        await seen(app, pilot, "4 of 9 tokens")
        await pilot.press("e")
        await seen(app, pilot, "wrote")

    drive(run, keys, read_masks=lambda id: TEXTS)
    (path,) = tmp_path.glob("*.json")
    exported = json.loads(path.read_text())
    assert (exported["arm"], exported["stage"], exported["role"]) == ("journey", "sft", "text")
    assert [span["trained"] for span in exported["spans"]] == [False, True]


def test_a_run_without_a_base_says_so_in_the_pane(run: Path) -> None:
    def read_masks(id: str) -> list[MaskedText]:
        raise InputError("the run has no base model yet")

    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        await pilot.press("3", "t")
        await seen(app, pilot, "no base model yet")

    drive(run, keys, read_masks=read_masks)


def test_keys_do_not_wait_for_tokens_that_are_being_read(run: Path) -> None:
    go_on = threading.Event()

    def read_masks(id: str) -> list[MaskedText]:
        assert go_on.wait(60)
        return TEXTS

    async def keys(app: Browser, pilot: Pilot[None]) -> None:
        try:
            await pilot.press("3", "t")
            await seen(app, pilot, "reading the tokens")
            await pilot.press("t")
            assert "reading the tokens" not in await seen(app, pilot, "no wrong step")
        finally:
            go_on.set()
        await pilot.press("t")
        await seen(app, pilot, "4 of 9 tokens")
        assert "reading" not in shown(app)

    drive(run, keys, read_masks=read_masks)
