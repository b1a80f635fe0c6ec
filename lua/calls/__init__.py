"""From ids to functions: pools, workers, what is counted."""
