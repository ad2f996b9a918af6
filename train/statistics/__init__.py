"""Estimates, intervals and tests. Nothing here knows of models or runs."""
