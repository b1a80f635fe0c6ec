"""The half of the module fs that Python has."""
