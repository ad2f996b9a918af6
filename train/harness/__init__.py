"""Tasks for other people's evaluation harnesses: a run's held-out problems, graded as Journey grades them."""
