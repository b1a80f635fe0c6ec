"""Compares WIT types by structure, in time that is linear in what there is to compare.

Names that differ in case only are the same to the component model. The types' own ``==`` knows nothing of that, and takes for ever
where a binary shares parts many times over.
"""

from __future__ import annotations

from moonwit.host.wasm import types


def same_type(one: types.Type, other: types.Type) -> bool:
    """Tells whether two types are the same but for their names."""
    return _same([(one, other)])


def same_function(one: types.Function, other: types.Function) -> bool:
    """Tells whether two functions have parameters of the same names and types, and the same result."""
    if len(one.params) != len(other.params) or any(a.name.lower() != b.name.lower() for a, b in zip(one.params, other.params, strict=True)):
        return False
    pairs: list[tuple[types.Type | None, types.Type | None]] = [(a.type, b.type) for a, b in zip(one.params, other.params, strict=True)]
    return _same([*pairs, (one.result, other.result)])


def _same(pairs: list[tuple[types.Type | None, types.Type | None]] | list[tuple[types.Type, types.Type]]) -> bool:
    todo: list[tuple[types.Type | None, types.Type | None]] = list(pairs)
    seen: set[tuple[int, int]] = set()
    while todo:
        one, other = todo.pop()
        if one is other or (id(one), id(other)) in seen:
            continue
        seen.add((id(one), id(other)))
        if one is None or other is None or type(one) is not type(other) or _label(one) != _label(other):
            return False
        mine, theirs = parts(one), parts(other)
        if len(mine) != len(theirs):
            return False
        todo += zip(mine, theirs, strict=True)
    return True


def _label(found: types.Type) -> object:
    if isinstance(found, types.Primitive):
        return found.kind
    if isinstance(found, types.Record):
        return [part.name.lower() for part in found.fields]
    if isinstance(found, types.Variant):
        return [part.name.lower() for part in found.cases]
    if isinstance(found, (types.Flags, types.Enum)):
        return [name.lower() for name in found.names]
    if isinstance(found, (types.Own, types.Borrow)):
        return id(found.resource)
    return None


def parts(found: types.Type) -> tuple[types.Type | None, ...]:
    """Returns the types directly inside a type, None where one is absent."""
    if isinstance(found, types.Record):
        return tuple(part.type for part in found.fields)
    if isinstance(found, types.Variant):
        return tuple(part.type for part in found.cases)
    if isinstance(found, types.List):
        return (found.element,)
    if isinstance(found, types.Tuple):
        return found.types
    if isinstance(found, types.Option):
        return (found.some,)
    if isinstance(found, types.Result):
        return (found.ok, found.err)
    return ()
