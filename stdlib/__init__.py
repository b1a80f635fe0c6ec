"""What a script can ``require``: funcs, errors, json, wit."""
