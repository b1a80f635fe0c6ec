"""What is declared: YAML with positions, ids, entries, schemas, and problems that name file, line and column.

Names are imported when they are first used: other rooms take single modules from here that need nothing of the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moonwit.registry.entries import Entry
    from moonwit.registry.fields import Broken, Choice, Flag, Integer, Reference, Rule, Text, pattern
    from moonwit.registry.files import Unreadable, inside, read_bytes
    from moonwit.registry.names import listed, meant, nearest, shown
    from moonwit.registry.problems import Problem
    from moonwit.registry.reading.loading import load
    from moonwit.registry.reading.project import find_project
    from moonwit.registry.registry import Registry
    from moonwit.registry.schema import Field, Kind
    from moonwit.registry.shapes import Anything, Group, Items, Table

__all__ = [
    "Anything",
    "Broken",
    "Choice",
    "Entry",
    "Field",
    "Flag",
    "Group",
    "Integer",
    "Items",
    "Kind",
    "Problem",
    "Reference",
    "Registry",
    "Rule",
    "Table",
    "Text",
    "Unreadable",
    "find_project",
    "inside",
    "listed",
    "load",
    "meant",
    "nearest",
    "pattern",
    "read_bytes",
    "shown",
]

_MODULES = {
    "entries": ("Entry",),
    "fields": ("Broken", "Choice", "Flag", "Integer", "Reference", "Rule", "Text", "pattern",),
    "files": ("Unreadable", "inside", "read_bytes",),
    "reading.loading": ("load",),
    "names": ("listed", "meant", "nearest", "shown",),
    "problems": ("Problem",),
    "reading.project": ("find_project",),
    "registry": ("Registry",),
    "schema": ("Field", "Kind",),
    "shapes": ("Anything", "Group", "Items", "Table",),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value
