"""The kinds of entries that make a project an HTTP service, as the registry checks them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from weakref import WeakKeyDictionary

from moonwit.host.values.intermediate import kind_of
from moonwit.registry import (
    Broken,
    Choice,
    Entry,
    Field,
    Flag,
    Group,
    Integer,
    Kind,
    Problem,
    Reference,
    Registry,
    Text,
    listed,
    pattern,
    shown,
)
from moonwit.registry.names import full_id, meant

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
FUNCTIONS = ("function.wat", "function.wasm", "function.lua")

_HOST = re.compile(r"[A-Za-z0-9_.-]*\Z|\[[0-9A-Fa-f:.]+\]\Z")
_DURATION = re.compile(r"(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h))+\Z")
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_LONGEST = 24 * 3600.0
# What an editor checks: a port up to 65535, and what a path is made of.
_PORT = "(?:[0-5]?[0-9]{1,4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_PREFIX = r"(?=/)(?!.*/\.{1,2}(?:/|$))[^?#%\\ \x00-\x1f\x7f]{1,1000}"
_NAMED = _VARIABLE.pattern.removesuffix(r"\Z")


@pattern(rf"(?:[A-Za-z0-9_.-]*|\[[0-9A-Fa-f:.]+\]):{_PORT}")
def address_rule(text: str) -> Broken:
    """Says what is wrong with an address to listen on."""
    host, colon, port = text.rpartition(":")
    form = 'write ":8085" for all interfaces, or "127.0.0.1:8085"'
    if not colon or not _HOST.match(host):
        return f"expected `host:port` or `:port`, got {shown(text)}", form
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65535):
        return f"expected a port from 0 to 65535, got {shown(port)}", form
    return None


def split_address(text: str) -> tuple[str | None, int]:
    """Gives host (None: all interfaces) and port of a checked address."""
    host, _, port = text.rpartition(":")
    return host.strip("[]") or None, int(port)


@pattern(f"(?=.*[1-9]){_DURATION.pattern}")
def duration_rule(text: str) -> Broken:
    """Says what is wrong with a duration."""
    form = 'write "30s", "1m30s" or "500ms"'
    if not _DURATION.match(text):
        return f"expected a duration, got {shown(text)}", form
    return None if 0 < seconds(text) <= _LONGEST else (f"expected a duration of more than 0 and at most 24h, got {shown(text)}", form)


def seconds(text: str) -> float:
    """Gives the seconds of a checked duration."""
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))


def pattern_segments(path: str) -> list[str]:
    """Splits a path into its segments; a variable is `{name}`, however it is written."""
    return [f"{{{part[1:]}}}" if len(part) > 1 and part[0] == ":" else part for part in path.split("/")[1:]]


@pattern(rf"(?=(?:/(?:\{{{_NAMED}\}}|:{_NAMED}|(?!:[^/])[^/{{}}]*))+$){_PREFIX}")
def path_rule(text: str) -> Broken:
    """Says what is wrong with the path of an endpoint."""
    if (broken := prefix_rule(text)) is not None:
        return broken
    names = []
    for segment in pattern_segments(text):
        if segment.startswith("{") and segment.endswith("}"):
            if not _VARIABLE.match(segment[1:-1]):
                return f"has the variable {shown(segment)}, which is not a name", "write {id} or :id"
            names.append(segment)
        elif "{" in segment or "}" in segment:
            return f"has {shown(segment)}, but a variable takes a whole segment", "write /users/{id}"
    twice = next((name for name in names if names.count(name) > 1), None)
    return f"has the variable {shown(twice)} twice" if twice else None


@pattern(_PREFIX)
def prefix_rule(text: str) -> Broken:
    """Says what is wrong with the beginning of paths."""
    if not text.startswith("/"):
        return f"expected a path that begins with `/`, got {shown(text)}", f"write /{text}"
    odd = next((c for c in text if c in "?#%\\ " or not c.isprintable()), None)
    if odd is not None:
        return f"holds {shown(odd)}; write the path as it is read, without a query and without escapes"
    if any(part in (".", "..") for part in text.split("/")):
        return f"holds `.` or `..`, which no client sends: {shown(text)}"
    return None if len(text) <= 1000 else f"is {len(text)} characters long, more than 1000"


@pattern("[ -~]*")
def header_rule(text: str) -> Broken:
    """Says what is wrong with the value of a header."""
    return None if text.isascii() and text.isprintable() else f"can't be the value of a header: {shown(text)}"


@pattern(r"(?!(?:.*/)?\.\.(?:/|$))(?=.*[^/])[\s\S]*")
def file_name_rule(text: str) -> Broken:
    """Says what is wrong with the name of a file in the folder that is served."""
    return f"expected a path below the folder, got {shown(text)}" if ".." in text.split("/") or not text.strip("/") else None


def _check_meta(entry: Entry, registry: Registry, field: str, kind: str) -> Iterator[Problem]:
    """Checks a reference that stands in `meta`."""
    named = entry.meta.get(field)
    if named is None:
        return
    if not isinstance(named, str):
        yield entry.problem(("meta", field), f"`meta.{field}`: expected the id of an `{kind}` entry, got {kind_of(named)}")
        return
    target = registry.entries.get(full_id(named, entry.namespace))
    if target is None:
        hint = meant(registry.nearest(full_id(named, entry.namespace)))
        yield entry.problem(("meta", field), f"`meta.{field}` refers to {shown(named)}, and there is no such entry", hint)
    elif target.kind != kind:
        yield entry.problem(("meta", field), f"`meta.{field}` refers to {shown(named)}, which is of kind {target.kind}, not {kind}")


def _check_choice(entry: Entry, registry: Registry, field: str, kind: str) -> Iterator[Problem]:
    """Checks that something which names nothing in `meta` belongs to the only one there is."""
    yield from _check_meta(entry, registry, field, kind)
    ids = [other.id for other in registry.entries.values() if other.kind == kind]
    if field not in entry.meta and len(ids) > 1:
        sentence = f"there are {len(ids)} entries of kind {kind}, and `meta.{field}` does not say which one is meant"
        yield entry.problem((), sentence, f"write meta: {{{field}: {ids[0]}}}; there are {listed(ids, limit=6)}")


def check_server(entry: Entry, registry: Registry) -> Iterable[Problem]:
    """Checks which service a router or a folder belongs to."""
    yield from _check_choice(entry, registry, "server", "http.service")


_routes: WeakKeyDictionary[Registry, dict[tuple[object, ...], Entry]] = WeakKeyDictionary()


def _check_route(entry: Entry, registry: Registry) -> Iterator[Problem]:
    """Checks that no endpoint before this one answers the same requests."""
    segments = ["{}" if part.startswith("{") else part for part in pattern_segments(str(entry.fields.get("path", "")))]
    router = entry.meta.get("router")
    home = full_id(router, entry.namespace) if isinstance(router, str) else None
    first = _routes.setdefault(registry, {}).setdefault((home, entry.fields.get("method"), *segments), entry)
    if first is not entry and "path" in entry.fields:
        sentence = f"{shown(first.id)} answers {entry.fields.get('method')} {entry.fields['path']} already"
        yield entry.problem(("path",), sentence, "remove one of them, or give it another path")


def check_endpoint(entry: Entry, registry: Registry) -> Iterable[Problem]:
    """Checks which router an endpoint belongs to, and that its function answers HTTP requests."""
    yield from _check_choice(entry, registry, "router", "http.router")
    yield from _check_route(entry, registry)
    services = sum(other.kind == "http.service" for other in registry.entries.values())
    routers = sum(other.kind == "http.router" for other in registry.entries.values())
    if services > 1 and not routers:
        sentence = f"there are {services} services, and no router says which one serves this endpoint"
        yield entry.problem((), sentence, "add an http.router")
    function = registry.entries.get(str(entry.fields.get("func")).partition("#")[0])
    if function is not None and function.kind != "function.lua" and function.fields.get("transport") != "wasi-http":
        sentence = f"{shown(function.id)} is reached by HTTP, but its transport is payload"
        yield entry.problem(("func",), sentence, f"write `transport: wasi-http` in {function.id}", severity="warning")


_TIMEOUTS: Mapping[str, Field] = {
    "read": Text(rule=duration_rule, written=True, default="30s", summary="for a request to arrive, head and body: `30s`"),
    "write": Text(rule=duration_rule, written=True, default="30s", summary="for a client to take what is sent"),
    "idle": Text(rule=duration_rule, written=True, default="60s", summary="for the next request on a connection"),
    "stop": Text(rule=duration_rule, written=True, default="10s", summary="for running requests when the service stops"),
}

KINDS: tuple[Kind, ...] = (
    Kind(
        "http.service",
        {
            "addr": Text(rule=address_rule, required=True, summary='the address to listen on: ":8085"'),
            "timeouts": Group(fields=_TIMEOUTS, summary="how long things may take"),
            "workers": Integer(minimum=1, maximum=64, default=1, summary="lanes that answer its requests concurrently"),
            "limits": Group(
                summary="what a request may be",
                fields={
                    "max_body_bytes": Integer(minimum=0, maximum=2**31, default=10 * 1024 * 1024, summary="bytes of a request's body"),
                    "max_header_bytes": Integer(minimum=256, maximum=2**20, default=8190, summary="bytes of one header"),
                    "max_requests": Integer(minimum=1, maximum=1_000_000, default=10_000, summary="requests at once; further ones get 503"),
                },
            ),
            "access_log": Flag(default=True, summary="a line for each request on standard error"),
            "lifecycle": Group(fields={"auto_start": Flag(default=True, summary="start it with `moonwit serve`")}),
        },
        None,
        "an address that HTTP requests come to",
    ),
    Kind(
        "http.router",
        {"prefix": Text(rule=prefix_rule, default="/", summary="what its paths begin with: /api")},
        check_server,
        "endpoints under one prefix",
    ),
    Kind(
        "http.endpoint",
        {
            "method": Choice(options=METHODS, default="GET", summary="the method of the requests it answers"),
            "path": Text(rule=path_rule, required=True, summary="the path: /users/{id} or /users/:id"),
            "func": Reference(kinds=FUNCTIONS, part=True, required=True, summary="the function that answers: `name`, or `name#method`"),
        },
        check_endpoint,
        "a function that answers HTTP requests",
    ),
    Kind(
        "http.static",
        {
            "path": Text(rule=prefix_rule, required=True, summary="the path below which the files are found: /"),
            "fs": Reference(kinds=("fs.directory",), required=True, summary="the folder"),
            "static_options": Group(
                summary="how files are served",
                fields={
                    "index": Text(rule=file_name_rule, default="index.html", summary="the file that stands for its folder"),
                    "spa": Flag(default=False, summary="paths that are not file show the index of the folder"),
                    "cache": Text(rule=header_rule, default="no-cache", summary="the Cache-Control header"),
                },
            ),
        },
        check_server,
        "files of a folder",
    ),
)
