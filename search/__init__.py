"""How a problem is explored: problem -> SolutionGraph."""
