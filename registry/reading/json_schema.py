"""The JSON Schema (draft-07) of registry files, made of what the kinds declare."""

from __future__ import annotations

from collections.abc import Iterable

from moonwit.registry.fields import REPLACED, any_of
from moonwit.registry.reading.reading import META_FIELD, NAME_FIELD, NAMESPACE_FIELD, RESERVED, VERSION_FIELD
from moonwit.registry.schema import Json, Kind

# A text that holds a variable, or is that of a file: what it becomes is known when it is loaded.
_REPLACED = r"^file://|\$\{env:[A-Za-z_][A-Za-z0-9_]*(?:\|[^}]*)?\}"
_META: Json = {"type": ["object", "null"], "additionalProperties": META_FIELD.described()}


def json_schema(kinds: Iterable[Kind]) -> Json:
    """Gives the schema of a registry file whose entries are of some kinds."""
    known = list(kinds)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A registry file of moonwit",
        "type": "object",
        "properties": {
            "version": VERSION_FIELD.described(),
            "namespace": NAMESPACE_FIELD.described(),
            "meta": {"description": "defaults for the `meta` of each entry", **_META},
            "entries": {"description": "what is declared", "type": ["array", "null"], "items": {"$ref": "#/definitions/entry"}},
        },
        "required": ["namespace"],
        "additionalProperties": False,
        "definitions": {
            "replaced": {"type": "string", "pattern": _REPLACED},
            "entry": _entry(known),
            **{kind.name: _kind(kind) for kind in known},
        },
    }


def _entry(kinds: list[Kind]) -> Json:
    """Gives the schema of an entry: its kind says which fields it has."""
    return {
        "type": "object",
        "properties": {
            "name": NAME_FIELD.described(),
            "kind": {"description": "what it is", **any_of({"enum": [kind.name for kind in kinds]}, REPLACED)},
            "meta": {"description": "notes about the entry, and what belongs to other entries", **_META},
            "data": {"description": "the fields, where they do not stand beside `kind`", "type": ["object", "null"]},
        },
        "required": ["name", "kind"],
        "allOf": [
            {
                "if": {"properties": {"kind": {"const": kind.name}}, "required": ["kind"]},
                "then": {"$ref": f"#/definitions/{kind.name}"},
            }
            for kind in kinds
        ],
    }


def _kind(kind: Kind) -> Json:
    """Gives the schema of entries of a kind; a field stands beside `kind` or in `data`, and never in both."""
    words = ", ".join(filter(None, (kind.summary, "accepted without effect in this version" if kind.later else "")))
    shown: Json = {"description": words} if words else {}
    if kind.fields is None:
        return {**shown, "properties": {"data": {"propertyNames": {"not": {"enum": list(RESERVED)}}}}}
    beside = {name: field.described() for name, field in kind.fields.items()}
    within: Json = {name: {"$ref": f"#/definitions/{kind.name}/properties/{name}"} for name in beside}
    required = [name for name, field in kind.fields.items() if field.required]
    schema: Json = {
        **shown,
        "properties": {
            **dict.fromkeys(RESERVED, True),
            "data": {"properties": within, "additionalProperties": False},
            **beside,
        },
        "additionalProperties": False,
    }
    if beside:
        schema["dependencies"] = {name: {"properties": {"data": {"properties": {name: False}}}} for name in beside}
    if required:
        schema["allOf"] = [any_of({"required": [name]}, _in_data(name)) for name in required]
    return schema


def _in_data(name: str) -> Json:
    return {"required": ["data"], "properties": {"data": {"type": "object", "required": [name]}}}
