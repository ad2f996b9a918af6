"""From a recipe to a report: the stages of a run, their processes and their files."""
