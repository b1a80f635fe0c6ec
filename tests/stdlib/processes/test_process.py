"""The module process: messages, events, links, names, and that nothing outlives the script that has started it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from wasmtime import wat2wasm

import moonwit
from tests import projects
from tests.texts import texts

lua, wat = texts(__file__)

Run = Callable[[str], str]

ENTRIES = (
    "name: echo, kind: process.lua, modules: [process], source: file://echo.lua",
    "name: idle, kind: process.lua, modules: [process, channel], source: file://idle.lua",
    "name: ends, kind: process.lua, source: 'return function(...) return ... end'",
    "name: fails, kind: process.lua, source: 'return function(what) error(what, 0) end'",
    "name: exits, kind: process.lua, source: 'return function() os.exit(3) end'",
    "name: stubborn, kind: process.lua, modules: [time], source: file://stubborn.lua",
    "name: watches, kind: process.lua, modules: [process], source: file://watches.lua",
    "name: starts, kind: process.lua, modules: [process], source: file://starts.lua",
    projects.entry("limited", "function.lua", modules=["process", "time"], source="file://limited.lua", limits={"max_execution_ms": 50}),
    projects.folder(),
)
MULTIPLY = wat2wasm('(module (func (export "compute") (param i32 i32) (result i32) local.get 0 local.get 1 i32.mul))')
TRAPS = wat2wasm('(module (func (export "compute") unreachable))')


@pytest.fixture
def project(tmp_path: Path) -> Iterator[moonwit.Project]:
    """A project with processes of each sort."""
    files: dict[str, str | bytes] = {f"{name}.lua": lua(name) for name in ("echo", "idle", "stubborn", "starts", "watches", "limited")}
    (tmp_path / "worker.wasm").write_bytes(MULTIPLY)
    (tmp_path / "traps.wasm").write_bytes(TRAPS)
    wasm = [
        projects.guest("compute_worker", tmp_path / "worker.wasm", "compute") | {"kind": "process.wasm"},
        projects.guest("traps", tmp_path / "traps.wasm", "compute") | {"kind": "process.wasm"},
    ]
    with projects.opened(tmp_path, *ENTRIES, *wasm, files=files) as made:
        yield made


@pytest.fixture
def run(project: moonwit.Project, capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a script; gives what it has printed, and after that `failed: ` and how it failed."""

    def run(source: str) -> str:
        failed = ""
        try:
            project.run_script(source)
        except moonwit.CallError as problem:
            failed = f"failed: {problem.message}\n"
        return capfd.readouterr().out.replace("\t", " ") + failed

    return run


def test_messages_go_both_ways(run: Run) -> None:
    """Values are copied; a sender is known by its pid; several values are several messages, in order; a topic has its own channel."""
    assert run(lua("messages_go_both_ways")) == "one 2 nil\nfirst ask true\n1 2 3\ntrue nil\nfalse\n"


def test_a_wasm_process_is_spawned_and_monitored(run: Run) -> None:
    """The result of its method comes with the EXIT event; a trap comes as its error."""
    assert run(lua("a_wasm_process_is_spawned_and_monitored")) == "42\nnil Internal\n42\n"


def test_an_end_has_a_value_or_an_error(run: Run) -> None:
    """Returned, raised, exited with or terminated; exec gives the same, and an entry that is not there is an error at once."""
    assert run(lua("an_end_has_a_value_or_an_error")) == (
        "pid.exit true 7 nil\nnil bad\n3 nil\nnil Canceled\n7 nil\nnil bad\n3 nil\nnil NotFound\n"
    )


def test_links(run: Run) -> None:
    """A failure ends what is linked, or comes as an event where links are trapped; a good end does neither, nor one after unlink."""
    assert run(lua("links")) == "pid.link.down bad\n7\nfailed: the linked process PID has failed: bad\n".replace(
        "PID", "{lane|t:fails|5}"
    )


def test_cancel_asks_and_terminates_at_its_deadline(run: Run) -> None:
    """The event says who and why; what does not end by itself is ended when the time has passed."""
    assert run(lua("cancel_asks_and_terminates_at_its_deadline")) == "pid.cancel true enough\nCanceled\n"


def test_names(run: Run) -> None:
    """A name is as good as a pid, belongs to one process at a time, and goes with it."""
    assert run(lua("names")) == "true true true\nnil AlreadyExists\ntrue false\nnil NotFound\nnil NotFound nil NotFound\nnil Invalid\n"


def test_a_full_inbox_refuses(run: Run) -> None:
    """The sender gets an error that can be tried again, and the messages before it are there; one that is closed refuses too."""
    sentence = "process.send: {lane|script|1} has closed its channel of messages of 'x'"
    assert run(lua("a_full_inbox_refuses")) == f"10000 Unavailable true\ntrue\nnil {sentence}\n"


def test_nothing_outlives_its_script(project: moonwit.Project, run: Run) -> None:
    """Processes, and what those have started, end with the script: when it returns, when it fails, and what waits again and again."""
    for end in ("return", "error('no', 0)"):
        run(f"for i = 1, 5 do process.spawn('t:starts') process.spawn('t:stubborn') end time.sleep('1ms') {end}")
        assert run("print(process.registry.lookup('starter'), process.registry.lookup('grandchild'))").startswith("nil nil ")


def test_a_function_with_a_limit_ends_with_what_it_has_started(run: Run) -> None:
    """A process can't be the way around `max_execution_ms`, waiting or computing."""
    assert run(lua("a_function_with_a_limit_ends_with_what_it_has_started")) == "nil Timeout\nnil NotFound\nnil Timeout\n"


def test_watchers_that_have_ended_are_forgotten(run: Run) -> None:
    """Processes that monitor and link one that lives on, and end, 500 in each of five rounds, leave nothing."""
    assert run(lua("watchers_that_have_ended_are_forgotten")) == "true\n"


def test_crashes_leave_nothing(run: Run) -> None:
    """A process that fails and is started anew, 500 times in each of five rounds, leaves no memory behind."""
    assert run(lua("crashes_leave_nothing")) == "true\n"


def test_ten_thousand_at_once(run: Run) -> None:
    """Each has its inbox, and ends with its value."""
    assert run(lua("ten_thousand_at_once")) == "50005000\n"


def test_what_is_wrong_is_said(run: Run) -> None:
    """Arguments of a wrong type raise; values that can't be passed on, topics of the host and unknown pids are error values."""
    assert run(lua("what_is_wrong_is_said")) == "\n".join(
        (
            "process.spawn: expected the id of a process host, or nil, before the arguments, got a number",
            "process.send: expected a pid or a name, got nil",
            "Invalid process.send: a function can't be passed on",
            "Invalid process.send: topics that begin with '@' are the host's",
            "NotFound process: no process has the pid or name 'nobody': it may have ended",
            "Invalid process.set_options: options has no option 'trap_link', did you mean 'trap_links'?",
            "Invalid process.monitor: expected another process, got the one that calls",
            "Invalid t:ends: argument 1: a function can't be passed on\n",
        )
    )


def test_processes_that_wait_for_each_other_are_a_deadlock(run: Run) -> None:
    """A script that waits for a process that waits for nothing does not hang."""
    assert run("process.exec('t:idle')").startswith("failed: deadlock: ")
