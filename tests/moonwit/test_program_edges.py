"""Programs at the edges of WASI: any exit status, no memory, and imports that are not there."""

from __future__ import annotations

import hashlib

import pytest
from wasmtime import wat2wasm

import moonwit as library
from tests import projects
from tests.texts import texts

_, wat = texts(__file__)

EXIT = """(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) MEMORY
  (func (export "_start") (call $exit (i32.const STATUS))))"""
MEMORY = '(memory (export "memory") 1)'
EXIT_CODE = wat("exit_code")
# It calls a function with "again", and ends with the length of what that gives, or more where it is an error.
CALLER = wat("caller")
PRINT = r"""(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32))) MEMORY
  (data (i32.const 0) "\08\00\00\00\03\00\00\00hi\n")
  (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))))"""


@pytest.mark.parametrize(("status", "code"), [(0, 0), (1, 1), (125, 125), (126, 126), (255, 255), (256, 255), (-1, 255)])
def test_any_status(moonwit, tmp_path, status, code):
    """A program in a file or of a project ends with its status; what does not fit a byte is the largest."""
    text = EXIT.replace("MEMORY", MEMORY).replace("STATUS", str(status))
    data = bytes(wat2wasm(text))
    (tmp_path / "it.wasm").write_bytes(data)
    result = moonwit("run", "it.wasm")
    assert (result.returncode, result.stdout, result.stderr) == (code, "", "")
    projects.write(
        tmp_path,
        "  - {name: here, kind: fs.directory, directory: .}\n"
        "  - {name: it, kind: process.wasm, meta: {command: {name: it}}, fs: here, path: it.wasm, imports: [wasi1], "
        f"hash: 'sha256:{hashlib.sha256(data).hexdigest()}'}}\n",
        namespace="p",
    )
    result = moonwit("run", "it")
    assert (result.returncode, result.stdout, result.stderr) == (code, "", "")


@pytest.mark.parametrize(
    ("call", "code"),
    [("(call $e (i32.const 200))", 200), ("(call $e (i32.const 0))", 0), ("(call $r (i32.const 1))", 1), ("(call $r (i32.const 0))", 0)],
)
def test_any_status_of_a_component(moonwit, write, call, code):
    """A component ends with the code that it asks for, too."""
    write("it.wat", EXIT_CODE.replace("CALL", call))
    result = moonwit("run", "it.wat")
    assert (result.returncode, result.stderr) == (code, "")


def test_a_program_calls_functions(moonwit, tmp_path):
    """A program that is granted `funcs` calls functions of its project, which may wait and print."""
    data = bytes(wat2wasm(CALLER))
    (tmp_path / "it.wasm").write_bytes(data)
    projects.write(
        tmp_path,
        "  - {name: here, kind: fs.directory, directory: .}\n"
        "  - name: twice\n    kind: function.lua\n    modules: [time]\n"
        "    source: return function(text) require('time').sleep('1ms') print('called') return text .. text end\n"
        "  - {name: it, kind: process.wasm, meta: {command: {name: it}}, fs: here, path: it.wasm, imports: [funcs, wasi:cli], "
        f"hash: 'sha256:{hashlib.sha256(data).hexdigest()}'}}\n",
        namespace="p",
    )
    result = moonwit("run", "it")
    assert (result.stdout, result.stderr, result.returncode) == ("called\n", "", 10)


@pytest.mark.parametrize("memory", ["", "(memory 1)", '(memory $m 1) (export "other" (memory $m))', '(memory (export "memory") 0)'])
def test_memory_that_is_not_exported(moonwit, write, memory):
    """What needs no memory works without one, and what does works with one that is not exported."""
    write("exit.wat", EXIT.replace("MEMORY", memory).replace("STATUS", "42"))
    result = moonwit("run", "exit.wat")
    assert (result.returncode, result.stderr) == (42, "")
    if "1)" in memory:
        write("print.wat", PRINT.replace("MEMORY", memory))
        assert moonwit("run", "print.wat").stdout == "hi\n"


def module(interface: str, name: str, type: str, call: str) -> str:
    """Gives a program that calls one import."""
    return f'(module (import "{interface}" "{name}" (func $f {type})) {MEMORY} (func (export "_start") {call}))'


LACKING = [
    ("wasi_snapshot_preview1", "sock_open", "but WASI 0.1 has no such function", "did you mean `sock_"),
    ("wasi_unstable", "sched_yield", "which nothing provides", "it is the draft before WASI 0.1"),
    ("wasi_snapshot_preview", "fd_write", "which nothing provides", "did you mean `wasi_snapshot_preview1`?"),
    ("env", "abort", "which nothing provides", "it is AssemblyScript's: compile it with `--use abort=`"),
    ("env", "emscripten_notify_memory_growth", "which nothing provides", "it is Emscripten's: build it with -sSTANDALONE_WASM"),
    ("env", "my_function", "which nothing provides", "`env` is what linkers call functions that nobody has defined"),
    ("gojs", "runtime.wasmExit", "which nothing provides", "it is built for JavaScript: build it with GOOS=wasip1"),
]


def test_what_nothing_provides(moonwit, write, tmp_path):
    """A call of what is not there says which of three is the reason, and what to do, and so does the check before."""
    entries = "version: '1.0'\nnamespace: p\nentries:\n"
    for number, (interface, name, _, _) in enumerate(LACKING):
        write(f"{number}.wat", module(interface, name, "(result i32)", "(drop (call $f))"))
        entries += f"  - {{name: f{number}, kind: function.wat, source: file://{number}.wat, method: _start, imports: [wasi1]}}\n"
    write("_index.yaml", entries)
    checked = moonwit("check").stderr
    with library.open(tmp_path) as project:
        for number, (interface, name, is_what, hint) in enumerate(LACKING):
            assert f"warning: the module imports `{name}` of {interface}, {is_what}: a call of it fails\n" in checked
            assert f"hint: {hint}" in checked
            with pytest.raises(library.CallError) as caught:
                project.call(f"p:f{number}")
            assert caught.value.message.startswith(f"the function p:f{number} calls {name} of {interface}, {is_what}: {hint}")
    for number in (0, 3):
        result = moonwit("run", f"{number}.wat")
        assert f"{number}.wat calls {LACKING[number][1]} of {LACKING[number][0]}, {LACKING[number][2]}" in result.stderr


def test_a_function_of_another_type(moonwit, write):
    """A program with an import of another type is not started; an entry fails when it is called."""
    write("it.wat", module("wasi_snapshot_preview1", "fd_close", "(param i64) (result i32)", "(drop (call $f (i64.const 1)))"))
    sentence = "calls fd_close of wasi_snapshot_preview1, but WASI 0.1 has it with the type (i32) -> (i32), not (i64) -> (i32)"
    assert f"it.wat can't be run: it {sentence}" in moonwit("run", "it.wat").stderr
    for imports in ("[wasi1]", "[]"):
        write(
            "_index.yaml",
            "version: '1.0'\nnamespace: p\nentries:\n"
            f"  - {{name: it, kind: function.wat, source: file://it.wat, method: _start, imports: {imports}}}\n",
        )
        assert f"the function p:it {sentence}" in moonwit("call", "p:it").stderr


def test_what_is_not_granted_names_the_line(moonwit, write):
    """A call of what is there and not granted says what to write."""
    write("it.wat", module("wasi_snapshot_preview1", "sched_yield", "(result i32)", "(drop (call $f))"))
    write(
        "_index.yaml",
        "version: '1.0'\nnamespace: p\nentries:\n"
        "  - {name: it, kind: function.wat, source: file://it.wat, method: _start, imports: [funcs]}\n",
    )
    line = "add wasi_snapshot_preview1 to the imports of p:it, as in `imports: [funcs, wasi_snapshot_preview1]`"
    assert line in moonwit("call", "p:it").stderr


def test_a_memory_that_is_imported(moonwit, write):
    """A program that imports something else than functions is told so before it is started."""
    write("it.wat", '(module (import "env" "memory" (memory 1)) (func (export "_start")))')
    assert "it.wat can't be run: it imports the memory `env` `memory`, and only functions can be" in moonwit("run", "it.wat").stderr


def test_a_program_of_wasi_0_3(moonwit, write):
    """A component of WASI 0.3 is described, and is not a program where it exports none."""
    write("it.wat", '(component (type $f (func async)) (import "x" (func $x (type $f))))')
    assert "import x: async func();" in moonwit("inspect", "it.wat").stdout
    assert moonwit("run", "it.wat").stderr.startswith("moonwit: it.wat is not a program: ")
