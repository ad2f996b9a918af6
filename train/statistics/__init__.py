"""Estimates, intervals and tests, independent of models and runs."""
