"""Corpora that are spoilt on purpose: what each row says of itself, what filters drop, rules 4, 8 and 11."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from journey.errors import InputError
from journey.runs.store import Run, read_json, write_json
from tests.conftest import Journey
from traces import curate
from traces.audit import audit
from traces.corpus import DEFECTS, CorpusRow, choose_copied, choose_defect
from traces.quality import quality_scores
from traces.run_files import read_problems, read_rows, read_texts
from train.console import Console
from train.evaluation.problem_sets import draw_set
from train.pipeline import data, experiment
from train.pipeline.stage_data import Part, StageText, problems_of, read_data, stage_problems
from train.recipe import dependencies
from train.recipe.load import load_recipe, recipe_of

QUIET = Console(quiet=True)
SHARES = {
    "duplicate": 0.1,
    "near_duplicate": 0.1,
    "truncated": 0.1,
    "noise": 0.1,
    "leaked": 0.1,
    "fact": 0.1,
    "wrong": 0.2,
}
SETS = "{seen: {count: 20, levels: [3]}, asked: {count: 10, families: [factoring], levels: [1]}}"
ARMS = """[
  {name: raw, traces: journey, stages: [sft]},
  {name: checked, traces: journey, set: {curation.checked: true}},
  {name: deduplicated, traces: journey, set: {curation.duplicates: true}},
  {name: scored, traces: journey, set: {curation.quality: 0.5, curation.labels: 40}},
  {name: clean, traces: journey, set: {curation.against: [seen], curation.near_duplicates: 0.75,
   curation.compare: structure, curation.checked: true}},
  {name: random, traces: journey, set: {curation.rows: clean}},
  {name: worse, traces: journey, set: {corpus.wrong: 0.4}}]"""
SETTINGS = [
    *("problems.train=120", "problems.validation=5", "problems.heldout=10", "search.workers=1"),
    *("claims=[]", "compare=[]", "evaluation.samples={}", f"evaluation.sets={SETS}"),
    *(f"corpus.{defect}={share}" for defect, share in SHARES.items()),
    *("corpus.noise_families=[countdown]", "corpus.leaked_set=seen", "corpus.fact_set=asked"),
    f"arms={' '.join(ARMS.split())}",
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    recipe = load_recipe("laptop", SETTINGS)
    made = experiment.open_run(tmp_path_factory.mktemp("corpus") / "run", recipe)
    data.generate(made, recipe, QUIET)
    return made


def dropped(run: Run, arm: str) -> Counter[str]:
    """The defects of the rows that an arm's filters dropped."""
    recipe = recipe_of(run)
    source = recipe.texts(recipe.arm(arm))
    gone = curate.dropped_ids(run.path, source.curation)
    return Counter(row.defect or "clean" for row in read_rows(run, source.kind) if row.id in gone)


def all_rows(run: Run, corpus: str = "journey") -> list[CorpusRow]:
    return list(read_rows(run, corpus))


# --- rule 8: what is spoilt ---


def test_whether_a_row_is_spoilt_depends_on_the_seed_and_its_number_alone() -> None:
    drawn = [choose_defect(0, number, SHARES) for number in range(4000)]
    for defect in DEFECTS:
        assert abs(drawn.count(defect) / 4000 - SHARES[defect]) < 0.03, defect
    more = [choose_defect(0, number, {**SHARES, "wrong": 0.4}) for number in range(4000)]
    assert all(a == b for a, b in zip(drawn, more, strict=True) if a is not None), "a sweep only adds rows"
    assert more.count("wrong") > 1.5 * drawn.count("wrong")
    other = [choose_defect(1, number, SHARES) for number in range(4000)]
    same = sum(a == b == "wrong" for a, b in zip(drawn[1:], other, strict=False))
    assert same < 0.08 * 4000, "with seed + number they would all be shared"


def test_few_rows_have_many_copies() -> None:
    copied = [choose_copied(0, number, SHARES) for number in range(2000)]
    assert copied[0] is None
    assert all(at is None or at < number for number, at in enumerate(copied))
    assert all(choose_defect(0, at, SHARES) is None for at in copied if at is not None)
    counts = [count for _, count in Counter(at for at in copied if at is not None).most_common()]
    assert counts[0] > 100 > counts[40]
    assert len(counts) > 150


# --- what a row says ---


def test_each_row_is_what_its_record_says(run: Run) -> None:
    rows = all_rows(run)
    trained = [problem.id for problem in read_problems(run, "train")]
    recipe = recipe_of(run)
    sets = {
        name: {problem.id for problem in draw_set(recipe, each)}
        for name, each in recipe.evaluation.sets.items()
    }
    assert [row.id for row in rows] == trained, "one row for each training problem, in their order"
    by_id = {row.id: row for row in rows}
    by_defect = Counter(row.defect for row in rows)
    assert set(by_defect) == {None, *DEFECTS}
    heldout = {problem.id for problem in read_problems(run, "heldout")}
    for row in rows:
        report = audit(row.problem, row.completion, row.style)
        fine = report.solved and not report.faults
        assert fine == (row.defect not in ("wrong", "truncated")), row
        assert (row.source is None) == (row.defect is None)
        assert row.problem.id not in heldout
        if row.defect in ("duplicate", "near_duplicate"):
            original = by_id[str(row.source)]
            assert original.defect is None
            assert row.problem == original.problem
            assert (row.completion == original.completion) == (row.defect == "duplicate")
        elif row.defect == "wrong":
            assert report.unflagged
            assert report.lines[-1].right
        elif row.defect == "truncated":
            assert not report.concludes
            assert not report.faults
        elif row.defect == "noise":
            assert row.problem.family == "countdown"
        elif row.defect in ("leaked", "fact"):
            assert row.problem.id in sets["seen" if row.defect == "leaked" else "asked"]
            assert (not report.steps) == (row.defect == "fact")
        else:
            assert row.problem.id == row.id


def test_problems_are_counted_by_what_rows_hold(run: Run) -> None:
    recipe = recipe_of(run)
    file = recipe.texts(recipe.arm("raw")).file
    texts = [StageText(row.id, {}, file) for row in all_rows(run)]
    assert problems_of(run, recipe, texts) == [row.problem.id for row in all_rows(run)]
    assert problems_of(run, recipe, [StageText("x", {}, "mine.jsonl")]) == ["x"]


def test_a_larger_share_of_wrong_rows_leaves_the_other_rows_as_they_are(run: Run) -> None:
    pairs = list(zip(all_rows(run), all_rows(run, "journey,corpus.wrong=0.4"), strict=True))
    assert all(one == two for one, two in pairs if one.defect not in (None, *("duplicate", "near_duplicate")))
    assert sum(two.defect == "wrong" for _, two in pairs) > sum(one.defect == "wrong" for one, _ in pairs)


# --- what filters drop ---


def test_the_checker_drops_what_the_audit_finds_and_no_more(run: Run) -> None:
    by_defect = Counter(row.defect or "clean" for row in all_rows(run))
    assert dropped(run, "checked") == {"wrong": by_defect["wrong"], "truncated": by_defect["truncated"]}
    assert not dropped(run, "raw")


def test_duplicates_are_found_on_the_givens(run: Run) -> None:
    gone = dropped(run, "deduplicated")
    assert gone["duplicate"] + gone["near_duplicate"] > 0
    assert not gone["clean"]
    by_defect = Counter(row.defect or "clean" for row in all_rows(run))
    for defect in ("duplicate", "near_duplicate"):
        assert gone[defect] == by_defect[defect], "their originals come before them"


def test_decontamination_drops_every_leak(run: Run) -> None:
    assert dropped(run, "clean")["leaked"] == Counter(row.defect for row in all_rows(run))["leaked"]


def test_a_random_arm_keeps_as_many_different_rows(run: Run) -> None:
    def different(arm: str) -> int:
        recipe = recipe_of(run)
        texts = read_texts(run, recipe.texts(recipe.arm(arm)), "train")
        return len({(text.prompt, text.completion) for text in texts})

    assert different("random") == different("clean") < different("raw")
    assert dropped(run, "random")["clean"]
    assert dropped(run, "random") != dropped(run, "clean")


def test_scores_are_learned_from_the_labels_of_a_sample(run: Run) -> None:
    gone, by_defect = dropped(run, "scored"), Counter(row.defect or "clean" for row in all_rows(run))
    assert gone["noise"] > 0.5 * by_defect["noise"], "another family's words"
    assert gone["clean"] < 0.3 * by_defect["clean"]
    good, bad = ["a b c", "a b d", "a b e"] * 5, ["x y", "x z", "x q"] * 5
    scores = quality_scores([*good, *bad, "a b f", "x r"], {at: float(at < 15) for at in range(30)})
    assert scores[-2] > 0.6 > 0.4 > scores[-1]
    assert scores == quality_scores([*good, *bad, "a b f", "x r"], {at: float(at < 15) for at in range(30)})


def test_each_dropped_row_has_its_filter_and_the_counts_add_up(run: Run, here: Journey) -> None:
    record = read_json(run.path / "curation-checked.json")
    assert record["arms"] == ["checked"]
    assert {drop["filter"] for drop in record["dropped"].values()} == {"checked"}
    assert all(drop["why"]["journey"] for drop in record["dropped"].values())
    assert sum(sum(by.values()) for by in record["defects"].values()) == 120
    done = here("stats", run.path)
    assert done.returncode == 0, done.stderr
    assert "Spoilt rows, kept and dropped for checked" in done.stdout
    lines = done.stdout.split("Spoilt rows, kept and dropped for checked")[1].splitlines()
    wrong = next(line.split() for line in lines if line.startswith("wrong"))
    assert wrong[1] == wrong[3], "all of them were dropped by the checker"


# --- rules 4 and 11 ---


def test_arms_of_one_corpus_share_everything_but_their_filters(run: Run) -> None:
    recipe = recipe_of(run)
    marks = {stage.mark: stage.digest for stage in dependencies.stages(recipe)}
    assert {replica.base for replica in recipe.replicas() if replica.first} == {"base"}
    assert recipe.texts(recipe.arm("raw")).file == recipe.texts(recipe.arm("checked")).file
    assert recipe.texts(recipe.arm("worse")).file == "corpora/journey,corpus.wrong=0.4.jsonl"
    assert len({marks[f"sft-{arm}"] for arm in ("raw", "checked", "random", "worse")}) == 4
    changed = [*SETTINGS, f"arms={' '.join(ARMS.replace('0.75', '0.9').split())}"]
    after = {stage.mark: stage.digest for stage in dependencies.stages(load_recipe("laptop", changed))}
    differing = {mark for mark in marks if marks[mark] != after[mark]}
    assert differing == {mark for mark in marks if "clean" in mark or "random" in mark}, "and nothing else"


def test_an_arm_that_keeps_as_many_rows_depends_on_the_other_s_filters() -> None:
    before, after = (
        {stage.mark: stage.digest for stage in dependencies.stages(load_recipe("laptop", settings))}
        for settings in (
            [*SETTINGS, "corpus.leaked_set=asked"],
            [*SETTINGS, "corpus.leaked_set=asked", f"evaluation.sets={SETS.replace('20', '25')}"],
        )
    )
    differing = {mark for mark in before if mark.startswith("curation") and before[mark] != after[mark]}
    assert differing == {"curation-clean", "curation-random"}, "only clean is decontaminated against the set"


def test_a_corpus_that_is_made_again_is_the_same_byte_for_byte(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    recipe = recipe_of(run)
    files = [*sorted((run.path / "corpora").iterdir()), *sorted(run.path.glob("curation*.json"))]
    before = {file: file.read_bytes() for file in files}
    assert len(before) == 9
    for mark in [mark for mark in run.manifest["stages"] if mark.startswith(("corpus-", "curation"))]:
        del run.manifest["stages"][mark]
    run.save()
    with monkeypatch.context() as patched:
        patched.setattr("train.pipeline.corpora.write_lines", killed)
        with pytest.raises(Killed):
            data.generate(run, recipe, QUIET)
    assert not Run(run.path).done("corpus-journey")
    data.generate(run, recipe, QUIET)
    assert {file: file.read_bytes() for file in files} == before


def test_training_waits_for_the_filters_of_every_arm(run: Run, tmp_path: Path) -> None:
    stages = {mark: facts for mark, facts in run.manifest["stages"].items() if mark != "curation-checked"}
    write_json(tmp_path / "manifest.json", {**run.manifest, "stages": stages})
    with pytest.raises(InputError, match="has no training data yet"):
        experiment.train_arm(tmp_path, "sft", "raw", QUIET)


# --- what a recipe may say ---


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["corpus.wrong=0.9"], "add up to 1.50, more than 1"),
        (["corpus.noise_families=[]"], "corpus.noise needs corpus.noise_families"),
        (["corpus.noise_families=[diophantine]"], "diophantine in corpus.noise_families is a family of the"),
        (["corpus.leaked_set=sean"], "unknown set 'sean'.*did you mean 'seen'|no set 'sean'"),
        (["corpus.fact_set=null"], "corpus.fact needs corpus.fact_set"),
        (["curation.mistake_share=0.5"], "curation.mistake_share reads graphs"),
    ],
)
def test_what_cannot_be_spoilt_is_refused(changes: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_recipe("laptop", [*SETTINGS, *changes])


def test_arms_with_the_same_texts_have_the_same_filters() -> None:
    arms = "arms=[{name: a, traces: journey}, {name: b, traces: journey, set: {curation.checked: true}}]"
    plain = [*(each for each in SETTINGS if not each.startswith(("corpus.", "arms"))), arms]
    with pytest.raises(InputError, match="arms with the same texts are curated together"):
        load_recipe("laptop", plain)


def test_a_filter_of_the_recipe_works_on_plain_texts(tmp_path: Path) -> None:
    settings = [
        *("problems.train=30", "problems.validation=0", "problems.heldout=5", "search.workers=1"),
        *("claims=[]", "evaluation.samples={}", "arms=[{name: lies, traces: wrong}]"),
        "curation.checked=true",
    ]
    recipe = load_recipe("laptop", settings)
    made = experiment.open_run(tmp_path / "run", recipe)
    data.generate(made, recipe, QUIET)
    assert read_json(tmp_path / "run" / "curation.json")["kept"] == 0


# --- mixtures ---

HALF = "{name: half, traces: journey, stages: [{kind: sft, data: [traces, {from: organic, share: 0.5}]}]}"
MIXED = """[{name: organic, traces: stream, set: {corpus.wrong: 0.3, curation.checked: true}},
  {name: plain, traces: journey}, HALF]"""
MIXED_SETTINGS = [
    *("problems.train=60", "problems.validation=0", "problems.heldout=5", "search.workers=1"),
    *("claims=[]", "compare=[]", "evaluation.samples={}", "training.seeds=[0]"),
]


def mixed(arms: str = MIXED) -> list[str]:
    return [*MIXED_SETTINGS, f"arms={' '.join(arms.replace('HALF', HALF).split())}"]


def test_a_stage_takes_the_rows_that_another_arm_s_filters_leave(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    recipe = load_recipe("laptop", mixed())
    made = experiment.open_run(tmp_path / "run", recipe)
    data.generate(made, recipe, QUIET)
    experiment.make_bases(made, recipe, recipe.replicas(), QUIET)
    tokenizer = AutoTokenizer.from_pretrained(made.path / "models" / "base")

    def parts(arm: str) -> list[Part]:
        replica = recipe.replica(arm)
        return read_data(made, recipe, replica, replica.arm.stages[0], tokenizer).parts

    (organic,), (plain,), (own, taken) = parts("organic"), parts("plain"), parts("half")
    assert own.texts == plain.texts
    assert taken.texts == organic.texts
    assert (own.share, taken.share) == (0.5, 0.5)
    assert {text.file for text in taken.texts} == {"corpora/stream,corpus.wrong=0.3.jsonl"}
    gone = dropped(made, "organic")
    assert gone["wrong"] > 5
    assert len({text.id for text in taken.texts}) == 60 - gone.total()
    assert len({text.id for text in own.texts}) == 60, "plain texts are kept whatever others drop"
    assert problems_of(made, recipe, own.texts) == [text.id for text in own.texts]
    assert len(stage_problems(made, recipe.arm("half").stages[0])) == 60


def test_other_filters_of_an_arm_repeat_the_stages_that_take_its_rows() -> None:
    def digests(settings: list[str]) -> dict[str, str]:
        return {each.mark: each.digest for each in dependencies.stages(load_recipe("laptop", settings))}

    before = digests(mixed())
    after = digests(mixed(MIXED.replace("curation.checked", "curation.duplicates")))
    changed = {mark for mark in before if before[mark] != after[mark]}
    assert changed == {
        *("curation-organic", "sft-organic", "sft-half", "eval-organic-sft", "eval-half-sft"),
    }


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        (MIXED.replace("name: organic", "name: organik"), "no source of data 'organic': did you mean 'orga"),
        (
            "[{name: stream, traces: stream, set: {corpus.wrong: 0.3}}, "
            "{name: sure, traces: journey, stages: [{kind: sft, data: {from: stream}}]}]",
            "stream is a kind of trace and an arm with other texts",
        ),
    ],
)
def test_data_of_arms_that_cannot_be_taken_is_refused(arms: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_recipe("laptop", mixed(arms))


def test_a_spoilt_recipe_has_no_plain_traces_to_take() -> None:
    arms = "[{name: a, traces: journey, stages: [{kind: sft, data: {from: shortcut}}]}]"
    with pytest.raises(InputError, match="all texts of the recipe are spoilt"):
        load_recipe("laptop", [*mixed(arms), "corpus.wrong=0.3"])
