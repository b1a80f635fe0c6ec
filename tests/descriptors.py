"""What files the test process has open, for tests that nothing stays open."""

import gc
import os

FOLDER = "/proc/self/fd"


def opened() -> set[tuple[str, str]]:
    """Gives each open descriptor with what it leads to. What nothing refers to any more is closed first."""
    gc.collect()
    found = set()
    for number in os.listdir(FOLDER):
        try:
            found.add((number, os.readlink(f"{FOLDER}/{number}")))
        except FileNotFoundError:  # the folder's own descriptor, closed by now
            continue
    return found


def left_since(before: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Gives what is open now and was not: another test's thread may close something meanwhile, which is not this one's fault."""
    return opened() - before
