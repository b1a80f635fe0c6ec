"""The half of the module hash that Python has."""
