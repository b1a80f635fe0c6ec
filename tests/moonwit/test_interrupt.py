"""Ctrl-C: real signals to real processes."""

import os
import pty
import signal
import subprocess
import sys
import time

import pytest

# A guest that asks a clock to wake it in an hour, and waits.
SLEEPER = """
version: "1.0"
namespace: demo
entries:
  - name: sleep
    kind: function.wat
    imports: ["wasi:clocks", "wasi:io"]
    method: sleep
    source: |
      (component
        (import "wasi:io/poll@0.2.0" (instance $poll
          (export "pollable" (type $pollable (sub resource)))
          (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
        (alias export $poll "pollable" (type $pollable))
        (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
          (alias outer 1 $pollable (type $outer))
          (export "pollable" (type $p (eq $outer)))
          (export "subscribe-duration" (func (param "when" u64) (result (own $p))))))
        (core func $subscribe (canon lower (func $clock "subscribe-duration")))
        (core func $block (canon lower (func $poll "[method]pollable.block")))
        (core module $m
          (import "host" "subscribe" (func $subscribe (param i64) (result i32)))
          (import "host" "block" (func $block (param i32)))
          (func (export "sleep") (call $block (call $subscribe (i64.const 3600000000000)))))
        (core instance $i (instantiate $m (with "host" (instance
          (export "subscribe" (func $subscribe)) (export "block" (func $block))))))
        (func (export "sleep") (canon lift (core func $i "sleep"))))
"""

# What computes in other lanes.
BUSY = """
version: "1.0"
namespace: demo
entries:
  - name: spin_far
    kind: function.wat
    method: spin
    pool: {type: static, workers: 1}
    source: (module (func (export "spin") (loop $again br $again)))
  - name: lua_far
    kind: function.lua
    pool: {type: static, workers: 1}
    source: return function() print("ready, from another lane") while true do end end
  - name: say_far
    kind: function.lua
    pool: {type: static, workers: 1}
    source: return function(n) print("line " .. n) end
"""

# How long a command may take to end; it needs about a third of a second, and the machine may be busy.
SOON = 10

SCRIPTS = {
    "a Lua loop": "print('ready') while true do end",
    "a guest's loop": "print('ready') funcs.call('demo:spin') while true do end",
    "a guest's sleep": "print('ready') funcs.call('demo:sleep')",
    "a channel": "coroutine.spawn(function() print('ready') time.sleep('1h') end) channel.new():receive()",
    "a busy guest elsewhere": "print('ready') funcs.call('demo:spin_far')",
    "Lua elsewhere": "funcs.call('demo:lua_far')",
    "all of it": "for _, id in ipairs{'demo:spin_far', 'demo:lua_far'} do funcs.async(id) end time.sleep('1h')",
    "a caught guest": "print('ready') while true do funcs.call('demo:spin') end",
}


@pytest.fixture
def started(write, project):
    """Starts a script whose output is a terminal, and waits until it has printed "ready"."""
    running = []

    def start(name):
        folder = "sleeper" if "demo:sleep" in SCRIPTS[name] else "busy" if "_far" in SCRIPTS[name] else "project"
        write("sleeper/_index.yaml", SLEEPER)
        write("busy/_index.yaml", BUSY)
        script = write(f"{folder}/s.lua", SCRIPTS[name])
        controller, terminal = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "moonwit", "run", script], stdout=terminal, stderr=subprocess.PIPE, start_new_session=True
        )
        os.close(terminal)
        running.append((process, controller))
        shown = b""
        while b"ready" not in shown:
            shown += os.read(controller, 1000)
        return process

    yield start
    for process, controller in running:
        process.kill()
        process.wait()
        process.stderr.close()
        os.close(controller)


@pytest.mark.parametrize("name", SCRIPTS)
def test_ctrl_c_ends_whatever_runs(started, name):
    """Ctrl-C ends a busy script, a busy guest and a sleeping one, with 130 and without a word."""
    process = started(name)
    process.send_signal(signal.SIGINT)
    assert process.wait(SOON) == 130
    assert process.stderr.read() == b""


def test_a_second_ctrl_c_ends_at_once(started):
    """Ctrl-C again while the first one is being dealt with ends the process with 130 as well."""
    process = started("a Lua loop")
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGINT)
    assert process.wait(SOON) == 130
    assert process.stderr.read() == b""


def test_sigterm_ends_as_ever(started):
    """SIGTERM does what it does to any process."""
    process = started("a Lua loop")
    process.send_signal(signal.SIGTERM)
    assert process.wait(SOON) == -signal.SIGTERM


def test_what_was_printed_is_there(write):
    """Output that was still in a buffer when Ctrl-C came is written, in whole."""
    script = write("s.lua", "for i = 1, 3000 do print('line ' .. i) end while true do end")
    with subprocess.Popen([sys.executable, "-m", "moonwit", "run", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        shown = process.stdout.read1()  # the buffer was full for the first time, so the script is in its first loop at least
        while b"line 2500\n" not in shown:
            shown += process.stdout.read1()
        settle(process.pid)
        process.send_signal(signal.SIGINT)
        shown += process.stdout.read()
        assert process.wait(SOON) == 130
    assert shown.decode().splitlines() == [f"line {i}" for i in range(1, 3001)]


def test_what_was_printed_in_other_lanes_is_there(write):
    """Lines that functions in other lanes have printed are written too."""
    write("busy/_index.yaml", BUSY)
    script = write("busy/s.lua", "for i = 1, 3000 do funcs.call('demo:say_far', i) end print('all') while true do end")
    with subprocess.Popen([sys.executable, "-m", "moonwit", "run", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        shown = process.stdout.read1()
        while b"line 2500\n" not in shown:
            shown += process.stdout.read1()
        settle(process.pid)
        process.send_signal(signal.SIGINT)
        shown += process.stdout.read()
        assert process.wait(SOON) == 130
    assert shown.decode().splitlines() == [*(f"line {i}" for i in range(1, 3001)), "all"]


def settle(pid):
    """Waits until a process has used the processor for so long that it is in its loop for certain."""

    def used():
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    enough = used() + os.sysconf("SC_CLK_TCK") // 5
    while used() < enough:
        time.sleep(0.01)


def test_a_reader_that_does_not_read_is_no_obstacle(write):
    """A script that waits for its output to be taken is ended too."""
    script = write("s.lua", "while true do print('line') end")
    with subprocess.Popen([sys.executable, "-m", "moonwit", "run", script], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(65536)
        process.send_signal(signal.SIGINT)
        assert process.wait(SOON) == 130


def test_ctrl_c_in_a_with_block(write, project):
    """From Python, Ctrl-C leaves the `with` block of a project at once, with KeyboardInterrupt, though a guest was busy."""
    program = (
        "import moonwit, sys\n"
        "try:\n"
        "    with moonwit.open(sys.argv[1]) as host:\n"
        "        host.call('demo:answer')\n"
        "        print('ready', flush=True)\n"
        "        host.call('demo:spin')\n"
        "except KeyboardInterrupt:\n"
        "    print('out')\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, project], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        settle(process.pid)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert (output, errors, process.returncode) == ("out\n", "", 0)
