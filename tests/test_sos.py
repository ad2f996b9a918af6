"""Stream of Search's rows: ours audit clean, and the repeated-number fault is found wherever it is made."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import pytest

from journey.errors import InputError
from journey.runs.store import validator
from tests.conftest import Journey, graph_of
from traces.export import export
from traces.export.sos import row
from traces.sos.audit import Row, RowAudit, audit_row, audit_searches, is_search_file, rating_of

Remove = Callable[[list[int], int, int], list[int]]
"""How a generator takes the numbers at two places out of a list."""


def by_place(left: list[int], i: int, j: int) -> list[int]:
    return [number for place, number in enumerate(left) if place not in (i, j)]


def all_equal(left: list[int], i: int, j: int) -> list[int]:
    """The published fault: every number equal to one of the two goes."""
    return [number for number in left if number not in (left[i], left[j])]


def each_value_once(left: list[int], i: int, j: int) -> list[int]:
    """Another: of two equal operands only one goes."""
    rest = list(left)
    for value in {left[i], left[j]}:
        rest.remove(value)
    return rest


def moves(left: list[int]) -> list[tuple[int, int, str, int]]:
    result_moves = []
    for i, j in combinations(range(len(left)), 2):
        a, b = max(left[i], left[j]), min(left[i], left[j])
        results = {"+": a + b, "*": a * b, "-": a - b}
        if b and a % b == 0:
            results["/"] = a // b
        result_moves += [(i, j, f"{a}{sign}{b}={result}", result) for sign, result in results.items()]
    return result_moves


def solution(left: list[int], target: int) -> list[str] | None:
    if len(left) == 1:
        return [] if left[0] == target else None
    for i, j, operation, result in moves(left):
        rest = solution([*by_place(left, i, j), result], target)
        if rest is not None:
            return [operation, *rest]
    return None


def search(left: list[int], target: int, remove: Remove) -> list[str]:
    """Depth first, in the words of a `search_path`."""
    lines: list[str] = []

    def visit(id: str, left: list[int], done: list[str]) -> bool:
        lines.append(f"Current State: {target}:{left}, Operations: {done}")
        for child, (i, j, operation, result) in enumerate(tried := moves(left)):
            rest = [*remove(left, i, j), result]
            lines.append(f"Exploring Operation: {operation}, Resulting Numbers: {rest}")
            if len(rest) == 1:
                reached = result == target
                words = "equal: Goal Reached" if reached else "unequal: No Solution"
                lines.append(f"{result},{target} {words}")
            else:
                node = f"{id},{child}"
                lines.append(f"Generated Node #{node}: {target}:{rest} Operation: {operation}")
                lines.append(f"Moving to Node #{node}")
                reached = visit(node, rest, [*done, operation])
            if reached:
                return True
            if child < len(tried) - 1:
                lines.append(f"Moving to Node #{id}")
                lines.append(f"Current State: {target}:{left}, Operations: {done}")
        return False

    visit("0", left, [])
    return lines


def optimal(left: list[int], target: int, operations: list[str], remove: Remove) -> list[str]:
    """A path in the words of an `optimal_path`; like the published one it believes what it is given."""
    lines = [f"Current State: {target}:{left}, Operations: []"]
    for number, operation in enumerate(operations, 1):
        sign = next(sign for sign in "+*/-" if sign in operation)
        a, b = map(int, operation.partition("=")[0].split(sign))
        i = left.index(a) if a in left else -1
        j = next((place for place, n in enumerate(left) if n == b and place != i), -1)
        # Of what is not there nothing goes.
        left = remove(left, i, j) if min(i, j) >= 0 else [n for n in left if n not in (a, b)]
        left = [*left, int(operation.partition("=")[2])]
        lines.append(f"Exploring Operation: {operation}, Resulting Numbers: {left}")
        if len(left) == 1:
            lines.append(f"{left[0]},{target} equal: Goal Reached")
        else:
            lines.append(f"Generated Node #{number + 1}: {left} from Operation: {operation}")
            lines.append(f"Current State: {target}:{left}, Operations: {operations[:number]}")
    return lines


def made(
    seed: int, size: int = 3, largest: int = 12, remove: Remove = by_place, with_search: bool = False
) -> Any:
    """A row; the fault is made in the optimal path, as the published generator does, or in both texts."""
    random = Random(f"sos:{seed}")
    while True:
        nums = [random.randint(1, largest) for _ in range(size)]
        target = random.randint(10, 100)
        operations = solution(nums, target)
        if operations is not None:
            break
    lines = search(nums, target, remove if with_search else by_place)
    reached = "Goal Reached" in lines[-1]
    explored = sum(line.startswith("Exploring") for line in lines)
    return {
        "nums": nums,
        "target": target,
        "solution": operations,
        "search_path": "\n".join(lines) + "\n",
        "rating": rating_of(explored, size, reached),
        "search_type": "dfs",
        "optimal_path": "\n".join(optimal(nums, target, operations, remove)) + "\n",
        "heuristic": "none",
    }


def audited(data: dict[str, Any]) -> RowAudit:
    return audit_row(validator(Row)(data))


def kinds(data: dict[str, Any]) -> set[str]:
    return {fault.kind for fault in audited(data).faults}


@pytest.mark.parametrize("remove", [all_equal, each_value_once])
def test_a_row_is_unclean_just_where_the_fault_changes_its_path(remove: Remove) -> None:
    faulty = 0
    for seed in range(150):
        right, wrong = made(seed), made(seed, remove=remove)
        assert not audited(right).faults
        changed = right["optimal_path"] != wrong["optimal_path"]
        assert bool(audited(wrong).faults) == changed, wrong["optimal_path"]
        faulty += changed
        if changed:
            assert "numbers" in kinds(wrong)
    assert faulty > 3


def test_the_fault_is_found_in_searches_too() -> None:
    faulty = [made(seed, remove=all_equal, with_search=True) for seed in range(60)]
    for each in faulty:
        assert bool(audited(each).faults) == _changed(each)
    assert 3 < sum(map(_changed, faulty)) < 60


def _changed(data: dict[str, Any]) -> bool:
    """Whether the fault shows: a repeated number came up in one of the texts."""
    nums, target = data["nums"], data["target"]
    return bool(
        data["search_path"] != "\n".join(search(nums, target, by_place)) + "\n"
        or data["optimal_path"] != "\n".join(optimal(nums, target, data["solution"], by_place)) + "\n"
    )


def test_the_share_that_audits_clean(tmp_path: Path) -> None:
    """The figures of docs/results.md at a smaller size: four numbers to 99, as published."""
    shares = {}
    for name, remove in (("right", by_place), ("fault", all_equal)):
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps([made(seed, 4, 99, remove) for seed in range(40)], indent=4))
        shares[name] = audit_searches(path).clean_share
    assert shares["right"] == 1.0
    assert 0.85 < shares["fault"] < 1.0


SHORT: dict[str, Any] = {
    "nums": [30, 93, 100],
    "target": 23,
    "search_path": """Current State: 23:[30, 93, 100], Operations: []
Exploring Operation: 93-30=63, Resulting Numbers: [100, 63]
Generated Node #0,0: 23:[100, 63] Operation: 93-30=63
Exploring Operation: 100-93=7, Resulting Numbers: [30, 7]
Generated Node #0,1: 23:[30, 7] Operation: 100-93=7
Moving to Node #0,0
Current State: 23:[100, 63], Operations: ['93-30=63']
Exploring Operation: 100-63=37, Resulting Numbers: [37]
37,23 unequal: No Solution
Moving to Node #0,0,0
Current State: 23:[37], Operations: ['93-30=63', '100-63=37']
Moving to Node #0,1
Current State: 23:[30, 7], Operations: ['100-93=7']
Exploring Operation: 30-7=23, Resulting Numbers: [23]
23,23 equal: Goal Reached
""",
    "rating": 1 - 5 / 48,
}


def test_a_search_by_beams_is_read() -> None:
    report = audited(SHORT)
    assert report.faults == []
    assert report.reached
    assert report.steps == 4


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("93-30=63, Resulting Numbers: [100, 63]", "93-30=62, Resulting Numbers: [100, 62]", "arithmetic"),
        ("100-93=7, Resulting", "100-92=8, Resulting", "missing"),
        ("100-93=7, Resulting", "93/0=7, Resulting", "missing"),
        ("30-7=23, Resulting", "30-30=0, Resulting", "missing"),
        ("Resulting Numbers: [30, 7]", "Resulting Numbers: [7]", "numbers"),
        ("Resulting Numbers: [30, 7]", "Resulting Numbers: [30, 7, 7]", "numbers"),
        ("Generated Node #0,1: 23:[30, 7]", "Generated Node #0,1: 23:[30, 8]", "state"),
        ("Generated Node #0,1: 23:[30, 7]", "Generated Node #0,1: 24:[30, 7]", "state"),
        ("Generated Node #0,1", "Generated Node #1,1", "state"),
        ("Generated Node #0,1", "Generated Node #0,0", "state"),
        ("Moving to Node #0,1", "Moving to Node #0,2", "state"),
        ("Current State: 23:[30, 7]", "Current State: 23:[30, 8]", "state"),
        ("[30, 7], Operations: ['100-93=7']", "[30, 7], Operations: ['93-30=63']", "state"),
        ("Current State: 23:[30, 93, 100]", "Current State: 23:[30, 93, 101]", "state"),
        ("37,23 unequal: No Solution", "37,23 equal: Goal Reached", "goal"),
        ("23,23 equal: Goal Reached", "23,23 unequal: No Solution", "goal"),
        ("23,23 equal: Goal Reached", "24,24 equal: Goal Reached", "goal"),
        ("23,23 equal: Goal Reached", "Goal Reached", "unparsed"),
        ("93-30=63, Resulting", "__import__('os')=63, Resulting", "unparsed"),
        ("Resulting Numbers: [37]", "Resulting Numbers: [" + "9" * 40 + "]", "unparsed"),
        ("37,23 unequal: No Solution", "x" * 5_000, "unparsed"),
    ],
)
def test_each_fault_is_found_and_named(old: str, new: str, kind: str) -> None:
    assert old in SHORT["search_path"]
    assert kind in kinds({**SHORT, "search_path": SHORT["search_path"].replace(old, new)})


def test_ratings_solutions_and_goals_that_are_not_reached() -> None:
    assert kinds({**SHORT, "rating": 0.5}) == {"rating"}
    assert kinds({**SHORT, "solution": ["93-30=63", "100-63=37"]}) == {"solution"}
    assert kinds({**SHORT, "solution": ["no", "sum"]}) == {"solution"}
    cut = SHORT["search_path"].splitlines()[:9]
    gave_up = {**SHORT, "search_path": "\n".join([*cut, "No solution found."])}
    assert kinds(gave_up) == {"rating"}, "it found nothing, so its rating is 0"
    assert kinds({**gave_up, "rating": 0.0}) == set()
    assert kinds({**SHORT, "optimal_path": "\n".join(cut)}) == {"goal"}


def test_own_rows_audit_clean_whatever_the_search() -> None:
    unsolved = 0
    for strategy in ("depth", "breadth", "best", "beam", "mcts"):
        for index in range(12):
            data = row(graph_of("countdown", index, strategy, solutions=2), strategy)
            if data is None:
                unsolved += 1
                continue
            assert set(data) == {
                "nums", "target", "solution", "search_path", "rating", "search_type", "optimal_path",
                "heuristic",
            }  # fmt: skip
            report = audited(data)
            assert report.faults == []
            assert report.reached
    assert unsolved < 10, "a beam may lose the goal"
    assert row(graph_of("countdown", 0, steps=1), "depth") is None, "no solution was found"


def test_the_round_trip_through_the_command(tmp_path: Path, journey: Journey) -> None:
    run, out = tmp_path / "run", tmp_path / "out"
    words = ("--family", "countdown", "--level", 1, "--level", 3, "--count", 30)
    assert journey("generate", *words, "--out", run, "--set", "problems.heldout=8").returncode == 0
    done = journey("export", run, "--format", "sos", "--out", out)
    assert done.stdout.split() == ["8", "test.json", "30", "train.json"]
    done = journey("audit", out / "train.json")
    assert done.returncode == 0
    report = json.loads(done.stdout)
    assert report["traces"] == report["clean_rows"] == 30
    assert report["unflagged"] == report["conclusions_wrong"] == report["unparsed"] == 0
    data = json.loads((out / "train.json").read_text())
    data[3]["search_path"] = data[3]["search_path"].replace("=", "=1", 1)
    lines = tmp_path / "rows.jsonl"
    lines.write_text("".join(json.dumps(each) + "\n" for each in data))
    done = journey("audit", lines)
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["clean_rows"] == 29
    assert report["first_faults"][0].startswith("row 4, search_path line 2: ")


def test_a_run_without_countdown_is_refused(tmp_path: Path, journey: Journey) -> None:
    run = tmp_path / "run"
    assert journey("generate", "--family", "diophantine", "--count", 5, "--out", run).returncode == 0
    with pytest.raises(InputError, match="no solved countdown problem"):
        export(run, "sos", tmp_path / "out")


def test_files_that_are_none_of_it_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    for text, message in (
        ("[]", "holds no rows"),
        (json.dumps([SHORT])[:-30], "is cut short"),
    ):
        path.write_text(text)
        assert is_search_file(path)
        with pytest.raises(InputError, match=message):
            audit_searches(path)
    for text, message in (
        (json.dumps([{"nums": [1, 2]}, SHORT]), "row 1 is none of Stream of Search's"),
        (json.dumps([SHORT, {**SHORT, "nums": []}]), "row 2 is none"),
        (json.dumps(SHORT) + '\n{"nums"\n', ":2 does not hold a record"),
    ):
        path.write_text(text)
        totals = audit_searches(path)
        assert message in totals.unreadable[0] and message in totals.summary
        assert (totals.traces, len(totals.unreadable), totals.clean) == (1, 1, False)
    path.write_text('{"problem": {}, "completion": ""}\n')
    assert not is_search_file(path)


def test_a_long_array_is_never_whole_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    line = json.dumps({**SHORT, "note": "x" * 20_000}).encode()
    with open(path, "wb") as file:
        file.write(b"[\n" + b",\n".join([line] * 2_000) + b"\n]\n")
    script = (
        "import resource, sys; from pathlib import Path; from traces.sos.audit import audit_searches\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "print(audit_searches(Path(sys.argv[1])).traces)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    count, grown = map(int, done.stdout.split())
    assert count == 2_000
    assert grown < 25_000, "kilobytes, for a file of 43 megabytes"
