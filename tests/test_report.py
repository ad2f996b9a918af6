"""The report: one file that asks nothing of the network, with its plots, readable without seeing them."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

PLOTS = ("accuracy", "tokens", "levels", "loss", "graph")


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.labels: list[str] = []
        self.ids: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "action", "data") and value:
                self.links.append(value)
            if tag == "svg" and name == "aria-label" and value:
                self.labels.append(value)
            if name == "id" and value:
                self.ids.append(value)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def page(quick_run: Path) -> Page:
    parsed = Page()
    parsed.feed((quick_run / "report.html").read_text())
    return parsed


def test_nothing_leaves_the_page(page: Page, quick_run: Path) -> None:
    assert all(link.startswith("#") for link in page.links), page.links
    styles = re.findall(r"url\((?!#)[^)]*\)|@import", (quick_run / "report.html").read_text())
    assert not styles


def test_plots_have_words_and_names_of_their_own(page: Page) -> None:
    assert len(page.labels) == len(PLOTS)
    assert all(len(label) > 40 for label in page.labels)
    assert len(page.ids) == len(set(page.ids)), "one picture would take another's shapes"
    targets = {link[1:] for link in page.links}
    assert targets <= set(page.ids)


def test_the_answer_comes_with_its_interval(page: Page) -> None:
    text = " ".join(" ".join(page.text).split())
    assert "On 60 held-out problems, at equal training tokens" in text
    assert "95 % interval" in text
    assert "Same problems, graphs, renderer, base" in text
    assert "journey run laptop --seed 0" in text


def test_the_markdown_has_the_same_figures(quick_run: Path) -> None:
    text = (quick_run / "report.md").read_text()
    assert "| journey | dpo |" in text
    for name in PLOTS[:-1]:
        assert f"plots/{name}.svg" in text
        assert (quick_run / "plots" / f"{name}.svg").read_text().startswith("<svg")


@pytest.mark.skipif(
    not shutil.which("chromium"), reason="Chromium is not installed: apt-get install chromium"
)
def test_chromium_opens_it(quick_run: Path, tmp_path: Path) -> None:
    picture = tmp_path / "report.png"
    done = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
         "--enable-logging=stderr", f"--user-data-dir={tmp_path / 'profile'}", "--window-size=900,2000",
         f"--screenshot={picture}", f"file://{quick_run / 'report.html'}"],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert picture.stat().st_size > 20_000
    assert "CONSOLE" not in done.stderr, done.stderr
