"""Results as Python values: strings as ``str``, byte lists as ``bytes``, absent options as None."""

from __future__ import annotations

from typing import Any

from moonwit.host.values.intermediate import NONE, Empty, Int64, Some, UInt64, Value
from moonwit.host.wasm.wit import types as wit

_BYTES = wit.List(wit.Primitive("u8"))
_FLOATS = (wit.Primitive("f32"), wit.Primitive("f64"))


def as_python(value: Value, type: wit.Type | None = None) -> Any:
    """Gives a value of the intermediate model as Python's own types.

    ``type``, where it is known, tells what a Lua value can't: bytes from text, an empty list from an empty map.
    """
    match value:
        case None | bool() | float():
            return value
        case Int64() | UInt64():
            return int(value)
        case int():
            return float(value) if _inner(type) in _FLOATS else value
        case bytes():
            return value if _inner(type) == _BYTES else _text(value)
        case Some(inner):
            return as_python(inner, type.some if isinstance(type, wit.Option) else None)
        case Empty():
            return {} if isinstance(_inner(type), (wit.Flags, wit.Record, wit.Map)) else []
        case list() if isinstance(_inner(type), wit.Map):
            # Keys 1..n.
            return {key: as_python(item, _named(type, key)) for key, item in enumerate(value, 1)}
        case list():
            return [as_python(item, _part(type, i)) for i, item in enumerate(value)]
        case dict():
            keys = _in_order(value, _inner(type))
            return {key if isinstance(key, int) else _text(key): as_python(value[key], _named(type, key)) for key in keys}
    if value is NONE:
        return None
    return value


def _text(value: bytes) -> str | bytes:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


def _in_order(value: dict[Any, Value], type: wit.Type | None) -> list[Any]:
    """Orders keys as the type does; a Lua table keeps no order."""
    if isinstance(next(iter(value), None), int):
        return sorted(value)
    names = (field.name for field in type.fields) if isinstance(type, wit.Record) else type.names if isinstance(type, wit.Flags) else ()
    places = {name.encode(): place for place, name in enumerate(names)}
    return sorted(value, key=lambda key: (places.get(key, len(places)), key))


def _inner(type: wit.Type | None) -> wit.Type | None:
    while isinstance(type, wit.Option):
        type = type.some
    return type


def _part(type: wit.Type | None, index: int) -> wit.Type | None:
    type = _inner(type)
    if isinstance(type, wit.List):
        return type.element
    return type.types[index] if isinstance(type, wit.Tuple) and index < len(type.types) else None


def _named(type: wit.Type | None, key: bytes | int) -> wit.Type | None:
    type = _inner(type)
    if isinstance(type, wit.Map):
        return type.value
    if isinstance(key, int):
        return None
    name = key.decode("utf-8", "replace")
    match type:
        case wit.Record(fields):
            return next((field.type for field in fields if field.name == name), None)
        case wit.Variant(cases):
            return next((case.type for case in cases if case.name == name), None)
        case wit.Result(ok, err):
            return ok if name == "ok" else err
    return None
