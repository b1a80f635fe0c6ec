"""Compares adapters with the standard's own definition of the canonical ABI: values, core values, and each call of realloc.

    python -m tests.host.wasm.adapters.standard FILE NUMBER

FILE is `design/mvp/canonical-abi/definitions.py` of github.com/WebAssembly/component-model, which is fetched into
`tests/conformance/suites` and not committed; NUMBER is how many random signatures are compared.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from random import Random
from types import ModuleType
from typing import Any

from moonwit.host.wasm.wit import types as wit
from tests.host.wasm.adapters import oracle
from tests.host.wasm.adapters.attacks import an_edge
from tests.host.wasm.adapters.edge import Edge
from tests.host.wasm.adapters.values import a_type, a_value


def definitions(path: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("definitions", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["definitions"] = module      # dataclasses look there
    spec.loader.exec_module(module)
    module.DETERMINISTIC_PROFILE = True
    return module


class Standard:
    """The standard's definition ``D``, on copies of the memories of an edge's guests."""

    def __init__(self, found: ModuleType) -> None:
        self.D = found

    def type(self, found: wit.Type | None) -> Any:
        D = self.D
        match found:
            case None:
                return None
            case wit.Primitive(kind):
                return getattr(D, f"{kind.capitalize()}Type")()
            case wit.List(element):
                return D.ListType(self.type(element))
            case wit.FixedList(element, length):
                return D.ListType(self.type(element), length)
            case wit.Map(key, value):
                return D.MapType(self.type(key), self.type(value))
            case wit.Record(fields):
                return D.RecordType([D.FieldType(field.name, self.type(field.type)) for field in fields])
            case wit.Tuple(types):
                return D.TupleType([self.type(part) for part in types])
            case wit.Variant(cases):
                return D.VariantType([D.CaseType(case.name, self.type(case.type)) for case in cases])
            case wit.Enum(names):
                return D.EnumType(list(names))
            case wit.Flags(names):
                return D.FlagsType(list(names))
            case wit.Option(some):
                return D.OptionType(self.type(some))
            case wit.Result(ok, err):
                return D.ResultType(self.type(ok), self.type(err))
        raise AssertionError(found)

    def context(self, guest: oracle.Guest, log: list[tuple[int, ...]]) -> Any:
        """Makes a lifting and lowering context whose realloc does as the guests of these tests do, and notes its calls."""
        context = self.D.LiftLowerContext.__new__(self.D.LiftLowerContext)
        memory = self.D.MemInst(bytearray(guest.data), "i64" if guest.width == 8 else "i32")
        context.opts = self.D.CanonicalOptions(string_encoding=guest.encoding, memory=memory)
        context.inst = context.borrow_scope = None
        following = guest.next

        def reallocate(old: int, old_size: int, alignment: int, size: int) -> int:
            nonlocal following
            log.append((old, old_size, alignment, size))
            at = oracle.round_up(following, alignment)
            following = at + size
            while following > len(memory.bytes):
                memory.bytes.extend(bytes(16 * 65536))
            kept = min(old_size, size)
            memory.bytes[at : at + kept] = memory.bytes[old : old + kept]
            return at

        context.reallocate = reallocate
        context.allocate = lambda alignment, size: reallocate(0, 0, alignment, size)
        return context

    def core(self, letter: str, value: int) -> Any:
        value %= 1 << int(letter[1:])
        floats = {"f32": self.D.core_f32_reinterpret_i32, "f64": self.D.core_f64_reinterpret_i64}
        return floats[letter](value) if letter in floats else value

    def bits(self, letter: str, value: Any) -> int:
        floats = {"f32": self.D.core_i32_reinterpret_f32, "f64": self.D.core_i64_reinterpret_f64}
        return int(floats[letter](value) if letter in floats else value)

    def compare(self, edge: Edge, values: list[Any]) -> None:
        types = [self.type(found) for found in edge.params]
        guest, log = edge.caller.view(), list[tuple[int, ...]]()
        arguments = [value for _, value in oracle.lower_all(guest, edge.params, 16, values)]
        edge.caller.write(guest)
        before = edge.callee.view()
        edge.call(arguments)
        given = self.D.CoreValueIter([self.core(*each) for each in zip(edge.lowered, arguments, strict=True)])
        lifted = self.D.lift_flat_values(self.context(guest, []), 16, given, types)
        flat = self.D.lower_flat_values(self.context(before, log), 16, lifted, types)
        assert edge.callee.got() == [self.bits(*each) for each in zip(edge.callee.params, flat, strict=True)], edge.params
        assert [call for call in edge.callee.log() if call[0] >= 0] == log, edge.params
        arrived = self.D.lift_flat_values(self.context(edge.callee.view(), []), 16, self.D.CoreValueIter(flat), types)
        assert text_of(arrived) == text_of(lifted), edge.params


def text_of(value: Any) -> str:
    """Makes two values of the standard comparable: strings there remember what encoding they come from."""
    if isinstance(value, tuple):
        return repr(value[0])
    if isinstance(value, list):
        return f"[{', '.join(map(text_of, value))}]"
    return f"{{{', '.join(f'{key}: {text_of(each)}' for key, each in value.items())}}}" if isinstance(value, dict) else repr(value)


def parts(found: wit.Type) -> Iterator[wit.Type]:
    yield found
    for part in wit.parts(found):
        if part is not None:
            yield from parts(part)


def main() -> None:
    standard, compared = Standard(definitions(sys.argv[1])), 0
    for seed in range(int(sys.argv[2])):
        rng = Random(seed)
        found = [a_type(rng) for _ in range(rng.choice([1, 1, 2, 5]))]
        edge = an_edge(rng, found, None)
        # The standard has no flags beyond 32, and reads the tag of a string as if both memories had addresses of one width.
        if any(isinstance(part, wit.Flags) and len(part.names) > 32 for each in found for part in parts(each)):
            continue
        if edge.caller.width != edge.callee.width and edge.caller.options.encoding == oracle.LATIN1_UTF16:
            continue
        for _ in range(6):
            standard.compare(edge, [a_value(rng, type) for type in found])
            compared += 1
            for side in (edge.caller, edge.callee):
                side.set("next", 16)
    print(f"{compared} values compared, none differs")


if __name__ == "__main__":
    main()
