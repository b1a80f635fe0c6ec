"""What ``method:`` means: finds the one export of a component or a core module that an entry names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from moonwit.host.values.names import listed, nearest, shown

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?\Z")


class UnknownMethod(LookupError):
    """No export, or more than one, is what ``method:`` says. The entry's author causes it; the message is a whole sentence."""


def resolve(exports: Iterable[str], method: str) -> str:
    """Finds the export that ``method`` names, or raises ``UnknownMethod``.

    Exports are names: ``name`` for a root function, ``interface#name`` for one of an interface. In ``method`` the interface
    may lack its version or be only its last name, and ``_`` stands for ``-``, each where only one export is meant.
    """
    known = list(exports)
    if method in known:
        return method
    if not known:
        raise UnknownMethod(f"there is no function {shown(method)}: the binary exports no functions at all; export one")
    matches = [export for export in known if _fits(export, method)]
    # A name spelled exactly wins over one that only differs in `_` and `-`.
    exact = [export for export in matches if _function(export) == _function(method)]
    matches = exact or matches
    version = _version(method)
    matches = [export for export in matches if version and _version(export) == version] or matches
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UnknownMethod(f"{shown(method)} may be any of {listed(matches)}; write one of them in full")
    raise UnknownMethod(f"there is no function {shown(method)}{_advice(known, method)}; exported are {listed(known)}")


def alike(exports: Iterable[str]) -> dict[str, list[str]]:
    """Gives for each export those whose functions are called alike: the only ones that ``resolve`` may take for it."""
    known = list(exports)
    groups: dict[str, list[str]] = {}
    for export in known:
        groups.setdefault(_folded(_function(export)), []).append(export)
    return {export: groups[_folded(_function(export))] for export in known}


def _fits(export: str, method: str) -> bool:
    interface, _, function = export.rpartition("#")
    wanted, sign, name = method.rpartition("#")
    if _folded(function) != _folded(name):
        return False
    return not interface if not sign else _interface_fits(interface, wanted)


def _interface_fits(interface: str, wanted: str) -> bool:
    """Tells whether ``wanted`` names ``interface``: in full or by its last name, with a compatible version, the same one, or none."""
    name, _, version = interface.partition("@")
    wanted_name, _, wanted_version = wanted.partition("@")
    if wanted_version and not _compatible(version, wanted_version):
        return False
    if "/" not in wanted_name:
        name = name.rpartition("/")[2]
    return _folded(name) == _folded(wanted_name)


def _compatible(version: str, wanted: str) -> bool:
    """Tells whether an interface of ``version`` serves one who asks for ``wanted``, by the rules of semantic versions."""
    if version == wanted:
        return True
    has, asked = _VERSION.match(version), _VERSION.match(wanted)
    # A pre-release stands only for itself.
    if has is None or asked is None or has[4] or asked[4]:
        return False
    major, minor, patch = (int(part) for part in has.group(1, 2, 3))
    first, second, third = (int(part) for part in asked.group(1, 2, 3))
    if major or first:
        return major == first
    return minor == second if minor or second else patch == third


def _version(export: str) -> str:
    return export.rpartition("#")[0].partition("@")[2]


def _function(export: str) -> str:
    return export.rpartition("#")[2]


def _folded(name: str) -> str:
    return name.replace("_", "-")


def _advice(known: list[str], method: str) -> str:
    """Gets "; did you mean ..." for the export with the nearest name; the function's own name counts before the whole."""
    same = [export for export in known if _folded(_function(export)) == _folded(_function(method))]
    if same:
        return f"; did you mean {shown(same[0])}?"
    near = nearest(method, known)
    if near is None:
        wanted = nearest(_function(method), [_function(export) for export in known])
        near = next((export for export in known if _function(export) == wanted), None)
    return f"; did you mean {shown(near)}?" if near is not None else ""
