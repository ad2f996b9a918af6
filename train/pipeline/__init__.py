"""From a recipe to a report: the stages of a run, and the jobs that compute them."""
