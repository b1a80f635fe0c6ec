"""The half of the module env that Python has."""
