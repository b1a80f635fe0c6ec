"""Components made on the fly whose exports pass what they get to functions that they import, and give back what those give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from moonwit.host.wasm.wit import types as wit
from tests.abi.guests import ALLOC, MAX_FLAT, Guest, alignment, flat, size
from tests.texts import texts

_, wat = texts(__file__)

INTERFACE = "t:t/host"


class Inside(Guest):
    """Names types within the type of the imported instance."""

    def type(self, type: wit.Type) -> str:
        before = len(self.definitions)
        reference = super().type(type)
        for at in range(before, len(self.definitions)):
            word = self.definitions[at].split()
            if word[0] == "(export" and word[1].startswith("$"):
                self.definitions[at] = f"(export {word[2]} (type {word[1]} (eq {word[4].rstrip(')')})))"
        return reference


class Outside(Guest):
    """Names the same types outside of it, in the same order: those that have names are the instance's."""

    def type(self, type: wit.Type) -> str:
        before = len(self.definitions)
        reference = super().type(type)
        for at in range(before, len(self.definitions)):
            word = self.definitions[at].split()
            if word[0] == "(export" and word[1].startswith("$"):
                self.definitions[at] = f"(alias export $h {word[2]} (type {word[1]}))"
        return reference


@dataclass
class Relay:
    """Collects functions; ``text`` is the component."""

    inside: Inside = field(default_factory=Inside)
    outside: Outside = field(default_factory=Outside)
    imports: list[str] = field(default_factory=list)
    lowered: list[str] = field(default_factory=list)
    wanted: list[str] = field(default_factory=list)
    core: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    lifts: list[str] = field(default_factory=list)

    def add(self, name: str, types: Sequence[wit.Type]) -> None:
        """Adds a function that gives back its one parameter, or all of them as a tuple."""
        result = types[0] if len(types) == 1 else wit.Tuple(tuple(types))
        params = [core for type in types for core in flat(type)]
        params = ["i32"] if len(params) > MAX_FLAT else params
        results = flat(result)
        pointed = len(results) > 1
        for names, out in ((self.inside, self.imports), (self.outside, self.lifts)):
            given = " ".join(f'(param "p{i}" {names.type(type)})' for i, type in enumerate(types))
            shown = f"{given} (result {names.type(result)})"
            if out is self.imports:
                out.append(f'(export "{name}" (func {shown}))')
            else:
                options = '(memory (core memory $lib "memory")) (realloc (core func $lib "realloc"))'
                lift = f'(core func $i "{name}") {options} (post-return (core func $i "post-{name}"))'
                out.append(f'(func (export "{name}") {shown} (canon lift {lift}))')
                self.lowered.append(f'(core func ${name} (canon lower (func $h "{name}") {options}))')
        imported = f"(param {' '.join(params + ['i32'] * pointed)}) {'' if pointed else f'(result {results[0]})'}"
        passed = " ".join(f"(local.get {i})" for i in range(len(params)))
        self.names.append(name)
        self.wanted.append(f'(import "h" "{name}" (func ${name} {imported}))')
        post = "i32" if pointed else results[0]
        if pointed:
            place = f"(local.set $ret (call $alloc (i32.const 0) (i32.const 0) (i32.const {alignment(result)}) (i32.const {size(result)})))"
            body = f"(local $ret i32) {place} (call ${name} {passed} (local.get $ret)) (local.get $ret)"
        else:
            body = f"(call ${name} {passed})"
        shape = f"(param {' '.join(params)}) (result {post})"
        self.core.append(f'(func (export "{name}") {shape} {body})\n(func (export "post-{name}") (param {post}) (call $leave))')

    @property
    def text(self) -> str:
        newline = "\n"
        functions = " ".join(f'(export "{name}" (func ${name}))' for name in self.names)
        return wat(
            "text",
            INTERFACE=INTERFACE,
            DEFINITIONS=newline.join(self.inside.definitions),
            IMPORTS=newline.join(self.imports),
            ALLOC=ALLOC,
            LOWERED=newline.join(self.lowered),
            WANTED=newline.join(self.wanted),
            CORE=newline.join(self.core),
            FUNCTIONS=functions,
            DEFINITIONS_2=newline.join(self.outside.definitions),
            LIFTS=newline.join(self.lifts),
        )
