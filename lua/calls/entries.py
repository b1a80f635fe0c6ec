"""The registry's functions as a lane asks for them: what an id stands for, as data that lua/calls/calls.lua binds."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from moonwit.host.wasm.wit import types as wit
from moonwit.lua.calls.compatible_calls import CompatibleCalls
from moonwit.lua.calls.statistics import Statistics
from moonwit.lua.lane.compilations import Compilations, failed, place, unusable
from moonwit.lua.wasi.worlds import Worlds

if TYPE_CHECKING:
    from moonwit.host.functions.functions import LoadedFunction, Pool
    from moonwit.lua.calls.workers import Workers
    from moonwit.lua.lane.lane import Lane
    from moonwit.registry import Entry, Registry

Data = dict[str, Any]
Callbacks = Mapping[str, Callable[..., Any]]
WASM = ("function.wat", "function.wasm")


class Entries:
    """Answers the questions of lanes about a registry; ``registry`` is None where there is no project.

    What is loaded once is kept, so that all lanes share binaries, plans and the instances of the compatible path.
    """

    def __init__(self, registry: Registry | None) -> None:
        self.registry = registry
        self._lock = threading.Lock()
        self._loaded: dict[str, LoadedFunction] = {}
        self._worlds = Worlds(self._loaded, lambda: self.registry)
        self.compatible = CompatibleCalls(
            self._loaded, lambda: self.registry, lambda function: {"pool": _pool(function.pool), **self._limits(function)}
        )
        self._workers: Workers | None = None
        # Processes in Lua that were started as commands; no function may be one.
        self.processes: set[str] = set()
        # Adds what modules of the standard library ask of the host.
        self.joined: Callable[[Callbacks], Callbacks] = lambda own: own
        self._statistics = Statistics()
        self._compilations = Compilations()

    @property
    def callbacks(self) -> Mapping[str, Callable[..., Any]]:
        """The functions for ``Lane``."""
        own: Callbacks = {
            "load": self._load,
            "library": self._library,
            "unprovided": self._unprovided,
            "difference": self.compatible.difference,
            "method": self._method,
            "call": self.compatible.call,
            "lease_method": self.compatible.lease_method,
            "end_lease": self.compatible.end_lease,
            "compilation": self._compilations.take,
            "finish_compiling": self._compilations.finish,
            "world": self._worlds.world,
            "folders": self._worlds.folders,
            "workers": self._the_workers,
            "counts": lambda id: self._statistics.address(id.decode()),
            "statistics": lambda id: self.statistics(id.decode("utf-8", "replace") or None),
        }
        return self.joined(own)

    @property
    def worker_callbacks(self) -> Mapping[str, Callable[..., Any]]:
        """The functions for the lanes of ``Workers``, whose own calls all run in themselves."""
        from moonwit.lua.calls.workers import as_told

        own = {name: callback for name, callback in self.callbacks.items() if name != "workers"}
        return {**own, "load": lambda id: as_told(self._load(id))}

    def _the_workers(self) -> Workers:
        from moonwit.lua.calls.workers import Workers

        with self._lock:
            if self._workers is None:
                self._workers = Workers(self.worker_callbacks)
            return self._workers

    def close(self, timeout: float | None = None) -> bool:
        """Ends the lanes that long calls run in; tells whether they ended within ``timeout`` seconds."""
        self._compilations.close()
        return self._workers is None or self._workers.close(timeout)

    def find(self, id: str) -> Entry | Data:
        """Gives the entry, or an answer that says why there is none to use."""
        from moonwit.registry import shown

        if self.registry is None:
            return failed("NotFound", f"there is no function {shown(id)}: no project was found, name its folder with --project")
        entry = self.registry.entries.get(id)
        if entry is None:
            near = self.registry.nearest(id)
            hint = f", did you mean {near}?" if near else ""
            namespace, colon, name = id.partition(":")
            if not (namespace and colon and name):
                return failed("Invalid", f"{shown(id)} is not an id: write namespace:name{hint}")
            return failed("NotFound", f"there is no entry {shown(id)}{hint}")
        if self.registry.is_broken(id):
            return failed("Invalid", f"the entry {id} can't be used: {self._blame(entry)}")
        return entry

    def _blame(self, entry: Entry) -> str:
        assert self.registry is not None
        seen, waiting = {entry.id}, [entry.id]
        while waiting:
            here = waiting.pop(0)
            for problem in self.registry.errors:
                if problem.entry == here:
                    return place(problem)
            known = self.registry.entries.get(here)
            new = [target for target in (known.references if known else ()) if target not in seen]
            seen.update(new)
            waiting.extend(new)
        return "`moonwit check` says what is wrong"

    def loaded(self, entry: Entry) -> LoadedFunction:
        """Loads a WASM function once; raises ``FunctionProblem``."""
        from moonwit.host.functions.functions import load_function

        assert self.registry is not None
        with self._lock:
            found = self._loaded.get(entry.id)
            if found is None:
                found = self._loaded[entry.id] = load_function(entry, self.registry)
            return found

    def result_type(self, id: str) -> wit.Type | None:
        """Gives the WIT type of what a call of ``id`` gives, where it is known: after its first call."""
        function = self._loaded.get(id)
        result = None if function is None else function.signature.result
        if isinstance(result, wit.Result) and function is not None and function.results == "pair":
            return result.ok
        return result

    def error_type(self, id: str) -> wit.Type | None:
        """Gives the WIT type of the details of an error that a function returns, where it is known."""
        function = self._loaded.get(id)
        result = None if function is None else function.signature.result
        return result.err if isinstance(result, wit.Result) else None

    def _load(self, id: bytes) -> Data:
        entry = self.find(id.decode("utf-8", "replace"))
        if isinstance(entry, dict):
            return entry
        if entry.kind in WASM:
            return self._wasm(entry)
        if entry.kind == "function.lua" or entry.id in self.processes:
            return {"resolver": "lua", **self._script(entry)}
        return failed("Invalid", f"the entry {entry.id} is of kind {entry.kind}, which can't be called: name a function")

    def statistics(self, id: str | None) -> Data:
        """Gives what was counted of a function, or of each that was used; an answer that says why not for an unknown id."""
        if id is None:
            return {used: self.statistics(used) for used in self._statistics.ids()}
        entry = self.find(id)
        if isinstance(entry, dict):
            return entry
        elsewhere = self.compatible.of(id)
        instances = [{"live": made.made - made.ended, "made": made.made, "replaced": made.failed} for made in elsewhere]
        stuck = {name: sum(getattr(made, name) for made in elsewhere) for name in ("abandoned", "ever_abandoned")}
        return {**self._statistics.read(id, instances), "threads": stuck}

    def warm(self, lane: Lane) -> None:
        """Compiles the functions whose pools ask for `warm_start`, and has the lane make an instance of each."""
        assert self.registry is not None
        for entry in list(self.registry.entries.values()):
            pool = entry.fields.get("pool")
            wanted = entry.kind in WASM and isinstance(pool, dict) and pool.get("warm_start") is True
            if wanted and not self._compilations.settled(functools.partial(self._load, entry.id.encode())).get("failed"):
                lane.warm(entry.id)

    def _wasm(self, entry: Entry) -> Data:
        from moonwit.host.compiling.code import CodeProblem
        from moonwit.host.functions.functions import FunctionProblem
        from moonwit.lua.guest.plan import compiler_for, lift_data, plan_data
        from moonwit.lua.imports.plan import provided_data

        try:
            function = self.loaded(entry)
        except FunctionProblem as error:
            assert self.registry is not None
            self.registry.report(error.problem)
            return failed("Invalid", f"the entry {entry.id} can't be used: {place(error.problem)}")
        plan, lift = function.plan, function.lift
        code, data = compiler_for(function), None
        try:
            if plan is None:
                code.get(function.data, component=True)
            else:
                assert self.registry is not None
                data = plan_data(function, code) | provided_data(function, self.registry, self._script)
        except CodeProblem as problem:
            assert self.registry is not None
            return unusable(entry, problem, self.registry)
        if code.missing:
            return self._compilations.begin(code, function.max_execution_ms)
        if plan is None or lift is None:
            return self.compatible.data(function, function.path, function.signature)
        return {
            "resolver": "wasm",
            "id": entry.id,
            "plan": data,
            "lift": lift_data(lift, plan, function.hosting),
            "fresh": not function.pool.reuse,
            "results": function.results,
            **({"worldly": True} if function.wasi else {}),
            **self._limits(function),
            "pool": _pool(function.pool),
            **_workers(function.pool.workers if function.pool.type in ("static", "adaptive") else 0),
        }

    def _limits(self, function: LoadedFunction) -> Data:
        """Gives ``limit_elements``, and ``limit_ms``, ``limit_ticks``, ``limit_bytes`` and ``limit_stack`` where it has them."""
        from moonwit.host.engine import engine

        limits: Data = {"limit_elements": engine.table_elements(function.max_memory_bytes)}
        if function.max_execution_ms is not None:
            engine.start_ticker()
            limits |= {"limit_ms": function.max_execution_ms, "limit_ticks": engine.ticks(function.max_execution_ms)}
        if function.max_memory_bytes is not None:
            limits["limit_bytes"] = function.max_memory_bytes
        if function.max_stack_bytes is not None:
            limits["limit_stack"] = function.max_stack_bytes
        return limits

    def _script(self, entry: Entry) -> Data:
        assert self.registry is not None
        origin = entry.origin("source")
        # LuaJIT shows "@" names as they are; an inline source counts its own lines.
        name = f"={entry.id}" if origin is None else f"@{_relative(origin, self.registry)}"
        imports = entry.fields.get("imports")
        data: Data = {"id": entry.id, "source": entry.fields["source"], "chunkname": name, "modules": entry.fields.get("modules") or []}
        if entry.fields.get("method"):
            data["method"] = entry.fields["method"]
        pool = entry.fields.get("pool")
        if isinstance(pool, dict) and entry.kind == "function.lua":
            data |= _script_workers(pool)
        limits = entry.fields.get("limits")
        if isinstance(limits, dict) and limits.get("max_execution_ms"):
            data["limit_ms"] = limits["max_execution_ms"]
        if isinstance(imports, dict):
            data["imports"] = {alias: self._script(self.registry.entries[str(id)]) for alias, id in imports.items()}
        return data

    def _unprovided(self, id: bytes, path: bytes) -> Data:
        """Says why an import that a guest has called is not there."""
        from moonwit.host.functions import unprovided

        function = self._loaded[id.decode()]
        interface, _, name = path.decode("utf-8", "replace").partition("#")
        # One that answers requests has this without saying so.
        served = "wasi:http/types" if function.transport == "wasi-http" else None
        grants = [grant for grant in function.grants if grant != served]
        missing = unprovided.explain(function.binary, interface, name, grants, function.id)
        return {"kind": unprovided.kind(missing), "message": unprovided.sentence(f"the function {function.id}", missing)}

    def _library(self) -> Data:
        from moonwit.host.engine import engine

        return {"path": engine.library_path(), "layouts": engine.layouts(), "mappings": engine.mappings()}

    def _method(self, key: bytes, path: bytes) -> Data | None:
        from moonwit.lua.guest.plan import lift_data, plan_key

        wanted, name = key.decode(), path.decode("utf-8", "replace")
        for function in list(self._loaded.values()):
            if function.plan is not None and name in function.plan.exports and plan_key(function) == wanted:
                return lift_data(function.plan.exports[name], function.plan, function.hosting)
        return None


def _pool(pool: Pool) -> Data:
    """Gives the type, how many calls may be under way at once (none for `inline`), and how many may wait before their callers do."""
    if pool.type == "inline":
        return {"type": pool.type}
    own: Data = {"room": pool.buffer} if pool.type == "static" else {"warm": True} if pool.warm_start else {}
    return {"type": pool.type, "bound": pool.size, **own}


def _script_workers(pool: Mapping[str, Any]) -> Data:
    """Says the same of a function in Lua: it has instances nowhere, so all that counts is how many calls may run in other lanes."""
    from moonwit.host.functions.functions import BUFFER_PER_WORKER, DEFAULT_MAX_SIZE, DEFAULT_WORKERS

    size, workers = pool.get("size"), pool.get("workers")
    type = pool.get("type") or ("static" if size or workers else "lazy")
    if type == "static":
        count = workers or size or DEFAULT_WORKERS
        return {"workers": count, "pool": {"type": type, "room": pool.get("buffer", count * BUFFER_PER_WORKER)}}
    if type == "adaptive":
        return {"workers": pool.get("max_size") or DEFAULT_MAX_SIZE, "pool": {"type": type}}
    return {}


def _workers(count: int) -> Data:
    """Says how many calls may run in other lanes, for a pool that has workers."""
    return {"workers": count} if count else {}


def _relative(path: Any, registry: Registry) -> str:
    return str(path.relative_to(registry.root)) if path.is_relative_to(registry.root) else str(path)
