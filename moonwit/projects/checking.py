"""Everything that a project declares, looked at without running any of it: for `moonwit check`, and for a session that has begun."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from moonwit.projects.folders import load

if TYPE_CHECKING:
    from moonwit.host.compiling.jobs import Request
    from moonwit.host.functions.loaded import LoadedFunction
    from moonwit.registry import Entry, Problem, Registry


def check(folder: Path) -> Registry:
    """Loads a project and everything it declares, and compiles it all."""
    from moonwit.host.functions.loaded import FunctionProblem
    from moonwit.host.functions.loading import load_function
    from moonwit.host.functions.notes import notes
    from moonwit.host.functions.providers import problems
    from moonwit.host.functions.whole import is_guest
    from moonwit.host.programs.processes import check_programs
    from moonwit.projects.lua_sources import KINDS as LUA
    from moonwit.projects.lua_sources import LuaSources

    registry = load(folder)
    # Held until the end: a binary is decoded once for as long as somebody holds it.
    loaded: list[tuple[Entry, LoadedFunction]] = []
    for entry in registry.entries.values():
        if is_guest(entry) and not registry.is_broken(entry.id):
            try:
                loaded.append((entry, load_function(entry, registry)))
            except FunctionProblem as error:
                registry.report(error.problem)
    begun = _compile([*loaded])
    check_programs(registry)
    signatures = {entry.id: function.signature for entry, function in loaded}
    for problem in begun():
        registry.report(problem)
    for entry, function in loaded:
        for note in notes(entry, function):
            registry.report(note)
        for problem in problems(entry, registry, function.binary, function.answers, signatures.get):
            registry.report(problem)
    for problem in _misfits(registry, {entry.id for entry, _ in loaded}):
        registry.report(problem)
    scripts = [entry for entry in registry.entries.values() if entry.kind in LUA]
    if scripts:
        sources = LuaSources()
        for entry in scripts:
            for problem in sources.check(entry):
                registry.report(problem)
    return registry


def _misfits(registry: Registry, functions: Collection[str]) -> Iterator[Problem]:
    """Finds endpoints whose functions, entries among ``functions``, have parameters that no request can fill."""
    if not any(entry.kind == "http.endpoint" for entry in registry.entries.values()):
        return
    from moonwit.host.functions.loading import load_function
    from moonwit.host.functions.methods import UnknownMethod
    from moonwit.host.http.serving.layout import services
    from moonwit.host.http.serving.parameters import Misfit, filler
    from moonwit.lua.calls.descriptions import answering, answers_itself

    for service in services(registry):
        for endpoint in service.endpoints:
            if endpoint.function.partition("#")[0] not in functions:
                continue
            try:
                function = answering(endpoint.function, registry, lambda entry, method: load_function(entry, registry, method))
            except UnknownMethod as error:
                yield registry.entries[endpoint.id].problem(("func",), str(error))
                continue
            if answers_itself(function.export):
                continue
            try:
                filler(function.signature, [part[1:-1] for part in endpoint.segments if part.startswith("{")])
            except Misfit as error:
                yield registry.entries[endpoint.id].problem(("func",), f"the function {endpoint.function} {error}")


def _compile(loaded: Sequence[tuple[Entry, LoadedFunction]]) -> Callable[[], Iterator[Problem]]:
    """Begins to compile the code of functions, which tells whether it is valid, on all cores and each code once.

    Gives what waits for the end of it, and gives the problems.
    """
    from moonwit.host.compiling.code import CodeProblem
    from moonwit.host.functions.loaded import code_problem
    from moonwit.lua.guest.plan import compiler_for

    begun: list[tuple[Entry, Request | CodeProblem]] = []
    for entry, function in loaded:
        code = compiler_for(function)
        try:
            for module in function.plan.modules:
                code.get(module)
            if code.missing:
                begun.append((entry, code.request()))
        except CodeProblem as problem:
            begun.append((entry, problem))

    def ended() -> Iterator[Problem]:
        for entry, outcome in begun:
            problem: CodeProblem | None
            if isinstance(outcome, CodeProblem):
                problem = outcome
            else:
                outcome.wait()
                problem = outcome.problem
            if problem is not None:
                yield code_problem(entry, problem)

    return ended
