"""The kinds of entries that the host runs, as the registry checks them: functions in WebAssembly."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from moonwit.host.environment.kinds import variable_rule
from moonwit.host.files.kinds import BELOW, PATH, folder_of, path_rule
from moonwit.host.functions.imports import import_field
from moonwit.host.wasi import grants as wasi
from moonwit.host.wasi.network import connect_rule, listen_rule
from moonwit.registry import (
    Broken,
    Choice,
    Entry,
    Field,
    Flag,
    Group,
    Integer,
    Items,
    Kind,
    Problem,
    Reference,
    Registry,
    Text,
    inside,
    listed,
    meant,
    nearest,
    pattern,
    shown,
)

# What `imports` may name: packages, other names, and single interfaces.
INTERFACES: Mapping[str, tuple[str, ...]] = {**wasi.PACKAGES, "wasi:poll": ("poll",), "wippy:runtime": ("funcs",)}
IMPORTS = (*wasi.names(), *(f"{package}/{name}" for package, names in INTERFACES.items() for name in names))
_VERSION = re.compile(r"0\.2(?:\.[0-9]+)?(?:-[0-9A-Za-z.-]+)?\Z")
_FUNCS_VERSION = re.compile(r"0\.1(?:\.[0-9]+)?\Z")
_VERSIONED = "|".join(
    f"(?:{'|'.join(name for name in IMPORTS if name.startswith(owner))})@{version.pattern}"
    for owner, version in (("wasi:", _VERSION), ("wippy:", _FUNCS_VERSION))
)


@pattern(_VERSIONED, words=IMPORTS)
def import_rule(text: str) -> Broken:
    """Says what is wrong with a name in `imports`."""
    name, at, version = text.partition("@")
    if name not in IMPORTS:
        package = name.partition("/")[0]
        own = INTERFACES.get(package) if "/" in name else None
        known = f"{package} has {listed(own)}" if own else f"known are {listed(wasi.names())}"
        return f"names the unknown import {shown(text)}", lambda: meant(nearest(name, IMPORTS)) or known
    if not at:
        return None
    if name.startswith("wippy:"):
        return None if _FUNCS_VERSION.match(version) else (f"asks for version {shown(version)} of {name}", "there is 0.1.0")
    if not name.startswith("wasi:"):
        return f"names {shown(text)}, but {name} has no versions", f"write {name}"
    if version.startswith("0.3"):
        return f"asks for {shown(text)}, but WASI 0.3 is not supported", "use a component built for WASI 0.2"
    return None if _VERSION.match(version) else (f"asks for version {shown(version)} of {name}", f"write {name}@0.2.0, or {name} alone")


@pattern("sha256:[0-9a-f]{64}")
def hash_rule(text: str) -> Broken:
    """Says what is wrong with a hash."""
    form = "write `sha256:` and the 64 lower-case hex digits that `sha256sum` prints"
    algorithm, colon, digits = text.partition(":")
    if not colon:
        return f"expected text that begins with `sha256:`, got {shown(text, 20)}", form
    if algorithm != "sha256":
        return f"expected text that begins with `sha256:`, got {shown(algorithm + ':', 20)}", form
    for position, digit in enumerate(digits[:64], start=1):
        if digit not in "0123456789abcdefABCDEF":
            return f"expected a hex digit as digit {position}, got {shown(digit)}", form
    if len(digits) != 64:
        return f"has {len(digits)} hex digits after `sha256:`, not 64", form
    return None if digits == digits.lower() else ("has upper-case hex digits", f"write sha256:{digits.lower()}")


@pattern(f"(?=/){BELOW}{PATH}")
def guest_path_rule(text: str) -> Broken:
    """Says what is wrong with an absolute path inside a guest."""
    if not text.startswith("/"):
        return f"expected an absolute path, got {shown(text)}", f"write /{text.removeprefix('./')}"
    return f"may not hold `..`, as {shown(text)} does" if ".." in text.split("/") else path_rule(text)


@pattern(f"{BELOW}(?=.*[^/.]){PATH}")
def binary_path_rule(text: str) -> Broken:
    """Says what is wrong with a path inside a folder entry."""
    if ".." in text.split("/"):
        return f"leaves its folder by `..`: {shown(text)}", "write the path below the folder of `fs`"
    return path_rule(text) if text.strip("/.") else f"names no file: {shown(text)}"


@pattern(r"[^\x00]*")
def argument_rule(text: str) -> Broken:
    """Says what is wrong with a command line argument."""
    return "holds a NUL character" if "\0" in text else None


# Bounds hold in each lane by itself: see lua/pools/pools.lua.
POOL = Group(
    summary="how many instances there are, and how long they live",
    fields={
        "type": Choice(options=("inline", "lazy", "static", "adaptive"), summary="inline: a fresh instance for each call"),
        "size": Integer(minimum=1, maximum=1_000_000, summary="instances"),
        "workers": Integer(minimum=1, maximum=100_000, summary="threads that run them at once"),
        "buffer": Integer(minimum=0, maximum=100_000_000, summary="calls that may wait in the queue"),
        "max_size": Integer(minimum=1, maximum=1_000_000, summary="instances at most"),
        "warm_start": Flag(summary="make the first instances when loading"),
        "reuse": Flag(summary="false: each call gets a fresh instance"),
        "concurrency": Integer(minimum=1, maximum=10_000, summary="async calls that one instance serves at once (64)"),
        "cluster": Reference(kinds=("cluster.dask",), summary="the id of the `cluster.dask` entry whose workers make the calls"),
        "retry": Flag(summary="a call whose worker was lost is made again"),
    },
)
LIMITS = Group(
    summary="what one call may spend",
    fields={
        "max_execution_ms": Integer(minimum=1, summary="milliseconds from the call to its end"),
        "max_memory_bytes": Integer(minimum=1, summary="bytes of the guest's memory"),
        "max_stack_bytes": Integer(minimum=1, summary="bytes of the guest's stack, up to 1 MiB"),
    },
)


def _variable_name(value: object) -> str | None:
    return str(value["name"]) if isinstance(value, dict) and "name" in value else None


def _guest(value: object) -> str | None:
    return str(PurePosixPath("/" + value["guest"].strip("/"))) if isinstance(value, dict) and "guest" in value else None


WASI = Group(
    summary="what a guest sees of the world",
    fields={
        "args": Items(of=Text(rule=argument_rule, empty=True), summary="command line arguments"),
        "cwd": Text(rule=guest_path_rule, summary="working directory inside the guest, absolute"),
        "env": Items(
            summary="environment variables",
            unique=_variable_name,
            of=Group(
                fields={
                    "id": Reference(kinds=("env.variable",), required=True, summary="the id of an `env.variable` entry"),
                    "name": Text(rule=variable_rule, required=True, summary="the name the guest sees"),
                    "required": Flag(default=False, summary="fail when it has no value"),
                }
            ),
        ),
        "network": Group(
            summary="the addresses that sockets may use; none when nothing is given",
            fields={
                "connect": Items(of=Text(rule=connect_rule), summary='where the guest may connect or send to: "api.example.org:443"'),
                "listen": Items(of=Text(rule=listen_rule), summary='where others may reach it: "127.0.0.1:0" for any free port'),
            },
        ),
        "mounts": Items(
            summary="folders",
            unique=_guest,
            of=Group(
                fields={
                    "fs": Reference(kinds=("fs.directory",), required=True, summary="the id of an `fs.directory` entry"),
                    "guest": Text(rule=guest_path_rule, required=True, summary="the absolute path the guest sees it at"),
                    "read_only": Flag(default=False, summary="the guest can't write"),
                }
            ),
        ),
    },
)
_SOURCE: Mapping[str, Field] = {"source": Text(required=True, summary="WebAssembly text, inline or `file://name`")}
BINARY: Mapping[str, Field] = {
    "fs": Reference(kinds=("fs.directory",), required=True, summary="the id of the `fs.directory` entry that holds the binary"),
    "path": Text(rule=binary_path_rule, required=True, summary="the path of the binary in it: `/compute.wasm`"),
    "hash": Text(rule=hash_rule, written=True, required=True, summary="`sha256:` and 64 lower-case hex digits of the binary"),
}
_IMPORTS = "what the guest may use of the host: `wasi:clocks`; or what answers an import: `acme:shop/logger: log`"
_FUNCTION: Mapping[str, Field] = {
    "method": Text(summary="the exported function to call: `name` or `interface#name`; without it all of them, as `id#name`"),
    "wit": Text(summary="the function's signature in WIT: `name: func(a: s32) -> s32;`"),
    "pool": POOL,
    "transport": Choice(
        options=("payload", "wasi-http"), default="payload", summary="what the arguments are"
    ),
    "imports": Items(of=import_field(Text(rule=import_rule)), summary=_IMPORTS),
    "wasi": WASI,
    "limits": LIMITS,
    "engine": Choice(options=("auto", "direct", "compatible"), summary="no effect: all functions are called in one way"),
    "results": Choice(options=("pair", "table"), summary="how the result reaches Lua; the project's setting if left out"),
}

# Fields of a pool that have a meaning for its type.
_POOL_FIELDS: Mapping[str, tuple[str, ...]] = {
    "inline": ("cluster", "retry"),
    "lazy": ("max_size", "reuse", "concurrency", "cluster", "retry"),
    "static": ("size", "workers", "buffer", "reuse", "concurrency", "cluster", "retry"),
    "adaptive": ("max_size", "warm_start", "reuse", "concurrency", "cluster", "retry"),
}
_POOL_TWINS = {("lazy", "size"): "max_size", ("adaptive", "size"): "max_size", ("static", "max_size"): "size"}


def check_fields(entry: Entry, registry: Registry) -> Iterator[Problem]:
    """Checks the rules between the fields of a function."""
    if "engine" in entry.fields:
        sentence = "`engine` has no effect: all functions are called in one way"
        yield entry.key_problem(("engine",), sentence, "remove it", severity="warning")
    yield from check_pool(entry, registry)


def check_pool(entry: Entry, registry: Registry) -> Iterator[Problem]:
    """Checks the rules between the fields of a pool."""
    pool = entry.fields.get("pool")
    if not isinstance(pool, dict):
        return
    given = pool.get("type")
    by = next((name for name in ("workers", "size") if name in pool), None)
    kind = str(given) if given else "static" if by else "lazy"
    for name in pool:
        if name == "type" or name in _POOL_FIELDS[kind]:
            continue
        why = "" if given else f" (the type when `{by}` is given)" if by else " (the type when none is given)"
        hint = f"a pool of type {kind} takes {listed(_POOL_FIELDS[kind])}" if kind != "inline" else "each call has an instance of its own"
        hint = meant(_POOL_TWINS.get((kind, name))) or hint
        sentence = f"`pool.{name}` has no effect on a pool of type {kind}{why}"
        yield entry.key_problem(("pool", name), sentence, hint, severity="warning")
    if "retry" in pool and "cluster" not in pool:
        yield entry.key_problem(("pool", "retry"), "`pool.retry` has no effect without `pool.cluster`", None, severity="warning")
    if "cluster" in pool:
        yield from _check_far(entry, registry)
    size, workers = pool.get("size"), pool.get("workers")
    if isinstance(size, int) and isinstance(workers, int) and size < workers:
        sentence = f"`pool.size` is {size}, less than the {workers} of `pool.workers`, and each worker needs an instance"
        yield entry.problem(("pool", "size"), sentence, f"write size: {workers} or more")


def _check_far(entry: Entry, registry: Registry) -> Iterator[Problem]:
    """Finds what an entry has that can't go to the workers of a cluster."""
    if entry.fields.get("transport") == "wasi-http":
        yield entry.problem(("pool", "cluster"), "requests of HTTP are answered here, and not on a cluster", "leave out `cluster`")
    wasi = entry.fields.get("wasi")
    mounts = wasi.get("mounts") if isinstance(wasi, dict) else None
    for number, mount in enumerate(mounts if isinstance(mounts, list) else []):
        folder = registry.entries.get(str(mount.get("fs")))
        if folder is not None and folder.fields.get("shared") is not True:
            sentence = f"the folder {shown(folder.id)} is not on the workers of the cluster"
            hint = "write `shared: true` in its entry if it is there by the same path"
            yield entry.problem(("wasi", "mounts", number, "fs"), sentence, hint)


def check_binary(entry: Entry, registry: Registry) -> Iterable[Problem]:
    """Checks that the binary of a `function.wasm` is there; its content is checked where it is compiled."""
    yield from check_fields(entry, registry)
    folder = registry.entries.get(str(entry.fields["fs"]))
    if folder is None or registry.is_broken(folder.id):
        return
    base = folder_of(folder, registry).resolve()
    name = str(entry.fields["path"]).lstrip("/")
    found = inside(base, name)
    if found is None:
        yield entry.problem(("path",), f"`path` leaves the folder of {shown(folder.id)} by a symbolic link")
    elif not found.exists() and (base / name).is_symlink():
        yield entry.problem(("path",), f"`path` names {shown(name)}, a symbolic link that leads nowhere")
    elif not found.exists():
        hint = meant(nearest(Path(name).name, [path.name for path in (base / name).parent.glob("*.wasm")]))
        yield entry.problem(("path",), f"there is no file {shown(name)} in the folder of {shown(folder.id)}", hint)
    elif not found.is_file():
        yield entry.problem(("path",), f"`path` names {shown(name)}, which is not a file")


KINDS: tuple[Kind, ...] = (
    Kind("function.wat", {**_SOURCE, **_FUNCTION}, check_fields, "a function in WebAssembly text"),
    Kind("function.wasm", {**BINARY, **_FUNCTION}, check_binary, "a function in a compiled binary"),
    Kind("function.python", {}, None, "a function of the Python program that opens the project"),
)
