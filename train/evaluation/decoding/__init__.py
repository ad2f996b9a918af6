"""Generating with a model, and ways to spend test-time compute."""
