"""Tasks for other evaluation harnesses: a run's held-out problems, with Journey's grading."""
