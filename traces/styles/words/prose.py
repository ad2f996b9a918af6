"""Text from files, whose lines are already English."""

from traces.styles.words import Words

WORDS = Words(
    english=True,
    proofs={"exhausted": ("nothing leads on from here",), "refused": ("the answer <0:text> is not right",)},
)
