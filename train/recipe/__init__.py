"""What an experiment is: the recipe and its keys, its claims, and what depends on which key."""
