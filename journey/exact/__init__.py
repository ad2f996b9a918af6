"""Exact answers about expressions: values, solution sets, real roots, derivatives. Nothing is simplified."""
