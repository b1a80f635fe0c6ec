"""`moonwit run NAME`, `moonwit run list` and `moonwit run FILE.wasm`: commands with arguments, streams and exit codes."""

import hashlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from wasmtime import wat2wasm

from tests import projects

PROGRAM = Path(__file__).parents[1] / "guests" / "program" / "c.wasm"

LUA = """
  - name: greet
    kind: process.lua
    meta: {command: {name: greet, short: "Greets somebody."}}
    modules: [time, env]
    imports: {words: words}
    source: |
      local words = require("words")
      return function(...)
        print(words.hello, select("#", ...), ...)
      end
  - name: words
    kind: library.lua
    source: return { hello = "hello" }
  - name: status
    kind: process.lua
    meta: {command: {name: status}}
    method: main
    source: |
      return { main = function(what)
        if what == "number" then return 7 end
        if what == "large" then return 256 end
        if what == "negative" then return -1 end
        if what == "half" then return 1.5 end
        if what == "true" then return true end
        if what == "false" then return false end
        if what == "text" then return "3" end
        if what == "error" then return nil, "no luck" end
        if what == "raise" then error("raised") end
      end }
  - name: hidden
    kind: process.lua
    source: return function(code) return tonumber(code) end
  - name: slow
    kind: process.lua
    modules: [time]
    limits: {max_execution_ms: 30}
    source: return function() time.sleep("1h") end
  - name: caller
    kind: process.lua
    modules: [funcs]
    source: return function(id) local value, err = funcs.call(id) if err then print(err:kind(), err) end end
"""


@pytest.fixture
def lua(tmp_path, moonwit):
    """Runs a command of a project of Lua processes."""
    projects.write(tmp_path, LUA, namespace="app")
    return lambda *arguments: moonwit("run", *arguments)


def test_a_process_gets_its_arguments_as_strings(lua):
    """What follows the name belongs to the process, as it is written."""
    result = lua("greet", "1", "--project", "-h", "", "ä")
    assert (result.stdout, result.stderr, result.returncode) == ("hello\t5\t1\t--project\t-h\t\tä\n", "", 0)


@pytest.mark.parametrize(
    ("what", "status"),
    [("number", 7), ("large", 255), ("negative", 255), ("half", 0), ("true", 0), ("false", 1), ("text", 0), ("nothing", 0)],
)
def test_an_integer_is_the_exit_code(lua, what, status):
    """An integer is the status, false is 1, and no failure becomes a success by being too large."""
    result = lua("status", what)
    assert (result.stdout, result.stderr, result.returncode) == ("", "", status)


@pytest.mark.parametrize(("what", "sentence"), [("error", "no luck"), ("raise", "app:status:10: raised")])
def test_an_error_is_1_and_a_sentence(lua, what, sentence):
    """An error that is returned or raised is shown, and the status is 1."""
    result = lua("status", what)
    assert (result.stdout, result.returncode) == ("", 1)
    assert result.stderr.splitlines()[0] == f"moonwit: {sentence}"


def test_a_process_is_run_by_its_id_too(lua):
    """One without a command has only its id."""
    assert lua("app:hidden", "5").returncode == 5
    assert lua("hidden").stderr == "moonwit: there is no script hidden here, and no command of that name\n"


def test_a_process_has_its_limit(lua):
    """The limit in time ends what waits."""
    assert lua("app:slow").stderr.startswith("moonwit: app:slow: took longer than its limit of 30 ms")


def test_a_process_in_lua_is_called_as_a_function(lua):
    """A call runs it, and has its value or its error."""
    assert lua("app:caller", "app:greet").stdout == "hello\t0\n"
    assert lua("app:caller", "app:status").stdout == ""


def test_commands_are_listed(lua, moonwit, tmp_path):
    """By name, each with what it does."""
    assert lua("list").stdout == "greet   Greets somebody.\nstatus  app:status\n"
    (tmp_path / "_index.yaml").write_text("version: '1.0'\nnamespace: app\nentries: []\n")
    assert lua("list").stdout.startswith("no commands: ")
    (tmp_path / "_index.yaml").unlink()
    result = lua("list")
    assert (result.returncode, "there is no project here" in result.stderr) == (1, True)


def test_the_list_of_entries_tells_how_to_run_a_process(lua, moonwit):
    """`moonwit list` shows the command, or the id of a process without one."""
    lines = moonwit("list").stdout.splitlines()
    assert any(line.split() == ["app:greet", "process.lua", "moonwit", "run", "greet"] for line in lines)
    assert any(line.split() == ["app:hidden", "process.lua", "moonwit", "run", "app:hidden"] for line in lines)


def test_ctrl_c_ends_a_process(lua, background, tmp_path):
    """A process in Lua that waits ends with 130, and keeps what it has printed."""
    projects.write(
        tmp_path,
        "  - name: wait\n    kind: process.lua\n    meta: {command: {name: wait}}\n"
        "    modules: [logger, time]\n    source: return function() print('kept') logger:info('ready') time.sleep('1h') end\n",
        namespace="app",
    )
    process = background("wait", stderr=subprocess.PIPE)
    assert b"ready" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    assert (process.stdout.read(), process.wait(20)) == (b"kept\n", 130)
    process.stderr.close()


def test_a_mistyped_command_has_a_hint(lua):
    """The nearest name is told."""
    result = lua("gret")
    assert (result.stdout, result.returncode) == ("", 1)
    assert result.stderr == "moonwit: there is no script gret here, and no command of that name; did you mean `greet`?\n"


def test_a_script_without_an_ending_still_runs(lua, tmp_path):
    """A file whose name is not a command is a script, with its arguments."""
    (tmp_path / "tool").write_text("print('a script', ...)")
    assert lua("tool", "x").stdout == "a script\tx\n"


@pytest.mark.parametrize(
    ("meta", "sentence"),
    [
        ("{command: greet}", "`meta.command`: expected a mapping, got a string"),
        ("{command: {}}", "`meta.command` needs a `name`, which is text"),
        ("{command: {name: 1}}", "`meta.command` needs a `name`, which is text"),
        ("{command: {name: list}}", "a command can't be named `list`, which means something else"),
        ("{command: {name: a.lua}}", "a command can't be named `a.lua`, which means something else"),
        ("{command: {name: a b}}", "a command can't be named `a b`, which has other characters than"),
        ("{command: {name: first}}", "the command `first` is that of app:first already"),
        ("{command: {name: x, shrt: y}}", "`meta.command` has no field `shrt`"),
        ("{command: {name: x, short: [y]}}", "`meta.command.short`: expected text, got a sequence"),
    ],
)
def test_a_wrong_command_is_a_problem(tmp_path, moonwit, meta, sentence):
    """`meta.command` is checked as other fields are, with its place."""
    projects.write(
        tmp_path,
        "  - {name: first, kind: process.lua, meta: {command: {name: first}}, source: return print}\n"
        f"  - {{name: second, kind: process.lua, meta: {meta}, source: return print}}\n",
        namespace="app",
    )
    result = moonwit("check")
    assert result.returncode == 1 and "_index.yaml:5:" in result.stderr and sentence in result.stderr


# Programs ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def program(tmp_path, moonwit):
    """Declares a `process.wasm` of a binary as the command `p`, and runs it."""

    def run(data, *arguments, more="", hash=None):
        (tmp_path / "p.wasm").write_bytes(data)
        digest = hash or "sha256:" + hashlib.sha256(data).hexdigest()
        projects.write(
            tmp_path,
            "  - {name: here, kind: fs.directory, directory: .}\n"
            "  - {name: memory, kind: env.storage.memory}\n  - {name: v, kind: env.variable, storage: memory, variable: V}\n"
            f"  - {{name: p, kind: process.wasm, meta: {{command: {{name: p}}}}, fs: here, path: p.wasm, hash: '{digest}'{more}}}\n",
            namespace="app",
        )
        return moonwit(*(arguments or ("run", "p")))

    return run


def core(body):
    return wat2wasm(f'(module (memory (export "memory") 1) {body})')


def run_of(version):
    """A component whose `run` fails."""
    return wat2wasm(
        '(component (core module $m (func (export "run") (result i32) i32.const 1)) (core instance $i (instantiate $m))'
        ' (func $f (result (result)) (canon lift (core func $i "run"))) (instance $x (export "run" (func $f)))'
        f' (export "wasi:cli/run@{version}" (instance $x)))'
    )


SPIN = core('(func (export "_start") (loop $again (br $again)))')
DEEP = core('(func $deep (export "_start") (call $deep) (call $deep))')
TRAP = core('(func $inner unreachable) (func (export "_start") (call $inner))')


@pytest.mark.parametrize(
    ("data", "more", "sentence"),
    [
        (core('(func (export "main"))'), "", "a core module must export a function _start, and it exports `memory` and `main`"),
        (core('(func (export "_start") (param i32))'), "", "p is not a program: a core module must export a function _start"),
        (wat2wasm("(component)"), "", "p is not a program: a component must export wasi:cli/run, and it exports nothing"),
        (run_of("0.4.0"), "", "p exports `wasi:cli/run@0.4.0`, which is not of WASI 0.2 or 0.3: build it for one of these"),
        (b"\0asm\1\0\0\0\xff", "", "p is not valid WebAssembly"),
        (b"nothing", "", "is not a WebAssembly binary; name a .wasm file"),
        (b"", "", "is empty; name a .wasm file"),
        (b'(module (func (export "_start")))', "", "is WAT text, which a `function.wat` entry takes; name a .wasm file"),
        (TRAP, "", "p failed: wasm `unreachable` instruction executed"),
        (SPIN, ", limits: {max_execution_ms: 50}", "p took longer than its limit of 50 ms"),
        (DEEP, ", limits: {max_stack_bytes: 50000}", "p failed: call stack exhausted: it has 50000 bytes of stack (max_stack_bytes)"),
        (wat2wasm('(module (memory 1 1 shared) (func (export "_start")))'), "", "p has a memory that threads share, and guests run on one"),
        (PROGRAM.read_bytes(), "", "uses wasi_snapshot_preview1, which its entry does not import"),
        (TRAP, ", wasi: {mounts: [{fs: here, guest: /x}], env: [{id: v, name: V, required: true}]}", "set `V` in `app:memory`"),
    ],
)
def test_a_program_that_fails_has_a_sentence(program, data, more, sentence):
    """Whatever is wrong with a program, or in it, is told in a sentence, and the status is 1."""
    result = program(data, more=more)
    assert (result.stdout, result.returncode) == ("", 1) and sentence in result.stderr and "bug" not in result.stderr


def test_the_error_side_of_run_is_1(program):
    """A component has no sentence for its failure: it has written what there is to say."""
    result = program(run_of("0.2.9"))
    assert (result.stdout, result.stderr, result.returncode) == ("", "", 1)


def test_a_trap_shows_where_it_was(program):
    """The guest's frames follow the sentence."""
    assert "\tin guest " in program(TRAP).stderr


def test_check_compiles_programs(program):
    """`moonwit check` finds a binary that is not a program, and one that is another than the entry says."""
    result = program(core('(func (export "main"))'), "check")
    assert result.returncode == 1 and "a core module must export a function _start" in result.stderr
    result = program(SPIN, "check", hash="sha256:" + "0" * 64)
    assert result.returncode == 1 and "the file has the hash sha256:" in result.stderr
    assert program(SPIN, "check").returncode == 0
    for method in ("main", "mine#run", "wasi:cli/run#main", "wasi:cli/run#run#run", "wasi:cli/run@latest"):
        assert "there is no function" in program(SPIN, "check", more=f", method: '{method}'").stderr


def test_a_file_sees_what_it_is_granted(moonwit, tmp_path):
    """`--env` and `--dir` give a program variables and folders; without them it has none."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "f").write_text("text")
    env = {"FROM_HOST": "h"}
    assert moonwit("run", PROGRAM, "env", "FROM_HOST", env=env).stdout == "(none)\n"
    assert moonwit("run", "--env", "FROM_HOST", PROGRAM, "env", "FROM_HOST", env=env).stdout == "h\n"
    assert moonwit("run", "--env=A=1=2", PROGRAM, "env", "A").stdout == "1=2\n"
    assert moonwit("run", "--dir", "data::/d", PROGRAM, "read", "/d/f").stdout == "text"
    assert moonwit("run", "--dir=data", "--env", "B=2", PROGRAM, "read", "data/f").stdout == "text"
    assert moonwit("run", "--dir", "data::/d:ro", PROGRAM, "write", "/d/f", "x").returncode == 1
    assert moonwit("run", "--dir", "data::/d", PROGRAM, "write", "/d/f", "new").returncode == 0
    assert (tmp_path / "data" / "f").read_text() == "new"


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (("--env", "NOT_SET", "PROGRAM"), 1, "--env NOT_SET: the environment variable NOT_SET is not set"),
        (("--env", "=x", "PROGRAM"), 2, "--env has no name before the ="),
        (("--env",), 2, "--env needs a value"),
        (("--dir", "none::/d", "PROGRAM"), 1, "--dir none::/d: the folder none does not exist"),
        (("--dir", "file", "PROGRAM"), 1, "--dir file: the folder file is a file"),
        (("--dir", "::/d", "PROGRAM"), 2, "--dir ::/d names no folder"),
        (("--dir", ".::/d", "--dir", ".::/d", "PROGRAM"), 2, "the program has a folder at /d already"),
        (("--dir", ".::/d", "s.lua"), 2, "--dir is for a program in a file (FILE.wasm), and s.lua is none"),
        (("none.wasm",), 1, "the program none.wasm does not exist"),
        (("file.wasm",), 1, "file.wasm is not a WebAssembly binary"),
        (("bad.wat",), 1, "bad.wat:1:10: the WAT text is not valid"),
        ((".wasm",), 1, "the program .wasm is a folder, not a file"),
        (("PROGRAM", b"\xff"), 1, "expected UTF-8 text as the arguments and variables of a WebAssembly program"),
    ],
)
def test_wrong_usage_has_a_sentence(moonwit, write, tmp_path, arguments, status, sentence):
    """Every mistake on the command line is told in a sentence."""
    for name in ("file", "file.wasm", "s.lua"):
        write(name, "text")
    write("bad.wat", "(module (nothing))")
    (tmp_path / ".wasm").mkdir()
    result = moonwit("run", *(PROGRAM if word == "PROGRAM" else word for word in arguments))
    assert (result.stdout, result.returncode) == ("", status) and sentence in result.stderr


def test_text_is_run_too(moonwit, write):
    """A program may be WebAssembly text."""
    write("exit.wat", '(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32))) (memory (export "memory") 1)'
                      ' (func (export "_start") (call $exit (i32.const 42))))')  # fmt: skip
    assert moonwit("run", "exit.wat").returncode == 42


@pytest.fixture
def background(tmp_path):
    """Starts `moonwit run` in the background and ends it in any case."""
    running = []

    def start(*arguments, **streams):
        command = [sys.executable, "-m", "moonwit", "run", *arguments]
        running.append(subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **streams))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def test_input_is_streamed(background):
    """A program reads what comes while it comes: a line is answered before the next one is there."""
    process = background(PROGRAM, "echo")
    for line in (b"one\n", b"two\n"):
        process.stdin.write(line * 4096)
        process.stdin.flush()
        assert process.stdout.read(len(line) * 4096) == line * 4096
    process.communicate()
    assert process.returncode == 0


def test_a_reader_that_is_gone_ends_a_program(background):
    """A program that writes without end is over when nobody reads any more."""
    process = background(PROGRAM, "echo", stderr=subprocess.DEVNULL)
    process.stdout.close()
    try:
        while True:
            process.stdin.write(b"x" * 65536)
    except BrokenPipeError:
        pass
    assert process.wait(20) == -signal.SIGPIPE


@pytest.mark.parametrize("name", ["spin.wat", "reads"])
def test_ctrl_c_ends_a_program(background, write, name):
    """A busy program, or one that waits for its input, ends with 130."""
    write(
        "spin.wat",
        '(module (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))'
        r' (memory (export "memory") 1) (data (i32.const 0) "\08\00\00\00\06\00\00\00ready\0a")'
        ' (func (export "_start")'
        " (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100))) (loop $again (br $again))))",
    )
    process = background("spin.wat") if name == "spin.wat" else background(PROGRAM, "echo")
    if name == "reads":
        process.stdin.write(b"ready\n" * 4096)
        process.stdin.flush()
    assert process.stdout.read(6) == b"ready\n"
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
