"""One module a family that solves its problems another way than the family does.

`right(givens, answer)` says whether an answer is right; `near(givens, answer)` gives answers close to a right
one, most of them wrong, on which the family's grade and the oracle must agree. `LEVELS`, where given, are
the levels whose graphs are small enough to explore by the hundred; without it, the first four. `algebra` and
`reading` are no families: what oracles share.
"""
