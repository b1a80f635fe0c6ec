"""What a component's sections say, definition by definition, with indices not yet looked up.

One class per production of the component model's Binary.md; those of which there are most are tuples, which take the least time and
memory. ``offset`` is the definition's place in the file, for errors.
Sorts are named as the text format does: ``func``, ``type``, ``core memory``, ...
"""

from __future__ import annotations

from typing import NamedTuple

from moonwit.host.wasm.binary.core_types import CoreExport, CoreType
from moonwit.registry.record import record

Ref = str | int
"""A primitive type's name, or the index of a type."""


class Shape(NamedTuple):
    """A value type. ``kind`` is its WIT keyword; ``parts`` are its types in order, None where one is absent.

    ``length`` is that of a fixed-length list.
   """

    kind: str
    names: tuple[str, ...] = ()
    parts: tuple[Ref | None, ...] = ()
    length: int = 0


@record
class Signature:
    params: tuple[tuple[str, Ref], ...]
    result: Ref | None
    asynchronous: bool


@record
class NewResource:
    destructor: int | None
    asynchronous: bool


class Bound(NamedTuple):
    """What an import or a declared export is: a sort, and an index into types; ``index`` None is a fresh resource type."""

    sort: str
    index: int | None  # type: ignore[assignment]  # a tuple has a method of that name


@record
class CoreBound:
    """The same in a module type: what it is, and an index into core types for functions and tags."""

    described: CoreExport
    index: int | None


@record
class ModuleSyntax:
    declarations: tuple[ModuleDeclaration, ...]


@record
class CoreOuter:
    count: int
    index: int


@record
class CoreDeclaration:
    """An import (``module`` set) or export of a module type."""

    module: str | None
    name: str
    bound: CoreBound


@record
class ScopeSyntax:
    """An instance type (``kind`` "instance") or a component type (``kind`` "component")."""

    kind: str
    declarations: tuple[Definition, ...]


@record
class DefineCoreType:
    offset: int
    syntax: CoreTypeSyntax


class DefineType(NamedTuple):
    offset: int
    syntax: TypeSyntax


@record
class DefineModule:
    offset: int
    start: int
    end: int


@record
class DefineComponent:
    offset: int
    body: tuple[Definition, ...]


@record
class InstantiateModule:
    offset: int
    module: int
    arguments: tuple[tuple[str, int], ...]


@record
class Instantiate:
    offset: int
    component: int
    arguments: tuple[tuple[str, str, int], ...]


@record
class Bundle:
    """An instance made of definitions at hand; ``core`` tells which kind of instance."""

    offset: int
    core: bool
    exports: tuple[tuple[str, str, int], ...]


class ExportAlias(NamedTuple):
    """``core`` tells which kind of instance number ``instance`` is."""

    offset: int
    core: bool
    sort: str
    instance: int
    name: str


class OuterAlias(NamedTuple):
    offset: int
    sort: str
    count: int  # type: ignore[assignment]  # a tuple has a method of that name
    index: int  # type: ignore[assignment]  # a tuple has a method of that name


@record
class Options:
    """Canonical options; indices of a core memory and of core functions."""

    encoding: str = "utf8"
    memory: int | None = None
    realloc: int | None = None
    post_return: int | None = None
    asynchronous: bool = False
    callback: int | None = None


@record
class LiftFunction:
    offset: int
    core: int
    options: Options
    type: int


@record
class LowerFunction:
    offset: int
    function: int
    options: Options


@record
class ResourceBuiltin:
    """``operation`` is "new", "drop" or "rep"."""

    offset: int
    operation: str
    type: int


@record
class AsyncBuiltin:
    """A canonical built-in of WASI 0.3.

    ``type`` is the index of a stream's or future's type, ``result`` what ``task.return`` takes, and ``asynchronous`` tells that it gives
    way instead of waiting, or that its wait can be canceled. ``numbers`` are its other operands: the kind of value and the slot of
    ``context.get``, the memory of ``waitable-set.wait``.
    """

    offset: int
    name: str
    options: Options = Options()
    type: int | None = None
    result: Ref | None = None
    asynchronous: bool = False
    numbers: tuple[int, ...] = ()


@record
class Start:
    offset: int
    function: int


class Import(NamedTuple):
    offset: int
    name: str
    bound: Bound


class Declare(NamedTuple):
    """An export declaration of an instance or component type."""

    offset: int
    name: str
    bound: Bound


class Export(NamedTuple):
    offset: int
    name: str
    sort: str
    index: int  # type: ignore[assignment]  # a tuple has a method of that name
    bound: Bound | None


ModuleDeclaration = CoreDeclaration | CoreOuter | tuple[CoreType | None, ...]
CoreTypeSyntax = ModuleSyntax | tuple[CoreType | None, ...]
TypeSyntax = Shape | Signature | NewResource | ScopeSyntax | str
Definition = (
    DefineCoreType | DefineType | DefineModule | DefineComponent | InstantiateModule | Instantiate | Bundle | ExportAlias | OuterAlias
    | LiftFunction | LowerFunction | ResourceBuiltin | AsyncBuiltin | Start | Import | Declare | Export
)  # fmt: skip
