"""Writes the functions that move a value of a WIT type from one side of an adapter to the other.

How much code that is, is bounded: a type is written once for each direction, and once more for values in core values, as a function of its
own; only what is small is written in the place where it is needed, as long as a function has room. So an adapter's size grows with the
number of the distinct types that its function speaks of, and their parts, and not with the values that those types can describe: types
that refer to the same parts again and again, 2^30 times in 30 steps, take 30 functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from moonwit.host.wasm.adapters import lists, strings
from moonwit.host.wasm.adapters.places import Body, Flat, Memory, Place, Side, begin_store, end_store, load
from moonwit.host.wasm.adapters.routines import char, trap
from moonwit.host.wasm.wit import types
from moonwit.host.wasm.wit.flatten import SCALARS, align, cases_of, discriminant

# Core values of which types are small enough to be written where they are needed; and how many of them a function has room for.
SMALL: Final = 16
ROOM: Final = 64
# Targets of one branch: Cranelift has no more than 65520.
MOST_TARGETS: Final = 16384

# How a scalar is loaded and stored, and what a core value of a narrower type is made of (CanonicalABI.md, "Flat Lifting").
_TRUTH: Final = "i32.const 0 i32.ne"
_SCALARS: Final = {
    "bool": ("i32.load8_u", "i32.store8", _TRUTH),
    "u8": ("i32.load8_u", "i32.store8", "i32.const 0xff i32.and"),
    "s8": ("i32.load8_s", "i32.store8", "i32.extend8_s"),
    "u16": ("i32.load16_u", "i32.store16", "i32.const 0xffff i32.and"),
    "s16": ("i32.load16_s", "i32.store16", "i32.extend16_s"),
    "u32": ("i32.load", "i32.store", ""),
    "s32": ("i32.load", "i32.store", ""),
    "u64": ("i64.load", "i64.store", ""),
    "s64": ("i64.load", "i64.store", ""),
    "f32": ("f32.load", "f32.store", ""),
    "f64": ("f64.load", "f64.store", ""),
    "char": ("i32.load", "i32.store", ""),
}
_UNSIGNED: Final = {1: ("i32.load8_u", "i32.store8"), 2: ("i32.load16_u", "i32.store16"), 4: ("i32.load", "i32.store")}


class Translator:
    """Moves values from ``source`` to ``target``. ``functions`` are those that are written, by name.

    ``resource`` gives the name of the imported function that moves a handle.
    """

    def __init__(self, source: Side, target: Side, functions: dict[str, str], resource: Callable[[types.Own | types.Borrow], str]) -> None:
        self.source, self.target, self.functions, self.resource = source, target, functions, resource
        self.layouts = source.layouts, target.layouts
        self._waiting: list[tuple[str, Callable[[str], str]]] = []
        self._numbers: dict[int, int] = {}
        self._costs: dict[int, int] = {}
        self._pairs: dict[int, types.Tuple] = {}
        self._plain = lists.Plain(source.layouts)
        self._kept: list[object] = []      # types are known by their ids, which holding them keeps their own

    def name(self, kind: str, found: types.Type | None = None) -> str:
        """Gives the name of a function of this direction, for a type."""
        number = ""
        if found is not None:
            if id(found) not in self._numbers:
                self._numbers[id(found)] = len(self._numbers)
                self._kept.append(found)
            number = f"_{self._numbers[id(found)]}"
        return f"${self.source.name}_{kind}{number}"

    def need(self, name: str, write: Callable[[str], str]) -> str:
        """Sees to it that a function is written, later, so that deep types don't take deep stacks; gives the instruction that calls it."""
        if name not in self.functions:
            self.functions[name] = ""
            self._waiting.append((name, write))
        return f"call {name}"

    def finish(self) -> None:
        """Writes all functions that are needed."""
        while self._waiting:
            name, write = self._waiting.pop()
            self.functions[name] = write(name)

    def cost(self, found: types.Type | None) -> int:
        """Estimates how much code moves a value, in core values, where it stands; more than ``SMALL`` is as good as endless."""
        if found is None or isinstance(found, types.Primitive):
            return 1
        if id(found) not in self._costs:
            self._kept.append(found)
            if isinstance(found, (types.List, types.Map)):
                cost = 2
            elif isinstance(found, types.FixedList):
                cost = 2 + self.cost(found.element) * min(found.length, SMALL)
            else:
                cost = 1 + sum(map(self.cost, types.parts(found))) + (isinstance(found, types.Flags) and len(found.names) // 32)
            self._costs[id(found)] = min(cost, SMALL + 1)
        return self._costs[id(found)]

    def move(self, body: Body, found: types.Type, source: Place, target: Place) -> None:
        """Writes what moves a value, here or as a call of a function."""
        if not isinstance(found, types.Primitive) and types.parts(found) and not isinstance(found, (types.List, types.Map)):
            cost = self.cost(found)
            if cost > min(SMALL, body.room):
                self._call(body, found, source, target)
                return
            body.room -= cost
        self.here(body, found, source, target)

    def _call(self, body: Body, found: types.Type, source: Place, target: Place) -> None:
        if isinstance(source, Memory):
            assert isinstance(target, Memory)
            for place in (source, target):
                body.add(f"local.get {place.base} {place.side.constant(place.offset)} {place.side.address}.add")
            body.add(self.need(self.name("moves", found), lambda name: self._moves(name, found)))
            return
        assert isinstance(target, Flat)
        mine, theirs = (layouts.flat(found) for layouts in self.layouts)
        for at, letter in enumerate(mine):
            load(body, source, letter, "", at=at)
        body.add(self.need(self.name("passes", found), lambda name: self._passes(name, found)))
        for at, letter in reversed(list(enumerate(theirs))):
            end_store(body, target, letter, "", at=at)

    def _moves(self, name: str, found: types.Type) -> str:
        body = Body([self.source.pointer, self.target.pointer], "", ROOM)
        self.here(body, found, Memory(self.source, "0"), Memory(self.target, "1"))
        return body.text(name)

    def _passes(self, name: str, found: types.Type) -> str:
        mine, theirs = (layouts.flat(found) for layouts in self.layouts)
        body = Body(mine, theirs, ROOM)
        results = tuple(body.local(letter) for letter in theirs)
        self.here(body, found, Flat(self.source, tuple(map(str, range(len(mine)))), mine), Flat(self.target, results, theirs))
        body.add(*(f"local.get {local}" for local in results))
        return body.text(name)

    def here(self, body: Body, found: types.Type, source: Place, target: Place) -> None:
        """Writes what moves a value in this place, at least its outermost part."""
        if isinstance(found, types.Primitive) and found.kind != "string":
            self._scalar(body, found.kind, source, target)
        elif isinstance(found, (types.Primitive, types.List, types.Map)):
            self._pointer(body, found, source, target)
        elif isinstance(found, types.FixedList):
            self._fixed(body, found, source, target)
        elif isinstance(found, (types.Record, types.Tuple)):
            self.parts(body, types.parts(found), source, target)
        elif isinstance(found, (types.Own, types.Borrow)):
            self._one(body, "i", "i32.load", "i32.store", f"call {self.resource(found)}", source, target)
        elif isinstance(found, types.Flags):
            self._flags(body, found, source, target)
        else:
            self._variant(body, cases_of(found), source, target)

    def _one(self, body: Body, letter: str, read: str, write: str, between: str, source: Place, target: Place, offset: int = 0) -> None:
        begin_store(body, target)
        load(body, source, letter, read, offset)
        body.add(between)
        end_store(body, target, letter, write, offset)

    def _scalar(self, body: Body, kind: str, source: Place, target: Place) -> None:
        read, write, narrow = _SCALARS[kind]
        if kind == "char":
            narrow = self.need(f"$char_{self.source.name}", lambda _: char(self.source))
        between = narrow if isinstance(source, Flat) or kind in ("bool", "char") else ""
        self._one(body, SCALARS[kind][1], read, write, between, source, target)

    def _flags(self, body: Body, found: types.Flags, source: Place, target: Place) -> None:
        size = min(self.source.layouts.layout(found)[0], 4)
        read, write = _UNSIGNED[size]
        for word in range(0, len(found.names), 32):
            bits = min(32, len(found.names) - word)
            # What is loaded has just as many bits; a core value has 32.
            whole = bits == (8 * size if isinstance(source, Memory) else 32)
            begin_store(body, target)
            load(body, source, "i", read, word // 8, word // 32)
            body.add("" if whole else f"i32.const {(1 << bits) - 1} i32.and")
            end_store(body, target, "i", write, word // 8, word // 32)

    def _pointer(self, body: Body, found: types.Type, source: Place, target: Place) -> None:
        for at in (0, 1):
            load(body, source, self.source.pointer, f"{self.source.address}.load", at * self.source.width, at)
        body.add(self._copy(found))
        if isinstance(target, Flat):
            for at in (1, 0):
                end_store(body, target, self.target.pointer, "", at=at)
            return
        values = body.local(self.target.pointer), body.local(self.target.pointer)
        body.add(f"local.set {values[1]} local.set {values[0]}")
        for at in (0, 1):
            begin_store(body, target)
            body.add(f"local.get {values[at]}")
            end_store(body, target, self.target.pointer, f"{self.target.address}.store", at * self.target.width)

    def _copy(self, found: types.Type) -> str:
        """Gives the call of a function that takes the address and length of a string or list, and gives those of its copy."""
        if isinstance(found, types.Primitive):
            return self.need(self.name("string"), lambda name: strings.copies(name, self.source, self.target, self.need))
        if isinstance(found, types.Map):
            if id(found) not in self._pairs:
                self._kept.append(found)
                self._pairs[id(found)] = types.Tuple((found.key, found.value))
            element: types.Type = self._pairs[id(found)]
        else:
            assert isinstance(found, types.List)
            element = found.element
        return self.need(self.name("list", element), lambda name: self._list(name, element))

    def _list(self, name: str, element: types.Type) -> str:
        return lists.copies(name, self.source, self.target, element, self._plain(element), self.move, ROOM)

    def parts(self, body: Body, parts: tuple[types.Type | None, ...], source: Place, target: Place) -> None:
        """Writes what moves values that lie, or are passed, one after the other."""
        ends = [0, 0]
        for part in parts:
            assert part is not None
            places = []
            for number, place in enumerate((source, target)):
                found, ends[number] = self._part(place, part, ends[number])
                places.append(found)
            self.move(body, part, *places)

    def _part(self, place: Place, part: types.Type, at: int) -> tuple[Place, int]:
        """Gives the place of a part that comes next after so many bytes or core values, and where it ends."""
        if isinstance(place, Memory):
            size, alignment = place.side.layouts.layout(part)
            start = align(at, alignment)
            return place.behind(start), start + size
        end = at + len(place.side.layouts.flat(part))
        return place.part(at, end), end

    def _fixed(self, body: Body, found: types.FixedList, source: Place, target: Place) -> None:
        if isinstance(source, Flat):
            self.parts(body, (found.element,) * found.length, source, target)
            return
        assert isinstance(target, Memory)
        places = self._stepping(body, source), self._stepping(body, target)
        size = self.source.layouts.layout(found)[0]
        if self._plain(found):
            body.add(f"local.get {places[1].base} local.get {places[0].base} i32.const {size}", lists.copy_bytes(self.source, self.target))
            return
        end = body.local(self.source.pointer)
        body.add(f"local.get {places[0].base} {self.source.constant(size)} {self.source.address}.add local.set {end}")
        lists.loop(body, self.move, found.element, places, end)

    def _stepping(self, body: Body, place: Memory) -> Memory:
        """Gives the same place with a local of its own for its address."""
        base = body.local(place.side.pointer)
        body.add(f"local.get {place.base} {place.side.constant(place.offset)} {place.side.address}.add local.set {base}")
        return Memory(place.side, base)

    def _variant(self, body: Body, cases: tuple[types.Type | None, ...], source: Place, target: Place) -> None:
        size = discriminant(len(cases))
        read, write = _UNSIGNED[size]
        # Cases with the same payload share their code, those without any first.
        payloads: dict[object, types.Type | None] = {None: None}
        for case in cases:
            payloads.setdefault(_key(case), case)
        order = {key: number for number, key in enumerate(payloads)}
        case_number = body.local("i")
        load(body, source, "i", read)
        body.add(f"local.set {case_number}")
        if len(payloads) == 1:
            body.add(f"local.get {case_number} i32.const {len(cases)} i32.ge_u if {trap(self.source, 'unknown_case')} end")
        begin_store(body, target)
        body.add(f"local.get {case_number}")
        end_store(body, target, "i", write)
        if len(payloads) == 1:
            return
        # A block for each payload, within one for the unknown case, within one for all.
        body.add("block " * (len(payloads) + 2))
        targets = [order[_key(case)] for case in cases]
        for start in range(0, len(cases), MOST_TARGETS):
            body.add(f"local.get {case_number} i32.const {start + MOST_TARGETS} i32.lt_u if")
            body.add(f"local.get {case_number} i32.const {start} i32.sub br_table")
            body.add(*(str(target + 1) for target in targets[start : start + MOST_TARGETS]), f"{len(payloads) + 1} end")
        body.add(f"br {len(payloads)}")
        inner = [self._payload(place, cases, size) for place in (source, target)]
        for number, payload in enumerate(payloads.values()):
            body.add("end")
            if payload is not None:
                self.move(body, payload, *inner)
            body.add(f"br {len(payloads) - number}")
        body.add(f"end {trap(self.source, 'unknown_case')} end")

    def _payload(self, place: Place, cases: tuple[types.Type | None, ...], size: int) -> Place:
        if isinstance(place, Flat):
            return place.part(1)
        return place.behind(align(size, max(place.side.layouts.layout(case)[1] for case in cases if case is not None)))


def _key(found: types.Type | None) -> object:
    """Tells types apart: primitive ones by their kind, others by identity, because comparing them takes as long as they are deep."""
    return found.kind if isinstance(found, types.Primitive) else None if found is None else id(found)
