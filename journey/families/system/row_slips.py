"""Common mistakes with systems of linear equations, by name.

    combining_slips(((2, 3, 8), (3, -1, 1)), (1, 3))    right_side_not_scaled 11, 0, 9
    putting_slips(y=3x-1, 2x+3y=8)                      no_brackets 2x+3(3x)-1=8

Each function returns the wrong result. The caller must check that it is not right by accident.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from journey.algebra import Algebra, Relation, names_in, terms, total
from journey.families.system.rows import Row, form, isolated, row_of, standard, tidied


def combining_slips(rows: Sequence[Row], by: Sequence[int]) -> Iterator[tuple[str, list[Fraction]]]:
    """The wrong sums of multiples of two rows; a difference has a negative second multiple."""
    both = list(zip(*rows, strict=True))
    true = [by[0] * c + by[1] * d for c, d in both]
    plain = [c + (d if by[1] > 0 else -d) for c, d in both]
    crossed = [abs(by[0]) * c + abs(by[1]) * d for c, d in both]
    gone = [place for place, c in enumerate(true[:-1]) if not c and both[place][0]]
    left = [place for place, c in enumerate(true[:-1]) if c]
    slips = [("right_side_not_scaled", [*true[:-1], plain[-1]])]
    if gone:
        unscaled = [c if place in gone else plain[place] for place, c in enumerate(true[:-1])]
        slips.append(("one_term_scaled", [*unscaled, true[-1]]))
    if left and by[1] < 0:
        slips.append(("subtraction_slip", [*true[:-1], crossed[-1]]))
        slips.append(("subtraction_slip", [crossed[p] if p == left[-1] else c for p, c in enumerate(true)]))
    yield from ((name, row) for name, row in slips if row != true)


def putting_slips(source: Relation, target: Relation) -> Iterator[tuple[str, Relation]]:
    """The target equation after substituting the source equation wrongly."""
    _, name, tree = source
    sides = target[1:]
    for place, side in enumerate(sides):
        signed = terms(side)
        for at, (sign, term) in enumerate(signed):
            if name not in names_in(term):
                continue
            times = int((form(term) or {}).get(name, 1))
            for slip, wrong in _wrong_terms(sign, times, tree):
                changed = total([*signed[:at], *wrong, *signed[at + 1 :]])
                yield slip, ("=", *(changed if other == place else sides[other] for other in (0, 1)))


def _wrong_terms(sign: int, times: int, tree: Algebra) -> Iterator[tuple[str, list[tuple[int, Algebra]]]]:
    """The terms that wrongly replace a multiple of an unknown."""
    (first, term), *rest = terms(tree)
    if rest and (times > 1 or sign < 0):
        yield "no_brackets", [(sign * first, ("*", times, term) if times > 1 else term), *rest]
    if not rest and isinstance(term, int) and times > 1:
        if first > 0:
            yield "digits_joined", [(sign, int(f"{times}{term}"))]
        elif term:
            yield "sign_lost", [(sign, ("*", times, term))]


def tidying_slips(relation: Relation, names: str) -> Iterator[tuple[str, Relation]]:
    """The equation after collecting its terms wrongly."""
    row = row_of(relation, names) or ()
    if isolated(relation):
        signed = terms(relation[2])
        lost = next((at for at, (sign, _) in enumerate(signed) if sign < 0 and at), None)
        if lost is not None:
            signed[lost] = (1, signed[lost][1])
            yield "sign_lost", tidied(("=", relation[1], total(signed)), names)
        return
    # A term changes sides but keeps its sign.
    number = (row_of(("=", relation[1], 0), names) or row)[-1]
    if number and row[-1] != -number:
        yield "sign_kept", standard((*row[:-1], row[-1] - 2 * number), names)
    moved = row_of(("=", relation[2], 0), names) or row
    place = next((at for at, c in enumerate(moved[:-1]) if c), None)
    if place is not None:
        kept = [c + 2 * moved[at] if at == place else c for at, c in enumerate(row)]
        yield "sign_kept", standard(kept, names)
