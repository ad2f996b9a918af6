"""Exact values, solution sets, real roots and derivatives of expressions, without a simplifier."""
