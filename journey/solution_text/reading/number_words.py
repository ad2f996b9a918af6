"""Words for numbers, parts and multiples, and words that bind to the number next to them."""

from __future__ import annotations

from journey.solution_text.reading.words import word_set

COUNTED = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty"
)
CARDINALS = {word: number for number, word in enumerate(COUNTED.split())}
CARDINALS |= {word: 10 * n for n, word in enumerate(["thirty", "forty", "fifty", "sixty", "seventy"], 3)}
CARDINALS |= {"eighty": 80, "ninety": 90}
ORDINALS = {"third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8}
ORDINALS |= {"ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "twentieth": 20, "hundredth": 100}
PARTS = {"half": 2, "halves": 2} | ORDINALS | {f"{word}s": number for word, number in ORDINALS.items()}
"""Words for parts, and how many make one."""
MULTIPLES = {"twice": 2, "double": 2, "thrice": 3, "triple": 3, "quadruple": 4}
SAYS = word_set("is are equals gives makes yields leaves")
UP, DOWN = word_set("increased raised"), word_set("decreased reduced lowered discounted diminished")
AFTER_RESULT = word_set(
    "more less fewer greater smaller larger times time percent of plus minus or to per thousand million "
    "billion hundred dozen dozens half halves th divided multiplied mod modulo squared cubed choose "
    "increased factorial choose decreased short away over under above below higher lower than remainder r "
    "x point and"
)
"""Behind a number these go on with it."""
BEFORE_PHRASE = word_set(
    "of than by plus minus times percent from to and or the per not twice half thrice first second other "
    "last next another every each remaining rest point negative over"
)
"""Before a phrase these make it a part of another."""
NOT_NOUNS = (
    SAYS
    | AFTER_RESULT
    | BEFORE_PHRASE
    | frozenset(CARDINALS)
    | word_set("a an was were be been that which who so then with in on at for whose if when as where")
)
"""Words that name nothing that is counted."""
