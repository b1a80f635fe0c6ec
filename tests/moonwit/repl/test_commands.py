"""The commands of a session, in a real terminal."""

import re
import shutil
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"


def test_help(start):
    """`:help` lists every command; with a name it explains a command, a module, a function, a class or an id."""
    from moonwit.repl.commands import SUMMARIES

    repl = start(lines=60)
    repl.until("[1]>")
    shown = repl.enter(":help")
    assert all(name in shown for name in SUMMARIES)
    assert "Ctrl-R" in shown
    assert "run it many times" in repl.enter(":help bench")
    assert "time.sleep(duration)\n  Waits;" in repl.enter(":help time.sleep")
    assert "Future:await(timeout) -> value: any, err: Error?" in repl.enter(":help Future")
    assert "demo:add: func(left: u32, right: u32) -> u32\n  a function.wat in _index.yaml" in repl.enter(":help demo:add")
    assert "nothing is known of `time.slep`; did you mean time.sleep?" in repl.enter(":help time.slep")


def test_help_of_values(start):
    """`help(x)` explains modules, functions, ids, objects and the user's own functions."""
    repl = start(lines=100)
    repl.until("[1]>")
    assert "json.encode(value, options) -> text: string?, err: Error?" in repl.enter("help(json)")
    assert "funcs.call(id, ...) -> value: any, err: Error?\n  Calls a function" in repl.enter("help(funcs.call)")
    assert "demo:answer: func() -> s32" in repl.enter("help('demo:answer')")
    assert "Channel:receive(timeout) -> value: any, ok: boolean, err: Error?" in repl.enter("help(channel.new())")
    assert "function(a, b)" in repl.enter("help(function(a, b) end)")
    assert "help(x) explains" in repl.enter("help()")
    assert "record place {" in repl.enter("help('demo:move')")


def test_entries(repl):
    """`:entries` lists entries, those that fit a pattern."""
    shown = repl.enter(":entries")
    assert re.search(r"demo:add +function.wat +func\(left: u32, right: u32\) -> u32", shown)
    repl.enter("1")
    assert "demo:spin" not in repl.enter(":entries *a*d*").split("[3]>")[1]
    assert "no entry fits xyz" in repl.enter(":entries xyz")


def test_inspect(start):
    """`:inspect` shows an entry's binary, or a file."""
    repl = start(lines=80)
    repl.until("[1]>")
    assert "calls      without fibers" in repl.enter(":inspect demo:add")
    assert "kind       core module" in repl.enter(f":inspect {EXAMPLES}/orchestration/collatz.wat")
    assert "error: there is no entry `demo:ad`, did you mean demo:add?" in repl.enter(":inspect demo:ad")
    assert "error: the file" in repl.enter(":inspect nowhere.wasm")


def test_open(start, tmp_path):
    """`:open` makes the functions of a file callable, also without a project, and under a name."""
    repl = start(cwd=tmp_path)
    repl.until("[1]>")
    shown = repl.enter(f":open {EXAMPLES}/orchestration/collatz.wat")
    assert "collatz:collatz: func(p1: s64) -> s32" in shown
    assert "\n111\n" in repl.enter("(funcs.call('collatz:collatz', 27))")
    repl.enter(f":open {EXAMPLES}/resources/wasm/library.wasm as lib")
    repl.enter("index = funcs.call('lib:text_index', 'a')")
    assert "text-index handle 1" in repl.enter("index")
    assert '"a"' in repl.enter("index:name()")
    assert "error: the file" in repl.enter(":open nowhere.wasm")


def test_files_on_the_command_line(start, folder):
    """Files named when it starts are run, or opened."""
    (folder / "setup.lua").write_text("local from_file = 12\nfunction twice() return from_file * 2 end", encoding="utf-8")
    shutil.copy(EXAMPLES / "orchestration" / "collatz.wat", folder / "collatz.wat")
    repl = start("repl", "setup.lua", "collatz.wat")
    repl.until("[1]>")
    assert "\n24, 12\n" in repl.enter("twice(), from_file")
    assert "\n111\n" in repl.enter("(funcs.call('collatz:collatz', 27))")


def test_load(repl, folder):
    """`:load` runs a file: its locals live on, its errors name its lines."""
    script = "local counted = 1\n\nfunction next_one()\n  counted = counted + 1\n  return counted\nend\n"
    (folder / "a.lua").write_text(script, encoding="utf-8")
    repl.enter(":load a.lua")
    assert "\n2, 2\n" in repl.enter("next_one(), counted")
    (folder / "b.lua").write_text("x = 1\nerror('broken')\n", encoding="utf-8")
    assert "Internal: b.lua:2: broken" in repl.enter(":load b.lua")
    (folder / "c.lua").write_text("x = = 1", encoding="utf-8")
    assert "error: c.lua:1: unexpected symbol near '='" in repl.enter(":load c.lua")


def test_reload(repl, folder):
    """`:reload` reads the registry again; Lua's state stays."""
    repl.enter("kept = (funcs.call('demo:answer'))")
    index = folder / "_index.yaml"
    index.write_text(index.read_text(encoding="utf-8").replace("i32.const 42", "i32.const 43"), encoding="utf-8")
    assert "project project, 6 functions" in repl.enter(":reload")
    assert "\n42, 43\n" in repl.enter("kept, (funcs.call('demo:answer'))")
    index.write_text("namespace: demo\nentries: 5\n", encoding="utf-8")
    assert "error" in repl.enter(":reload").split(":reload")[-1]
    assert "there is no entry" in repl.enter("funcs.call('demo:answer')")


def test_reload_of_a_changed_binary(start, tmp_path):
    """`:reload` takes the binary of an opened file as it is now; what can't be read is told, and the rest is reloaded."""
    from wasmtime import wat2wasm

    def write(name: str, number: int) -> None:
        text = f'(module (func (export "answer") (result i32) i32.const {number}))'
        (tmp_path / name).write_bytes(wat2wasm(text))

    write("one.wasm", 1)
    write("two.wasm", 2)
    repl = start("repl", "one.wasm", "two.wasm", cwd=tmp_path)
    repl.until("[1]>")
    repl.enter("function both() return (funcs.call('one:answer')), (funcs.call('two:answer')) end")
    assert "\n1, 2\n" in repl.enter("both()")
    write("one.wasm", 11)
    write("two.wasm", 12)
    repl.enter(":reload")
    assert "\n11, 12\n" in repl.enter("both()")
    (tmp_path / "one.wasm").write_bytes(b"broken")
    write("two.wasm", 22)
    assert "error: " in repl.enter(":reload").split("[5]> :reload")[1]
    assert "22\n" in repl.enter("both()").split("[6]> both()")[1]
    write("one.wasm", 21)
    assert "error: " not in repl.enter(":reload").split("[7]> :reload")[1]
    assert "\n21, 22\n" in repl.enter("both()")


def test_time_and_bench(repl):
    """`:time` says how long one run took, `:bench` gives statistics over many."""
    repl.times = True
    assert re.search(r"^42\ntook [\d.]+ \w+$", repl.enter(":time 6 * 7"), re.MULTILINE)
    repl.enter("local n = 0")
    shown = repl.enter(":bench funcs.call('demo:add', 1, 2)")
    assert re.search(r"median [\d.]+ ns, mean [\d.]+ \w+, min [\d.]+ \w+, max [\d.]+ \w+\n[\d,]+ runs in \d+ samples", shown)
    assert "Internal: bench:1: attempt to call" in repl.enter(":bench nothing()")
    repl.send(":bench time.sleep('1000s')\r")
    repl.send("\x03")
    repl.until("interrupted")


def test_trace(repl):
    """`:trace on` shows each call with its arguments, result and time, until `:trace off`."""
    repl.enter(":trace on")
    shown = repl.enter("(funcs.call('demo:add', 1, 2))")
    assert re.search(r"^trace demo:add\(1, 2\) -> 3  [\d.]+ \w+\n3$", shown, re.MULTILINE)
    assert re.search(r"^trace demo:add\(1, {}\) -> nil, Invalid: ", repl.enter("(funcs.call('demo:add', 1, {}))"), re.MULTILINE)
    assert re.search(r"^trace demo:add\(3, 4\) -> 7  [\d.]+ \w+\n7$", repl.enter("funcs.new():call('demo:add', 3, 4)"), re.MULTILINE)
    repl.enter("a, b = funcs.async('demo:add', 5, 6), funcs.new():with_options{timeout = '9s'}:async('demo:add', 7, 8):await()")
    shown = repl.enter("funcs.async('demo:none')")
    assert "trace demo:add(5, 6) -> 11  " in shown
    assert "trace demo:add(7, 8) -> 15  " in shown
    assert "trace demo:none() -> nil, NotFound: " in shown
    repl.enter(":trace off")
    assert repl.enter("(funcs.call('demo:add', 1, 2))").count("trace demo") == 6


def test_stop(repl):
    """`:stop` ends what earlier inputs have left running."""
    repl.enter("coroutine.spawn(function() while true do time.sleep('100ms') print('tick') end end)")
    repl.until("tick")
    repl.enter(":stop")
    repl.enter("time.sleep('400ms') print('later')")
    assert "tick" not in repl.text.split("later')")[1]


def test_save(repl, folder):
    """`:save` writes the inputs that went well; the file can be loaded, and an existing one is kept."""
    repl.enter("a = 1")
    repl.enter("error('x')")
    repl.enter("a = a + 1")
    assert "2 inputs written to saved.lua" in repl.enter(":save saved.lua")
    assert (folder / "saved.lua").read_text(encoding="utf-8") == "a = 1\na = a + 1\n"
    assert "error: saved.lua is there already" in repl.enter(":save saved.lua")


def test_what_is_saved_can_be_loaded(repl, folder):
    """Expressions and inputs that return are saved as what a script may have in its middle."""
    for text in ("local a = 1", "a + 1; -- two", "=a, _", "return a", "print('again')", "x = {a}"):
        repl.enter(text)
    repl.enter(":save saved.lua")
    shown = repl.enter(":load saved.lua").split(":load saved.lua")[1]
    assert "\nagain\n" in shown and "error" not in shown
    saved = (folder / "saved.lua").read_text(encoding="utf-8")
    assert saved == "local a = 1\n_ = a + 1\n_ = a, _\n_ = (function()\nreturn a\nend)()\nprint('again')\nx = {a}\n"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (":halp", "error: there is no command `:halp`; did you mean `:help`?"),
        (":s", "error: :s may mean :show or :stop or :save; write more of it"),
        (":trace", "error: :trace takes on or off"),
        (":load", "error: :load needs a Lua file"),
        (":load nowhere.lua", "error: the script nowhere.lua does not exist"),
        (":time", "error: this needs an expression"),
        (":bench )", "error: [1]:1: unexpected symbol near ')'"),
        (":save /nowhere/at/all", "error: /nowhere/at/all can't be written: no such file or directory"),
    ],
)
def test_mistakes(repl, typed, sentence):
    """A wrong command is told in a sentence, and the session goes on."""
    assert sentence in repl.enter(typed)


def test_beginnings_of_names(repl):
    """The beginning of a command's name is enough where it is one command's."""
    repl.send(":q\r")
    assert repl.ended() == 0


def test_pools(repl):
    """`:pools` shows what was counted of each function that was called, and of no other."""
    assert "demo:add" not in repl.enter(":pools")
    repl.enter('for i = 1, 3 do funcs.call("demo:add", i, 1) end funcs.call("demo:add", {}, 1)')
    shown = repl.enter(":pools").split("]> :pools")[-1]
    assert re.search(r"id +calls +errors", shown)
    assert re.search(r"demo:add +4 +1 +0 ", shown)
    assert "demo:spin" not in shown


def test_what_leaves_other_sessions(repl):
    """`exit` and `quit` say what leaves this one, called or not."""
    for text in ("exit", "quit()"):
        assert f"there is no global '{text.rstrip('()')}'; :quit or Ctrl-D leaves" in repl.enter(text)


def test_grants_of_open_files(repl, tmp_path):
    """`:open` takes grants, `:grant` gives more and lists them; names that nobody knows are refused."""
    (tmp_path / "one.wat").write_text('(module (func (export "one") (result i32) (i32.const 1)))')
    assert "it:one: func() -> s32" in repl.enter(f":open {tmp_path / 'one.wat'} as it with wasi:http, funcs")
    assert "it: wasi:http, funcs" in repl.enter(":grant")
    assert "it: wasi:http, funcs, wasi:random" in repl.enter(":grant wasi:random to it")
    assert "a grant names the unknown import `wasi:rondom`" in repl.enter(":grant wasi:rondom")
    assert "1" in repl.enter("funcs.call 'it:one'")
