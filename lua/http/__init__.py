"""Requests in lanes: those that a service answers, and those that scripts make."""
