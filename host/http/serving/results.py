"""From a function's result to a response, as its type says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from moonwit.host.functions.results import as_python
from moonwit.host.http.serving import json_text
from moonwit.host.values.intermediate import NONE, Some, Value, kind_of
from moonwit.host.wasm.wit import types as wit

if TYPE_CHECKING:
    from moonwit.host.http.serving.written import ResponseHead, WrittenResponse

TEXT, BYTES, JSON = "text/plain; charset=utf-8", "application/octet-stream", "application/json"

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}\Z")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_LONGEST = 16 * 1024
# What the server itself decides.
_OWN = frozenset("connection content-length date keep-alive server trailer transfer-encoding upgrade x-request-id".split())
_BYTE_LIST = wit.List(wit.Primitive("u8"))
_STRING = wit.Primitive("string")
_WHOLE = ("s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64")


class BadAnswer(Exception):
    """A result that is not a response; the message is for the log. Whoever wrote the function causes it."""


@dataclass(slots=True)
class Answer:
    """A response to be sent."""

    status: int
    body: bytes = b""
    type: str | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)


Shape = Callable[[Value], Answer]


def shaper(result: wit.Type | None, pair: bool) -> Shape:
    """Gives the function that makes a response of a result. ``pair``: the err side arrives as an error value, not in the result."""
    if isinstance(result, wit.Result):
        ok = _plain(result.ok)
        if pair:
            return ok
        err = result.err

        def either(value: Value) -> Answer:
            if isinstance(value, dict) and b"err" in value:
                return refusal(value[b"err"], err)
            return ok(value.get(b"ok") if isinstance(value, dict) else None)

        return either
    return _plain(result)


def _plain(type: wit.Type | None) -> Shape:
    if type is None:
        return lambda value: Answer(204)
    if type == _STRING:
        return lambda value: Answer(200, value, TEXT)
    if type == _BYTE_LIST:
        return lambda value: Answer(200, bytes(value), BYTES)
    if isinstance(type, wit.Primitive) and type.kind in _WHOLE:
        return lambda value: Answer(200, b"%d" % value, JSON)
    if isinstance(type, wit.Record):
        types = {part.name: part.type for part in type.fields}
        if "status" in types and types.keys() & {"body", "headers"}:
            return lambda value: _response(value, types)
    return lambda value: Answer(200, as_json(value, type), JSON)


def as_json(value: Value, type: wit.Type | None = None) -> bytes:
    """Gives a value as JSON; raises ``BadAnswer``."""
    try:
        return json_text.write(as_python(value, type))
    except json_text.Unshowable as error:
        raise BadAnswer(f"the result can't be JSON: {error}") from None


def from_lua(value: Value) -> Answer:
    """Makes a response of what a handler in Lua has returned."""
    if value is None or value is NONE:
        return Answer(204)
    if isinstance(value, bytes):
        return Answer(200, value, BYTES if _is_binary(value) else TEXT)
    return Answer(200, as_json(value), JSON)


def from_response(written: WrittenResponse) -> Answer:
    """Makes a response of what a handler in Lua has written; raises ``BadAnswer``."""
    found = from_lua(written["value"]) if "value" in written else Answer(200, written.get("body", b""))
    status, listed = head(written)
    found.status, found.headers = status, listed
    if any(name.lower() == "content-type" for name, _ in listed):
        found.type = None
    elif found.type is None and found.body:
        found.type = BYTES if _is_binary(found.body) else TEXT
    return found


def head(written: ResponseHead) -> tuple[int, list[tuple[str, str]]]:
    """Gives the status and the headers that a handler in Lua has set; raises ``BadAnswer``."""
    return _status(written.get("status", 200)), headers((pair[0], pair[1]) for pair in written.get("headers", ()))


def refusal(payload: Value, type: wit.Type | None = None) -> Answer:
    """Makes the response for the err side of a result: 400, or the status that it carries, with the error as JSON."""
    status = payload.get(b"status") if isinstance(payload, dict) else None
    if not (isinstance(status, int) and 400 <= status <= 599):
        status = 400
    return Answer(status, as_json(payload, type), JSON)


def _response(value: Value, types: dict[str, wit.Type]) -> Answer:
    """Makes a response of a record with `status`, and `headers` or `body` or both."""
    if not isinstance(value, dict):
        raise BadAnswer(f"the result: expected the record that its type says, got {kind_of(value)}")
    body, type = _content(value.get(b"body"), types.get("body"))
    listed: list[tuple[str, str]] = []
    if "headers" in types:
        listed = headers(_listed_headers(_unwrapped(value.get(b"headers"))))
    if any(name.lower() == "content-type" for name, _ in listed):
        type = None
    return Answer(_status(_unwrapped(value.get(b"status"))), body, type, listed)


def _unwrapped(value: Value) -> Value:
    while isinstance(value, Some):
        value = value.value
    return None if value is NONE else value


def _content(value: Value, type: wit.Type | None) -> tuple[bytes, str | None]:
    value = _unwrapped(value)
    while isinstance(type, wit.Option):
        type = type.some
    if value is None or type is None:
        return b"", None
    if type == _STRING:
        return value, TEXT
    if type == _BYTE_LIST:
        return bytes(value), BYTES
    return as_json(value, type), JSON


def _listed_headers(value: Value) -> Iterable[tuple[Value, Value]]:
    """Gives names and values of headers written as a list of pairs, a list of records, or a map."""
    if isinstance(value, dict):
        return list(value.items())
    pairs = []
    for item in value or ():
        if isinstance(item, dict) and len(item) == 2:
            name = next((key for key in (b"name", b"key") if key in item), None)
            other = next((key for key in item if key != name), None)
            if name is not None and other is not None:
                pairs.append((item[name], item[other]))
                continue
        if not isinstance(item, list) or len(item) != 2:
            raise BadAnswer(f"the headers of the result: expected pairs of a name and a value, got {kind_of(item)}")
        pairs.append((item[0], item[1]))
    return pairs


def _status(value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 200 <= value <= 599:
        raise BadAnswer(f"the status of the result: expected a number from 200 to 599, got {value!r:.60}")
    return value


def headers(pairs: Iterable[tuple[Value, Value]]) -> list[tuple[str, str]]:
    """Checks headers; those that the server itself sends are left out. Raises ``BadAnswer``."""
    found = []
    for name, value in pairs:
        if not isinstance(name, bytes) or not _TOKEN.match(name):
            raise BadAnswer(f"the headers of the result: expected the name of a header, got {name!r:.60}")
        if not isinstance(value, bytes) or len(value) > _LONGEST or _CONTROL.search(value):
            raise BadAnswer(f"the header {name.decode()} of the result has a value that no header can have")
        if name.lower().decode() not in _OWN:
            found.append((name.decode(), value.decode("utf-8", "surrogateescape")))
    return found


def _is_binary(body: bytes) -> bool:
    if body.isascii():
        return False
    try:
        body.decode()
    except UnicodeDecodeError:
        return True
    return False
