"""Journey's mathematics: problems, steps, solution graphs, and what makes a step right."""

from journey.check import check, check_move
from journey.errors import InputError, JourneyError
from journey.graph import SolutionGraph, State
from journey.problem import Problem
from journey.step import Evidence, Move, Operand, Step, Verdict

__all__ = [
    "Evidence",
    "InputError",
    "JourneyError",
    "Move",
    "Operand",
    "Problem",
    "SolutionGraph",
    "State",
    "Step",
    "Verdict",
    "check",
    "check_move",
]

__version__ = "0.1.0"
