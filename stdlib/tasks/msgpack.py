"""MessagePack, by its authors' own library."""

from __future__ import annotations

from typing import Any

from moonwit.host.values.intermediate import NONE, Empty, Value
from moonwit.stdlib.tasks.plain import plain
from moonwit.stdlib.tasks.problem import DataProblem, library


def pack(value: Value) -> bytes:
    """Writes a value: strings that are UTF-8 as text, others as binary data."""
    packed: bytes = library("msgpack", "MessagePack").packb(_texts(value), use_bin_type=True)
    return packed


def _texts(value: Value) -> Any:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value
    if isinstance(value, dict):
        return {_texts(name): _texts(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_texts(each) for each in value]
    return plain(value)


def unpack(data: bytes) -> Value:
    """Reads one value; keys of maps must be text. Raises ``DataProblem``."""
    msgpack = library("msgpack", "MessagePack")
    try:
        return _model(msgpack.unpackb(data, raw=True, strict_map_key=False))
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise DataProblem(f"the data is not MessagePack: {str(error)[:100] or type(error).__name__}") from None


def _model(value: Any) -> Value:
    if isinstance(value, dict):
        if not all(isinstance(name, bytes) for name in value):
            raise DataProblem("a map has keys that are not text")
        return {name: _model(each) for name, each in value.items()} or Empty()
    if isinstance(value, list):
        return [_model(each) for each in value] or Empty()
    if value is None:
        return NONE
    if isinstance(value, (bytes, bool, int, float)):
        return value
    raise DataProblem("the data has values of an extension, which are not read")


TASKS = {"msgpack.pack": pack, "msgpack.unpack": unpack}
