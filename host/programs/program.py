"""Programs in WebAssembly: a component that exports `wasi:cli/run`, or a core module with `_start`, run to its end as a process is.

A program runs as functions do, once, with the standard streams of this process, and with nothing else of it that was not given to it:
lua/programs does that.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TypeVar

from moonwit.host.compiling.code import CodeProblem
from moonwit.host.compiling.jobs import Compiler
from moonwit.host.engine.engine import engine_for
from moonwit.host.functions.binaries import Binary, binary
from moonwit.host.functions.loaded import LoadedFunction, Pool
from moonwit.host.values.names import listed, shown
from moonwit.host.wasi import grants as wasi
from moonwit.host.wasi import preview1
from moonwit.host.wasi.linkage import Linkage, link
from moonwit.host.wasi.world import World
from moonwit.host.wasm.plan.core_plan import THREADS, CoreProblem, core_functions
from moonwit.host.wasm.plan.plan import Export, Plan
from moonwit.host.wasm.plan.shortcut import shorten
from moonwit.host.wasm.problems import Malformed, Refused
from moonwit.host.wasm.wit import types as wit
from moonwit.registry.record import record

T = TypeVar("T")

RUN = "wasi:cli/run"
START = "_start"
_RUN = re.compile(rf"{RUN}@0\.[23]\.[0-9A-Za-z.+-]+\Z")
_CAUSES = re.compile(r"Caused by:\s*|\n\s*\d+: ")

# What a program gets that nobody has granted anything: all of WASI that shows it no more than it was given, and no network.
BASIC = frozenset({"wasi:cli", "wasi:io", "wasi:clocks", "wasi:filesystem", "wasi:random", wasi.PREVIEW1})

# It has one instance, for one call.
_POOL = Pool("lazy", 1, 1, 0, 1, reuse=False)


class ProgramProblem(Exception):
    """A program can't be run, or did not come to its end. ``kind`` is one of the kinds of errors in Lua; the message is a
    sentence, ``backtrace`` has a line for each of the guest's frames."""

    def __init__(self, kind: str, message: str, backtrace: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.backtrace = backtrace


def late(name: str, limit: int | None, doing: str) -> str:
    """Says that a program took longer than its limit in milliseconds, and what it was at; lua/values/errors.lua has the same sentence."""
    return f"{name} took longer than its limit of {limit} ms: {doing}"


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

    def check(self) -> None:
        """Compiles the program; raises ``ProgramProblem`` when it is none."""
        plan = self.function().plan
        used = sorted({step.module for step in plan.steps})
        self.compiled(lambda code: [code.get(plan.modules[number]) for number in used])

    def function(self) -> LoadedFunction:
        """Gives the function that runs the program; nothing is compiled. Raises ``ProgramProblem``."""
        found = self.binary if self.binary.is_component else self._module()
        plan, export = self._component() if self.binary.is_component else self._core(found)
        plan, linkage = self._linked(plan, found)
        return LoadedFunction(
            id=self.id or self.name,
            binary=found,
            plan=plan,
            linkage=linkage,
            export=export,
            signature=plan.exports[export].type,
            pool=_POOL,
            results="table",
            grants=tuple(sorted(self.grants)),
            transport="payload",
            max_execution_ms=self.max_execution_ms,
            max_memory_bytes=self.max_memory_bytes,
            max_stack_bytes=self.max_stack_bytes,
            wasi={"args": list(self.world.args)},
        )

    def compiled(self, make: Callable[[Compiler], T]) -> T:
        """Gives what ``make`` makes of compiled code, once all is there that it gets; raises ``ProgramProblem``."""
        until = None if self.max_execution_ms is None else time.monotonic() + self.max_execution_ms / 1000
        try:
            while True:
                code = Compiler(engine_for(stack_bytes=self.max_stack_bytes), self.name)
                made = make(code)
                if not code.missing:
                    return made
                self._wait(code, until)
        except CodeProblem as problem:
            raise self._not_compiled(problem) from None

    def _wait(self, code: Compiler, until: float | None) -> None:
        request = code.request()
        if not request.wait(None if until is None else max(until - time.monotonic(), 0)):
            request.leave(canceled=False)
            raise CodeProblem("Timeout", "its code was still being compiled", lasting=False)
        if request.problem is not None:
            raise request.problem

    def _linked(self, plan: Plan, found: Binary) -> tuple[Plan, Linkage]:
        """Decides how the program's imports are linked."""
        exported = None if found.is_component else found.core.exports.get("memory")
        memory = Export(0, "memory") if exported is not None and exported.kind == "memory" and not exported.memory64 else None
        mounts = bool(self.world.mounts)
        linkage = link(plan, self.grants, memory, mounts)
        shorter = shorten(plan, linkage.early) if found.is_component else plan
        return (plan, linkage) if shorter is plan else (shorter, link(shorter, self.grants, memory, mounts))

    # Components ------------------------------------------------------------------------------------------------------

    def _component(self) -> tuple[Plan, str]:
        """Gives the component's plan, and the export of its `run`."""
        try:
            export = self._run(list(self.binary.world.exports))
            return self.binary.component_plan, export
        except Malformed as error:
            raise self._invalid(str(error)) from None
        except Refused as error:
            raise self._no_way(error) from None

    def _run(self, exported: list[str]) -> str:
        """Finds the `run` among what the component exports."""
        # A program of 0.3 may carry the one of 0.2 that its toolchain makes of an empty `main`.
        name = max(filter(_RUN.match, exported), default=None)
        if name is None:
            other = next((name for name in exported if name.startswith(RUN)), None)
            if other is not None:
                raise self._problem(f"exports {shown(other)}, which is not of WASI 0.2 or 0.3: build it for one of these")
            what = f"it exports {listed(exported)}" if exported else "it exports nothing"
            raise self._problem(f"is not a program: a component must export {RUN}, and {what}")
        function = self.binary.functions.get(f"{name}#run")
        if function is None or function.params or not isinstance(function.result, wit.Result):
            raise self._problem(f"is not a program: its {shown(name)} has no function `run` that takes nothing and gives a result")
        return f"{name}#run"

    # Core modules ----------------------------------------------------------------------------------------------------

    def _module(self) -> Binary:
        """Gives the module as one that exports its memory, which functions of the host read and write."""
        try:
            data = preview1.export_memory(self.binary.data)
            return self.binary if data is None else binary(data)
        except Malformed as error:
            raise self._invalid(str(error)) from None

    def _core(self, found: Binary) -> tuple[Plan, str]:
        """Gives the plan of a core module, and the export of its `_start`."""
        try:
            core = found.core
            if core.threads:
                raise self._problem(THREADS)
            self._check_imports()
            start = core_functions(core).get(START)
            if start is None or start.params or start.results:
                names = list(self.binary.core.exports)
                what = f"it exports {listed(names)}" if names else "it exports nothing"
                raise self._problem(f"is not a program: a core module must export a function {START}, and {what}")
            return found.core_plan(None), START
        except Malformed as error:
            raise self._invalid(str(error)) from None
        except CoreProblem as error:
            raise self._no_way(error) from None

    def _check_imports(self) -> None:
        """Looks for imports of a core module that can't even be linked; raises ``ProgramProblem``."""
        from moonwit.host.functions import unprovided

        for entry in self.binary.core.imports:
            if entry.kind != "func":
                what = f"it imports the {entry.kind} {shown(entry.module)} {shown(entry.name)}, and only functions can be"
                raise self._problem(f"can't be run: {what}; define it in the module")
            missing = unprovided.explain(self.binary, entry.module, entry.name, near=False)
            if missing.why == "mistyped":
                raise self._problem(f"can't be run: {unprovided.sentence('it', missing)}")

    # Problems --------------------------------------------------------------------------------------------------------

    def _problem(self, what: str) -> ProgramProblem:
        return ProgramProblem("Invalid", f"{self.name} {what}")

    def _invalid(self, cause: str) -> ProgramProblem:
        return self._problem(f"is not valid WebAssembly: {cause}")

    def _no_way(self, error: Exception) -> ProgramProblem:
        text = str(error).rstrip(".")
        return self._problem(f"can't be run: {text[:1].lower()}{text[1:]}")

    def _not_compiled(self, problem: CodeProblem) -> ProgramProblem:
        if problem.kind == "Timeout":
            return ProgramProblem("Timeout", late(self.name, self.max_execution_ms, problem.sentence))
        if problem.invalid:
            return self._invalid(" ".join(_CAUSES.split(problem.sentence.strip())[-1].split()))
        return ProgramProblem(problem.kind, f"{self.name} can't be run: {problem.sentence}")
