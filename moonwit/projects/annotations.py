"""Annotations (LuaCATS) of a project's functions and of the standard library, for editors."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moonwit import terminal
from moonwit.failures import Failure
from moonwit.lua.scripts.keywords import KEYWORDS
from moonwit.projects.imported import NAMESPACE, annotated
from moonwit.projects.own_annotations import LuaFunction, lua_functions
from moonwit.stubs import FOLDER, LANGUAGE

if TYPE_CHECKING:
    from moonwit.host.functions.loaded import LoadedFunction
    from moonwit.host.wasm.wit.types import Field, Resource, Type
    from moonwit.registry import Registry

# Where the annotations go, in the project's folder.
TYPES = Path(".moonwit") / "types"
SETTINGS = ".luarc.json"

_PRIMITIVES = {"bool": "boolean", "f32": "number", "f64": "number", "char": "string", "string": "string"}


def write_annotations(registry: Registry) -> int:
    """Writes the annotations and the editor's settings; gives how many functions they are of. Raises ``Failure``."""
    functions, scripts = list(_functions(registry)), list(lua_functions(registry))
    root = registry.root
    try:
        _write(root / TYPES, functions, scripts)
        _settle(root / SETTINGS)
    except OSError as error:
        raise Failure(f"{error.filename} can't be written: {os.strerror(error.errno or 0).lower()}") from None
    return len(functions) + len(scripts)


def _functions(registry: Registry) -> Iterator[LoadedFunction]:
    from moonwit.host.functions.loaded import KINDS, FunctionProblem
    from moonwit.host.functions.loading import load_functions

    for entry in registry.entries.values():
        if entry.kind in KINDS and not registry.is_broken(entry.id):
            try:
                yield from load_functions(entry, registry)
            except FunctionProblem as error:
                terminal.complain(f"{entry.id} is left out: {error.problem.sentence}")


def _write(folder: Path, functions: Sequence[LoadedFunction], scripts: Sequence[LuaFunction]) -> None:
    """Writes a file for each module; the calls of the project's functions stand in that of `funcs`."""
    folder.mkdir(parents=True, exist_ok=True)
    namer = Namer()
    calls = [*(namer.overload(function) for function in functions), *map(_script_overload, scripts)]
    tables, imports = _tables(namer, functions)
    names = []
    for path in sorted(FOLDER.rglob("*.lua")):
        if path.stem == LANGUAGE:
            continue
        names.append(path.stem)
        text = path.read_text(encoding="utf-8")
        if path.stem == "funcs":
            text = _with_calls(text, calls)
            text = text.replace("function funcs.import(", f"{imports}function funcs.import(")
        (folder / path.name).write_text(text, encoding="utf-8")
    # What the project's guests import names more types.
    imported = annotated(functions, lambda type: namer.type(type, NAMESPACE), lambda params: _parameters(namer, params))
    (folder / "imports.lua").write_text(imported, encoding="utf-8")
    (folder / "project.lua").write_text("---@meta\n\n" + "\n".join([*namer.declared, *tables]), encoding="utf-8")
    # What a script has without `require`.
    shared = "".join(f"---@type {name}\n{name} = nil\n\n" for name in names)
    spawning = "---@class coroutinelib\nlocal coroutine = {}\n\n" + "".join(_spawning())
    (folder / "globals.lua").write_text(f"---@meta\n\n{shared}{spawning}", encoding="utf-8")


def _with_calls(text: str, calls: Sequence[str]) -> str:
    """Puts the types of known calls into the annotations of `funcs`.

    What is said of all ids takes no further arguments then: with any, a wrong argument of a known id would still fit it.
    """
    if not calls:
        return text
    head, function, tail = text.partition("function funcs.call(id, ...) end")
    before, rest, after = head.rpartition("---@param ... any its arguments\n")
    assert function and rest
    return before + after + "".join(f"---@overload {call}\n" for call in calls) + "function funcs.call(id) end" + tail


def _script_overload(function: LuaFunction) -> str:
    """Gives a function in Lua as a type of `funcs.call`: what goes wrong comes back as an error."""
    value = function.returns[0] if function.returns else "any"
    rest = "".join(f", {type}" for type in function.returns[1:]) or ", Error?"
    return f"fun({', '.join([f'id: {json.dumps(function.id)}', *function.params])}): {_optional(value)}{rest}"


def _tables(namer: Namer, functions: Sequence[LoadedFunction]) -> tuple[list[str], str]:
    """Gives the classes of the tables that `funcs.import` gives, and its overloads."""
    from moonwit.host.functions.exports import names

    entries: dict[str, list[LoadedFunction]] = {}
    for function in functions:
        entries.setdefault(function.id, []).append(function)
    classes: list[str] = []
    overloads: list[str] = []
    for id, found in entries.items():
        own = f"functions.{_identifier(id)}"
        fields: dict[str, list[str]] = {own: []}
        called = names(function.export for function in found)
        for function in found:
            *tables, name = called[function.export]
            home = own
            for table in tables:
                if f"{home}.{table}" not in fields:
                    fields[f"{home}.{table}"] = []
                    fields[home].append(f"---@field {table} {home}.{table}")
                home = f"{home}.{table}"
            fields[home].append(f"---@field {_field(name)} {namer.function(function)}")
        classes += ["\n".join([f"---@class {name}", *lines, ""]) for name, lines in fields.items()]
        overloads.append(f"---@overload fun(id: {json.dumps(id)}): {own}?, Error?\n")
    return classes, "".join(overloads)


def _field(name: str) -> str:
    return f'["{name}"]' if name in KEYWORDS or not re.match(r"[A-Za-z_]\w*\Z", name) else name


def _spawning() -> Iterator[str]:
    yield "---Starts `f(...)` beside the caller, and gives its coroutine.\n---@param f function\n---@param ... any\n---@return thread\n"
    yield "function coroutine.spawn(f, ...) end\n\n"
    yield "---Ends a spawned coroutine. Gives false when it has ended.\n---@param co thread\n---@return boolean\n"
    yield "function coroutine.cancel(co) end\n\n"
    yield "---Waits until a spawned coroutine has ended, and gives what it returns; or nil and an error.\n"
    yield "---@param co thread\n---@return any ...\n"
    yield "function coroutine.join(co) end\n"


def _settle(path: Path) -> None:
    """Has the editor look at the annotations; what else its settings say stays."""
    settings: dict[str, Any] = {}
    if path.exists():
        try:
            settings = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            settings = []  # type: ignore[assignment]
        if not isinstance(settings, dict):
            raise Failure(f'{path} is not JSON object that could be added to; add "workspace.library": ["{TYPES}"] to it yourself')
    settings["runtime.version"] = "LuaJIT"
    library = settings.get("workspace.library")
    known = [one for one in library if isinstance(one, str)] if isinstance(library, list) else []
    settings["workspace.library"] = known if str(TYPES) in known else [*known, str(TYPES)]
    path.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def _parameters(namer: Namer, fields: Iterable[Field]) -> Iterator[str]:
    for field in fields:
        name = _identifier(field.name)
        yield f"{name}{'_' * (name in KEYWORDS)}: {namer.type(field.type, NAMESPACE)}"


class Namer:
    """Turns WIT types into LuaCATS; types with a name are declared once, as `namespace.name`."""

    def __init__(self) -> None:
        self.declared: list[str] = []
        self._names: dict[str, object] = {}
        self._of: LoadedFunction | None = None  # whose types are being named: its component has the methods of its resources

    def overload(self, function: LoadedFunction) -> str:
        """Gives a function as a type of `funcs.call`."""

        namespace = function.id.partition(":")[0]
        self._of = function
        params = [f'id: "{function.call_id}"', *self._params(function.signature.params, namespace)]
        return f"fun({', '.join(params)}): {self._value(function.signature.result, namespace)}, Error?"

    def function(self, function: LoadedFunction) -> str:
        """Gives a function as one of the table that `funcs.import` gives."""
        namespace = function.id.partition(":")[0]
        self._of = function
        params = ", ".join(self._params(function.signature.params, namespace))
        return f"fun({params}): {self._value(function.signature.result, namespace)}, Error?"

    def _params(self, fields: Sequence[Field], namespace: str) -> Iterator[str]:
        from moonwit.host.wasm.wit import types as wit

        # Trailing options may be left out.
        required = max((number for number, field in enumerate(fields, 1) if not isinstance(field.type, wit.Option)), default=0)
        for number, field in enumerate(fields, 1):
            name = _identifier(field.name)
            yield f"{name}{'_' * (name in KEYWORDS)}{'?' * (number > required)}: {self._given(field.type, namespace)}"

    def _given(self, type: Type, namespace: str) -> str:
        """Gives a parameter's type: more may stand for a stream or a future than is given for one."""
        from moonwit.host.wasm.wit import types as wit

        if isinstance(type, wit.Stream):
            return "StreamSource"
        return "any" if isinstance(type, wit.Future) else self.type(type, namespace)

    def _value(self, result: Type | None, namespace: str) -> str:
        """Gives the type of what a call returns before its error."""
        from moonwit.host.wasm.wit import types as wit

        if isinstance(result, wit.Result) and self._of is not None and self._of.results == "pair":
            result = result.ok
        return "nil" if result is None else _optional(self.type(result, namespace))

    def _methods(self, full: str, resource: Resource, namespace: str) -> Iterator[str]:
        """Gives the methods of a resource, as functions of a table that stands for its class."""
        table = full.replace(".", "_")
        yield f"local {table} = {{}}"
        functions = self._of.binary.functions if self._of is not None else None
        has_drop = False
        for path, function in sorted((functions or {}).items()):
            _, sign, method = path.rpartition("#")[2].partition(f"[method]{resource.name}.")
            if not sign or not function.params or getattr(function.params[0].type, "resource", None) != resource:
                continue
            params = [param.partition(": ") for param in self._params(function.params[1:], namespace)]
            yield ""
            yield from (f"---@param {name} {type}" for name, _, type in params)
            yield f"---@return {self._value(function.result, namespace)} value"
            yield "---@return Error? err"
            written = _identifier(method)
            has_drop = has_drop or written == "drop"
            if written in KEYWORDS:  # as handle["end"](handle)
                yield f'{table}["{written}"] = function(self{"".join(f", {name}" for name, _, _ in params).replace("?", "")}) end'
            else:
                yield f"function {table}:{written}({', '.join(name.rstrip('?') for name, _, _ in params)}) end"
        if not has_drop:
            yield from ("", "---Ends the resource; a handle that is collected ends it too.", f"function {table}:drop() end")

    def type(self, type: Type, namespace: str) -> str:
        """Gives a type where it is used."""
        from moonwit.host.wasm.wit import types as wit

        if isinstance(type, wit.Primitive):
            return _PRIMITIVES.get(type.kind, "integer")
        if isinstance(type, (wit.Own, wit.Borrow)):
            # To what answers an import, a resource is whatever it says it is.
            return "any" if namespace == NAMESPACE else self._named(type.resource.name, type.resource, namespace)
        if isinstance(type, (wit.List, wit.FixedList)):
            if isinstance(type, wit.List) and type.element == wit.Primitive("u8"):
                return "string"
            element = self.type(type.element, namespace)
            return f"({element})[]" if "|" in element or element.endswith("?") else f"{element}[]"
        if isinstance(type, wit.Map):
            return f"table<{self.type(type.key, namespace)}, {self.type(type.value, namespace)}>"
        if isinstance(type, (wit.Stream, wit.Future)):
            return "GuestStream" if isinstance(type, wit.Stream) else "Future"
        if isinstance(type, wit.Option):
            return _optional(self.type(type.some, namespace))
        if isinstance(type, wit.Tuple):
            return f"[{', '.join(self.type(part, namespace) for part in type.types)}]"
        if isinstance(type, wit.Result):
            sides = [(name, side) for name, side in (("ok", type.ok), ("err", type.err))]
            return "|".join(f"{{{name}: {'true' if side is None else self.type(side, namespace)}}}" for name, side in sides)
        if type.name is not None:
            return self._named(type.name, type, namespace)
        return self._structure(type, namespace)

    def _structure(self, type: Type, namespace: str) -> str:
        from moonwit.host.wasm.wit import types as wit

        if isinstance(type, wit.Record):
            return f"{{{', '.join(f'{name}: {text}' for name, text in self._fields(type, namespace))}}}"
        if isinstance(type, wit.Variant):
            cases = [(case.name, None if case.type is None else self.type(case.type, namespace)) for case in type.cases]
            return "|".join(f'"{name}"' if text is None else f"{{{_key(name)}: {text}}}" for name, text in cases)
        if isinstance(type, wit.Flags):
            return f"{{{', '.join(f'{_key(name)}?: boolean' for name in type.names)}}}"
        assert isinstance(type, wit.Enum)
        return "|".join(f'"{name}"' for name in type.names)

    def _fields(self, record: Any, namespace: str) -> Iterator[tuple[str, str]]:
        from moonwit.host.wasm.wit import types as wit

        for field in record.fields:
            mark = "?" if isinstance(field.type, wit.Option) else ""
            yield f"{_identifier(field.name)}{mark}", self.type(field.type, namespace)

    def _named(self, name: str, type: object, namespace: str) -> str:
        from moonwit.host.wasm.wit import types as wit

        wanted = full = f"{_identifier(namespace)}.{_identifier(name)}"
        number = 1
        while full in self._names and self._names[full] != type:
            number += 1
            full = f"{wanted}_{number}"
        if full in self._names:
            return full
        self._names[full] = type
        place = len(self.declared)
        self.declared.append("")
        if isinstance(type, wit.Resource):
            lines = [f"---@class {full}", *self._methods(full, type, namespace)]
        elif isinstance(type, wit.Record):
            lines = [f"---@class {full}", *(f"---@field {field} {text}" for field, text in self._fields(type, namespace))]
        else:
            lines = [f"---@alias {full} {self._structure(type, namespace)}"]  # type: ignore[arg-type]
        self.declared[place] = "\n".join([*lines, ""])
        return full


def _optional(text: str) -> str:
    return text if text.endswith("?") else f"({text})?" if "|" in text or text.startswith("fun(") else f"{text}?"


def _identifier(name: str) -> str:
    return re.sub(r"\W", "_", name)


def _key(name: str) -> str:
    return name if re.match(r"[A-Za-z_]\w*\Z", name) else f'["{name}"]'
