r"""Dates and times of day as people write them, and whether two are the same.

moment("8:05 p.m.")             Clock(seconds=72300, sure=True)
moment("the 9th of July")       Date(month=7, day=9)
same("8:05 p.m.", "20:05")      True
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from journey.solution_text.answers.amounts import spelled

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
WEEKDAYS = ["mo", "tu", "we", "th", "fr", "sa", "su"]
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?P<weekday>mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?"
_DAY = r"(?P<day>\d{1,2})(?:\s*\^?\{?\s*(?:st|nd|rd|th)\}?)?"
_YEAR = r"(?:,?\s*(?P<year>\d{4}))?"
DATES = [
    re.compile(rf"(?:(?:on )?(?:{_WEEKDAY},?\s*)?(?:the )?{_DAY}\s*(?:of )?{_MONTH}{_YEAR})", re.IGNORECASE),
    re.compile(rf"(?:(?:on )?(?:{_WEEKDAY},?\s*)?{_MONTH}\s*{_DAY}{_YEAR})", re.IGNORECASE),
    re.compile(rf"(?:in )?{_MONTH},?\s*(?P<year>\d{{4}})", re.IGNORECASE),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"),
    re.compile(rf"(?:(?:it|that|this) (?:is|was|will be|falls) )?(?:on )?(?:a )?{_WEEKDAY}", re.IGNORECASE),
]
SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_HALF = r"\s*(?P<half>[ap])\.?\s*m\.?"
_NUMBER = r"\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
TIMES = [
    re.compile(
        rf"(?:at )?(?P<hour>\d{{1,2}})(?:\s*:\s*(?P<minute>\d\d)(?:\s*:\s*(?P<second>\d\d))?)?{_HALF}",
        re.IGNORECASE,
    ),
    re.compile(r"(?:at )?(?P<hour>\d{1,2})\s*:\s*(?P<minute>\d\d)(?:\s*:\s*(?P<second>\d\d))?(?:\s*hours)?"),
    re.compile(rf"(?:at )?(?P<hour>{_NUMBER}) o'clock(?:{_HALF})?", re.IGNORECASE),
    re.compile(
        r"(?:at )?(?:a )?(?P<part>half|quarter|\d{1,2} minutes|twenty|ten|five) "
        rf"(?P<side>past|after|to|before) (?P<hour>{_NUMBER})(?:{_HALF})?",
        re.IGNORECASE,
    ),
]
NAMED = {"noon": 12, "midday": 12, "midnight": 0}
HOUR, DAY = 3600, 24 * 3600
_UNNAMED = "|".join(
    re.sub(r"[(][?]P<[a-z]+>", "(?:", pattern.pattern) for pattern in (*TIMES[:1], *TIMES[2:], *DATES[:2])
)
ENDING = re.compile(rf"(?:^|(?<=\s))(?:{_UNNAMED}|(?:12 )?noon|midnight)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day."""

    seconds: int
    """Since midnight, or since noon where the text does not say which."""
    sure: bool
    """Whether it says which half of the day it is in."""
    twelve: bool = True
    """Whether it is written with hours from 1 to 12."""

    @property
    def hour(self) -> int | None:
        """The hour, from 1 to 12, if it is one to the second."""
        return None if self.seconds % HOUR else self.seconds // HOUR % 12 or 12


@dataclass(frozen=True, slots=True)
class Date:
    """A day, as far as it was named."""

    month: int | None = None
    day: int | None = None
    year: int | None = None
    weekday: int | None = None


def moment(text: str) -> Clock | Date | None:
    """The date or the time of day that a text names and nothing else, or None.

    >>> moment("half past 3"), moment("Tuesday, March 3rd"), moment("May"), moment("25:00")
    (Clock(seconds=12600, sure=False, twelve=True), Date(month=3, day=3, year=None, weekday=1), None, None)
    """
    text = " ".join(re.sub(r"\\text\s*\{([^{}]*)\}|~", r" \1 ", text[:80]).split()).strip(" ,")
    if (named := re.fullmatch(r"(?:at )?(?:12 )?(noon|midday|midnight)", text, re.IGNORECASE)) is not None:
        return Clock(NAMED[named[1].lower()] * HOUR, sure=True)
    for pattern in TIMES:
        if match := pattern.fullmatch(text):
            return _clock(match.groupdict())
    for pattern in DATES:
        if match := pattern.fullmatch(text):
            return _date(match.groupdict())
    return None


def _clock(parts: dict[str, str | None]) -> Clock | None:
    hour = spelled(parts["hour"] or "") if not (parts["hour"] or "").isdigit() else int(parts["hour"] or 0)
    minute, second, half = int(parts.get("minute") or 0), int(parts.get("second") or 0), parts.get("half")
    if hour is None or hour > 24 or minute > 59 or second > 59 or (half and not 1 <= hour <= 12):
        return None
    seconds = int(hour) * HOUR + minute * 60 + second
    if part := parts.get("part"):
        size = {"half": 30, "quarter": 15}.get(part.lower()) or spelled(part.lower().removesuffix(" minutes"))
        minutes = int(size or int(re.sub(r"\D", "", part) or 0))
        seconds += minutes * 60 * (-1 if parts["side"] in ("to", "before") else 1)
    if half:
        return Clock(seconds % (12 * HOUR) + (12 * HOUR if half.lower() == "p" else 0), sure=True)
    if hour > 12 or hour == 0:
        return Clock(seconds % DAY, sure=True, twelve=False)
    return Clock(seconds % (12 * HOUR), sure=False)


def _date(parts: dict[str, str | None]) -> Date | None:
    month, day, weekday = parts.get("month"), parts.get("day"), parts.get("weekday")
    number = None
    if month:
        number = int(month) if month.isdigit() else MONTHS.index(month[:3].lower()) + 1
    if (day and not 1 <= int(day) <= 31) or (number and number > 12):
        return None
    return Date(
        number,
        int(day) if day else None,
        int(year) if (year := parts.get("year")) else None,
        WEEKDAYS.index(weekday[:2].lower()) if weekday else None,
    )


def same(gold: str, pred: str) -> bool | None:
    """Whether two texts name the same moment; None if one leaves open which, or names none.

    >>> same("June 20", "20th of June"), same("June 20, 2021", "6/20/2021"), same("3 PM", "3 AM")
    (True, True, False)
    >>> same("June 20, 2021", "June 20"), same("15:00", "3:00"), same("May 6, 2021", "6/5/2021")
    (None, None, None)
    """
    verdicts = {_same(one, other) for one in named(gold) for other in named(pred)}
    return verdicts.pop() if len(verdicts) == 1 else None


def named(text: str) -> list[Clock | Date]:
    """What a text names; 5/6/2021 is in May or in June."""
    if slashed := SLASHED.fullmatch(text.strip()):
        first, second, year = (int(part) for part in slashed.groups())
        return [Date(m, d, year) for m, d in {(first, second), (second, first)} if m <= 12 and d <= 31]
    match = moment(text)
    return [match] if match else []


def _same(gold: Clock | Date, pred: Clock | Date) -> bool | None:
    if isinstance(gold, Clock) and isinstance(pred, Clock):
        return _same_time(gold, pred)
    return _same_date(gold, pred) if isinstance(gold, Date) and isinstance(pred, Date) else False


def _same_time(gold: Clock, pred: Clock) -> bool | None:
    if gold.sure and pred.sure:
        return gold.seconds == pred.seconds
    if gold.seconds % (DAY // 2) != pred.seconds % (DAY // 2):
        return False
    # Whoever writes 15:00 in one place writes 3:00 for the morning in another.
    return True if gold.twelve and pred.twelve else None


def _same_date(gold: Date, pred: Date) -> bool | None:
    pairs = [(getattr(gold, part), getattr(pred, part)) for part in ("month", "day", "year", "weekday")]
    if any(one is not None and other is not None and one != other for one, other in pairs):
        return False
    return True if all(one is None or other is not None for one, other in pairs) else None


def ending(text: str) -> str | None:
    """The moment that a sentence ends with, or None.

    >>> ending("They meet at half past 3"), ending("It is 3:15 p.m."), ending("He has 20")
    ('at half past 3', '3:15 p.m.', None)
    """
    match = ENDING.search(text[-80:].strip())
    return match.group() if match and moment(match.group()) else None
