"""Compiling as something that nobody is held up by: at once what is cheap for certain, the rest in a process with bounds."""

from __future__ import annotations

from collections.abc import Callable

# Called whenever something is to be compiled in a process, by whatever thread asks for it: for a line on a terminal.
begun: Callable[[], None] | None = None
