"""From a `function.wat` or `function.wasm` entry to a loaded function, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from moonwit.host.files.kinds import folder_of
from moonwit.host.functions.binaries import Binary, BinaryProblem, assemble, binary, no_binary, read_below
from moonwit.host.functions.exports import callable_exports, parts
from moonwit.host.functions.imports import grants_of, normalize
from moonwit.host.functions.loaded import (
    BUFFER_PER_WORKER,
    DEFAULT_CONCURRENCY,
    DEFAULT_MAX_SIZE,
    DEFAULT_WORKERS,
    FunctionProblem,
    LoadedFunction,
    Pool,
)
from moonwit.host.functions.methods import UnknownMethod, resolve
from moonwit.host.functions.providers import Answer, Misplaced, answers, provided
from moonwit.host.functions.whole import is_guest, is_whole
from moonwit.host.values.names import shown
from moonwit.host.wasi.linkage import Linkage, link
from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.plan.core_plan import CoreProblem, core_functions, derive
from moonwit.host.wasm.plan.plan import Export, Plan
from moonwit.host.wasm.plan.shortcut import shorten
from moonwit.host.wasm.problems import Malformed, Refused
from moonwit.host.wasm.wit.show import cut_both, show_signature
from moonwit.host.wasm.wit.types import Function
from moonwit.host.wasm.wit.wit import parse_wit
from moonwit.host.wasm.wit.wit_lexer import WitError
from moonwit.registry.entries import Entry
from moonwit.registry.registry import Registry

if TYPE_CHECKING:
    from moonwit.host.functions.linked import Owner


def load_function(entry: Entry, registry: Registry, method: str | None = None) -> LoadedFunction:
    """Loads one entry, or raises ``FunctionProblem``; nothing is compiled.

    An entry without a `method` stands for all that its binary exports: ``method`` names one of it, and ``UnknownMethod`` is raised where
    that is none; without a name it is the first.
    """
    return _Loading(entry, registry, method).load()


def load_functions(entry: Entry, registry: Registry) -> list[LoadedFunction]:
    """Loads all functions that an entry stands for, or raises ``FunctionProblem``."""
    return parts(load_function(entry, registry))


def check_functions(registry: Registry) -> None:
    """Loads every function of a project that is not broken already, and reports what is wrong with each."""
    for entry in list(registry.entries.values()):
        if is_guest(entry) and not registry.is_broken(entry.id):
            try:
                load_function(entry, registry)
            except FunctionProblem as error:
                registry.report(error.problem)


class _Loading:
    """Loads one entry step by step; each step turns what it catches into a problem at the field that causes it."""

    def __init__(self, entry: Entry, registry: Registry, method: str | None = None) -> None:
        self.entry = entry
        self.is_part = is_whole(entry)
        self.called = method
        self.registry = registry
        self.fields = entry.fields
        self.linkage = Linkage()
        self.answers: tuple[Answer, ...] = ()
        self.owners: list[Owner] = []
        # What is wrong with the binary itself is told where it is named.
        self.home = ("source",) if entry.kind == "function.wat" else ("path",)

    def fail(
        self, field: tuple[str | int, ...], sentence: str, hint: str | None = None, within: tuple[int, int] | None = None
    ) -> FunctionProblem:
        return FunctionProblem(self.entry.problem(field, sentence, hint, within=within))

    def text(self, name: str) -> str | None:
        value = self.fields.get(name)
        return value if isinstance(value, str) else None

    def load(self) -> LoadedFunction:
        # A guest that answers requests itself needs the types of requests, which by themselves grant nothing.
        served = ("wasi:http/types",) if self.text("transport") == "wasi-http" else ()
        grants = tuple(dict.fromkeys((*map(normalize, grants_of(self.entry)), *served)))
        found = self.binary()
        try:
            self.answers = answers(self.entry, self.registry, found)
            plan, export = self.component(found, grants) if found.is_component else self.core(found, grants)
        except Malformed as error:
            raise self.fail(self.home, f"the binary is not well-formed WebAssembly: {error}; build it again") from None
        except Misplaced as error:
            raise self.fail(error.field, str(error), error.hint) from None
        except Refused as error:
            raise self.fail(self.home, _lower(str(error).rstrip("."))) from None
        limits = self.group("limits")
        return LoadedFunction(
            id=self.entry.id,
            binary=found,
            plan=plan,
            linkage=self.linkage,
            export=export,
            signature=plan.exports[export].type,
            pool=self.pool(),
            results="table" if (self.text("results") or self.registry.settings.get("results")) == "table" else "pair",
            grants=grants,
            transport=self.text("transport") or "payload",
            max_execution_ms=_integer(limits, "max_execution_ms"),
            max_memory_bytes=_integer(limits, "max_memory_bytes"),
            max_stack_bytes=_integer(limits, "max_stack_bytes"),
            wasi=self.group("wasi"),
            wit=self.text("wit"),
            answers=self.answers,
            linked=tuple((id, found, grants) for id, found, grants, _ in self.owners),
            is_part=self.is_part,
        )

    def group(self, name: str) -> Mapping[str, object]:
        value = self.fields.get(name)
        return value if isinstance(value, Mapping) else {}

    def has_mounts(self) -> bool:
        return bool(self.group("wasi").get("mounts"))

    def binary(self) -> Binary:
        """Gets the entry's binary: assembled from its text, or read and compared with its hash."""
        try:
            if self.entry.kind == "function.wat":
                return assemble(self.text("source") or "")
            return self.file()
        except BinaryProblem as error:
            raise self.fail(self.home, str(error), within=error.position) from None

    def file(self) -> Binary:
        """Reads the file of a `function.wasm` once, and compares those bytes with `hash`."""
        folder = self.registry.entries.get(self.text("fs") or "")
        if folder is None or folder.kind != "fs.directory":
            raise self.fail(("fs",), f"`fs` refers to {shown(self.text('fs') or '')}, which is not an `fs.directory`; name one")
        data = read_below(folder_of(folder, self.registry), self.text("path") or "")
        found = binary(data)
        wanted, actual = self.text("hash") or "", f"sha256:{found.sha256}"
        if wanted.lower() != actual:
            raise self.fail(
                ("hash",),
                f"the file has the hash {actual}, and the entry says {shown(wanted)}; "
                "correct `hash` if you trust the file, else put the right file back",
            )
        if (sentence := no_binary(self.text("path") or "", data)) is not None:
            raise self.fail(self.home, sentence)
        return found

    def component(self, found: Binary, grants: tuple[str, ...]) -> tuple[Plan, str]:
        functions = found.functions
        if not functions:
            raise self.fail(self.home, "the component exports no functions; export the one to call")
        export = self.method(functions, found)
        self.compare(functions)
        plan = self.linked(found)
        rest = (None, self.has_mounts(), provided(self.answers), [(has, ids) for _, _, has, ids in self.owners])
        self.linkage = link(plan, grants, *rest)
        shorter = shorten(plan, self.linkage.early)
        if shorter is not plan:
            plan, self.linkage = shorter, link(shorter, grants, *rest)
        self.check_tasks(plan, export)
        return plan, export

    def check_tasks(self, plan: Plan, export: str) -> None:
        """Refuses a function of WASI 0.3 that can't be called, whatever else the component exports."""
        lift = plan.exports[export]
        if lift.reason:
            raise self.fail(("method",), f"the export {shown(export)} {lift.reason}")

    def linked(self, found: Binary) -> Plan:
        """Gives the plan of a component, with those that are linked to its imports."""
        if not any(answer.is_linked for answer in self.answers):
            return found.component_plan
        # Only components need what it does.
        from moonwit.host.functions.linked import Linked

        linked = Linked(self.registry, lambda entry: _Loading(entry, self.registry).binary())
        plan, self.answers = linked.plan(self.entry, found, self.answers)
        self.owners = linked.owners
        return plan

    def core(self, found: Binary, grants: tuple[str, ...]) -> tuple[Plan, str]:
        try:
            plan = found.core_plan(self.text("wit"))
        except WitError as error:
            raise self.fail(("wit",), error.sentence, within=(error.line, error.column)) from None
        except CoreProblem as error:
            place = self.home if error.position is None or self.text("wit") is None else ("wit",)
            raise self.fail(place, str(error), within=error.position) from None
        export = self.core_method(plan, found)
        memory = found.core.exports.get("memory")
        own = Export(0, "memory") if memory is not None and memory.kind == "memory" and not memory.memory64 else None
        self.linkage = link(plan, grants, own, self.has_mounts())
        return plan, export

    def core_method(self, plan: Plan, found: Binary) -> str:
        """Finds the function among those declared, or, without `wit`, among those whose signature can be derived."""
        functions: Mapping[str, CoreType] = core_functions(found.core)
        if self.is_part:
            return self.method(plan.exports, found, plan)
        if self.text("wit") is None:
            export = self.method(functions, found)
            if export not in plan.exports:
                try:
                    derive(export, functions[export])
                except CoreProblem as error:
                    raise self.fail(("method",), str(error)) from None
            return export
        wanted = self.text("method") or ""
        if wanted in functions and all(lift.core != Export(0, wanted) for lift in plan.exports.values()):
            sentence = f"`wit` does not declare {shown(wanted)}, which is {functions[wanted]} in the module; declare it, or remove `wit`"
            raise self.fail(("method",), sentence)
        return self.method(plan.exports, found)

    def method(self, functions: Mapping[str, object], found: Binary, plan: Plan | None = None) -> str:
        """Finds the export that `method` means; of an entry without one what was called, and the first export where nothing was."""
        if self.is_part:
            exports = callable_exports(found, plan)
            if not exports:
                raise self.fail(self.home, "the binary exports no function that could be called; export one, or declare it in `wit`")
            return exports[0] if self.called is None else resolve(exports, self.called)
        wanted = self.text("method") or ""
        try:
            return resolve(functions, wanted)
        except UnknownMethod as error:
            raise self.fail(("method",), str(error)) from None

    def compare(self, functions: Mapping[str, Function]) -> None:
        """Compares the entry's WIT text with what the component says itself."""
        wit = self.text("wit")
        if wit is None:
            return
        try:
            declared = parse_wit(wit)
        except WitError as error:
            raise self.fail(("wit",), error.sentence, within=(error.line, error.column)) from None
        for name, signature in declared.functions.items():
            position = declared.positions[name]
            try:
                own = functions[self.declared(functions, name)]
            except UnknownMethod as error:
                raise self.fail(("wit",), f"`wit` does not fit the component: {error}", within=position) from None
            says, has = show_signature(signature, expand=True), show_signature(own, expand=True)
            if says != has:
                says, has = cut_both(says, has)
                sentence = f"`wit` declares {shown(name)} as `{says}`, but the component's is `{has}`; correct it, or remove `wit`"
                raise self.fail(("wit",), sentence, within=position)

    def declared(self, functions: Mapping[str, Function], name: str) -> str:
        """Finds the export that a name of the WIT text means: the method's own interface need not be named."""
        interface, sign, _ = (self.text("method") or "").rpartition("#")
        inside = [export for export in functions if export.rpartition("#")[2] == name]
        if sign and "#" not in name and name not in functions and inside:
            return resolve(functions, f"{interface}#{name}")
        return resolve(functions, name)

    def pool(self) -> Pool:
        """Fills in the numbers that the entry leaves open."""
        if self.entry.kind == "process.wasm":
            # Each run of a process has an instance of its own.
            return Pool("inline", 1, 1, 0, 1, reuse=False)
        given = self.group("pool")
        size, workers, most = (_integer(given, name) for name in ("size", "workers", "max_size"))
        type = given.get("type") or ("static" if size or workers else "lazy")
        warm, reuse = given.get("warm_start") is True, given.get("reuse") is not False
        at_once = _integer(given, "concurrency") or DEFAULT_CONCURRENCY
        if type == "inline":
            return Pool("inline", 1, 1, 0, 1, reuse=False)
        if type == "static":
            threads = workers or size or DEFAULT_WORKERS
            count = size or threads
            if count < threads:
                raise self.fail(("pool", "size"), f"`size` is {count}, less than the {threads} `workers`; make it at least {threads}")
            buffer = _integer(given, "buffer")
            return Pool("static", count, threads, threads * BUFFER_PER_WORKER if buffer is None else buffer, count, warm, reuse, at_once)
        bound = most or size or DEFAULT_MAX_SIZE
        threads = min(workers or bound, bound)
        return Pool("adaptive" if type == "adaptive" else "lazy", bound, threads, 0, bound, warm, reuse, at_once)


def _lower(sentence: str) -> str:
    """Makes a sentence go on after a colon or a place."""
    return sentence[:1].lower() + sentence[1:]


def _integer(group: Mapping[str, object], name: str) -> int | None:
    value = group.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
