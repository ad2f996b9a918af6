"""Benchmarks: the speed of each part, compared with the standard way of doing the same."""
