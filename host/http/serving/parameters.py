"""From a request to the arguments of a plain function in WebAssembly, as its signature asks for them.

A parameter named `request`, `method`, `path`, `query`, `headers`, `params` or `body` gets that part, and any other that is named like
a variable of the route's path gets the variable. What remains is filled from the body: a sole `string` or `list<u8>` gets its text,
any other sole parameter its JSON, several the members of a JSON object.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol
from urllib.parse import parse_qsl

from moonwit.host.http.serving import json_text
from moonwit.host.values.intermediate import NONE, Value, kind_of
from moonwit.host.values.names import listed, shown
from moonwit.host.wasm.wit import types as wit
from moonwit.host.wasm.wit.show import show_type


class BadRequest(Exception):
    """A request that does not fit; the message is a sentence for the client, who causes it."""


class Misfit(Exception):
    """A function that can't be given a request; the message goes on after the function's name. Its author causes it."""


class Parts(Protocol):
    """What a request is made of. ``plain_path`` is without escapes, ``query`` as it was sent; ``headers`` gives names in lower case."""

    query: str
    params: Mapping[str, str]
    body: bytes

    @property
    def method(self) -> str: ...

    @property
    def plain_path(self) -> str: ...

    @property
    def remote(self) -> str: ...

    def headers(self) -> Sequence[tuple[str, str]]: ...


Fill = Callable[[Parts], Value]
BYTES = wit.List(wit.Primitive("u8"))
STRING = wit.Primitive("string")
_INTEGERS = ("s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64")
_WHOLE = re.compile(r"-?[0-9]{1,20}\Z")  # more digits than any integer has that fits
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?\Z")


def filler(signature: wit.Function, variables: Iterable[str]) -> Callable[[Parts], list[Value]]:
    """Gives the function that makes a call's arguments of a request; raises ``Misfit``."""
    names = set(variables)
    fills: list[Fill | None] = []
    for param in signature.params:
        if _holds_resource(param.type):
            raise Misfit(f"takes a resource as its parameter {shown(param.name)}, and nothing of a request can be one")
        fills.append(_named(param.name, param.type, names))
    rest = [index for index, fill in enumerate(fills) if fill is None]
    if len(rest) == 1:
        param = signature.params[rest[0]]
        fills[rest[0]] = _request(param.type, names) if _is_request(param) else _body(param.name, param.type)
    elif rest:
        members = {index: _member(signature.params[index].name, signature.params[index].type) for index in rest}

        def arguments(parts: Parts) -> list[Value]:
            # Read once for all of them.
            body = _json(parts.body) if parts.body else None
            return [members[index](body) if fill is None else fill(parts) for index, fill in enumerate(fills)]

        return arguments
    done = [fill for fill in fills if fill is not None]
    return (lambda parts: [fill(parts) for fill in done]) if done else lambda parts: []


def _holds_resource(type: wit.Type | None) -> bool:
    match type:
        case wit.Own() | wit.Borrow():
            return True
        case wit.List(element):
            return _holds_resource(element)
        case wit.FixedList(element) | wit.Map(value=element):
            return _holds_resource(element)
        case wit.Option(some):
            return _holds_resource(some)
        case wit.Result(ok, err):
            return _holds_resource(ok) or _holds_resource(err)
        case wit.Tuple(types):
            return any(map(_holds_resource, types))
        case wit.Record(parts) | wit.Variant(parts):
            return any(_holds_resource(part.type) for part in parts)
    return False


def _is_request(param: wit.Field) -> bool:
    """Tells whether a parameter is the request itself, by the name of its record."""
    return isinstance(param.type, wit.Record) and param.type.name in ("request", "http-request")


def _named(name: str, type: wit.Type, variables: set[str]) -> Fill | None:
    """Gives how a parameter with a name of its own is filled, None when its name says nothing."""
    match name:
        case "request" if isinstance(type, wit.Record):
            return _request(type, variables)
        case "method":
            return _method(type)
        case "path":
            return _text(type, "path", lambda parts: parts.plain_path)
        case "query":
            if _inner(type) == STRING:
                return _text(type, "query", lambda parts: parts.query)
            return _pairs(type, "query", lambda parts: parse_qsl(parts.query, keep_blank_values=True))
        case "headers":
            return _pairs(type, "headers", lambda parts: parts.headers())
        case "params":
            return _pairs(type, "params", lambda parts: list(parts.params.items()))
        case "body":
            return _body(name, type)
    variable = name if name in variables else name.replace("-", "_")
    if variable not in variables:
        return None
    convert = _from_text(type, f"the variable {shown(name)} of the path")
    return lambda parts: convert(parts.params[variable])


def _request(type: wit.Type, variables: set[str]) -> Fill:
    assert isinstance(type, wit.Record)
    fills: dict[bytes, Fill] = {}
    for field in type.fields:
        fill = _text(field.type, field.name, lambda parts: parts.remote) if field.name in ("remote", "remote-addr") else None
        fill = fill or _named(field.name, field.type, variables)
        if fill is None and isinstance(field.type, wit.Option):
            continue
        if fill is None:
            raise Misfit(f"has a request record with the field {shown(field.name)}, which no request has; make it an option, or remove it")
        fills[field.name.encode()] = _optional(fill) if isinstance(field.type, wit.Option) else fill
    return lambda parts: {name: fill(parts) for name, fill in fills.items()}


def _optional(fill: Fill) -> Fill:
    """Makes an absent value one that can stand in a record."""

    def filled(parts: Parts) -> Value:
        value = fill(parts)
        return NONE if value is None else value

    return filled


def _inner(type: wit.Type) -> wit.Type:
    while isinstance(type, wit.Option):
        type = type.some
    return type


def _method(type: wit.Type) -> Fill:
    inner = _inner(type)
    if isinstance(inner, (wit.Enum, wit.Variant)):
        names = inner.names if isinstance(inner, wit.Enum) else [case.name for case in inner.cases if case.type is None]

        def chosen(parts: Parts) -> Value:
            name = parts.method.lower()
            if name not in names:
                raise BadRequest(f"the method: expected {listed(sorted(names))}, got {shown(parts.method)}")
            return name.encode()

        return chosen
    return _text(type, "method", lambda parts: parts.method)


def _text(type: wit.Type, name: str, get: Callable[[Parts], str]) -> Fill:
    inner = _inner(type)
    if inner != STRING and inner != BYTES:
        raise Misfit(f"has the parameter {shown(name)}: expected a string for that part of a request, got {show_type(type)}")
    return lambda parts: get(parts).encode("utf-8", "surrogateescape")


def _pairs(type: wit.Type, name: str, get: Callable[[Parts], Sequence[tuple[str, str]]]) -> Fill:
    """Fills a list of pairs, or a record by the names of its fields."""
    inner = _inner(type)
    if isinstance(inner, wit.List):
        element = inner.element
        if isinstance(element, wit.Tuple) and len(element.types) == 2 and all(part in (STRING, BYTES) for part in element.types):
            return lambda parts: [[key.encode(), value.encode("utf-8", "surrogateescape")] for key, value in get(parts)]
        if isinstance(element, wit.Record) and len(element.fields) == 2 and all(part.type in (STRING, BYTES) for part in element.fields):
            first, second = (field.name.encode() for field in element.fields)
            return lambda parts: [{first: key.encode(), second: value.encode("utf-8", "surrogateescape")} for key, value in get(parts)]
    if isinstance(inner, wit.Record):
        what = {"headers": "header", "query": "query parameter"}.get(name, "variable")
        converts = {field.name: (field.type, _from_text(field.type, f"the {what} {shown(field.name)}")) for field in inner.fields}

        def fill(parts: Parts) -> Value:
            given: dict[str, str] = {}
            for key, value in get(parts):
                given.setdefault(key.replace("_", "-") if name != "headers" else key, value)
            record: dict[bytes, Value] = {}
            for key, (part, convert) in converts.items():
                if key in given:
                    record[key.encode()] = convert(given[key])
                elif isinstance(part, wit.Option):
                    record[key.encode()] = NONE
                else:
                    raise BadRequest(f"the {what} {shown(key)} is missing")
            return record

        return fill
    wanted = "list<tuple<string, string>> or a record of the names that it takes"
    raise Misfit(f"has the parameter {shown(name)}: expected {wanted}, got {show_type(type)}")


def _from_text(type: wit.Type, what: str) -> Callable[[str], Value]:
    """Gives the function that reads a value of a type from text."""
    inner = _inner(type)
    if isinstance(inner, wit.Enum) or inner in (STRING, BYTES, wit.Primitive("char")):
        return lambda text: text.encode("utf-8", "surrogateescape")
    if isinstance(inner, wit.Primitive) and inner.kind in _INTEGERS:
        return _whole(inner.kind, what)
    if isinstance(inner, wit.Primitive) and inner.kind in ("f32", "f64"):
        return _float(inner.kind, what)
    if inner == wit.Primitive("bool"):
        return lambda text: _matching(re.compile("true|false"), text, what, "true or false") == "true"
    raise Misfit(f"takes {what}, but its type is none that text can be: use a string, a number, a bool or an enum")


def _whole(kind: str, what: str) -> Callable[[str], Value]:
    bits = int(kind[1:])
    least, most = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if kind[0] == "s" else (0, 2**bits - 1)

    def read(text: str) -> Value:
        number = int(_matching(_WHOLE, text, what, "a whole number"))
        if not least <= number <= most:
            raise BadRequest(f"{what} is out of range: expected {least} to {most} ({kind}), got {shown(text)}")
        return number

    return read


def _float(kind: str, what: str) -> Callable[[str], Value]:
    # Half a step above the largest number of 32 bits rounds to infinity.
    most = 2.0**128 - 2.0**103 if kind == "f32" else math.inf

    def read(text: str) -> Value:
        number = float(_matching(_NUMBER, text, what, "a number"))
        if abs(number) >= most:
            raise BadRequest(f"{what} is out of range: expected a number that {kind[1:]} bits can hold ({kind}), got {shown(text)}")
        return number

    return read


def _matching(pattern: re.Pattern[str], text: str, what: str, wanted: str) -> str:
    if not pattern.fullmatch(text):
        raise BadRequest(f"{what}: expected {wanted}, got {shown(text)}")
    return text


def _body(name: str, type: wit.Type) -> Fill:
    """Fills a parameter from the whole body."""
    inner, required = _inner(type), not isinstance(type, wit.Option)
    plain = inner in (STRING, BYTES)

    def fill(parts: Parts) -> Value:
        if not parts.body:
            if required:
                raise BadRequest(f"the request has no body, and the parameter {shown(name)} needs one")
            return None
        if not plain:
            return _json(parts.body)
        if inner == STRING:
            _check_text(parts.body)
        return parts.body

    return fill


def _check_text(body: bytes) -> None:
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError as error:
            raise BadRequest(f"the body is not UTF-8 text: byte {error.start} can't be") from None


def _json(body: bytes) -> Value:
    try:
        return json_text.read(body)
    except json_text.BadJson as error:
        raise BadRequest(f"the body {error}") from None


def _member(name: str, type: wit.Type) -> Callable[[Value], Value]:
    """Fills one of several parameters from a member of the body's object; the body is None where the request has none."""

    def fill(body: Value) -> Value:
        if body is None:
            if isinstance(type, wit.Option):
                return None
            raise BadRequest(f"the request has no body, and the parameter {shown(name)} needs one")
        if not isinstance(body, dict):
            raise BadRequest(f"the body: expected a JSON object that names the parameters, got {kind_of(body)}")
        found = body.get(name.encode(), body.get(name.replace("-", "_").encode()))
        if found is None and not isinstance(type, wit.Option):
            raise BadRequest(f"the body has no {shown(name)}")
        return None if found is NONE else found

    return fill
