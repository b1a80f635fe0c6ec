"""A `process.wasm` whose `method` is any function: as a command, with words as WAVE or text, and called by scripts."""

import hashlib

import pytest
from wasmtime import wat2wasm

from tests import projects
from tests.texts import texts

_, wat = texts(__file__)

# `greet` gives its argument after "Hello, "; `count` counts its calls in this instance.
GUEST = wat2wasm(wat("guest"))
METHODS = ("greet", "add", "sum", "count", "check", "stop", "swap", "length", "or")


@pytest.fixture
def run(tmp_path, moonwit):
    """Runs a command of a project that has each function of the guest as a process."""
    (tmp_path / "guest.wasm").write_bytes(GUEST)
    binary = f"fs: here, path: guest.wasm, hash: 'sha256:{hashlib.sha256(GUEST).hexdigest()}'"
    projects.write(
        tmp_path,
        "  - {name: here, kind: fs.directory, directory: .}\n"
        + "".join(f"  - {{name: {m}, kind: process.wasm, meta: {{command: {{name: {m}}}}}, {binary}, method: {m}}}\n" for m in METHODS)
        + "  - {name: wrong, kind: process.wasm, meta: {command: {name: wrong}}, "
        + binary
        + ", method: gret}\n"
        "  - {name: lua, kind: process.lua, meta: {command: {name: lua}}, modules: [funcs], source: \"local funcs = require('funcs') "
        "return function(id, ...) print(funcs.call(id, ...)) print(funcs.call('app:count'), funcs.call('app:count')) end\"}\n",
        namespace="app",
    )
    return lambda *arguments: moonwit("run", *arguments)


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        (("greet", "World"), "Hello, World"),
        (("greet", '"a\\u{62}c"'), "Hello, abc"),
        (("greet", "12"), "Hello, 12"),
        (("greet", ""), "Hello, "),
        (("greet", "true"), "Hello, true"),
        (("add", "40", "-2"), "38"),
        (("sum", "[1, 2, 4294967295]"), "4294967298"),
        (("swap", "{x: 1, y: -2}"), "{x: -2, y: 1}"),
        (("count",), "1"),
        (("greet", "none"), "Hello, none"),
        (("length", "none"), "-1"),
        (("length", "abc"), "3"),
        (("length", 'some("none")'), "4"),
        (("or", "none"), "-1"),
        (("or", "7"), "7"),
        (("or", "some(7)"), "7"),
    ],
)
def test_a_function_is_a_command(run, words, printed):
    """Words are WAVE or text, and the result is printed: strings as they are, anything else as WAVE."""
    result = run(*words)
    assert (result.stdout, result.stderr, result.returncode) == (printed + "\n", "", 0)


def test_what_has_no_result_prints_nothing(run):
    """A `result` without a payload is the exit status: 0, or 1 with a sentence."""
    result = run("check", "false")
    assert (result.stdout, result.stderr, result.returncode) == ("", "", 0)
    result = run("check", "true")
    assert (result.stdout, result.returncode) == ("", 1) and result.stderr.startswith("moonwit: ")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("greet",), "app:greet: expected 1 argument, got 0: func(name: string) -> string"),
        (("add", "1", "2", "3"), "app:add: expected 2 arguments, got 3: func(a: s32, b: s32) -> s32"),
        (("add", "1", "x"), 'parameter 2 (b: s32): expected an integer, got "x"'),
        (("sum", "[1"), 'parameter 1 (all: list<u32>): expected a sequence, got "[1"'),
        (("stop",), "unreachable"),
        (("wrong",), "did you mean"),
    ],
)
def test_bad_words_are_a_sentence(run, words, sentence):
    """What is wrong, where, and status 1."""
    result = run(*words)
    assert (result.stdout, result.returncode) == ("", 1)
    assert sentence in result.stderr


def test_a_call_runs_a_process(run):
    """Each run has an instance of its own."""
    assert run("lua", "app:greet", "you").stdout == "Hello, you\n1\t1\n"


def test_check_and_list_know_them(run, moonwit):
    """A function that the binary does not have is found where it is named."""
    checked = moonwit("check")
    assert checked.returncode == 1 and "method" in checked.stderr and checked.stderr.count("error") <= 1
    assert "greet" in run("list").stdout
