"""The phrases of the style `prose`: so many of each kind that none has a share above 5 %.

A correction is an opener, a proof, a closing and a target: `Wait: $173$ divided by $7$ leaves $5$. So I go
back to the start.` No opener is a prefix of another, and no closing is a suffix of another, so each sentence
parses in one way.
"""

from __future__ import annotations

OPENERS = (
    "Wait: ",
    "Wait, no: ",
    "But no: ",
    "Hold on: ",
    "Hmm: ",
    "No: ",
    "Stop: ",
    "Not so fast: ",
    "This does not work: ",
    "This will not do: ",
    "There is a problem: ",
    "I see a problem: ",
    "Something is off: ",
    "That fails: ",
    "Looking again: ",
    "Checking this: ",
    "On second thought: ",
    "Let me check that: ",
    "Careful: ",
    "Oops: ",
    "However: ",
    "Actually: ",
    "But look: ",
    "Alas: ",
    "Here is a snag: ",
    "One moment: ",
    "Let me look again: ",
    "This is a wrong turn: ",
    "That was a wrong turn: ",
    "I went wrong here: ",
    "Not good: ",
    "This breaks down: ",
    "I have to stop here: ",
    "The trouble is this: ",
    "Let me reconsider: ",
    "Looking at it once more: ",
)
CLOSINGS = (
    ". Back ",
    ", so back ",
    ". I go back ",
    ". So I go back ",
    ". Let me go back ",
    ". Let us go back ",
    ". Going back ",
    ". I step back ",
    ", so I go back ",
    ", so I step back ",
    ", so let me go back ",
    ", so I must go back ",
    ". I have to go back ",
    ". Therefore back ",
    ". Hence back ",
    ". Time to go back ",
    ". I take that back and go back ",
    ". That means going back ",
    ". I turn back ",
    ", which sends me back ",
    ", and I go back ",
    ", hence back ",
    ". I drop this and go back ",
    ". I undo this and go back ",
    ". I give this up and go back ",
    ". Scrap that, and back ",
    ". I cross this out and go back ",
    ". Better to go back ",
    ". We have to go back ",
    ". The way on is back ",
    ". I leave this and go back ",
    ". I retrace my steps back ",
    ". Not this way: back ",
    ". Once more from further up, back ",
    ". There is nothing for it but to go back ",
    ". Let me try something else, back ",
)
BACKS = (
    "Let me leave this for now and go back ",
    "I put this aside and go back ",
    "Another way first: back ",
    "I will try another branch, back ",
    "Leaving this open, I go back ",
    "Before going on here, back ",
    "Let me look elsewhere, back ",
    "Something else may be shorter, so I go back ",
    "For the moment I go back ",
    "I keep this in mind and go back ",
    "This can wait; back ",
    "Let me compare with another way, back ",
)
CONCLUSIONS = (
    "So the answer is ",
    "The answer is ",
    "Therefore the answer is ",
    "Hence the answer is ",
    "Thus the answer is ",
    "The final answer is ",
    "So the final answer is ",
    "This gives the answer ",
    "Answer: ",
    "That settles it: ",
    "Done: ",
    "We are done: ",
)
CHECKS = (
    "Check: ",
    "To check, put the answer into the problem: ",
    "Putting the answer in: ",
    "Verification: ",
    "Let me verify: ",
    "This can be verified: ",
    "With the answer in its place, ",
    "And indeed ",
)
NUMBERS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven",
    "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen",
    "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
FILLER = (
    "Let me keep this in mind for a moment. There is nothing to add here, so I read on. This is a line that "
    "says nothing about the problem. I take a breath and think of nothing in particular. All of that stands "
    "as it stood before. Nothing has changed, and nothing needs to change. "
)
"""Words without content, repeated in a cycle; "." and "," count as one sign each."""
