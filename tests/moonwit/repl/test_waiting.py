"""What a session has at hand, what guests print in it, and what it says of an input that waits forever."""

import subprocess
import sys

from moonwit.stubs import FOLDER, LANGUAGE
from tests import projects

PRINTING = r"""
  - name: hello
    kind: function.wat
    imports: [wasi1]
    source: |
      (module
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 8) "\10\00\00\00\10\00\00\00hello from guest\n")
        (data (i32.const 8) "\10\00\00\00\11\00\00\00")
        (func (export "hello") (result i32) (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 4))))
    method: hello
"""


def test_every_module_is_at_hand(folder):
    """Each module of the standard library is there without `require`."""
    names = sorted(path.stem for path in FOLDER.rglob("*.lua") if path.stem != LANGUAGE)
    assert len(names) > 10
    text = "".join(f"{name} == require('{name}')\n" for name in names)
    command = [sys.executable, "-m", "moonwit", "repl"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, cwd=folder, timeout=120, check=False)
    assert (done.stdout, done.stderr) == ("true\n" * len(names), "")


def test_the_project_is_named(start, folder, tmp_path):
    """`--project` names the project, from wherever the session starts."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    repl = start("repl", "--project", str(folder), cwd=elsewhere)
    assert "project project, 6 functions" in repl.until("[1]>")
    assert "\n42\n" in repl.enter("(funcs.call('demo:answer'))")


def test_what_a_guest_prints(start, tmp_path):
    """What a guest writes stands on the screen where it was written, in order with what scripts print."""
    projects.write(tmp_path, PRINTING, namespace="demo")
    repl = start(cwd=tmp_path)
    repl.until("[1]>")
    shown = repl.enter("print('before') funcs.call('demo:hello') print('after')")
    assert "\nbefore\nhello from guest\nafter\n[2]>" in shown
    repl.enter("coroutine.spawn(function() time.sleep('50ms') funcs.call('demo:hello') end) and nil")
    repl.send("local typed = 1")
    repl.until(lambda text: text.count("\nhello from guest\n") == 2 and "[3]> local typed = 1" in text)


def test_an_input_that_nothing_can_wake(repl):
    """An input that waits for what can't come says so, once, and waits on until Ctrl-C; one that a timer will wake says nothing."""
    repl.send("channel.new():receive()\r")
    repl.until("nothing can wake this: Ctrl-C stops it")
    repl.send("\x03")
    repl.until("interrupted")
    repl.prompt(2)
    repl.enter("c = channel.new() coroutine.spawn(function() time.sleep('100ms') c:send(5) end)")
    assert "\n5\n" in repl.enter("(c:receive())")
    repl.enter("coroutine.spawn(function() print('got', c:receive()) end) and nil")
    repl.enter("c:send(6)")
    assert repl.until("got     6").count("nothing can wake") == 1


def test_megabytes_from_the_background(repl):
    """While a coroutine prints 4 MB, what is typed is evaluated, and in the end all of it was written."""
    repl.enter("function much() for i = 1, 400 do print(('x'):rep(10 * 1024)) time.sleep(0) end print('the', 'end') end")
    repl.send("coroutine.spawn(much) and nil\r6 * 7063\rlocal typed = 8")
    repl.flood(b"the\tend")
    assert repl.seen.index(b"42378") < repl.seen.index(b"the\tend")
    assert repl.seen.count(b"x") >= 400 * 10 * 1024
    repl.until("[4]> local typed = 8")
    repl.number = 4
    repl.enter("")
    assert "\n8\n" in repl.enter("typed")
