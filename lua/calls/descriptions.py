"""What a lane gets of a function, by the lane's role: the tables of lua/border that lua/calls/calls.lua binds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from moonwit.host.wasm.wit import types as wit
from moonwit.lua.scripts.sources import lua_source

if TYPE_CHECKING:
    from moonwit.host.functions.loaded import LoadedFunction, Pool
    from moonwit.lua.border import entries, plans
    from moonwit.registry import Entry, Registry

_HANDLER = re.compile(r"wasi:http/handler@0\.3\.[^#]*#handle")
_INCOMING = re.compile(r"wasi:http/incoming-handler(?:@0\.2\.[^#]*)?#handle")
# How many calls of a function are on a cluster at once where its pool does not say, and how many may wait.
MOST_FAR = 10_000
_HANDLES = wit.Function((wit.Field("request", wit.Primitive("u32")), wit.Field("response", wit.Primitive("u32"))), None)


def answers_itself(export: str) -> bool:
    """Tells whether an export takes HTTP requests as they are."""
    return _INCOMING.fullmatch(export) is not None or is_handler(export)


def is_handler(export: str) -> bool:
    """Tells whether it is that of WASI 0.3."""
    return _HANDLER.fullmatch(export) is not None


def answering(id: str, registry: Registry, load: Callable[[Entry, str | None], LoadedFunction]) -> LoadedFunction:
    """Loads what answers HTTP requests by an id; raises as ``load`` does.

    Of an entry that stands for a whole binary it is what takes requests as they are, or the only function.
    """
    from moonwit.host.functions.exports import parts
    from moonwit.host.functions.methods import UnknownMethod
    from moonwit.host.functions.whole import split
    from moonwit.registry import listed

    name, method = split(id)
    function = load(registry.entries[name], method)
    if not function.is_part or method is not None:
        return function
    found = [part.export for part in parts(function)]
    chosen = found if len(found) == 1 else [export for export in found if answers_itself(export)]
    if len(chosen) != 1:
        raise UnknownMethod(f"the entry {name} stands for {listed(found)}; name one, as in `func: {function.call_id}`")
    return load(registry.entries[name], chosen[0])


def guest_entry(function: LoadedFunction, plan: plans.Plan, role: entries.Role, patience: int | None) -> entries.GuestEntry:
    """Describes a function in WebAssembly whose plan is compiled; ``patience`` is as in ``Entries``."""
    from moonwit.lua.guest.plan import lift_data, signature_data

    lift, threads = lift_data(function.lift, function.plan, function.linkage), _workers(function.pool, role)
    if role == "service" and answers_itself(function.export):
        # What it is called with is of the lane that has the request.
        threads = None
    if role == "service" and _INCOMING.fullmatch(function.export):
        # It is called with the plain numbers of its two handles, and lua/wasi/p2/http.lua knows what they stand for.
        lift["signature"] = signature_data("handle", _HANDLES)
    told: entries.GuestEntry = {
        "resolver": "wasm",
        "id": function.id,
        "called": function.call_id,
        "part": True if function.is_part else None,
        "plan": plan,
        "lift": lift,
        "fresh": not function.pool.reuse,
        "results": function.results,
        "worldly": True if function.wasi else None,
        "pool": pool_bounds(function.pool),
        "workers": threads,
        **limits(function),
    }
    if patience is not None and "limit_ticks" not in told:
        told["limit_ticks"] = patience
    return told


def cluster_entry(function: LoadedFunction, cluster: str) -> entries.ClusterEntry:
    """Describes a function in WebAssembly that is called on a cluster."""
    from moonwit.lua.guest.plan import signature_data

    told: entries.ClusterEntry = {
        "resolver": "cluster",
        "id": function.id,
        "called": function.call_id,
        "cluster": cluster,
        "pool": _far_bounds(function.pool.size if function.pool.type != "lazy" else None),
        "results": function.results,
        "signature": signature_data(function.export.rpartition("#")[2], function.signature),
    }
    if function.max_execution_ms is not None:
        told["limit_ms"] = function.max_execution_ms
    return told


def far_lua_entry(entry: Entry, cluster: str) -> entries.ClusterEntry:
    """Describes a function in Lua that is called on a cluster."""
    pool, limits = entry.fields.get("pool"), entry.fields.get("limits")
    assert isinstance(pool, dict)
    bound = _integer(pool.get("max_size")) or _integer(pool.get("size"))
    told: entries.ClusterEntry = {
        "resolver": "cluster", "id": entry.id, "called": entry.id, "cluster": cluster, "pool": _far_bounds(bound), "results": "pair",
    }  # fmt: skip
    if isinstance(limits, dict) and (ms := _integer(limits.get("max_execution_ms"))) is not None:
        told["limit_ms"] = ms
    return told


def _far_bounds(bound: int | None) -> entries.PoolBounds:
    most = MOST_FAR if bound is None else bound
    return {"type": "adaptive", "bound": most, "room": MOST_FAR}


def cluster_of(entry: Entry) -> str | None:
    """Gives the id of the cluster that an entry's calls are made on."""
    pool = entry.fields.get("pool")
    return str(pool["cluster"]) if isinstance(pool, dict) and "cluster" in pool else None


def exported(function: LoadedFunction) -> entries.Exports:
    """Describes all functions of the entry that ``function`` is one of."""
    from moonwit.host.functions.exports import names, parts

    found = parts(function)
    called = names(part.export for part in found)
    return {"functions": [{"names": list(called[part.export]), "called": part.call_id} for part in found]}


def lua_entry(entry: Entry, registry: Registry, role: entries.Role) -> entries.LuaEntry:
    """Describes a function in Lua. It has instances nowhere: all that counts of its pool is how many calls may run in other lanes."""
    pool = entry.fields.get("pool")
    threads, bounds = _script_workers(pool) if isinstance(pool, dict) and entry.kind == "function.lua" else (None, None)
    workers = None if role == "worker" else threads
    return {"resolver": "lua", "workers": workers, "pool": bounds, **lua_source(entry, registry)}


def limits(function: LoadedFunction) -> entries.Limits:
    """Gives what a call may take."""
    from moonwit.host.engine import engine

    found: entries.Limits = {"limit_elements": engine.table_elements(function.max_memory_bytes)}
    if function.max_execution_ms is not None:
        engine.start_ticker()
        found["limit_ms"], found["limit_ticks"] = function.max_execution_ms, engine.ticks(function.max_execution_ms)
    if function.max_memory_bytes is not None:
        found["limit_bytes"] = function.max_memory_bytes
    if function.max_stack_bytes is not None:
        found["limit_stack"] = function.max_stack_bytes
    return found


def pool_bounds(pool: Pool) -> entries.PoolBounds:
    """Gives the type, how many calls may be under way at once (none for `inline`), and how many may wait before their callers do."""
    bounds: entries.PoolBounds = {"type": pool.type}
    if pool.type == "inline":
        return bounds
    bounds["bound"], bounds["concurrency"] = pool.size, pool.concurrency
    if pool.type == "static":
        bounds["room"] = pool.buffer
    elif pool.warm_start:
        bounds["warm"] = True
    return bounds


def _workers(pool: Pool, role: entries.Role) -> int | None:
    """Gives how many calls may run in other lanes; none where the pool has no workers, and in a worker, which makes them itself."""
    return pool.workers if role != "worker" and pool.type in ("static", "adaptive") and pool.workers else None


def _script_workers(pool: Mapping[str, object]) -> tuple[int | None, entries.PoolBounds | None]:
    from moonwit.host.functions.loaded import BUFFER_PER_WORKER, DEFAULT_MAX_SIZE, DEFAULT_WORKERS

    size, workers, most, buffer = (_integer(pool.get(name)) for name in ("size", "workers", "max_size", "buffer"))
    type = pool.get("type") or ("static" if size or workers else "lazy")
    if type == "static":
        count = workers or size or DEFAULT_WORKERS
        return count, {"type": "static", "room": count * BUFFER_PER_WORKER if buffer is None else buffer}
    if type == "adaptive":
        return most or DEFAULT_MAX_SIZE, {"type": "adaptive"}
    return None, None


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) else None
