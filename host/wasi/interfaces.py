"""The functions of the interfaces that the host provides, by name. Source: the WIT of WASI 0.2."""

from __future__ import annotations

from moonwit.host.wasi.signatures import SIGNATURES


def functions_of(interface: str) -> tuple[str, ...]:
    """Lists the functions of an interface, which is named without a version; none of one that nothing provides."""
    return tuple(name for name in SIGNATURES.get(interface, ()) if not name.startswith("[resource-drop]"))
