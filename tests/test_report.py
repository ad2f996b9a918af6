"""The report: one file that asks nothing of the network, with its plots, readable without seeing them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from journey.runs.store import Run
from tests.conftest import Journey
from traces.masked_text import CLOSE, OPEN
from train.pipeline.token_masks import choose_training_example
from train.recipe.load import recipe_of
from train.report.examples import SHOWN

PLOTS = ("accuracy", "levels", "curve", "tokens", "tokens-levels", "recovery", "loss", "lengths", "counts")
SECTIONS = (
    "Which arm solves more",
    "How the arms learned",
    "What tokens buy",
    "What the arms do after an error",
    f"{SHOWN} held-out problems",
    "What the arms were trained on",
    "How to reproduce it",
)


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

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def page(quick_run: Path) -> Page:
    parsed = Page()
    parsed.feed((quick_run / "report.html").read_text())
    return parsed


def test_nothing_leaves_the_page(page: Page, quick_run: Path) -> None:
    assert all(link.startswith("#") for link in page.links), page.links
    styles = re.findall(r"url\((?!#)[^)]*\)|@import", (quick_run / "report.html").read_text())
    assert not styles


def test_pictures_have_words_and_names_of_their_own(page: Page) -> None:
    assert len(page.labels) == len(PLOTS) + SHOWN
    assert sum(label.startswith("Solution graph of: Find whole numbers") for label in page.labels) == SHOWN
    assert all(len(label) > 40 for label in page.labels)
    assert len(page.ids) == len(set(page.ids)), "one picture would take another's shapes"
    targets = {link[1:] for link in page.links}
    assert targets <= set(page.ids)


def test_the_answer_comes_with_its_interval(page: Page) -> None:
    assert "On 60 held-out problems in 7 clusters, at equal training tokens" in page.words
    assert "95 % interval" in page.words
    assert "All arms share problems, graphs, renderer, base" in page.words
    for section in SECTIONS:
        assert section in page.words


def test_it_tells_how_it_was_made(page: Page, quick_run: Path) -> None:
    """The fixture ran --quick, so the command must say so."""
    assert "journey run laptop --quick --seed 0" in page.words
    machine = json.loads((quick_run / "manifest.json").read_text())["machine"]
    for text in (page.words, " ".join((quick_run / "report.md").read_text().split())):
        assert f"{machine['processor']}, {machine['cores']} core" in text
        assert "bfloat16 with float32 copies in training, float32 in evaluation" in text
        assert "problems: 0; training: 0" in text
        assert f"torch {machine['versions']['torch']}" in text
    for name, version in machine["versions"].items():
        assert version is None or f"{name} {version}" in page.words
    assert "question: Does a model trained on whole searches" in page.words


def test_claims_are_counted_and_registered(page: Page, quick_run: Path) -> None:
    results = json.loads((quick_run / "results.json").read_text())
    supported = sum(claim["verdict"] == "supported" for claim in results["claims"])
    assert f"{supported} of 2 claims" in page.words
    assert "All were registered before training (claims.json, sha256 " in page.words
    registered = json.loads((quick_run / "claims.json").read_text())
    assert registered["claims"] == [claim["claim"] for claim in results["claims"]]
    assert not registered["trained"]
    assert {claim["registered"] for claim in results["claims"]} == {"before training"}


def intervals(result: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything with an interval, by its place."""
    if isinstance(result, dict):
        if "ci95" in result:
            yield path, result
        for key, each in result.items():
            yield from intervals(each, f"{path}/{key}")
    elif isinstance(result, list):
        for place, each in enumerate(result):
            yield from intervals(each, f"{path}/{place}")


def test_every_interval_says_what_it_rests_on(quick_run: Path) -> None:
    results = json.loads((quick_run / "results.json").read_text())
    every = dict(intervals(results))
    assert len(every) > 100
    for place, result in every.items():
        assert {"n", "clusters", "seeds"} <= set(result), place
    # 60 problems of 7 pairs of coefficients.
    assert every["/arms/journey/sft"]["clusters"] == every["/paired/journey-shortcut/sft"]["clusters"] == 7


def test_what_was_spent_is_counted(quick_run: Path) -> None:
    results = json.loads((quick_run / "results.json").read_text())
    for arm in ("shortcut", "journey"):
        sft, dpo = results["arms"][arm]["sft"], results["arms"][arm]["dpo"]
        assert sft["problems"] == results["counts"][arm]["kept"]
        # 2 operations a parameter and token forward, 4 backward (Kaplan et al. 2020), and attention.
        kaplan = 6 * sft["parameters"] * sft["train_tokens"]
        assert kaplan < sft["train_flops"] < 1.1 * kaplan
        assert 0 < dpo["train_flops"] < sft["train_flops"]
        read = 2 * sft["parameters"] * (sft["mean_new_tokens"] + 5)
        assert 0.8 * read < sft["flops_per_answer"] < 1.5 * read


def test_recovery_is_among_the_results(quick_run: Path) -> None:
    results = json.loads((quick_run / "results.json").read_text())
    for arm in ("shortcut", "journey"):
        stored = json.loads((quick_run / "evals" / f"{arm}-sft" / "metrics.json").read_text())
        result = results["arms"][arm]["sft"]["recovery"]
        assert result == stored["recovery"]
        assert result["error"]["n"] == 60
        assert sum(result["fates"].values()) == result["error"]["count"]


def test_the_markdown_has_the_same_figures(quick_run: Path, page: Page) -> None:
    text = (quick_run / "report.md").read_text()
    assert "| journey | DPO |" in text
    for name in PLOTS:
        assert f"plots/{name}.svg" in text
        assert (quick_run / "plots" / f"{name}.svg").read_text().startswith("<svg")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) > 30
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    for table in tables:
        assert len({row.replace("\\|", "").count("|") for row in table.splitlines()}) == 1, table
    # A cell's bracket is on a line of its own on the page.
    shares = set(re.findall(r"\d+\.\d %", text))
    assert shares <= set(re.findall(r"\d+\.\d %", unescape(page.words).replace("\xa0", " ")))


def test_the_shell_tells_the_same(quick_run: Path, journey: Journey) -> None:
    results = json.loads((quick_run / "results.json").read_text())
    output = json.loads(journey("stats", quick_run, "--json").stdout)
    assert output["results"] == results
    printed = journey("stats", quick_run).stdout
    assert "After an error" in printed
    assert "P(notice | error)" in printed
    assert all(len(line) <= 80 for line in printed.splitlines())
    id = json.loads((quick_run / "problems" / "heldout.jsonl").read_text().partition("\n")[0])["id"]
    record = json.loads(journey("show", quick_run, id, "--json").stdout)
    assert set(record["outputs"]) == {"shortcut-sft", "shortcut-dpo", "journey-sft", "journey-dpo"}
    assert record["outputs"]["shortcut-sft"]["lines"]
    assert "shortcut-sft wrote, " in journey("show", quick_run, id).stdout


def test_trained_tokens_are_marked_without_colour(page: Page, quick_run: Path) -> None:
    run = Run(quick_run)
    example = choose_training_example(run, recipe_of(run))
    assert example is not None
    html, text = ((quick_run / f"report.{kind}").read_text() for kind in ("html", "md"))
    assert "underlined and in brackets" in page.words
    assert f"{OPEN}underlined and in brackets{CLOSE}" in html
    assert "mark { background: none; color: var(--ink); text-decoration: underline;" in html
    marked = [unescape(each) for each in re.findall(r"<mark>(.*?)</mark>", html, re.DOTALL)]
    spans = [span for masked in example.texts for span in masked.spans if span.trained]
    assert marked[1:] == [f"{OPEN}{span.text}{CLOSE}" for span in spans]
    for masked in example.texts:
        assert f"{masked.name} {masked.summary}" in page.words
        assert f"{masked.name}: {masked.summary}" in text
    assert text.count(OPEN) == text.count(CLOSE) == len(spans) + 1


MEASURE = """<script>
addEventListener("load", () => {
  const seen = {};
  for (const details of document.querySelectorAll("details")) details.open = true;
  for (const width of [360, 1100]) {
    document.body.style.width = width + "px";
    const outside = [...document.querySelectorAll("main *")].filter(
      (each) => !each.closest(".scroll, .graph, pre") && each.getBoundingClientRect().right > width + 1);
    seen[width] = {
      pictures: [...document.querySelectorAll("figure svg, svg.states")].map((svg) => {
        const box = svg.getBoundingClientRect();
        return [box.width, box.height];
      }),
      outside: outside.map((each) => each.outerHTML.slice(0, 120)),
    };
  }
  document.body.dataset.seen = JSON.stringify(seen);
});
</script>"""
"""Says how large the pictures are, and what is wider than the page, on a telephone and on a desk."""


def opened(page: str, folder: Path) -> tuple[dict[str, Any], list[str], list[str]]:
    """What Chromium makes of a page: what `MEASURE` saw, its console's errors, the requests it made."""
    folder.mkdir()
    file, log = folder / "page.html", folder / "net.json"
    file.write_text(page.replace("</body>", MEASURE + "</body>"))
    done = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", f"--log-net-log={log}",
         f"--user-data-dir={folder / 'profile'}", "--window-size=1200,900", "--virtual-time-budget=3000",
         "--dump-dom", file.as_uri()],
        capture_output=True, text=True,
    )  # fmt: skip
    result = re.search(r'data-seen="([^"]*)"', done.stdout)
    assert result, done.stderr[-2000:]
    events = _events(log.read_text())
    started = (event["params"] for event in events)
    # The browser's own requests have no origin; the page's have one, even if it is opaque.
    requests = [
        each["url"]
        for each in started
        if "url" in each and each.get("initiator", "not an origin") != "not an origin"
    ]
    console = [line for line in done.stderr.splitlines() if ":CONSOLE:" in line]
    return json.loads(unescape(result[1])), console, requests


def _events(log: str) -> list[dict[str, Any]]:
    """The events of a net log, also of one that the browser had no time to end."""
    try:
        whole = json.loads(log)
    except ValueError:
        whole = json.loads(log.rstrip().rstrip(",") + "]}")
    return [event for event in whole["events"] if isinstance(event.get("params"), dict)]


@pytest.mark.skipif(
    not shutil.which("chromium"), reason="Chromium is not installed: apt-get install chromium"
)
def test_chromium_opens_it(quick_run: Path, tmp_path: Path) -> None:
    page = (quick_run / "report.html").read_text()
    seen, console, requests = opened(page, tmp_path / "whole")
    assert not console
    assert not requests
    for width, most in (("360", 360), ("1100", 560)):
        assert not seen[width]["outside"]
        pictures = seen[width]["pictures"]
        assert len(pictures) == len(PLOTS) + SHOWN
        assert all(wide > 60 and high > 25 for wide, high in pictures)
        assert all(250 < wide <= most for wide, _ in pictures[: len(PLOTS) - 3])


@pytest.mark.skipif(
    not shutil.which("chromium"), reason="Chromium is not installed: apt-get install chromium"
)
def test_a_spoilt_page_would_be_seen(quick_run: Path, tmp_path: Path) -> None:
    spoilt = (
        '<img src="http://example.invalid/x.png"><script>throw new Error("spoilt")</script>'
        '<p style="width: 1500px">wide</p></main>'
    )
    page = (quick_run / "report.html").read_text().replace("</main>", spoilt)
    seen, console, requests = opened(page, tmp_path / "spoilt")
    assert len(console) == 1
    assert "spoilt" in console[0]
    assert set(requests) == {"http://example.invalid/x.png"}
    assert seen["1100"]["outside"]
