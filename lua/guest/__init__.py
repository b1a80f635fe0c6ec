"""Instances of guests in a lane, and what they call of it."""
