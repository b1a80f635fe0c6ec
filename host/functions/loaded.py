"""What a loaded function is: its bytes, plan and signature, and why an entry can't be one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Literal

from moonwit.host.functions.binaries import Binary
from moonwit.host.functions.providers import Answer
from moonwit.host.wasi.linkage import Linkage
from moonwit.host.wasm.plan.plan import Lift, Plan
from moonwit.host.wasm.wit.types import Function
from moonwit.registry.entries import Entry
from moonwit.registry.problems import Problem
from moonwit.registry.record import record

if TYPE_CHECKING:
    from moonwit.host.compiling.code import CodeProblem

KINDS = ("function.wat", "function.wasm")
DEFAULT_MAX_SIZE = 100
# How many async calls an instance of WASI 0.3 serves at once.
DEFAULT_CONCURRENCY = 64
DEFAULT_WORKERS = 8
BUFFER_PER_WORKER = 64

PoolType = Literal["inline", "lazy", "static", "adaptive"]


class FunctionProblem(Exception):
    """An entry can't be loaded. Its author, or the author of its binary, causes it; ``problem`` has the place."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence)
        self.problem = problem


_CAUSES = re.compile(r"Caused by:\s*|\n\s*\d+: ")


def code_problem(entry: Entry, problem: CodeProblem) -> Problem:
    """Gives the problem of an entry whose code can't be had; where Wasmtime refuses it, the last of the causes that its message lists."""
    what, field, hint = ("WAT text", "source", None) if entry.kind == "function.wat" else ("binary", "path", "build it again")
    if not problem.invalid:
        return entry.problem((field,), problem.sentence, "make its functions smaller, with fewer loops, blocks and locals in each")
    reason = " ".join(_CAUSES.split(problem.sentence.strip())[-1].split())[:300]
    return entry.problem((field,), f"the {what} is not valid WebAssembly: {reason}", hint)


@record
class Pool:
    """How many instances a function has and what runs them, with the defaults filled in.

    ``size`` bounds the instances, ``workers`` the threads that run them, ``buffer`` the queue. ``reuse`` tells whether an
    instance serves more than one call, ``concurrency`` how many async ones it serves at once.
    """

    type: PoolType
    size: int
    workers: int
    buffer: int
    max_size: int
    warm_start: bool = False
    reuse: bool = True
    concurrency: int = DEFAULT_CONCURRENCY


@record
class LoadedFunction:
    """A function ready to be instantiated and called.

    ``linkage`` says how the plan's imports are linked. ``export`` is its name in the binary, in full: ``name`` or ``interface#name``.
    Limits are in milliseconds and bytes. ``answers`` are the imports that other entries answer; ``linked`` the ids, binaries and grants
    of components among these, and of those that answer theirs. ``is_part`` says that it is one of all that its entry's binary exports:
    they share pool, instances and counts, which are known by ``id``, and each is called by its ``call_id``.
    """

    id: str
    binary: Binary = field(repr=False)
    plan: Plan = field(repr=False)
    linkage: Linkage = field(repr=False)
    export: str
    signature: Function
    pool: Pool
    results: Literal["pair", "table"]
    grants: tuple[str, ...]
    transport: str
    max_execution_ms: int | None
    max_memory_bytes: int | None
    max_stack_bytes: int | None
    wasi: Mapping[str, object]
    wit: str | None = None
    answers: tuple[Answer, ...] = ()
    linked: tuple[tuple[str, Binary, tuple[str, ...]], ...] = ()
    is_part: bool = False

    @property
    def call_id(self) -> str:
        """The id that it is called by."""
        return f"{self.id}#{self.export}" if self.is_part else self.id

    @property
    def data(self) -> bytes:
        """The bytes of the core module or component."""
        return self.binary.data

    @property
    def sha256(self) -> str:
        return self.binary.sha256

    @property
    def is_component(self) -> bool:
        return self.binary.is_component

    @property
    def lift(self) -> Lift:
        """How its values are passed."""
        return self.plan.exports[self.export]
