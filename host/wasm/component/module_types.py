"""Core types that a component defines, module types above all, and whether a module fits the type that it is declared with."""

from __future__ import annotations

from moonwit.host.wasm.binary import syntax
from moonwit.host.wasm.binary.core_types import CoreExport, CoreType, mismatch
from moonwit.host.wasm.binary.reader import short
from moonwit.host.wasm.component.entities import CoreTypeEntity, Module, ModuleType
from moonwit.host.wasm.component.scope import Scope
from moonwit.host.wasm.problems import Malformed


def define_core(scope: Scope, written: syntax.DefineCoreType) -> None:
    """Adds core types."""
    if isinstance(written.syntax, syntax.ModuleSyntax):
        scope.add("core type", _module_type(scope, written.offset, written.syntax))
    else:
        for found in written.syntax:
            scope.add("core type", found)


def _module_type(scope: Scope, at: int, written: syntax.ModuleSyntax) -> ModuleType:
    own: list[CoreTypeEntity] = []
    found = ModuleType({}, {})
    for declared in written.declarations:
        scope.work.count()
        if isinstance(declared, syntax.CoreOuter):
            if declared.count == 0:
                own.append(_core_function(own, declared.index, at))
            else:
                outer = scope.outer(declared.count - 1, at).core_type(declared.index, at)
                if isinstance(outer, ModuleType):
                    raise Malformed(f"a module type can't reach another one, which core type {declared.index} is, at byte {at}")
                own.append(outer)
        elif isinstance(declared, syntax.CoreDeclaration):
            _declare_core(found, declared, own, at)
        else:
            own += declared
    return found


def _declare_core(found: ModuleType, declared: syntax.CoreDeclaration, own: list[CoreTypeEntity], at: int) -> None:
    described, index = declared.bound.described, declared.bound.index
    if index is not None:
        described = CoreExport(described.kind, _core_function(own, index, at))
    if declared.module is None:
        if declared.name in found.exports:
            raise Malformed(f"a module type exports `{short(declared.name)}` twice, at byte {at}")
        found.exports[declared.name] = described
        return
    if (declared.module, declared.name) in found.imports:
        raise Malformed(f"a module type imports `{short(declared.name)}` of `{short(declared.module)}` twice, at byte {at}")
    found.imports[declared.module, declared.name] = described


def check_module(declared: ModuleType, given: Module, name: str, at: int) -> None:
    """Checks that a module can stand where one of type ``declared`` is wanted: it needs no more, and exports no less.

    Raises ``Malformed``.
    """
    start, end = f"the module `{name}`", f", at byte {at}"
    for (module, field), wanted in given.imports.items():
        there, what = declared.imports.get((module, field)), f"`{short(field)}` of `{short(module)}`"
        if there is None:
            raise Malformed(f"{start} imports {what}, which its declared type does not{end}")
        if (words := mismatch(wanted, there)) is not None:
            raise Malformed(f"{start} imports {what} as {words[0]}, but is declared with {words[1]}{end}")
    for field, wanted in declared.exports.items():
        found = given.exports.get(field)
        if found is None:
            raise Malformed(f"{start} lacks the export `{short(field)}` that its declared type has{end}")
        if (words := mismatch(wanted, found)) is not None:
            raise Malformed(f"{start} is declared to export `{short(field)}` as {words[0]}, but exports {words[1]}{end}")


def _core_function(own: list[CoreTypeEntity], index: int, at: int) -> CoreType:
    found = own[index] if index < len(own) else None
    if not isinstance(found, CoreType):
        raise Malformed(f"core type {index} of a module type is not the type of a function, at byte {at}")
    return found
