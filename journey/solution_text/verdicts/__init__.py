"""Decides a claim: valid or wrong with a proof, else unknown."""
