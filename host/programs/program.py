"""Programs in WebAssembly: a component that exports `wasi:cli/run`, or a core module with `_start`, run to its end as a process is.

They run on Wasmtime's own WASI with the standard streams of this process, and with nothing else of it that was not given to them.
"""

from __future__ import annotations

import re
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from moonwit.host.compatible.guest_names import readable
from moonwit.host.compiling.code import CodeProblem
from moonwit.host.compiling.jobs import compiled
from moonwit.host.engine.engine import NO_LIMIT, engine_for, start_ticker, table_elements, ticks
from moonwit.host.functions.binaries import Binary
from moonwit.host.values.names import listed, shown
from moonwit.host.wasi import grants as wasi
from moonwit.host.wasi import preview1
from moonwit.host.wasi.world import World, WorldProblem, preopen
from moonwit.host.wasm.plan.core_plan import THREADS
from moonwit.host.wasm.problems import Malformed, Refused
from moonwit.registry.record import record

if TYPE_CHECKING:
    from wasmtime import Engine, Module, Store, Trap, WasiConfig, WasmtimeError
    from wasmtime import component as generic

RUN = "wasi:cli/run"
START = "_start"

# What a program gets that nobody has granted anything: all of WASI that shows it no more than it was given, and no network.
BASIC = frozenset({"wasi:cli", "wasi:io", "wasi:clocks", "wasi:filesystem", "wasi:random", wasi.PREVIEW1})

# The largest status that a process can end with.
MAX_STATUS = 255


class ProgramProblem(Exception):
    """A program can't be run, or did not come to its end. ``kind`` is one of the kinds of errors in Lua; the message is a
    sentence, ``backtrace`` has a line for each of the guest's frames."""

    def __init__(self, kind: str, message: str, backtrace: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.backtrace = backtrace


class _Exited(Exception):
    """The program has ended itself."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def _status(code: int) -> int:
    # A failure stays one when the system cuts it to a byte.
    return code if 0 <= code <= MAX_STATUS else MAX_STATUS


@record
class Program:
    """A program and what it is given. ``name`` is its first argument and names it in sentences; ``world.args`` are the others.

    ``grants`` is what ``imports:`` of an entry holds, whose id is ``id``; None for a program in a file. The limits are in milliseconds
    and bytes.
    """

    name: str
    binary: Binary
    world: World
    grants: frozenset[str] = BASIC
    max_execution_ms: int | None = None
    max_memory_bytes: int | None = None
    max_stack_bytes: int | None = None
    id: str | None = None

    @property
    def written(self) -> list[str]:
        """The grants in an order of their own."""
        return sorted(self.grants)

    @property
    def engine(self) -> Engine:
        """The engine whose guests have as much stack as this one."""
        return engine_for(stack_bytes=self.max_stack_bytes)

    def check(self) -> None:
        """Compiles the program; raises ``ProgramProblem`` when it is none."""
        if self.binary.is_component:
            self._component()
        else:
            self._module()

    def run(self) -> int:
        """Runs the program on this thread and gives its exit status; raises ``ProgramProblem``."""
        from wasmtime import ExitTrap, Store, Trap, WasmtimeError

        from moonwit.host.compatible import guest_environment
        from moonwit.host.compatible.linking import exit_status

        access = wasi.access(self.grants)
        store = Store(self.engine)
        world = World((self.name, *self.world.args), self.world.cwd, self.world.env, self.world.mounts)
        try:
            store.set_wasi(self._config(world, access))
        except WorldProblem as error:
            raise ProgramProblem(error.kind, error.message) from None
        except Refused as error:
            raise ProgramProblem("Invalid", f"{self.name} can't be run: {error}") from None
        if access.http:
            store.set_wasi_http()
        memory = self.max_memory_bytes
        store.set_limits(memory_size=-1 if memory is None else memory, table_elements=table_elements(memory))
        start_ticker()
        store.set_epoch_deadline(NO_LIMIT if self.max_execution_ms is None else ticks(self.max_execution_ms))
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        try:
            with guest_environment.seen(world) if self.binary.is_component else nullcontext():
                return self._run_component(store) if self.binary.is_component else self._run_module(store)
        except ExitTrap as error:
            return _status(error.code)
        except _Exited as ended:
            return ended.status
        except (WasmtimeError, Trap) as error:
            if (status := exit_status(str(error))) is not None:
                return status
            raise self._failure(error) from None

    def _config(self, world: World, access: wasi.Access) -> WasiConfig:
        from wasmtime import WasiConfig

        from moonwit.host.wasi.network_access import open_network

        config = WasiConfig()
        everything = not self.binary.is_component and wasi.grants(wasi.PREVIEW1, self.grants)
        if everything or wasi.grants("wasi:cli/stdin", self.grants):
            config.inherit_stdin()
        if everything or access.output:
            config.inherit_stdout()
        if everything or access.errors:
            config.inherit_stderr()
        if everything:
            config.argv = list(world.args)
            config.env = world.env
        if everything or access.files:
            preopen(config, world)
        # Wasmtime's own sockets know no addresses: they are opened where nothing is left out.
        if access.network and self.world.network.is_open:
            open_network(config, access.names)
        return config

    def _component(self, seconds: float | None = None) -> tuple[generic.Component, str]:
        """Gives the compiled component and the name that it exports its `run` by."""
        from moonwit.host.compatible import linking

        try:
            component = linking.load(self.binary.data, self.engine, self.name, seconds)
        except Refused as error:
            raise ProgramProblem("Invalid", f"{self.name} can't be run: {self._refusal() or error}") from None
        except CodeProblem as problem:
            raise self._not_compiled(problem) from None
        with component.type as type:
            exported = list(type.exports(self.engine))
        for name in exported:
            if _RUN.match(name):
                return component, name
        other = next((name for name in exported if name.startswith(RUN)), None)
        if other is not None:
            raise ProgramProblem("Invalid", f"{self.name} exports {shown(other)}, which is not of WASI 0.2: build it for WASI 0.2")
        what = f"it exports {listed(exported)}" if exported else "it exports nothing"
        raise ProgramProblem("Invalid", f"{self.name} is not a program: a component must export {RUN}, and {what}")

    def _refusal(self) -> str | None:
        """Says why no call path takes the component, as `moonwit check` and `inspect` do; None where the reason is Wasmtime's own."""
        try:
            _ = self.binary.world
        except (Malformed, Refused) as error:
            text = str(error).rstrip(".")
            return text[:1].lower() + text[1:]
        return None

    def _module(self, seconds: float | None = None) -> Module:
        from wasmtime import FuncType, Module

        try:
            # Wasmtime's own WASI 0.1 looks for a memory before anything else.
            data = preview1.export_memory(self.binary.data) or self.binary.data
            module = compiled(data, self.engine, self.name, seconds=seconds)
        except Malformed as error:
            raise ProgramProblem("Invalid", f"{self.name} is not valid WebAssembly: {error}") from None
        except CodeProblem as problem:
            raise self._not_compiled(problem) from None
        assert isinstance(module, Module)
        if self.binary.core.threads:
            raise ProgramProblem("Invalid", f"{self.name} {THREADS}")
        self._check_imports()
        exported = {export.name: export.type for export in module.exports}
        start = exported.get(START)
        if not isinstance(start, FuncType) or start.params or start.results:
            what = f"it exports {listed(exported)}" if exported else "it exports nothing"
            raise ProgramProblem("Invalid", f"{self.name} is not a program: a core module must export a function {START}, and {what}")
        return module

    def _check_imports(self) -> None:
        """Looks for imports of a core module that can't even be linked; raises ``ProgramProblem``."""
        from moonwit.host.functions import unprovided

        for entry in self.binary.core.imports:
            if entry.kind != "func":
                what = f"it imports the {entry.kind} {shown(entry.module)} {shown(entry.name)}, and only functions can be"
                raise ProgramProblem("Invalid", f"{self.name} can't be run: {what}; define it in the module")
            missing = unprovided.explain(self.binary, entry.module, entry.name, near=False)
            if missing.why == "mistyped":
                raise ProgramProblem("Invalid", f"{self.name} can't be run: {unprovided.sentence('it', missing)}")

    def _seconds(self) -> float | None:
        return None if self.max_execution_ms is None else self.max_execution_ms / 1000

    def _not_compiled(self, problem: CodeProblem) -> ProgramProblem:
        if problem.kind == "Timeout":
            return ProgramProblem("Timeout", f"{self.name} took longer than its limit of {self.max_execution_ms} ms: {problem.sentence}")
        if problem.invalid:
            return ProgramProblem("Invalid", f"{self.name} is not valid WebAssembly: {_cause(problem)}")
        return ProgramProblem(problem.kind, f"{self.name} can't be run: {problem.sentence}")

    def _run_component(self, store: Store) -> int:
        import ctypes

        from wasmtime import WasmtimeError
        from wasmtime import _ffi as ffi

        from moonwit.host.compatible import linking

        component, name = self._component(self._seconds())
        try:
            linker = linking.link(component, self.grants, self.engine)
        except Refused as error:
            raise ProgramProblem("Invalid", f"{self.name} can't be run: {error}") from None
        instance = linker.instantiate(store, component)
        parent = component.get_export_index(name)
        index = None if parent is None else component.get_export_index("run", parent)
        function = None if index is None else instance.get_func(store, index)
        if function is None:
            raise ProgramProblem("Invalid", f"{self.name} is not a program: its {shown(name)} has no function `run`")
        result = ffi.wasmtime_component_val_t()
        problem = ffi.wasmtime_component_func_call(ctypes.byref(function._func), store._context(), None, 0, ctypes.byref(result), 1)
        if problem:
            raise WasmtimeError._from_ptr(problem)
        try:
            is_ok = result.kind == ffi.WASMTIME_COMPONENT_RESULT.value and result.of.result.is_ok
            return 0 if is_ok else 1
        finally:
            ffi.wasmtime_component_val_delete(ctypes.byref(result))

    def _run_module(self, store: Store) -> int:
        from wasmtime import Func, FuncType, Linker, ValType, WasmtimeError
        from wasmtime import _ffi as ffi

        module = self._module(self._seconds())
        linker = Linker(self.engine)
        if wasi.grants(wasi.PREVIEW1, self.grants):
            linker.define_wasi()
            # Wasmtime's own refuses a status of 126 and more.
            linker.allow_shadowing = True
            linker.define_func(wasi.PREVIEW1, "proc_exit", FuncType([ValType.i32()], []), _exit)
        problem = ffi.wasmtime_linker_define_unknown_imports_as_traps(linker.ptr(), module.ptr())
        if problem:
            raise WasmtimeError._from_ptr(problem)
        start = linker.instantiate(store, module).exports(store)[START]
        assert isinstance(start, Func)
        start(store)
        return 0

    def _failure(self, error: WasmtimeError | Trap) -> ProgramProblem:
        from moonwit.host.compatible import linking
        from moonwit.host.functions import unprovided

        cause = _cause(error)
        missing = linking.explain(linking.unfit(str(error)) or cause, self.binary, self.written, self.id)
        unknown = _UNKNOWN.search(cause)
        if unknown is not None:
            missing = unprovided.explain(self.binary, unknown[1], unknown[2], self.written, self.id)
        if missing is not None:
            return ProgramProblem(unprovided.kind(missing), unprovided.sentence(self.name, missing), _frames(error))
        if cause == "interrupt":
            return ProgramProblem("Timeout", f"{self.name} took longer than its limit of {self.max_execution_ms} ms")
        limit = f": it has {self.max_stack_bytes} bytes of stack (max_stack_bytes)" if self.max_stack_bytes and cause == _DEEP else ""
        return ProgramProblem("Internal", f"{self.name} failed: {cause}{limit}", _frames(error))


def _exit(code: int) -> None:
    raise _Exited(_status(code & 0xFFFFFFFF))


_RUN = re.compile(rf"{RUN}@0\.2\.[0-9A-Za-z.+-]+\Z")
_UNKNOWN = re.compile(r"unknown import: `(.+)::(.+)` has not been defined")
_DEEP = "call stack exhausted"
_CAUSES = re.compile(r"Caused by:\s*|\n\s*\d+: ")


def _cause(error: Exception) -> str:
    """Gives the last of the causes that Wasmtime's message lists."""
    text = " ".join(_CAUSES.split(str(error).strip())[-1].split())
    return re.sub(r"^wasm trap: ", "", text)


def _frames(error: Any) -> tuple[str, ...]:
    found = []
    for line in str(error).splitlines():
        frame = re.match(r"\s+\d+: +0x([0-9a-f]+) - (.+)", line)
        if frame is not None:
            module, _, name = frame[2].partition("!")
            where = "" if module == "<unknown>" else f"{module}: "
            plain = re.sub(r"^<wasm (function \d+)>\Z", r"\1", name)
            found.append(f"\t{where}in guest {readable(plain)} at 0x{frame[1]}")
    return tuple(found[:32])
