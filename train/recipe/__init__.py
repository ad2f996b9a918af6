"""Recipes: their keys, claims and metrics, and which stages depend on which keys."""
