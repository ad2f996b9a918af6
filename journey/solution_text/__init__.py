"""What solutions in English and LaTeX state: steps, claims, final answers. Read, evaluated and judged."""
