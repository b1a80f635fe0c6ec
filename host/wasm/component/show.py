"""The world of a component printed as WIT text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from moonwit.host.wasm.component.component import Interface, Item, World
from moonwit.host.wasm.wit.show import show_declaration, show_function, show_name, show_signature
from moonwit.host.wasm.wit.types import Function, Resource, Result, Type


def show_interface(interface: Interface) -> list[str]:
    """The lines inside an interface: its types, each resource with its functions, then the other functions."""
    return _scope(interface.types, interface.functions)


def _scope(types: Mapping[str, Type | Resource], functions: Mapping[str, Function]) -> list[str]:
    lines: list[str] = []
    inside: set[str] = set()
    for name, type in types.items():
        if isinstance(type, Resource):
            members = [(key, text) for key, f in functions.items() if (text := _member(name, key, f)) is not None]
            inside.update(key for key, _ in members)
            if members:
                lines += [f"resource {show_name(name)} {{", *(f"  {text}" for _, text in members), "}"]
                continue
        lines += show_declaration(name, type).split("\n")
    lines += [show_function(name, function) for name, function in functions.items() if name not in inside]
    return lines


def _member(resource: str, key: str, function: Function) -> str | None:
    """The line of a resource's function, or None when ``key`` is not one of ``resource``'s."""
    if key == f"[constructor]{resource}":
        fallible = isinstance(function.result, Result)
        shown = show_signature(function if fallible else Function(function.params, None))
        return f"constructor{shown.removeprefix('func')};"
    if key.startswith(f"[method]{resource}."):
        return f"{show_name(key.partition('.')[2])}: {show_signature(function, skip=1)};"
    if key.startswith(f"[static]{resource}."):
        return f"{show_name(key.partition('.')[2])}: static {show_signature(function)};"
    return None


def _ports(word: str, ports: Mapping[str, Item], inside: set[str]) -> Iterable[str]:
    for name, port in ports.items():
        if isinstance(port, Function):
            if name not in inside:
                yield f"  {word} {show_function(name, port)}"
        elif isinstance(port, str):
            # A component, a module, or a type, which stands among the world's types.
            if port != "a type":
                yield f"  // {word}s {name}, {port}"
        elif lines := show_interface(port):
            yield f"  {word} {name}: interface {{"
            yield from (f"    {line}" for line in lines)
            yield "  }"
        else:
            yield f"  {word} {name};"


def _folded(item: Item) -> str:
    if not isinstance(item, Interface):
        return ""
    count = len(item.functions)
    return f"  // {count} function{'s' * (count != 1)}" if count else ""


def show_world(world: World, name: str = "root", folded: Callable[[str], bool] | None = None) -> str:
    """A world as WIT-like text, exports first, each interface with its types and functions spelled out in place.

    Of the imported interfaces that are ``folded`` only the names are shown.
    """
    functions = {key: port for key, port in (*world.imports.items(), *world.exports.items()) if isinstance(port, Function)}
    members = {
        key: function
        for key, function in functions.items()
        if any(_member(resource, key, function) for resource, type in world.types.items() if isinstance(type, Resource))
    }
    lines = [f"  {line}" for line in _scope(world.types, members)]
    shut = {port for port in world.imports if folded is not None and folded(port) and not isinstance(world.imports[port], Function)}
    rest = {port: item for port, item in world.imports.items() if port not in shut}
    lines += [*_ports("export", world.exports, set(members)), *_ports("import", rest, set(members))]
    lines += [f"  import {port};{_folded(world.imports[port])}" for port in world.imports if port in shut]
    return "\n".join([f"world {name} {{", *lines, "}"]) + "\n"
