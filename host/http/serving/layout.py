"""What a registry's HTTP entries come to: services, and the routes of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moonwit.host.files.kinds import real_folder
from moonwit.host.http.serving.kinds import pattern_segments, seconds, split_address
from moonwit.registry import Entry, Registry
from moonwit.registry.names import full_id

DEFAULT_ADDRESS = "127.0.0.1:8080"


@dataclass
class Endpoint:
    """A method and a path that a function answers. ``problem`` says why it can't."""

    id: str
    method: str
    path: str
    function: str
    kind: str
    problem: str | None = None

    @property
    def segments(self) -> list[str]:
        """The parts of its path; a variable is `{name}`."""
        return pattern_segments(self.path)


@dataclass
class Files:
    """A folder that is served below a path."""

    id: str
    path: str
    folder: Path
    index: str
    spa: bool
    cache: str


@dataclass
class Service:
    """An address and what answers there. Times are in seconds."""

    id: str
    host: str | None
    port: int
    workers: int
    read: float
    write: float
    idle: float
    stop: float
    max_body_bytes: int
    max_header_bytes: int
    max_requests: int
    access_log: bool
    auto_start: bool = True
    endpoints: list[Endpoint] = field(default_factory=list)
    files: list[Files] = field(default_factory=list)


def services(registry: Registry) -> list[Service]:
    """Gives the services of a registry that are to be started. Broken entries are left out, except that a broken endpoint stays, with
    its problem."""
    found = {entry.id: _service(entry) for entry in _usable(registry, "http.service")}
    routers = {entry.id: (_home(entry, "server", found), str(entry.fields["prefix"])) for entry in _usable(registry, "http.router")}
    declared = any(entry.kind == "http.service" for entry in registry.entries.values())

    def default() -> Service | None:
        if declared:
            return None
        return found.setdefault("", _service(None))

    for entry in registry.entries.values():
        if entry.kind == "http.endpoint" and "path" in entry.fields and "func" in entry.fields:
            wanted = entry.meta.get("router")
            if wanted is None and not routers:
                home, prefix = next(iter(found.values())) if len(found) == 1 else default(), "/"
            else:
                home, prefix = _chosen(entry, "router", routers) or (None, "/")
                home = home or default()
            if home is not None:
                home.endpoints.append(_endpoint(entry, prefix, registry))
        elif entry.kind == "http.static" and not registry.is_broken(entry.id):
            home = _home(entry, "server", found) or default()
            if home is not None:
                home.files.append(_files(entry, registry))
    return [service for service in found.values() if service.auto_start]


def _usable(registry: Registry, kind: str) -> list[Entry]:
    return [entry for entry in registry.entries.values() if entry.kind == kind and not registry.is_broken(entry.id)]


def _chosen(entry: Entry, field: str, known: Mapping[str, Any]) -> Any:
    """Gives what ``meta`` names, or the only one there is."""
    named = entry.meta.get(field)
    if isinstance(named, str):
        return known.get(full_id(named, entry.namespace))
    return next(iter(known.values())) if len(known) == 1 else None


def _home(entry: Entry, field: str, known: Mapping[str, Service]) -> Service | None:
    found: Service | None = _chosen(entry, field, known)
    return found


def _group(entry: Entry | None, name: str) -> Mapping[str, Any]:
    value = entry.fields.get(name) if entry is not None else None
    return value if isinstance(value, Mapping) else {}


def _service(entry: Entry | None) -> Service:
    fields = entry.fields if entry is not None else {}
    host, port = split_address(str(fields.get("addr", DEFAULT_ADDRESS)))
    timeouts, limits = _group(entry, "timeouts"), _group(entry, "limits")
    workers = fields.get("workers", 1)
    return Service(
        id=entry.id if entry is not None else "",
        host=host,
        port=port,
        workers=workers if isinstance(workers, int) else 1,
        read=seconds(timeouts.get("read", "30s")),
        write=seconds(timeouts.get("write", "30s")),
        idle=seconds(timeouts.get("idle", "60s")),
        stop=seconds(timeouts.get("stop", "10s")),
        max_body_bytes=limits.get("max_body_bytes", 10 * 1024 * 1024),
        max_header_bytes=limits.get("max_header_bytes", 8190),
        max_requests=limits.get("max_requests", 10_000),
        access_log=fields.get("access_log") is not False,
        auto_start=_group(entry, "lifecycle").get("auto_start") is not False,
    )


def _endpoint(entry: Entry, prefix: str, registry: Registry) -> Endpoint:
    target = str(entry.fields["func"])
    function = registry.entries.get(target.partition("#")[0])
    problem = "its entry, or one that it refers to, has an error: `moonwit check` shows it" if registry.is_broken(entry.id) else None
    kind = function.kind if function is not None else ""
    return Endpoint(entry.id, str(entry.fields.get("method", "GET")), prefix.rstrip("/") + str(entry.fields["path"]), target, kind, problem)


def _files(entry: Entry, registry: Registry) -> Files:
    options = _group(entry, "static_options")
    folder = real_folder(registry.entries[str(entry.fields["fs"])], registry)
    index = str(options.get("index", "index.html")).strip("/")
    return Files(
        entry.id, str(entry.fields["path"]), folder, index, options.get("spa") is True, str(options.get("cache", "no-cache"))
    )
