"""Rows of Stream of Search (Gandhi et al. 2024): read by grammar, audited by the checker."""
