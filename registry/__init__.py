"""What is declared: YAML with positions, ids, entries, schemas, and problems that name file, line and column."""

from moonwit.registry.entries import Entry
from moonwit.registry.fields import Broken, Choice, Flag, Integer, Reference, Rule, Text
from moonwit.registry.files import Unreadable, inside, read_bytes
from moonwit.registry.loading import load
from moonwit.registry.names import listed, meant, nearest, shown
from moonwit.registry.problems import Problem
from moonwit.registry.project import find_project
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
    "read_bytes",
    "shown",
]
