"""The interfaces of WASI 0.3 that the lane has (lua/wasi/p3), which are linked by name: types are those of the guest's own binary."""

from __future__ import annotations

import re
from typing import Final

INTERFACES: Final[frozenset[str]] = frozenset()

_VERSION: Final = re.compile(r"@0\.3\.\d+\Z")


def has(interface: str) -> bool:
    """Tells whether the lane has an interface, named with its version."""
    return _VERSION.search(interface) is not None and _VERSION.sub("", interface) in INTERFACES
