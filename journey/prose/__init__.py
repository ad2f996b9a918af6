"""What solutions in English and LaTeX state: steps, equalities, their values, what follows from what."""
