r"""What the checker decides of real solutions and where it errs: the figures of docs/checker.md.

    python -m tests.checker_figures ../../shared/data --half held

Rows at even places of each file are for development, those at odd places are held back. Errors are planted
by rules of text that know nothing of the checker: item i of a kind depends on the row alone.
"""

from __future__ import annotations

import argparse
import ast
import json
import operator
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from journey.claims import CheckedStep, check_step, given
from journey.solution_text.reading.steps import split_steps
from journey.solution_text.verdicts.open_relations import ASIDE
from journey.solution_text.verdicts.rewriting import Premises
from journey.step import Verdict

PLANTS = 2000
"""Of each kind, at most."""
ANNOTATION = re.compile(r"<<([^<>]*)>>")
RELATION = re.compile(
    r"(?<![<>!=])=(?![=>])|[≈≡≠<>≤≥]|\\(?:approx|equiv|neq?|l[et]q?(?:slant)?|g[et]q?(?:slant)?)(?![A-Za-z])"
)
UNARITHMETIC = ("redundency", "circular", "missing_condition")
"""Classes of labelled faults that are of style or soundness."""

Rows = list[dict[str, Any]]
Plant = Callable[[str, Random], str | None]


def has_relation(step: str) -> bool:
    """Whether a step states a relation; those of drawings and under a sum sign do not count."""
    return bool(RELATION.search(ASIDE.sub("", ANNOTATION.sub("", step))))


def walked(steps: list[str], problem: str) -> Iterator[tuple[str, CheckedStep, Premises]]:
    """Each step, its verdict, and what was known before it."""
    premises = given(problem)
    for step in steps:
        before = premises.copy()
        yield step, check_step(step, premises), before


OPERATIONS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def computed(text: str) -> Fraction | None:
    """The value of plain arithmetic, by Python's own parser; None for anything else."""
    text = re.sub(r"(?<=\d),(?=\d{3})|\$", "", text.replace("%", "/100").replace("^", "**"))
    text = re.sub(r"(?<![\d.])0+(?=\d)", "", text)
    try:
        return _computed(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError):
        return None


def _computed(node: ast.expr) -> Fraction:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return Fraction(str(node.value))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_computed(node.operand)
    if isinstance(node, ast.BinOp):
        left, right = _computed(node.left), _computed(node.right)
        if isinstance(node.op, ast.Pow) and right.denominator == 1 and abs(right) < 30 and abs(left) < 10**6:
            return left**right.numerator
        if type(node.op) in OPERATIONS:
            return OPERATIONS[type(node.op)](left, right)
    raise ValueError


NUMBER = re.compile(r"(?<![\d.,\w])\d+(?:\.\d+)?(?![\d.,]?\d)")


def other_number(text: str, random: Random) -> str:
    """A number that differs: one near it, or with another digit."""
    if "." in text:
        at = random.choice([place for place, sign in enumerate(text) if sign != "."])
        return text[:at] + random.choice([d for d in "123456789" if d != text[at]]) + text[at + 1 :]
    number = int(text)
    near = (number + 1, number - 1, number + 2, number + 10, number * 2, number - 3)
    return str(random.choice([other for other in near if other > 0 and other != number]))


def _replaced(text: str, match: re.Match[str], by: str) -> str:
    return text[: match.start()] + by + text[match.end() :]


def _annotated(step: str, random: Random) -> tuple[int, re.Match[str], str, str] | None:
    """One annotated equality of a GSM8K step: where its left side begins, the annotation and its sides."""
    matches = [m for m in ANNOTATION.finditer(step) if m[1].count("=") == 1]
    if not matches:
        return None
    match = random.choice(matches)
    start = max(
        [m.end() for m in ANNOTATION.finditer(step) if m.end() <= match.start()]
        + [m.end() for m in re.finditer(r"[.;:]\s|, ", step[: match.start()])]
        + [0]
    )
    left, right = match[1].split("=")
    return start, match, left, right


def _differs(left: str, right: str) -> bool:
    """Whether the sides differ by more than rounding explains."""
    a, b = computed(left), computed(right)
    return a is not None and b is not None and abs(a - b) > max(abs(a), abs(b)) / 50


def result(step: str, random: Random) -> str | None:
    """Another result behind an annotation."""
    if not (one := _annotated(step, random)):
        return None
    _, match, left, right = one
    shown = NUMBER.match(step, match.end())
    if not shown or computed(right) != computed(shown[0]):
        return None
    by = other_number(shown[0], random)
    return _replaced(step, shown, by) if _differs(left, by) else None


def operand(step: str, random: Random) -> str | None:
    """Another operand before an annotation."""
    return _in_left(step, random, NUMBER, lambda text: other_number(text, random))


def operation(step: str, random: Random) -> str | None:
    """Another operator before an annotation."""
    signs = {"+": "-*", "-": "+*", "*": "+/", "/": "*-", "x": "+/"}
    return _in_left(
        step, random, re.compile(r"(?<=[\d\s%)])[-+*/x](?=[\s$(\d])"), lambda sign: random.choice(signs[sign])
    )


def _in_left(step: str, random: Random, pattern: re.Pattern[str], change: Callable[[str], str]) -> str | None:
    if not (one := _annotated(step, random)):
        return None
    start, match, left, right = one
    before = step[start : match.start()]
    shown = list(pattern.finditer(before[: before.rfind("=")])) if "=" in before else []
    random.shuffle(shown)
    for candidate in shown:
        plain = candidate[0].replace("x", "*")
        if (
            len([c for c in shown if c[0] == candidate[0]])
            == 1
            == len([m for m in pattern.finditer(left) if m[0] == plain])
        ):
            by = change(candidate[0])
            inside = next(m for m in pattern.finditer(left) if m[0] == plain)
            if _differs(_replaced(left, inside, by), right):
                return step[:start] + _replaced(before, candidate, by) + step[match.start() :]
    return None


UNITS = [
    *("hours", "minutes", "seconds", "days", "weeks", "months", "years", "feet", "inches", "miles"),
    *("meters", "pounds", "ounces", "gallons", "dollars", "cents"),
]
UNIT = re.compile(rf"\b(?:{'|'.join(UNITS)})\b")


def unit(step: str, random: Random) -> str | None:
    """Another unit."""
    matches = list(UNIT.finditer(ANNOTATION.sub("", step)))
    if not matches or "=" not in step:
        return None
    match = random.choice(matches)
    return _replaced(ANNOTATION.sub("", step), match, random.choice([u for u in UNITS if u != match[0]]))


def percent(step: str, random: Random) -> str | None:
    """Another percentage."""
    plain = ANNOTATION.sub("", step)
    matches = list(re.finditer(r"(?<![\d.])\d+(?=\s?\\?%)", plain))
    if not matches or "=" not in plain:
        return None
    match = random.choice(matches)
    return _replaced(plain, match, other_number(match[0], random))


def math_result(step: str, random: Random) -> str | None:
    """Another number right behind an equals sign."""
    matches = list(re.finditer(r"(?<==)(\s*(?:\\boxed\{)?)(\d+)(?=\s*(?:[$.,}=\\]|$))", step))
    if not matches:
        return None
    match = random.choice(matches)
    return step[: match.start(2)] + other_number(match[2], random) + step[match.end(2) :]


FORMULA = re.compile(r"\$[^$]+\$|\\\[.+?\\\]|\\begin\{align.+?\\end\{align", re.DOTALL)


def _in_formula(step: str, random: Random, pattern: re.Pattern[str]) -> re.Match[str] | None:
    inside = [(m.start(), m.end()) for m in FORMULA.finditer(step) if RELATION.search(m[0])]
    matches = [m for m in pattern.finditer(step) if any(a <= m.start() < b for a, b in inside)]
    return random.choice(matches) if matches else None


def math_operation(step: str, random: Random) -> str | None:
    """Another operator in a formula with a relation."""
    match = _in_formula(
        step,
        random,
        re.compile(r"(?<=[\d\w)}\s])\+(?=\s*[\d\w\\(])|(?<=[\d\w)}])\s*-\s*(?=[\d\w\\(])|\\cdot|\\times"),
    )
    if not match:
        return None
    by = {"+": "-", "-": "+"}.get(match[0].strip(), "+")
    return _replaced(step, match, by)


def math_number(step: str, random: Random) -> str | None:
    """Another number in a formula with a relation."""
    match = _in_formula(step, random, re.compile(r"(?<![\d.,\w\\])\d+(?![\d.,]?\d)"))
    return _replaced(step, match, other_number(match[0], random)) if match else None


def order(step: str, random: Random) -> str | None:
    """An order sign the other way round."""
    match = _in_formula(step, random, re.compile(r"<|>|\\(?:le|ge|leq|geq)(?![A-Za-z])"))
    flipped = {"<": ">", ">": "<", r"\le": r"\ge", r"\ge": r"\le", r"\leq": r"\geq", r"\geq": r"\leq"}
    return _replaced(step, match, flipped[match[0]]) if match else None


GSM8K_PLANTS: dict[str, Plant] = {
    "result": result,
    "operand": operand,
    "operator": operation,
    "unit": unit,
    "percent": percent,
}
MATH_PLANTS: dict[str, Plant] = {
    "MATH result": math_result,
    "MATH operator": math_operation,
    "MATH number": math_number,
    "MATH order": order,
}


def closed_relations(step: str) -> list[tuple[Fraction, Fraction]]:
    """The values on both sides of each equality of plain arithmetic that computes something."""
    plain = re.sub(r"\\[dt]?frac\{([^{}]+)\}\{([^{}]+)\}", r"((\1)/(\2))", step)
    plain = re.sub(r"\\(?:cdot|times)|×", "*", plain)
    plain = re.sub(
        r"÷|\\div",
        "/",
        re.sub(r"\\(?:left|right|[,;!])|[−–]", lambda m: "-" if len(m[0]) == 1 else "", plain),
    )
    plain = re.sub(r"(?<=[\d)])\s*\(", "*(", plain.replace("{", "(").replace("}", ")"))
    sides = re.split(r"=", plain)
    pairs = []
    for left, right in pairwise(sides):
        a = re.search(r"(?:^|[\s$(\[:,])([-\d(][\d\s.,+*/^()$%-]*)$", left)
        b = re.match(r"\s*\$?([-\d(][\d\s.,+*/^()-]*?)(?=[\s.,;]*(?:$|[A-Za-z$\\\]]))", right)
        if a and b and not re.search(r"[\w)}\\+*/^-]\s*$", left[: a.start(1)]):
            x, y = computed(a[1].rstrip(" .,")), computed(b[1].strip(" .,"))
            if x is not None and y is not None and re.search(r"[\d)]\s*[-+*/^]", f"{a[1]};{b[1]}"):
                pairs.append((x, y))
    return pairs


def rows(data: Path, name: str, half: str, every: int = 1) -> Rows:
    """Every so many rows of a half of a file."""
    lines = (data / name).read_text().strip().split("\n")
    return [json.loads(line) for line in lines[(half == "held") :: 2][::every]]


def solutions(sources: Rows, plants: dict[str, Plant], count: Counter[str]) -> None:
    """Counts verdicts, false alarms and what happens to planted errors."""
    planted: Counter[str] = Counter()
    for row in sources:
        steps = split_steps(row["solution"])
        flagged = False
        for step, checked, before in walked(steps, row["problem"]):
            if step.startswith("####"):
                continue
            count[f"steps {checked.verdict}"] += 1
            if ANNOTATION.search(step):
                count[f"annotated {checked.verdict}"] += 1
            if has_relation(step):
                count[f"relation {checked.verdict}"] += 1
            flagged = flagged or checked.verdict is Verdict.WRONG
            for kind, plant in plants.items():
                if planted[kind] < PLANTS:
                    false = plant(step, Random(f"{kind}:{row['id']}:{step}"))
                    if false is not None and false != step:
                        planted[kind] += 1
                        count[f"plant {kind}: {check_step(false, before.copy()).verdict}"] += 1
        count["solutions"] += 1
        count["solutions flagged"] += flagged


def labelled(sources: Rows, count: Counter[str]) -> None:
    """Counts what is named of solutions with a labelled false step."""
    for row in sources:
        first = row["first_error"] - 1
        named = None
        for place, (step, checked, _) in enumerate(walked(row["steps"][: first + 1], row["problem"])):
            if place < first:
                count[f"before {checked.verdict}"] += 1
                if has_relation(step):
                    count[f"before relation {checked.verdict}"] += 1
            if checked.verdict is Verdict.WRONG and named is None:
                named = place
        if row["classification"] in UNARITHMETIC:
            continue
        false = row["steps"][first]
        pairs = closed_relations(false)
        kinds = ["all"]
        kinds += ["a closed computation"] if pairs else []
        kinds += (
            ["a false closed computation"]
            if any(abs(a - b) > max(abs(a), abs(b)) / 50 for a, b in pairs)
            else []
        )
        for kind in kinds:
            count[f"labelled, {kind}"] += 1
            count[f"labelled, {kind}: at the label"] += named == first
            count[f"labelled, {kind}: judged valid"] += checked.verdict is Verdict.VALID
            count[f"labelled, {kind}: before the label"] += named is not None and named < first


def measure(data: Path, half: str, every: int = 1) -> dict[str, Counter[str]]:
    """All counts, by file."""
    counts: dict[str, Counter[str]] = {}
    for name, plants in (("gsm8k", GSM8K_PLANTS), ("math", MATH_PLANTS)):
        counts[name] = Counter()
        solutions(rows(data, f"{name}/train.jsonl", half, every), plants, counts[name])
    counts["prm"] = Counter()
    labelled(rows(data, "prm/errors_train.jsonl", half, every), counts["prm"])
    return counts


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--half", choices=["develop", "held"], default="develop")
    parser.add_argument("--every", type=int, default=1, help="take only every so many rows")
    parsed = parser.parse_args()
    begun = time.process_time()
    for name, count in measure(parsed.data, parsed.half, parsed.every).items():
        print(name)
        for key in sorted(count):
            print(f"  {key:60} {count[key]}")
    print(f"{time.process_time() - begun:.0f} s")


if __name__ == "__main__":
    main()
