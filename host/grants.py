"""What `imports:` of an entry grants, and what an interface needs to be granted."""

from __future__ import annotations

from collections.abc import Iterable

from moonwit.host.kinds import ALIASES, INTERFACES

PREVIEW1 = "wasi_snapshot_preview1"
_SHORT = {full: short for short, full in ALIASES.items() if short == "funcs"}
# The first versions of WASI 0.2 had `wasi:io/poll` under another name.
_POLL = {"wasi:io/poll": ("wasi:poll", "wasi:poll/poll"), "wasi:poll/poll": ("wasi:io", "wasi:io/poll")}
# Their types grant nothing: streams and pollables come from other interfaces.
_TYPES_ALONE = ("wasi:io", "wasi:poll")


def normalise(name: str) -> str:
    """Gives what a name in `imports:` stands for, without version: a package, one interface, or preview 1."""
    plain = name.partition("@")[0]
    return ALIASES.get(plain, plain)


def is_granted(interface: str, grants: Iterable[str]) -> bool:
    """Tells whether normalised grants cover an interface as a binary names it, version included."""
    plain = interface.partition("@")[0]
    covering = (plain, plain.partition("/")[0], *_POLL.get(plain, ()))
    return any(grant in covering for grant in grants)


def grant_for(interface: str) -> str | None:
    """Gives the name to write in `imports:` for an interface as a binary names it, or None where no name grants it."""
    plain = interface.partition("@")[0]
    if plain == PREVIEW1 or plain in _SHORT:
        return _SHORT.get(plain, plain)
    package = plain.partition("/")[0]
    return package if package in INTERFACES and package.startswith("wasi:") else None


def hosted_elsewhere(interfaces: Iterable[str], grants: Iterable[str]) -> list[str]:
    """Gives the granted WASI interfaces among ``interfaces``, which only the compatible path provides."""
    given = tuple(grants)
    return [
        name for name in interfaces if name.startswith("wasi:") and name.partition("/")[0] not in _TYPES_ALONE and is_granted(name, given)
    ]
