"""Values of the intermediate model to and from values of WIT types, by the rules of the user's documentation.

A WIT value is held as plain Python, fully checked: ``bool``, ``int``, ``float``, ``str`` (string, char and enum), ``bytes``
for ``list<u8>``, ``list``, ``tuple`` (a tuple, or a record's fields in order), ``frozenset`` of names for flags, ``Case`` for
variant, option and result, and for own and borrow a ``Passed`` handle in an argument, a handle in a result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

from moonwit.host.values.intermediate import EXACT, NONE, Int64, Some, UInt64, Value, as_map, as_sequence, kind_of
from moonwit.host.values.names import advice, listed, shown
from moonwit.host.wasm.wit import types as wit
from moonwit.host.wasm.wit.show import cut, show_signature, show_type
from moonwit.registry.record import record

SIZES = (8, 16, 32, 64)
RANGES = {f"u{bits}": (0, 2**bits - 1) for bits in SIZES} | {f"s{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in SIZES}

# The most bytes of a string that the canonical ABI takes (CanonicalABI.md, MAX_STRING_BYTE_LENGTH).
MAX_BYTES = 2**28 - 1


@record
class Case:
    """Case number ``index`` of a variant; option counts none, some and result counts ok, err."""

    index: int
    payload: Any = None


@runtime_checkable
class Handle(Protocol):
    """A resource that lives in an instance."""

    @property
    def resource(self) -> wit.Resource: ...

    def refusal(self) -> str | None:
        """Says why the handle can't be passed on, as the end of a sentence; None when it can."""


@record
class Passed:
    """A handle as an argument: given away for good, or lent for the call."""

    handle: Handle
    own: bool


class ValueMismatch(Exception):
    """A value that does not fit its WIT type. The caller of the function causes it; nothing has reached the guest."""


class _Misfit(Exception):
    """What is wrong; ``keys`` collects the way to it from the inside out."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.keys: list[str] = []


def to_component(type: wit.Type, value: Value, path: str, root: str = "") -> Any:
    """Checks ``value`` and makes a WIT value of it; raises ``ValueMismatch`` with a sentence that begins with ``path``.

    ``root`` is what the value itself is called in the path of something inside it.
    """
    try:
        return _lower(type, value)
    except _Misfit as misfit:
        inside = f"{root}{''.join(reversed(misfit.keys))}".removeprefix(".") + ": " if misfit.keys else ""
        raise ValueMismatch(f"{path}: {inside}{misfit.what}") from None


def arguments_to_component(name: str, function: wit.Function, values: Sequence[Value]) -> list[Any]:
    """Checks the arguments of a call of ``function``; options at the end may be left out. Raises ``ValueMismatch``."""
    params = function.params
    if len(values) > len(params):
        count = "no arguments" if not params else "1 argument" if len(params) == 1 else f"{len(params)} arguments"
        raise ValueMismatch(f"{name}: takes {count}, got {len(values)}: {cut(show_signature(function))}")
    lowered = []
    for number, param in enumerate(params, 1):
        path = f"{name}: parameter {number} ({param.name}: {cut(show_type(param.type))})"
        if number > len(values) and not all(isinstance(later.type, wit.Option) for later in params[number - 1 :]):
            raise ValueMismatch(f"{path}: is missing")
        lowered.append(to_component(param.type, values[number - 1] if number <= len(values) else None, path, param.name))
    return lowered


def _lower(type: wit.Type, value: Value) -> Any:
    return _LOWER[type.__class__](type, value)


def _expected(what: str, value: Value) -> _Misfit:
    return _Misfit(f"expected {what}, got {kind_of(value)}")


def _inside(type: wit.Type, value: Value, key: str) -> Any:
    try:
        return _lower(type, value)
    except _Misfit as misfit:
        misfit.keys.append(key)
        raise


def _lower_primitive(type: wit.Primitive, value: Value) -> Any:
    kind = type.kind
    if kind in RANGES:
        return _integer(kind, value)
    if kind in ("f32", "f64"):
        return _float(kind, value)
    if kind == "bool":
        if not isinstance(value, bool):
            raise _expected("a boolean", value)
        return value
    text = _text(value, "a string" if kind == "string" else "a string of one character")
    if kind == "char" and len(text) != 1:
        raise _Misfit(f"expected a string of one character, got {len(text)} characters")
    return text


def _integer(kind: str, value: Value) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _expected(f"a number for {kind}", value)
    if isinstance(value, float):
        if not value.is_integer():
            raise _Misfit(f"{value:.14g} is not an integer")
        value = int(value)
    low, high = RANGES[kind]
    if not low <= value <= high:
        raise _Misfit(f"{value if value.bit_length() <= 64 else f'{float_of(value):.14g}'} is out of range")
    return int(value)


def float_of(value: int) -> float:
    """Gets the nearest float, an infinite one where there is none."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _float(kind: str, value: Value) -> float:
    if isinstance(value, (bool, Int64, UInt64)) or not isinstance(value, (int, float)):
        raise _Misfit(f"expected a number for {kind}, got {'a 64-bit integer' if isinstance(value, (Int64, UInt64)) else kind_of(value)}")
    return float_of(value) if isinstance(value, int) else value


def _text(value: Value, what: str) -> str:
    if isinstance(value, str):
        try:
            value = value.encode()
        except UnicodeEncodeError:
            raise _Misfit("the string holds a surrogate, which has no UTF-8") from None
    if not isinstance(value, bytes):
        raise _expected(what, value)
    if len(value) > MAX_BYTES:
        raise _Misfit(f"the string has {len(value)} bytes, more than a guest can hold")
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise _Misfit(f"the string is not valid UTF-8, at byte {error.start + 1}") from None


def _lower_list(type: wit.List, value: Value) -> Any:
    octets = isinstance(type.element, wit.Primitive) and type.element.kind == "u8"
    if octets and isinstance(value, (bytes, str)):
        return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    items = as_sequence(value)
    if items is None:
        raise _expected("a string or a sequence of bytes" if octets else "a sequence", value)
    lowered = _items([type.element] * len(items), items)
    return bytes(lowered) if octets else lowered


def _items(types: Sequence[wit.Type], items: Sequence[Value]) -> list[Any]:
    lowered = []
    try:
        for type, item in zip(types, items, strict=True):
            lowered.append(_lower(type, item))
    except _Misfit as misfit:
        misfit.keys.append(f"[{len(lowered) + 1}]")
        raise
    return lowered


def _lower_tuple(type: wit.Tuple, value: Value) -> Any:
    items = as_sequence(value)
    if items is None:
        raise _expected(f"a sequence of {len(type.types)}", value)
    if len(items) != len(type.types):
        raise _Misfit(f"expected a sequence of {len(type.types)}, got one of {len(items)}")
    return tuple(_items(type.types, items))


def _lower_record(type: wit.Record, value: Value) -> Any:
    given = as_map(value)
    if given is None:
        raise _expected("a map of fields", value)
    named = {_name(key): item for key, item in given.items() if item is not None}
    lowered = []
    for field in type.fields:
        item = named.pop(field.name, None)
        other = field.name.replace("-", "_")
        if other in named and other != field.name:
            if item is not None:
                raise _Misfit(f"the field {shown(field.name)} is given twice, also as {shown(other)}")
            item = named.pop(other)
        if item is None and not isinstance(field.type, wit.Option):
            unknown = _unknown_field(type, named) if named else ""
            raise _Misfit(unknown or f"the field {shown(field.name)} is missing")
        lowered.append(_inside(field.type, item, _step(field.name)))
    if named:
        raise _Misfit(_unknown_field(type, named))
    return tuple(lowered)


def _unknown_field(type: wit.Record, named: dict[str, Value]) -> str:
    known = {name for field in type.fields for name in (field.name, field.name.replace("-", "_"))}
    for name in sorted(named):
        if name not in known:
            return f"the field {shown(name)} is unknown{advice(name, [field.name for field in type.fields])}"
    return ""


def _step(name: str) -> str:
    return f".{name}" if name.isidentifier() else f'["{name}"]'


def _name(key: Any) -> str:
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key)


def _lower_option(type: wit.Option, value: Value) -> Any:
    if value is None or value is NONE:
        return Case(0)
    if isinstance(value, Some):
        value = value.value
    return Case(1, _lower(type.some, value))


def _single(value: Value, what: str) -> tuple[str, Value]:
    given = as_map(value)
    if given is None:
        raise _expected(what, value)
    given = {key: item for key, item in given.items() if item is not None}
    if len(given) != 1:
        raise _Misfit(f"expected {what}, got {'a map of ' + str(len(given)) if given else 'an empty table'}")
    ((key, payload),) = given.items()
    return _name(key), payload


def _lower_variant(type: wit.Variant, value: Value) -> Any:
    if isinstance(value, (bytes, str)):
        name, payload = _name(value), None
    else:
        name, payload = _single(value, "a case's name or {case = payload}")
    for index, case in enumerate(type.cases):
        if case.name != name:
            continue
        if case.type is None:
            if payload is not None:
                raise _Misfit(f'the case {shown(name)} has no payload, write "{name}"')
            return Case(index)
        if payload is None:
            raise _Misfit(f"the case {shown(name)} has a payload, write {{{_key(name)} = ...}}")
        return Case(index, _inside(case.type, payload, _step(name)))
    raise _Misfit(f"the case {shown(name)} is unknown{advice(name, [case.name for case in type.cases])}")


def _key(name: str) -> str:
    return name if name.isidentifier() else f'["{name}"]'


def _lower_result(type: wit.Result, value: Value) -> Any:
    name, payload = _single(value, "{ok = ...} or {err = ...}")
    if name not in ("ok", "err"):
        raise _Misfit(f"expected {{ok = ...}} or {{err = ...}}, got the key {shown(name)}")
    side = type.ok if name == "ok" else type.err
    index = 0 if name == "ok" else 1
    if side is None:
        if payload is not True:
            raise _Misfit(f"{name} has no payload, write {{{name} = true}}")
        return Case(index)
    return Case(index, _inside(side, payload, f".{name}"))


def _lower_enum(type: wit.Enum, value: Value) -> Any:
    if not isinstance(value, (bytes, str)):
        raise _expected(f"one of {listed(type.names)}", value)
    name = _name(value)
    if name not in type.names:
        raise _Misfit(f"the case {shown(name)} is unknown{advice(name, type.names)}")
    return name


def _lower_flags(type: wit.Flags, value: Value) -> Any:
    items, given = as_sequence(value), as_map(value)
    if given is not None:
        for key, item in given.items():
            if item is not None and not isinstance(item, bool):
                raise _Misfit(f"the flag {shown(_name(key))} is {kind_of(item)}, expected a boolean")
        chosen = {_name(key): bool(item) for key, item in given.items() if item is not None}
    elif items is not None:
        for item in items:
            if not isinstance(item, (bytes, str)):
                raise _expected("names of flags", item)
        chosen = {_name(item): True for item in items}
    else:
        raise _expected("{flag = true} or a sequence of names", value)
    for name in chosen:
        if name not in type.names:
            raise _Misfit(f"the flag {shown(name)} is unknown{advice(name, type.names)}")
    return frozenset(name for name, item in chosen.items() if item)


def _lower_handle(type: wit.Own | wit.Borrow, value: Value) -> Any:
    if not isinstance(value, Handle):
        raise _expected(f"a handle of {shown(type.resource.name)}", value)
    if value.resource is not type.resource:
        raise _Misfit(f"expected a handle of {shown(type.resource.name)}, got one of {shown(value.resource.name)}")
    refusal = value.refusal()
    if refusal is not None:
        raise _Misfit(f"the handle of {shown(type.resource.name)} {refusal}")
    return Passed(value, isinstance(type, wit.Own))


_LOWER: dict[type, Callable[[Any, Value], Any]] = {
    wit.Primitive: _lower_primitive,
    wit.List: _lower_list,
    wit.Tuple: _lower_tuple,
    wit.Record: _lower_record,
    wit.Option: _lower_option,
    wit.Variant: _lower_variant,
    wit.Result: _lower_result,
    wit.Enum: _lower_enum,
    wit.Flags: _lower_flags,
    wit.Own: _lower_handle,
    wit.Borrow: _lower_handle,
}


# What an integer that is not a Lua number of its own comes back as, whatever its value: `1ULL` for a u64.
_WIDE: dict[str, Callable[[int], int]] = {"u64": UInt64, "s64": Int64}


def from_component(type: wit.Type, value: Any, *, slot: bool = False) -> Value:
    """Makes a value of the intermediate model of a WIT value.

    An absent option is None, which stands for "not there"; with ``slot`` it is ``NONE``, for a place that must hold something.
    """
    if isinstance(type, wit.Primitive):
        if type.kind in _WIDE and abs(value) > EXACT:
            return _WIDE[type.kind](value)
        return value.encode() if isinstance(value, str) else _number(value) if isinstance(value, float) else value
    if isinstance(type, wit.List):
        return value if isinstance(value, bytes) else [from_component(type.element, item, slot=True) for item in value]
    if isinstance(type, wit.Tuple):
        return [from_component(part, item, slot=True) for part, item in zip(type.types, value, strict=True)]
    if isinstance(type, wit.Record):
        fields = {field.name.encode(): from_component(field.type, item) for field, item in zip(type.fields, value, strict=True)}
        return {name: item for name, item in fields.items() if item is not None}
    if isinstance(type, wit.Option):
        if value.index == 0:
            return NONE if slot else None
        payload = from_component(type.some, value.payload, slot=True)
        return Some(payload) if isinstance(type.some, wit.Option) else payload
    if isinstance(type, wit.Variant):
        case = type.cases[value.index]
        return case.name.encode() if case.type is None else {case.name.encode(): from_component(case.type, value.payload, slot=True)}
    if isinstance(type, wit.Result):
        side = type.err if value.index else type.ok
        return {b"err" if value.index else b"ok": True if side is None else from_component(side, value.payload, slot=True)}
    if isinstance(type, wit.Enum):
        return str(value).encode()
    if isinstance(type, wit.Flags):
        return {name.encode(): True for name in type.names if name in value}
    return value


def _number(value: float) -> int | float:
    """Gets a float as the model has it: integral within the exact range is an integer, but for -0.0."""
    if value.is_integer() and abs(value) <= EXACT and (value != 0 or math.copysign(1, value) > 0):
        return int(value)
    return value
