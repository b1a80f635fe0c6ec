"""Requests that are sent."""
