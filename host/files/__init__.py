"""Folders and files beneath a root."""
