r"""The final answer in a solution: the last balanced box, else the last part of the text that states one.

This module only searches the text; `answers.shapes` reads what it finds.

    final_answer(r"So \boxed{3}. Wait, again: \boxed{\frac{1}{2}}")     \frac{1}{2}
    final_answer("It starts at 7.\nThe answer is $x = 12$ cm.")         x = 12 cm
"""

from __future__ import annotations

import re

from journey.solution_text.answers import moments, units
from journey.solution_text.answers.bases import subscripted
from journey.solution_text.answers.bounds import all_but, bound
from journey.solution_text.answers.constants import qualified
from journey.solution_text.answers.latex import MONEY
from journey.solution_text.answers.statements import statement
from journey.solution_text.answers.unicode import as_latex

MAX_TEXT = 20_000
"""Characters searched; of a longer text the end, which is where an answer stands."""
MAX_SPAN = 4_000
"""Characters between two dollar signs."""
MAX_JOIN = 60
"""Characters between two boxes that are one answer."""
MAX_WORDS = 3
"""Words of an answer in words, such as `no real solution`, that nothing announces."""
MAX_SENTENCES = 50
"""Sentences looked at, from the last one back."""

TAGGED = re.compile(r"<answer>(.{1,2000}?)</answer>", re.DOTALL | re.IGNORECASE)
CHAT = re.compile(r"<\|[A-Za-z_]{1,30}\|>|</s>")
ENDLESS = re.compile(r"(\.\d{0,18}(\d)\2\2)\.\.\.")
DOUBLED = re.compile(r"\\\\(?=[A-Za-z])")
ODD = re.compile(r"(?<!\\)(?:\\\\)*\\(?!\\)")
BOX = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])\s*(?:\{|([^\s{}$\\]{1,40}))")
EMPTY = re.compile(r"(?:\\(?:text|mbox|textbf|textrm|mathrm|quad)(?![A-Za-z])|\\[,;:! ]|[\s{}$~.?_])*")
"""What a box may hold and still hold no answer."""
JOINT = re.compile(
    r"(?:[\s$,;&~.]|\\[()\[\],;! ]|\\q?quad|\\(?:text|mbox|textrm)\{[\s,]*(?:and|or)?[\s,]*\}"
    r"|(?: [a-z]{2,15} )?(?:and|or)|(?<![A-Za-z\\])[A-Za-z](?:_\{?\w\}?)?\s*=)*",
    re.IGNORECASE,
)
SPAN = re.compile(
    rf"\$\$(.{{1,{MAX_SPAN}}}?)\$\$|\\\[(.{{1,{MAX_SPAN}}}?)\\\]|\\\((.{{1,{MAX_SPAN}}}?)\\\)"
    rf"|(?<!\\)\$([^$\n]{{1,{MAX_SPAN}}}?)(?<!\\)\$",
    re.DOTALL,
)
MARKER = re.compile(
    r"####|答案\s*[是为]?\s*:?\s*|\b(?:final\s+)?answers?\b[*\s]{0,9}(?:[^.\n:$\\]{0,60}?\b(?:is|are|be|was|equals)\b"
    r"|(?=[:=$\\\d(-])|\n)"
    r"[*\s]{0,9}[:=]?[*\s]{0,9}|\b(?:solutions?|result)\s+(?:is|are)\b\s*:?",
    re.IGNORECASE,
)
FINAL = re.compile(r"\bfinal\s+answer\s+is\s*:?\s*(?=[$\\])", re.IGNORECASE)
STATES = re.compile(
    r"(?<!which )(?<!that )\b(?:is|are|equals|be|gives|get)\b(?![\^_])\s*:?\s*", re.IGNORECASE
)
QUALIFIER = re.compile(r"[,;(]?\s*\b(?:where|for (?:some|any|all|every|each)|with)\s+(?!respect)")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=\S)|\n+")
NUMBER = re.compile(
    r"(?<![\w.])[-+]?(?:\d+\s+\d+/\d+|(?:\d[\d,.]*\d|\d|\.\d+)(?:[eE][-+]?\d+\b|\s?/\s?\d+)?)"
    r"(?:\s?\\?%|\s?percent\b|\s(?:thousand|million|billion|trillion)\b)?"
)
RATIO = re.compile(r"\d[\d.]*(?: to \d[\d.]*){1,4}")
NEGATED = re.compile(
    r",?\s*\b(?:(?:and|but)\s+)?(?:\w+n['’]t|not|never)\s+\$?(?:[-+]?\d[\d.,/]*|\\d?frac\S+|[A-Za-z])\$?$"
)
"""What a sentence denies at its end: 73, not 72."""
MINUS = re.compile(
    r"(?:^|(?<=is )|(?<=are )|(?<=: )|(?<=equals ))(?:minus|negative)\s+(?=[\d\\$])", re.IGNORECASE
)
INSTEAD = re.compile(r"\bnot\s+\S+\s+but\s+")
CLAUSE = re.compile(r"[,;:]\s+|\b(?:so|thus|hence|therefore|that|means|and|because)\b")
POINT = re.compile(r"[(\[][^()\[\]=]{1,40},[^()\[\]=]{1,40}[)\]]$")
OPERATED = re.compile(r"\s*[-+*/^=<>(]")
WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}(?![\^_A-Za-z])")
COMMAND = re.compile(
    r"\\(?:begin|end|text|mbox|textbf|textrm|mathrm|operatorname|mathbb|mathbf)\s*\{[^{}]{0,200}\}"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PROSE = _words(
    """an as at be by do he if in is it me my no of on so to up us we the its for was are has let not
    you can got get i she her him his had too out via how why who now yet"""
)
UNITS = {name for name in units.UNITS if name.islower()} | {"square", "cubic", "squared"}
MATHS = _words(
    """and or sin cos tan cot sec csc log exp sqrt arcsin arccos arctan sinh cosh tanh frac inf infty
    infinity mod"""
)


def final_answer(text: str) -> str | None:
    r"""The answer that a text states, without its delimiters, or None if it states none.

    A last box that is never closed, or is empty, is an unfinished answer, and no answer.

    >>> final_answer(r"\boxed{1}, \boxed{2} and \boxed{3}")
    '1, 2, 3'
    >>> final_answer("She has 3 + 4 = 7 apples. So the answer is 7 apples.")
    '7'
    >>> final_answer("I do not know, it is hard to say.") is None
    True
    """
    text = CHAT.split(one_script(text[-MAX_TEXT:]), maxsplit=1)[0].strip()
    thought, mark, after = text.rpartition("</think>")
    if mark:
        return final_answer(after) or final_answer(thought.replace(mark, " "))
    if tags := [tag for tag in TAGGED.findall(text) if tag.strip()]:
        return final_answer(tags[-1])
    if r"\boxed" in text or r"\fbox" in text:
        return _announced(text) or _boxed(text)
    text = SPAN.sub(lambda span: " ".join(span.group().split()), text)
    for marker in reversed(list(MARKER.finditer(text))):
        rest = text[marker.end() :].lstrip(" *:\n")
        sentence = SENTENCE.split(rest, maxsplit=1)[0]
        first = None if QUALIFIER.search(sentence) else _opening(rest)
        if rest and (match := first or _stated(sentence)):
            return _bare(match)
    worded = statement(text) or bound(text) or all_but(text)
    if is_bare(text) or moments.named(text) or worded or RATIO.fullmatch(text):
        return _bare(text) or None
    for sentence in reversed(SENTENCE.split(text)[-MAX_SENTENCES:]):
        if match := _stated(sentence):
            return _bare(match)
    return (_bare(text) or None) if len(text.split()) <= MAX_WORDS and len(text) <= MAX_JOIN else None


def _announced(text: str) -> str | None:
    # Some models box what they find on their way, and announce the final answer after the last box.
    end = text.rfind("}", text.rfind("boxed"))
    final = list(FINAL.finditer(text, end))
    return _bare(_opening(text[final[-1].end() :]) or "") if final and end > 0 else None


def one_script(text: str) -> str:
    """The text in LaTeX alone, with the backslashes that it was meant to have."""
    # Answers come through JSON and Python once too often: `\\frac` is meant as `\frac`. In a matrix a double
    # backslash ends a row.
    text = ENDLESS.sub(r"\1\\ldots ", text)
    text = MINUS.sub("-", subscripted(as_latex(text)))
    if not ODD.search(text):
        return text.replace("\\\\", "\\")
    return text if r"\begin" in text else DOUBLED.sub(r"\\", text)


def _closings(text: str) -> dict[int, int]:
    """Where each opening brace is closed. One pass, whatever the nesting."""
    closing: dict[int, int] = {}
    open_ = []
    for brace in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        if brace.group() == "{":
            open_.append(brace.start())
        elif brace.group() == "}" and open_:
            closing[open_.pop()] = brace.start()
    return closing


def _boxed(text: str) -> str | None:
    closing = _closings(text)
    boxes: list[tuple[int, int, str]] = []
    unclosed = False
    for box in BOX.finditer(text):
        if boxes and box.start() < boxes[-1][1]:
            continue  # a box within a box
        end = box.end() if box.group(1) else closing.get(box.end() - 1)
        unclosed = end is None
        if end is not None:
            boxes.append(
                (box.start(), end, box.group(1))
                if box.group(1)
                else (box.start(), end + 1, text[box.end() : end])
            )
    if not boxes or unclosed or EMPTY.fullmatch(BOX.sub("{", boxes[-1][2])):
        return None
    parts = [boxes[-1][2]]
    for earlier, later in zip(reversed(boxes[:-1]), reversed(boxes), strict=False):
        between = text[earlier[1] : later[0]]
        # Two adjacent boxes are one answer only if a word or a comma joins them.
        if len(between) > MAX_JOIN or not JOINT.fullmatch(between) or not re.search("[,;]|and|or", between):
            break
        parts.append(earlier[2])
    match = ", ".join(_bare(BOX.sub("{", part)) for part in reversed(parts))
    behind = SENTENCE.split(text[boxes[-1][1] :].lstrip(" $"), maxsplit=1)[0].rstrip(" .$")
    if QUALIFIER.match(behind) and qualified(f"x {behind}").letters:
        match += f" {behind}"
    percent = re.match(r"[\s$]*(?:\\?%|percent\b|pct\b)", text[boxes[-1][1] :])
    return (match + (r"\%" if percent else "")) or None


def _opening(text: str) -> str | None:
    """The formulas that a text begins with: one, or several joined by commas, `and`, `or`."""
    span = SPAN.match(text)
    if not span:
        return None
    end = span.end()
    while (following := SPAN.search(text, end)) and JOINT.fullmatch(text[end : following.start()]):
        end = following.end()
    percent = re.match(r"\s*(?:\\?%|percent\b|pct\b)", text[end:])
    return text[:end] + (r"\%" if percent else "")


def _stated(sentence: str) -> str | None:
    """The answer in one sentence, if there is one in it."""
    sentence = sentence.strip().rstrip(".")
    if worded := _worded(sentence):
        return worded
    if (
        (cut := QUALIFIER.search(sentence))
        and cut.start()
        and qualified(f"x {sentence[cut.start() :]}").letters
    ):
        head = _stated(sentence[: cut.start()])
        return head and f"{head}{sentence[cut.start() :]}"
    sentence = NEGATED.sub("", INSTEAD.sub("", sentence)).strip()
    for verb in reversed(list(STATES.finditer(sentence))):
        rest = sentence[verb.end() :]
        if rest and (match := _opening(rest) or (rest if is_bare(rest) else None)):
            return match
        if (number := NUMBER.match(rest)) and not OPERATED.match(rest, number.end()):
            return number.group()
    if is_bare(sentence):
        return sentence
    spans = list(SPAN.finditer(sentence))
    for at, span in enumerate(spans):
        # The first formula from which on all are joined to the last.
        if all(
            JOINT.fullmatch(sentence[a.end() : b.start()])
            for a, b in zip(spans[at:], spans[at + 1 :], strict=False)
        ):
            return _opening(sentence[span.start() :])
    if point := POINT.search(sentence):
        return point.group()
    numbers = NUMBER.findall(sentence)
    return numbers[-1] if numbers else None


def _worded(sentence: str) -> str | None:
    """The date, the time or the statement that a sentence ends with, if any."""
    if when := moments.ending(sentence):
        return when
    for clause in (sentence, CLAUSE.split(sentence)[-1]):
        if (meaning := statement(clause)) and meaning not in ("yes", "no", "true", "false", "infinite"):
            return clause.strip()
    return None


def is_bare(text: str) -> bool:
    """Whether a text is an answer and nothing else: mathematics with units, or a single word.

    >>> is_bare("x = 3 or x = 4"), is_bare("10 weeks"), is_bare("Monday"), is_bare("x is the 3rd root")
    (True, True, True, False)
    """
    text = COMMAND.sub(" ", text.strip(" .*$"))
    words = WORD.findall(text)
    if len(text.split()) == 1 and words == [text]:
        return text.lower() not in PROSE
    return bool(text) and all(
        word in MATHS or word in UNITS or (len(word) < 4 and word.lower() not in PROSE) for word in words
    )


def _bare(text: str) -> str:
    """Without dollar signs, other delimiters of mathematics, bold marks and a closing full stop."""
    if MONEY.fullmatch(text.strip(" .")) and text.count("$") < 2:
        return text.strip(" .")
    text = re.sub(
        r"(?<!\\)\\[()\[\]]|(?<![\w)}])\*{2,}|\*{2,}(?![\w({])|[$`\"“”]", " ", text.replace(r"\$", " ")
    )
    return text.strip().rstrip(".,;:").strip()
