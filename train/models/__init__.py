"""What is trained: base models, tokens, adapters, and what computing with them costs."""
