"""Entries become loaded functions, and what is wrong with one is a problem at the right place."""

from hashlib import sha256
from pathlib import Path
from textwrap import indent

import pytest
from wasmtime import wat2wasm

from moonwit.host.files.kinds import KINDS as FILE_KINDS
from moonwit.host.functions.kinds import KINDS as FUNCTION_KINDS
from moonwit.host.functions.loaded import FunctionProblem, LoadedFunction, Pool
from moonwit.host.functions.loading import check_functions, load_function
from moonwit.host.wasi.linkage import link
from moonwit.host.wasm.binary.core_types import CoreType
from moonwit.host.wasm.plan.core_plan import plan_core
from moonwit.host.wasm.plan.plan import Export
from moonwit.host.wasm.wit.show import show_signature
from moonwit.registry import Registry
from tests.projects import loaded as load_project
from tests.texts import texts

_, read_wat = texts(__file__)

KINDS = (*FUNCTION_KINDS, *FILE_KINDS)

ADD = '(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))'
STRINGS = read_wat("strings")
COMPONENT = read_wat("component")
CLOCK = read_wat("clock")
# Strings that the host's own code does not know, and resources beside them.
UTF16 = read_wat("utf16")


def project(folder: Path, *entries: str, settings: str = "") -> Registry:
    """Loads a project of these entries, each its fields in YAML."""
    return load_project(folder, *entries, namespace="app", settings=settings)


def wat(source: str, method: str, extra: str = "", name: str = "f") -> str:
    """An entry with inline WAT, as YAML."""
    return f"name: {name}\nkind: function.wat\nmethod: {method!r}\nsource: |\n{indent(source, '  ')}\n{extra}"


def loaded(folder: Path, source: str, method: str, extra: str = "", settings: str = "") -> LoadedFunction:
    registry = project(folder, wat(source, method, extra), settings=settings)
    return load_function(registry.entries["app:f"], registry)


def refused(folder: Path, source: str, method: str, extra: str = "") -> str:
    """The rendered problem of an entry that must not load, without the folder."""
    with pytest.raises(FunctionProblem) as caught:
        loaded(folder, source, method, extra)
    return caught.value.problem.render(base=folder)


def test_a_core_module_with_wit(tmp_path: Path) -> None:
    """With `wit` the signature is the declared one; the plan has one module, one step and the function's lift."""
    found = loaded(tmp_path, STRINGS, "to_upper", "wit: |\n  to-upper: func(s: string) -> string;")
    assert (found.export, found.is_component) == ("to-upper", False)
    assert show_signature(found.signature) == "func(s: string) -> string"
    assert found.lift.core_type == CoreType("ii", "i")
    names = [getattr(item, "name", None) for item in (found.lift.core, found.lift.memory, found.lift.realloc, found.lift.post_return)]
    assert names == ["to_upper", "memory", "cabi_realloc", "cabi_post_to_upper"]
    assert found.plan.modules == (found.data,) and found.sha256 == sha256(found.data).hexdigest()


@pytest.mark.parametrize(
    ("core", "signature"),
    [
        ("(param i32 i64) (result f32)", "func(p1: s32, p2: s64) -> f32"),
        ("(param f64)", "func(p1: f64)"),
        ("(result i64)", "func() -> s64"),
    ],
)
def test_a_derived_signature(tmp_path: Path, core: str, signature: str) -> None:
    """Without `wit` the signature comes from the core type."""
    found = loaded(tmp_path, f'(module (func (export "x") {core} unreachable))', "x")
    assert show_signature(found.signature) == signature


def test_imports_of_a_core_module_are_stubs(tmp_path: Path) -> None:
    """A function that a core module imports becomes a stub that names it."""
    found = loaded(tmp_path, '(module (import "env" "log" (func (param i32))) (func (export "x")))', "x")
    assert [(stub.interface, stub.function, stub.type) for stub in found.plan.stubs] == [("env", "log", CoreType("i", ""))]


def test_resources_of_a_core_module(tmp_path: Path) -> None:
    """A resource that `wit` declares gets the built-ins that the module imports, and its destructor."""
    source = read_wat("resources_of_a_core_module")
    wit = "wit: |\n  resource counter { constructor(start: u32); get: func() -> u32; }"
    found = loaded(tmp_path, source, "[constructor]counter", wit)
    assert found.plan.stubs == ()
    assert [local.resource.name for local in found.plan.resources] == ["counter"]
    assert found.plan.resources[0].dtor is not None


def test_a_component(tmp_path: Path) -> None:
    """A component's function is found by `method`, with the component's own signature."""
    found = loaded(tmp_path, COMPONENT, "api#add_it")
    assert (found.export, found.is_component) == ("demo:math/api@1.2.0#add-it", True)
    assert found.lift.interface == "demo:math/api@1.2.0"
    assert show_signature(found.signature) == "func(a: u32, b: u32) -> u32"


def test_wit_of_a_component_is_compared(tmp_path: Path) -> None:
    """`wit` may be given for a component, if it says the same."""
    assert loaded(tmp_path, COMPONENT, "add-it", "wit: 'add-it: func(a: u32, b: u32) -> u32;'").export == "add-it"


def test_other_encodings(tmp_path: Path) -> None:
    """A component with utf-16 strings beside resources is loaded like any other."""
    assert show_signature(loaded(tmp_path, UTF16, "say").signature) == "func(s: string, t: thing)"


def test_wasi_that_is_granted_is_hosted(tmp_path: Path) -> None:
    """A clock is the lane's where it is granted."""
    assert loaded(tmp_path, CLOCK, "ticks").linkage.functions == ()
    found = loaded(tmp_path, CLOCK, "ticks", "imports: [wasi:clocks@0.2.0, wasi1]")
    assert found.grants == ("wasi:clocks", "wasi_snapshot_preview1")
    assert [function.name for function in found.linkage.functions] == ["wasi:clocks/monotonic-clock#now"]


@pytest.mark.parametrize("engine", ["auto", "direct", "compatible"])
@pytest.mark.parametrize("source", [COMPONENT, ADD], ids=["component", "module"])
def test_engine_has_no_effect(tmp_path: Path, source: str, engine: str) -> None:
    """`engine` is taken, and a warning at it says that it changes nothing."""
    method = "add" if source == ADD else "add-it"
    registry = project(tmp_path, wat(source, method, f"engine: {engine}"))
    assert load_function(registry.entries["app:f"], registry).export == method
    (problem,) = registry.problems
    assert (problem.severity, problem.sentence) == ("warning", "`engine` has no effect: all functions are called in one way")
    assert "engine:" in (tmp_path / "_index.yaml").read_text().splitlines()[problem.line - 1]


@pytest.mark.parametrize(
    ("extra", "pool"),
    [
        ("", Pool("lazy", 100, 100, 0, 100)),
        ("pool: {type: inline}", Pool("inline", 1, 1, 0, 1, reuse=False)),
        ("pool: {type: lazy, max_size: 4, reuse: false}", Pool("lazy", 4, 4, 0, 4, reuse=False)),
        ("pool: {type: static}", Pool("static", 8, 8, 512, 8)),
        ("pool: {type: static, size: 4, workers: 2, buffer: 16}", Pool("static", 4, 2, 16, 4)),
        ("pool: {workers: 2}", Pool("static", 2, 2, 128, 2)),
        ("pool: {size: 3}", Pool("static", 3, 3, 192, 3)),
        ("pool: {type: adaptive, warm_start: true}", Pool("adaptive", 100, 100, 0, 100, warm_start=True)),
    ],
)
def test_pools(tmp_path: Path, extra: str, pool: Pool) -> None:
    """A pool's open numbers get the defaults of its type."""
    assert loaded(tmp_path, ADD, "add", extra).pool == pool


def test_results_and_limits(tmp_path: Path) -> None:
    """`results` comes from the entry, else from the project's settings; limits are taken over."""
    assert loaded(tmp_path, ADD, "add").results == "pair"
    found = loaded(tmp_path, ADD, "add", "limits: {max_execution_ms: 50, max_memory_bytes: 65536}", settings="results: table\n")
    assert (found.results, found.max_execution_ms, found.max_memory_bytes, found.max_stack_bytes) == ("table", 50, 65536, None)
    assert loaded(tmp_path, ADD, "add", "results: pair", settings="results: table\n").results == "pair"


REFUSED = {
    "wat": ("(module\n  (fnc))", "add", "", "_index.yaml:9:10: error: the WAT text is not valid: expected valid module field"),
    "unknown method": (ADD, "ad", "", "error: there is no function `ad`; did you mean `add`?; exported are `add`"),
    "unknown function in wit": (
        ADD,
        "add",
        "wit: 'ad: func();'",
        "error: the module has no function `ad`; did you mean `add`?; it exports `add`",
    ),
    "method not in wit": (
        ADD + "\n",
        "x",
        "wit: 'add: func(a: u32, b: u32) -> u32;'",
        "error: there is no function `x`; exported are `add`",
    ),
    "method that wit does not declare": (
        '(module (func (export "f")) (func (export "g") (param i64)))',
        "g",
        "wit: 'f: func();'",
        "error: `wit` does not declare `g`, which is (i64) -> () in the module; declare it, or remove `wit`",
    ),
    "mismatch": (
        ADD,
        "add",
        "wit: |\n  add: func(a: u32, b: u64) -> u32;",
        "error: `add` does not fit: `func(a: u32, b: u64) -> u32` needs the core type (i32, i64) -> (i32), "
        "but the module's `add` is (i32, i32) -> (i32); change one of them",
    ),
    "wit error": (
        ADD,
        "add",
        "wit: |\n  // a comment\n  add: func(a: strng) -> u32;",
        ":11:20: error: unknown type `strng`; did you mean `string`?",
    ),
    "empty wit": (ADD, "add", "wit: '// nothing'", "error: `wit` declares no function; write `name: func(a: u32) -> string;`"),
    "no memory": (
        ADD,
        "add",
        "wit: 'add: func(s: string) -> u32;'",
        "error: the values of `add` need memory, and the module has no export `memory`",
    ),
    "memory is a function": (
        '(module (func (export "memory")) (func (export "f") (param i32 i32)))',
        "f",
        "wit: 'f: func(s: string);'",
        "error: the values of `f` need memory, and the module exports a func as `memory`",
    ),
    "64-bit memory": (
        '(module (memory (export "memory") i64 1) (func (export "f") (result i32) i32.const 0))',
        "f",
        "wit: 'f: func() -> string;'",
        "error: the values of `f` need memory, and the module's is a 64-bit one; use a 32-bit memory",
    ),
    "no realloc": (
        '(module (memory (export "memory") 1) (func (export "f") (param i32 i32)))',
        "f",
        "wit: 'f: func(s: string);'",
        "error: the arguments of `f` need room in the module's memory, and it has no export `cabi_realloc`; "
        "export a function (i32, i32, i32, i32) -> (i32) of that name: old pointer, old size, alignment, new size",
    ),
    "wrong realloc": (
        '(module (memory (export "memory") 1) (func (export "cabi_realloc")) (func (export "f") (param i32 i32)))',
        "f",
        "wit: 'f: func(s: string);'",
        "error: `cabi_realloc`: expected (i32, i32, i32, i32) -> (i32), ",
    ),
    "wrong post-return": (
        '(module (memory (export "memory") 1) (func (export "cabi_post_f")) (func (export "f") (result i32) i32.const 0))',
        "f",
        "wit: 'f: func() -> string;'",
        "error: `cabi_post_f` takes what `f` returns, so expected (i32) -> (), ",
    ),
    "wrong destructor": (
        '(module (func (export "[dtor]r")) (func (export "f") (param i32)))',
        "f",
        "wit: 'resource r; f: func(r: r);'",
        "error: the destructor `[dtor]r`: expected (i32) -> (), got () -> (); change it in the module",
    ),
    "several results": (
        '(module (func (export "f") (result i32 i32) i32.const 1 i32.const 2))',
        "f",
        "",
        "error: `f` can't be called without `wit`: its type is () -> (i32, i32), and a WIT function has one result; ",
    ),
    "vectors": (
        '(module (func (export "f") (param v128)))',
        "f",
        "",
        "error: `f` can't be called without `wit`: its type is (v128) -> (), and no WIT type stands for v128; ",
    ),
    "references": ('(module (func (export "f") (param externref)))', "f", "", "and no WIT type stands for a reference; "),
    "imported memory": (
        '(module (import "env" "memory" (memory 1)) (func (export "f")))',
        "f",
        "",
        "error: the module imports the memory `env` `memory`, and only functions can be; define it in the module",
    ),
    "shared memory": (
        '(module (memory 1 1 shared) (func (export "f")))',
        "f",
        "",
        "error: the module has a memory that threads share, and guests run on one thread: build it without threads (no shared memory)",
    ),
    "imported shared memory": (
        '(module (import "env" "memory" (memory 1 1 shared)) (func (export "f")))',
        "f",
        "",
        "error: the module has a memory that threads share, ",
    ),
    "imported vector function": (
        '(module (import "env" "v" (func (param v128))) (func (export "f")))',
        "f",
        "",
        "error: the imported function `env` `v` has the type (v128) -> (), and only numbers can be passed; remove it",
    ),
    "nothing exported": (
        "(module (func))",
        "f",
        "",
        'error: the module exports no functions; export the one to call, as in `(func (export "name") ...)`',
    ),
    "no function exported": ('(module (memory (export "m") 1))', "f", "", "error: the module exports no functions, only `m`; "),
    "empty component": ("(component)", "f", "", "error: the component exports no functions; export the one to call"),
    "component's wit": (
        COMPONENT,
        "add-it",
        "wit: 'add-it: func(a: u32, b: s32) -> u32;'",
        "error: `wit` declares `add-it` as `func(a: u32, b: s32) -> u32`, but the component's is `func(a: u32, b: u32) -> u32`; correct it",
    ),
    "component's wit, unknown": (
        COMPONENT,
        "add-it",
        "wit: 'sub-it: func();'",
        "error: `wit` does not fit the component: there is no function `sub-it`; exported are ",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(tmp_path: Path, case: str) -> None:
    """An entry that can't be loaded says why, at its own field."""
    source, method, extra, sentence = REFUSED[case]
    assert sentence in refused(tmp_path, source, method, extra)


def test_places_in_a_file(tmp_path: Path) -> None:
    """An error in WAT text from a file is shown at the file's own line, by characters and not by bytes."""
    (tmp_path / "it.wat").write_text('(module\n  (func (export "h\u00e9\u6f22") (nope)))\n')
    registry = project(tmp_path, "name: f\nkind: function.wat\nmethod: f\nsource: file://it.wat")
    with pytest.raises(FunctionProblem) as caught:
        load_function(registry.entries["app:f"], registry)
    problem = caught.value.problem
    assert (problem.file, problem.line, problem.column) == (tmp_path / "it.wat", 2, 25)


def test_wasi_0_1_of_a_core_module_is_hosted_where_it_is_granted(tmp_path: Path) -> None:
    """What a core module imports of WASI 0.1 is the lane's, its files too, with mounts and without."""
    source = """(module (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_sync" (func (param i32) (result i32))) (memory (export "memory") 1) (func (export "f")))"""
    assert loaded(tmp_path, source, "f").linkage.functions == ()
    without = loaded(tmp_path, source, "f", "imports: [preview1]").linkage
    mounted = link(plan_core(bytes(wat2wasm(source))), ["preview1"], Export(0, "memory"), mounts=True)
    for found in (without, mounted):
        assert found.waits
        assert [function.name for function in found.functions] == [
            "next", "wasi_snapshot_preview1#fd_write", "wasi_snapshot_preview1#fd_sync"
        ]  # fmt: skip


def test_check_reports_all(tmp_path: Path) -> None:
    """Checking a project reports the problem of every function, and leaves the others alone."""
    registry = project(
        tmp_path,
        wat(ADD, "add", name="good"),
        wat(ADD, "sub", name="bad"),
        wat(ADD, "add", "wit: 'add: func();'", name="worse"),
    )
    check_functions(registry)
    assert [problem.entry for problem in registry.errors] == ["app:bad", "app:worse"]
    assert [registry.is_broken(f"app:{name}") for name in ("good", "bad", "worse")] == [False, True, True]
