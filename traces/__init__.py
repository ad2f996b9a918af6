"""How a graph becomes text and data: SolutionGraph -> Trace -> rows."""
