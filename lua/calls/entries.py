"""The registry's functions as a lane asks for them: what an id stands for, as data that lua/calls/calls.lua binds."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from moonwit.host.files.waiting import ACTIONS
from moonwit.host.functions.whole import is_guest, is_program, is_whole, split
from moonwit.host.wasm.wit import types as wit
from moonwit.lua.calls.descriptions import answering, cluster_entry, cluster_of, exported, far_lua_entry, guest_entry, lua_entry
from moonwit.lua.lane.compilations import Compilations, failed, place, unusable
from moonwit.lua.pools.statistics import Statistics
from moonwit.lua.scripts import files
from moonwit.lua.values import buffer
from moonwit.lua.wasi.worlds import Worlds

if TYPE_CHECKING:
    from moonwit.host.engine.worker import Cancellation
    from moonwit.host.functions.loaded import FunctionProblem, LoadedFunction
    from moonwit.host.programs.program import Program
    from moonwit.lua.border import answers, entries, plans
    from moonwit.lua.calls.callables import Callables
    from moonwit.lua.calls.workers import Workers
    from moonwit.lua.lane.lane import Lane
    from moonwit.registry import Entry, Registry

Callbacks = Mapping[str, Callable[..., Any]]
WASM = ("function.wat", "function.wasm")


def _which(function: LoadedFunction) -> str:
    """Names what can be called instead of a whole binary."""
    from moonwit.host.functions.exports import parts
    from moonwit.registry.names import listed

    exports = [part.export for part in parts(function)]
    return f"call one of that, as in {function.id}#{exports[0]}; there {'is' if len(exports) == 1 else 'are'} {listed(exports)}"


class Entries:
    """Answers the questions of lanes about a registry; ``registry`` is None where there is no project.

    What is loaded once is kept, so that all lanes share binaries and plans.
    """

    # How many epochs a call may take whose entry has no limit; None means no limit.
    patience: int | None = None

    def __init__(self, registry: Registry | None) -> None:
        self.registry = registry
        self._lock = threading.Lock()
        self._loaded: dict[str, LoadedFunction] = {}
        self._worlds = Worlds(self._loaded, lambda: self.registry)
        self._workers: Workers | None = None
        # The clusters of the project, made by `moonwit.project`; whether this is a worker of one, where all its functions are called.
        self.clusters: Callable[[], Any] | None = None
        self.is_remote = False
        # Functions of the Python program, where it has given some.
        self.callables: Callables | None = None
        # Adds what modules of the standard library ask of the host.
        self.joined: Callable[[Callbacks], Callbacks] = lambda own: own
        # Programs that were started, by the ids of what runs them; no function may be one.
        self._programs: dict[str, Program] = {}
        self._statistics = Statistics()
        self._compilations = Compilations()

    def callbacks(self, role: entries.Role = "lane") -> Callbacks:
        """The functions for a lane; the calls of a worker all run in itself."""
        own: dict[str, Callable[..., Any]] = {
            "load": lambda id: self.load(id.decode("utf-8", "replace"), role),
            "exports": lambda id: self._exports(id.decode("utf-8", "replace")),
            "library": self._library,
            "lua_file": files.find,
            "unprovided": self._unprovided,
            "difference": self._difference,
            "method": self._method,
            "call": self._call,
            "begin": self._begin,
            "clusters": lambda: self.clusters and self.clusters(),
            "compilation": self._compilations.take,
            "finish_compiling": self._compilations.finish,
            "world": self._worlds.world,
            "folders": self._worlds.folders,
            "counts": lambda id: self._statistics.address(id.decode()),
            "statistics": lambda id: self.statistics(id.decode("utf-8", "replace")) if id else self.all_statistics(),
        }
        if role != "worker":
            own["workers"] = self._the_workers
        return self.joined(own)

    def _call(self, target: bytes, arguments: bytes) -> Any:
        """Makes a call on another thread: what files may have to wait for, or a function of the Python program."""
        action = ACTIONS.get(target.decode("utf-8", "replace"))
        if action is not None:
            return action(*buffer.decode_all(arguments))
        assert self.callables is not None, target
        return self.callables.call(target, arguments)

    def _begin(self, target: bytes, arguments: bytes, cancellation: Cancellation) -> Future[bytes] | None:
        return None if self.callables is None else self.callables.begin(target, arguments, cancellation)

    def _python(self, entry: Entry) -> entries.Loaded:
        if self.callables is None or entry.id not in self.callables.functions:
            hint = f"moonwit.open(folder, functions={{'{entry.id}': ...}})"
            return failed("Unavailable", f"the entry {entry.id} is a function of the Python program, and none was given: {hint}")
        return self.callables.entry(entry.id)

    def _cluster(self, entry: Entry) -> str | None:
        """Gives the cluster that an entry's calls are made on from here."""
        return None if self.is_remote or self.clusters is None else cluster_of(entry)

    def _the_workers(self) -> Workers:
        from moonwit.lua.calls.workers import Workers

        with self._lock:
            if self._workers is None:
                self._workers = Workers(self.callbacks("worker"))
            return self._workers

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The lanes that were started for long calls of others."""
        return () if self._workers is None else self._workers.lanes

    def close(self, timeout: float | None = None) -> bool:
        """Ends the lanes that long calls run in; tells whether they ended within ``timeout`` seconds."""
        self._compilations.close()
        return self._workers is None or self._workers.close(timeout)

    def find(self, id: str) -> Entry | answers.Failure:
        """Gives the entry that is called by ``id``, or an answer that says why there is none to use."""
        from moonwit.registry import shown

        if self.registry is None:
            return failed("NotFound", f"there is no function {shown(id)}: no project was found, name its folder with --project")
        id, method = split(id)
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
        if method is not None and (entry.kind not in WASM or not is_whole(entry)):
            why = "says `method`, and is that function" if entry.kind in WASM else f"is of kind {entry.kind}"
            return failed("Invalid", f"the entry {id} {why}, so nothing of it is called by `#`: call {id}")
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

    def loaded(self, entry: Entry, method: str | None = None) -> LoadedFunction:
        """Loads a WASM function once; raises ``FunctionProblem``, and ``UnknownMethod`` for a ``method`` that its binary does not export.

        Of an entry that stands for a whole binary it is that ``method``, or the first one.
        """
        from moonwit.host.functions.loading import load_function

        assert self.registry is not None
        id = entry.id if method is None else f"{entry.id}#{method}"
        with self._lock:
            found = self._loaded.get(id)
            if found is None:
                found = self._loaded[id] = load_function(entry, self.registry, method)
                # What it sees of the world is asked for by the entry's own id.
                self._loaded.setdefault(entry.id, found)
            return found

    def answering(self, id: str) -> LoadedFunction:
        """Loads what answers HTTP requests by an id; raises as ``loaded`` does. Of a whole binary it is what takes requests as they are."""
        assert self.registry is not None
        return answering(id, self.registry, self.loaded)

    def result_type(self, id: str) -> wit.Type | None:
        """Gives the WIT type of what a call of ``id`` gives, where it is known: after its first call."""
        if self.callables is not None and (known := self.callables.signatures.get(id)) is not None:
            return known.result
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

    def add_program(self, program: Program, function: LoadedFunction) -> None:
        """Answers for a program that is about to be run by ``function``."""
        from moonwit.host.wasi.world import World

        self._programs[function.id] = program
        self._loaded[function.id] = function
        given = program.world
        self._worlds.fix(function, World((program.name, *given.args), given.cwd, given.env, given.mounts, given.network))

    def load(self, id: str, role: entries.Role = "lane") -> entries.Loaded:
        """Gives what an id stands for, for a lane of this role; its code may still have to be compiled."""
        entry = self.find(id)
        if isinstance(entry, dict):
            return entry
        if entry.kind == "function.python":
            return self._python(entry)
        if is_guest(entry):
            return self._wasm(entry, split(id)[1], role)
        if entry.kind in ("function.lua", "process.lua"):
            assert self.registry is not None
            if entry.kind == "function.lua" and (cluster := self._cluster(entry)) is not None:
                return far_lua_entry(entry, cluster)
            return lua_entry(entry, self.registry, role)
        if is_program(entry):
            return failed("Invalid", f"the entry {entry.id} is a program, which `moonwit run` runs: name in `method` what to call of it")
        return failed("Invalid", f"the entry {entry.id} is of kind {entry.kind}, which can't be called: name a function")

    def all_statistics(self) -> Mapping[str, answers.FunctionStatistics]:
        """Gives what was counted of each function that was used and that there still is, by id."""
        return {used: self._counted(used) for used in self._statistics.ids() if not isinstance(self.find(used), dict)}

    def statistics(self, id: str) -> answers.FunctionStatistics | answers.Failure:
        """Gives what was counted of a function, or why there is nothing."""
        entry = self.find(id)
        return entry if isinstance(entry, dict) else self._counted(entry.id)

    def _counted(self, id: str) -> answers.FunctionStatistics:
        counted = self._statistics.read(id)
        if self.registry is not None and cluster_of(self.registry.entries[id]) is not None and self.clusters is not None:
            counted["workers"] = self.clusters().made(id)
        return counted

    def warm(self, lane: Lane) -> None:
        """Compiles the functions whose pools ask for `warm_start`, and has the lane make an instance of each."""
        assert self.registry is not None
        for entry in list(self.registry.entries.values()):
            pool = entry.fields.get("pool")
            wanted = entry.kind in WASM and isinstance(pool, dict) and pool.get("warm_start") is True
            if wanted and (id := self._first(entry)) and "failed" not in self._compilations.settled(functools.partial(self.load, id)):
                lane.warm(id)

    def _first(self, entry: Entry) -> str | None:
        """Gives the id of an entry's function, the first of several; None where there is none."""
        from moonwit.host.functions.loaded import FunctionProblem

        if self.registry is None or not is_whole(entry) or self.registry.is_broken(entry.id):
            return entry.id
        try:
            return self.loaded(entry).call_id
        except FunctionProblem as error:
            self.registry.report(error.problem)
            return None

    def _exports(self, id: str) -> entries.Exports | answers.Failure:
        """Gives the functions that an entry stands for."""
        from moonwit.host.functions.loaded import FunctionProblem

        entry = self.find(id)
        if isinstance(entry, dict):
            return entry
        if entry.kind not in WASM:
            hint = f"call {entry.id}" if entry.kind.startswith("function.") else "name a function.wat or function.wasm"
            return failed("Invalid", f"the entry {entry.id} is of kind {entry.kind}, which has no binary to import: {hint}")
        try:
            return exported(self.loaded(entry))
        except FunctionProblem as error:
            return self._refused(entry, error)

    def _refused(self, entry: Entry, error: FunctionProblem) -> answers.Failure:
        """Answers for an entry that can't be loaded; the registry learns of it."""
        assert self.registry is not None
        self.registry.report(error.problem)
        return failed("Invalid", f"the entry {entry.id} can't be used: {place(error.problem)}")

    def _wasm(self, entry: Entry, method: str | None, role: entries.Role) -> entries.Loaded:
        from moonwit.host.compiling.code import CodeProblem
        from moonwit.host.functions.loaded import FunctionProblem
        from moonwit.host.functions.methods import UnknownMethod
        from moonwit.lua.guest.plan import compiler_for, item_data, plan_data
        from moonwit.lua.imports.plan import add_provided

        assert self.registry is not None
        try:
            function = self.loaded(entry, method)
        except FunctionProblem as error:
            return self._refused(entry, error)
        except UnknownMethod as error:
            return failed("NotFound", f"{entry.id}: {error}")
        if method is None and function.is_part:
            return failed("Invalid", f"the entry {entry.id} has no `method` and stands for all of its binary: {_which(function)}")
        if (cluster := self._cluster(entry)) is not None:
            return cluster_entry(function, cluster)
        code = compiler_for(function)
        try:
            plan = plan_data(function, code)
            add_provided(plan, function, self.registry)
            if function.plan.tasks is not None:
                from moonwit.lua.tasks.plan import add_tasks

                add_tasks(plan, function, self.registry, lambda item: item_data(item, function.linkage))
        except CodeProblem as problem:
            return unusable(entry, problem, self.registry)
        if code.missing:
            return self._compilations.begin(code, function.max_execution_ms)
        return guest_entry(function, plan, role, self.patience)

    def _unprovided(self, id: bytes, wanted: bytes) -> entries.Missing:
        """Says why an import that a guest has called is not there."""
        from moonwit.host.functions import unprovided

        function = self._loaded[id.decode()]
        interface, _, name = wanted.decode("utf-8", "replace").partition("#")
        # One that answers requests has this without saying so.
        served = "wasi:http/types" if function.transport == "wasi-http" else None
        grants = [grant for grant in function.grants if grant != served]
        owner, _, own = interface.rpartition(" ")
        if owner:
            # Of a component that answers imports of this one.
            linked, found, granted = function.linked[int(owner) - 1]
            missing = unprovided.explain(found, own, name, granted, linked)
            who = f"{linked}, which answers imports of the function {function.id},"
        else:
            program = self._programs.get(function.id)
            who, entry = (f"the function {function.id}", function.id) if program is None else (program.name, program.id)
            missing = unprovided.explain(function.binary, interface, name, grants, entry)
        return {"kind": "PermissionDenied", "message": unprovided.sentence(who, missing)}

    def _library(self) -> answers.Library:
        from moonwit.host.engine import engine

        return {"path": engine.library_path(), "layouts": engine.layouts(), "mappings": engine.mappings()}

    def _difference(self, made: bytes, called: bytes) -> str:
        """Says why a handle that an entry has made can't be passed to another entry."""
        from moonwit.host.functions import sharing

        maker, id = self._loaded.get(made.decode()), called.decode()
        if maker is None:
            return "was made before the project was read again"
        return sharing.difference(sharing.says(maker), sharing.says(self._loaded[id]), maker.id, id)

    def _method(self, key: bytes, export: bytes) -> plans.Lift | None:
        from moonwit.lua.guest.plan import lift_data, plan_key

        wanted, name = key.decode(), export.decode("utf-8", "replace")
        for function in list(self._loaded.values()):
            if name in function.plan.exports and plan_key(function) == wanted:
                return lift_data(function.plan.exports[name], function.plan, function.linkage)
        return None
