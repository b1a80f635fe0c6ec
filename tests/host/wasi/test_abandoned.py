"""Calls that end while their guest does not: asleep, blocked, or busy."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from wasmtime import wat2wasm

from moonwit.host.compatible import compatible, component_instance
from moonwit.host.compatible.compatible import CallFailed, CompatibleFunction
from moonwit.host.engine import worker
from moonwit.host.wasi.network import network
from moonwit.host.wasi.world import Mount, World
from moonwit.host.wasm.component.component import decode
from moonwit.host.wasm.wit.types import Function
from tests.abi.hosted import component, lift


def failure(function: CompatibleFunction, *arguments: Any) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        function.call(list(arguments))
    return caught.value


def until(true: Callable[[], bool]) -> None:
    """Waits for what another thread will do; a test that waits in vain is ended by its timeout."""
    turn = threading.Event()
    while not true():
        turn.wait(0.005)


def test_a_guest_asleep_past_its_limit(outside: Any) -> None:
    """The caller of a guest that sleeps longer than its limit gets a Timeout at the limit; the thread is counted until the
    guest wakes, and the next call has another thread and another instance."""
    sleeping = outside("sleep-ms", "wasi:clocks", max_execution_ms=60_000)
    sleeping.call([0])  # its code and its instance are there then, which the limit would count
    sleeping.max_execution_ms = 30
    error = failure(sleeping, 1000)
    assert (error.kind, error.message) == ("Timeout", "sleep-ms: took longer than its limit of 30 ms")
    assert sleeping.abandoned == 1
    sleeping.max_execution_ms = 60_000
    sleeping.call([0])
    until(lambda: sleeping.abandoned == 0)
    assert sleeping.ever_abandoned == 1
    sleeping.call([0])


def test_a_guest_busy_past_its_limit_leaves_no_thread(outside: Any) -> None:
    """A guest that is busy ends at its limit, long before it would, and its thread is free again."""
    spinning = outside("spin-ms", "wasi:clocks", max_execution_ms=30)
    error = failure(spinning, 60_000)
    assert (error.kind, error.message) == ("Timeout", "spin-ms: took longer than its limit of 30 ms")
    until(lambda: spinning.abandoned == 0)
    spinning.max_execution_ms = 60_000
    spinning.call([1])


def canceled(function: CompatibleFunction, *arguments: Any, ready: Callable[[], object] = lambda: None) -> CallFailed:
    """Cancels a call once it is on its way; gives the error that its thread ends with."""
    cancellation = worker.Cancellation()
    running = worker.start(lambda: function.call_here(list(arguments)), cancellation)
    ready()
    until(lambda: bool(cancellation._watchers) or running.done())
    cancellation.cancel()
    error = running.exception()
    assert isinstance(error, CallFailed)
    return error


def test_a_busy_guest_ends_when_its_call_is_canceled(outside: Any) -> None:
    """A guest without a limit that computes ends soon after nobody waits for it any more."""
    spinning = outside("spin-ms", "wasi:clocks")
    error = canceled(spinning, 3_600_000)
    assert (error.kind, error.message) == ("Canceled", "spin-ms: the call was canceled")
    assert (spinning.abandoned, spinning.ever_abandoned) == (0, 1)


PRINTS_LATE = """(data (i32.const 256) "early\\0alate\\0a") (func (export "f") (result i32) (local $h i32)
  (local.set $h (call $stdout)) (call $blocking-write (local.get $h) (i32.const 256) (i32.const 6) (i32.const 64))
  (call $block (call $duration (i64.const 400000000)))
  (call $blocking-write (local.get $h) (i32.const 262) (i32.const 5) (i32.const 64)) (i32.const 7))"""


def test_a_forsaken_guest_is_not_heard(capfd: pytest.CaptureFixture[str]) -> None:
    """What a guest prints after its call was given up goes nowhere, though it runs on; what it prints in time is heard."""
    data = bytes(wat2wasm(component(PRINTS_LATE, lift("f", "(result u32)"))))
    signature = decode(data).world.exports["f"]
    assert isinstance(signature, Function)
    printing = CompatibleFunction(data, None, "f", signature, ("wasi:cli", "wasi:clocks", "wasi:io", "wasi:random"), "app:entry")
    assert printing.call([]) == 7
    assert capfd.readouterr().out == "early\nlate\n"
    printing.max_execution_ms = 60
    assert failure(printing).kind == "Timeout"
    assert printing.abandoned == 1
    until(lambda: printing.abandoned == 0)
    assert "late" not in capfd.readouterr().out


def let_go(pipe: Path) -> None:
    """Ends the wait of those who are opening a pipe to read."""
    with contextlib.suppress(OSError):
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))


def test_threads_are_bounded(outside: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function whose guests don't come back is refused further calls, with a sentence, and works when they have."""
    monkeypatch.setattr(compatible, "MOST_ABANDONED", 2)
    os.mkfifo(tmp_path / "pipe")
    world = World(mounts=(Mount("app:data", tmp_path, "/data", False),))
    reading = outside("read-file", "wasi:filesystem", "wasi:cli", world=world, max_execution_ms=50)
    for _ in range(2):
        assert failure(reading, "/data/pipe").kind == "Timeout"
    error = failure(reading, "/data/pipe")
    assert error.kind == "Unavailable"
    assert error.message == (
        "read-file: 2 of its calls are asleep or blocked in the guest, past their limits; wait for them, or have the guest wait for less"
    )
    until(lambda: let_go(tmp_path / "pipe") or reading.abandoned == 0)
    reading.max_execution_ms = 60_000
    assert list(reading.call(["/data/nothing"])) == [b"err"]


def test_a_guest_blocked_in_a_connection(outside: Any) -> None:
    """A guest that waits for an answer that does not come is given up at its limit; the server is not."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        everywhere = network({"connect": ["*:*"], "listen": ["*:*"]})
        exchange = outside("tcp-exchange", "wasi:sockets", "wasi:cli", world=World(network=everywhere), max_execution_ms=50)
        assert failure(exchange, address, b"hello").kind == "Timeout"
        assert exchange.abandoned == 1
        connection, _ = server.accept()
        with connection:
            assert connection.recv(10) == b"hello"
            connection.sendall(b"late")
        until(lambda: exchange.abandoned == 0)


def test_a_guest_blocked_in_a_file(outside: Any, tmp_path: Path) -> None:
    """A guest that opens a pipe in its mount, to which nobody writes, holds up nobody but itself."""
    os.mkfifo(tmp_path / "pipe")
    world = World(mounts=(Mount("app:data", tmp_path, "/data", False),))
    reading = outside("read-file", "wasi:filesystem", "wasi:cli", world=world, max_execution_ms=50)
    assert failure(reading, "/data/pipe").kind == "Timeout"
    until(lambda: let_go(tmp_path / "pipe") or reading.abandoned == 0)
    (tmp_path / "a.txt").write_text("x")
    reading.max_execution_ms = 60_000
    assert reading.call(["/data/a.txt"]) == {b"ok": b"x"}


@pytest.mark.parametrize(("keep", "left"), [(0, 0), (1, 1)])
def test_idle_instances_end(outside: Any, monkeypatch: pytest.MonkeyPatch, keep: int, left: int) -> None:
    """Instances that nobody calls end after a while, except for as many as the pool keeps."""
    monkeypatch.setattr(compatible, "IDLE", 0.02)
    counting = outside("sleep-ms", "wasi:clocks", keep=keep)
    calls = [worker.start(lambda: counting.call_here([30])) for _ in range(3)]
    for call in calls:
        call.result()
    until(lambda: len(counting.idle) <= left and not counting.looked_after)
    assert len(counting.idle) == left
    assert counting.made - counting.ended == left
    counting.call([0])


def test_a_fresh_instance_ends_with_its_call(outside: Any) -> None:
    """An instance that serves one call is freed when the call is over, without waiting for the garbage collector."""
    gc.collect()
    gc.disable()
    try:
        before = set(component_instance._instances)
        adding = outside("add", "wasi:cli", reuse=False)
        assert [adding.call([i, 1]) for i in range(20)] == list(range(1, 21))
        leaving = outside("leave", "wasi:cli")
        for _ in range(5):
            with contextlib.suppress(CallFailed):
                leaving.call([1])
        until(lambda: not set(component_instance._instances) - before)
    finally:
        gc.enable()
