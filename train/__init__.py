"""How data becomes models, and models numbers. The heavy imports are inside what needs them."""
