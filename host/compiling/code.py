"""Code that is to be compiled, and what comes of it: a module, or why there is none."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from wasmtime import Engine, Module, WasmtimeError

from moonwit.host.engine import engine as engines


class CodeProblem(Exception):
    """Code can't be had. ``kind`` is one of the kinds of errors in Lua.

    ``invalid`` says that the engine refuses the code, and its author has to build it anew; ``lasting``, that it would not go otherwise
    the next time.
    """

    def __init__(self, kind: str, sentence: str, invalid: bool = False, lasting: bool = True) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.sentence = sentence
        self.invalid = invalid
        self.lasting = lasting


def canceled_problem() -> CodeProblem:
    """Makes the problem of code that nobody waits for any more."""
    return CodeProblem("Canceled", "compiling it was canceled", lasting=False)


class Code(NamedTuple):
    """The bytes of a core module, for an engine. Two of the same content are equal."""

    digest: str
    engine: int
    small: bool

    @property
    def name(self) -> str:
        """Names what is compiled of it in a cache: by all that it depends on but the version of the engine."""
        settings = repr(engines.settings(self.small))
        return hashlib.sha256(f"{settings} {self.digest}".encode()).hexdigest()


class Wanted:
    """Code with its bytes and its engine."""

    __slots__ = ("code", "data", "engine")

    def __init__(self, data: bytes, engine: Engine) -> None:
        self.data = data
        self.engine = engine
        self.code = Code(hashlib.sha256(data).hexdigest(), id(engine), engines.is_small(engine))

    def compile(self) -> Module:
        """Compiles it here and now; raises ``CodeProblem``."""
        try:
            return Module(self.engine, self.data)
        except WasmtimeError as error:
            raise CodeProblem("Invalid", str(error), invalid=True) from None

    def restore(self, serialized: bytes | bytearray) -> Module:
        """Takes what the compiler has made of it; raises ``CodeProblem`` when that does not fit the engine."""
        try:
            return Module.deserialize(self.engine, serialized)
        except WasmtimeError as error:
            raise CodeProblem("Internal", f"what was compiled does not fit: {error}", lasting=False) from None
