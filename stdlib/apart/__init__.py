"""Processes that do for scripts what can't be interrupted in a thread, and what may need more memory than the host wants to give."""
