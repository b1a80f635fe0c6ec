"""Values on their way: the intermediate model, JSON, results, names."""
