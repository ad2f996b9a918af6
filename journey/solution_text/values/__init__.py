"""The value of an expression tree: exact where possible, else in thirty digits."""
