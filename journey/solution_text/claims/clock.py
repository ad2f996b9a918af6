"""Claims about times of day: "From 9:30 am to 2:15 pm is 4 hours 45 minutes", "9:30 + 45 minutes = 10:15".

Without am and pm a clock shows the same after twelve hours, so a claim is false only where no such reading
makes it true.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from journey.solution_text.claims.quantities import Conversion

TIME = r"(\d{1,2})(?::([0-5]\d))?(?:\s?([apAP])\.?[mM]\b\.?)?"
SPAN = r"(?:(\d{1,2}(?:\.\d+)?)\s?(?:hours?|hrs?)\b)?(?:,?\s?(?:and\s)?(\d{1,4})\s?(?:minutes?|mins?)\b)?"
SAYS = r"\s*(?:=|is|makes|gives|equals)\s*"
END = r"(?=\s*(?:$|[.,;)\n]|and\b|so\b|because\b))"
END_OF_SPAN = r"(?=\s*(?:$|[.,;)\n]|[a-z]))"
DURATION = re.compile(rf"(?:[Ff]rom\s|\b(?=\d{{1,2}}:))\s*{TIME}\s(?:to|until|till)\s{TIME}{SAYS}{SPAN}{END}")
DIFFERENCE = re.compile(rf"(?<![\d:])\b{TIME}\s*-\s*{TIME}{SAYS}{SPAN}{END_OF_SPAN}")
LATER = re.compile(rf"(?<![\d:])\b{TIME}\s*([+-])\s*{SPAN}{SAYS}{TIME}{END}")
AFTER = re.compile(rf"\b{SPAN}\s(after|before)\s{TIME}{SAYS}{TIME}{END}")
HALF_DAY = 720


def times(text: str) -> Iterator[Conversion]:
    """The claims about times of day of a text, judged.

    >>> [found.evidence for found in times("From 8:30 to 10:10 is 140 minutes.")]
    ['from 8:30 to 10:10 is 1 hour 40 minutes, not 2 hours 20 minutes']
    """
    if ":" not in text and "rom " not in text and not re.search(r"\d\s?[apAP]\.?[mM]\b", text):
        return
    for match in DURATION.finditer(text):
        yield from _duration(match, match.groups()[:3], match.groups()[3:6])
    for match in DIFFERENCE.finditer(text):
        later, earlier = match.groups()[:3], match.groups()[3:6]
        if ":" in match[0].partition("-")[0] and ":" in match[0].partition("-")[2]:
            yield from _duration(match, earlier, later)
    for match in LATER.finditer(text):
        sign = 1 if match[4] == "+" else -1
        yield from _moved(match, match.groups()[:3], match.groups()[4:6], match.groups()[6:], sign)
    for match in AFTER.finditer(text):
        sign = 1 if match[3] == "after" else -1
        yield from _moved(match, match.groups()[3:6], match.groups()[:2], match.groups()[6:], sign)


def _duration(
    match: re.Match[str], start: tuple[str | None, ...], end: tuple[str | None, ...]
) -> Iterator[Conversion]:
    stated = _minutes(*match.groups()[6:])
    first, second = _time(*start), _time(*end)
    written = ":" in match[0] or start[2] or end[2]
    if first is None or second is None or stated is None or not written:
        return
    gap = (second - first) % HALF_DAY
    holds = (stated - gap) % HALF_DAY == 0
    if holds and start[2] and end[2] and stated < 2 * HALF_DAY:
        holds = stated == (second - first) % (2 * HALF_DAY)
    between = f"from {_shown(start)} to {_shown(end)}"
    exactly = (second - first) % (2 * HALF_DAY) if start[2] and end[2] else gap
    fact = f"{between} is {_span(exactly)}"
    yield Conversion(
        match[0], match.start(), match.end(), holds, fact if holds else f"{fact}, not {_span(stated)}"
    )


def _moved(
    match: re.Match[str],
    start: tuple[str | None, ...],
    span: tuple[str | None, ...],
    end: tuple[str | None, ...],
    sign: int,
) -> Iterator[Conversion]:
    first, second, moved = _time(*start), _time(*end), _minutes(*span)
    if first is None or second is None or moved is None or (start[1] is None and start[2] is None):
        return
    if end[1] is None and end[2] is None:
        return
    shown = (first + sign * moved) % HALF_DAY
    holds = (second - shown) % HALF_DAY == 0
    clock = f"{shown // 60 or 12}:{shown % 60:02}"
    words = f"{_span(moved)} {'after' if sign > 0 else 'before'} {_shown(start)} is {clock}"
    yield Conversion(
        match[0], match.start(), match.end(), holds, words if holds else f"{words}, not {_shown(end)}"
    )


def _time(hour: str | None, minute: str | None, half: str | None) -> int | None:
    """Minutes after midnight, or None if it is no time of day."""
    hours = int(hour or 0)
    if hours > 24 or (half and not 1 <= hours <= 12):
        return None
    if half:
        hours = hours % 12 + 12 * (half in "pP")
    return 60 * hours + int(minute or 0)


def _minutes(hours: str | None, minutes: str | None) -> int | None:
    if hours is None and minutes is None:
        return None
    total = float(hours or 0) * 60 + int(minutes or 0)
    return int(total) if total == int(total) else None


def _shown(time: tuple[str | None, ...]) -> str:
    half = f" {time[2].lower()}m" if time[2] else ""
    return f"{time[0]}:{time[1] or '00'}{half}"


def _span(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    parts = [f"{n} {name}{'s' * (n != 1)}" for n, name in ((hours, "hour"), (rest, "minute")) if n]
    return " ".join(parts) or "0 minutes"
