"""The half of the modules for state that Python has."""
