"""Binaries as bytes: sections, core modules, types."""
