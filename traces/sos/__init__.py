"""Rows of Stream of Search (Gandhi et al. 2024): parsed by a grammar and audited by the checker."""
