"""Models: bases, token rows, adapters, and the cost of computing with them."""
