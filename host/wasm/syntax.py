"""What a component's sections say, definition by definition, with indices not yet looked up.

One class per production of the component model's Binary.md. ``offset`` is the definition's place in the file, for errors.
Sorts are named as the text format does: ``func``, ``type``, ``core memory``, ...
"""

from __future__ import annotations

from dataclasses import dataclass

from moonwit.host.wasm.plan import CoreType

Ref = str | int
"""A primitive type's name, or the index of a type."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A value type. ``kind`` is its WIT keyword; ``parts`` are its types in order, None where one is absent."""

    kind: str
    names: tuple[str, ...] = ()
    parts: tuple[Ref | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    params: tuple[tuple[str, Ref], ...]
    result: Ref | None
    asynchronous: bool


@dataclass(frozen=True, slots=True)
class NewResource:
    destructor: int | None
    asynchronous: bool


@dataclass(frozen=True, slots=True)
class Bound:
    """What an import or a declared export is: a sort, and an index into types; ``index`` None is a fresh resource type."""

    sort: str
    index: int | None


@dataclass(frozen=True, slots=True)
class CoreBound:
    """The same in a module type: a core kind, and an index into core types for functions and tags."""

    kind: str
    index: int | None


@dataclass(frozen=True, slots=True)
class ModuleSyntax:
    declarations: tuple[ModuleDeclaration, ...]


@dataclass(frozen=True, slots=True)
class CoreOuter:
    count: int
    index: int


@dataclass(frozen=True, slots=True)
class CoreDeclaration:
    """An import (``module`` set) or export of a module type."""

    module: str | None
    name: str
    bound: CoreBound


@dataclass(frozen=True, slots=True)
class ScopeSyntax:
    """An instance type (``kind`` "instance") or a component type (``kind`` "component")."""

    kind: str
    declarations: tuple[Definition, ...]


@dataclass(frozen=True, slots=True)
class DefineCoreType:
    offset: int
    syntax: CoreTypeSyntax


@dataclass(frozen=True, slots=True)
class DefineType:
    offset: int
    syntax: TypeSyntax


@dataclass(frozen=True, slots=True)
class DefineModule:
    offset: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class DefineComponent:
    offset: int
    body: tuple[Definition, ...]


@dataclass(frozen=True, slots=True)
class InstantiateModule:
    offset: int
    module: int
    arguments: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Instantiate:
    offset: int
    component: int
    arguments: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """An instance made of definitions at hand; ``core`` tells which kind of instance."""

    offset: int
    core: bool
    exports: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class ExportAlias:
    """``core`` tells which kind of instance number ``instance`` is."""

    offset: int
    core: bool
    sort: str
    instance: int
    name: str


@dataclass(frozen=True, slots=True)
class OuterAlias:
    offset: int
    sort: str
    count: int
    index: int


@dataclass(frozen=True, slots=True)
class Options:
    """Canonical options; indices of a core memory and of core functions."""

    encoding: str = "utf8"
    memory: int | None = None
    realloc: int | None = None
    post_return: int | None = None
    asynchronous: bool = False


@dataclass(frozen=True, slots=True)
class LiftFunction:
    offset: int
    core: int
    options: Options
    type: int


@dataclass(frozen=True, slots=True)
class LowerFunction:
    offset: int
    function: int
    options: Options


@dataclass(frozen=True, slots=True)
class ResourceBuiltin:
    """``operation`` is "new", "drop" or "rep"."""

    offset: int
    operation: str
    type: int


@dataclass(frozen=True, slots=True)
class AsyncBuiltin:
    """A canonical built-in of WASI 0.3, known by name alone."""

    offset: int
    name: str


@dataclass(frozen=True, slots=True)
class Start:
    offset: int
    function: int


@dataclass(frozen=True, slots=True)
class Import:
    offset: int
    name: str
    bound: Bound


@dataclass(frozen=True, slots=True)
class Declare:
    """An export declaration of an instance or component type."""

    offset: int
    name: str
    bound: Bound


@dataclass(frozen=True, slots=True)
class Export:
    offset: int
    name: str
    sort: str
    index: int
    bound: Bound | None


ModuleDeclaration = CoreDeclaration | CoreOuter | tuple[CoreType | None, ...]
CoreTypeSyntax = ModuleSyntax | tuple[CoreType | None, ...]
TypeSyntax = Shape | Signature | NewResource | ScopeSyntax | str
Definition = (
    DefineCoreType | DefineType | DefineModule | DefineComponent | InstantiateModule | Instantiate | Bundle | ExportAlias | OuterAlias
    | LiftFunction | LowerFunction | ResourceBuiltin | AsyncBuiltin | Start | Import | Declare | Export
)  # fmt: skip
