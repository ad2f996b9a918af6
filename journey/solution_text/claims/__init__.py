"""Finds the claims of a step: equalities, quantities, times, phrases. Says where none is asserted."""
