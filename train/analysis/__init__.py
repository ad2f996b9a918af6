"""From the outputs of a run to results.json: figures, learning curves, verdicts on claims."""
