"""Text in English and LaTeX becomes tokens, and tokens become expression trees."""
