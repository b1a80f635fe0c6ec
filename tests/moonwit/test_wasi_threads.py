"""Guests on Wasmtime's own WASI and the lane that calls them: it goes on while they sleep, and leaves those that it gives up."""

from __future__ import annotations

import hashlib
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import moonwit
from moonwit.host.compatible.compatible import CallFailed, CompatibleFunction
from moonwit.host.engine import worker

GUEST = Path(__file__).parents[1] / "guests" / "outside" / "outside.wasm"
INDEX = """version: "1.0"
namespace: t
entries:
  - {name: here, kind: fs.directory, directory: .}
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[moonwit.Project]:
    shutil.copy(GUEST, tmp_path)
    hash = hashlib.sha256(GUEST.read_bytes()).hexdigest()
    text = INDEX
    for name, method, limits in (
        ("sleep", "sleep-ms", "{}"),
        ("short", "sleep-ms", "{max_execution_ms: 30}"),
        ("long", "sleep-ms", "{max_execution_ms: 3600000}"),
        ("spin", "spin-ms", "{}"),
    ):
        text += f"""  - name: {name}
    kind: function.wasm
    fs: here
    path: outside.wasm
    hash: sha256:{hash}
    method: {method}
    imports: [wasi:clocks, wasi:cli]
    engine: compatible
    limits: {limits}
"""
    (tmp_path / "_index.yaml").write_text(text)
    with moonwit.open(tmp_path) as opened:
        yield opened


def function(project: moonwit.Project, name: str) -> CompatibleFunction:
    return project.entries.compatible.of(f"t:{name}")[0]


def until(true: Callable[[], bool]) -> None:
    """Waits for what another thread will do."""
    turn = threading.Event()
    while not true():
        turn.wait(0.005)


def test_the_lane_goes_on_while_guests_sleep(project: moonwit.Project) -> None:
    """Twenty guests sleep side by side, and other coroutines run meanwhile: all in the time of a few."""
    project.run_script("""
        local futures, turns, done = {}, 0, false
        coroutine.spawn(function() while not done do turns = turns + 1 time.sleep(time.MILLISECOND) end end)
        local start = time.now()
        for i = 1, 20 do futures[i] = funcs.async('t:sleep', 200) end
        for i = 1, 20 do assert(select(2, futures[i]:await()) == nil) end
        done = true
        assert(turns > 10, 'nothing ran meanwhile')
        assert(time.since(start):seconds() < 20 * 0.2, 'they slept one after the other')
    """)


def test_a_limit_ends_the_call_of_a_sleeper(project: moonwit.Project) -> None:
    """A limit in time ends a call whose guest is asleep; the error comes long before the guest wakes, and the next call works."""
    project.run_script("""
        local start = time.now()
        local value, err = funcs.call('t:short', 2000)
        assert(value == nil and err:kind() == 'Timeout', tostring(err))
        assert(time.since(start):seconds() < 2, 'it waited for the guest')
        assert(select(2, funcs.call('t:sleep', 0)) == nil)
    """)
    assert function(project, "short").ever_abandoned == 1
    until(lambda: function(project, "short").abandoned == 0)


def test_a_timeout_of_the_caller_leaves_the_guest(project: moonwit.Project) -> None:
    """A caller with a timeout of its own goes on; the guest's thread is counted until it comes back."""
    project.run_script("""
        local careful = funcs.new():with_options{timeout = '30ms'}
        local value, err = careful:call('t:sleep', 1000)
        assert(value == nil and err:kind() == 'Timeout', tostring(err))
    """)
    assert project.statistics("t:sleep")["threads"]["ever_abandoned"] == 1
    until(lambda: project.statistics("t:sleep")["threads"]["abandoned"] == 0)


def test_a_canceled_call_of_a_busy_guest_frees_its_thread(project: moonwit.Project) -> None:
    """Canceling a future ends a guest that computes, which has no limit and would go on for an hour."""
    project.run_script("""
        local future = funcs.async('t:spin', 3600000)
        time.sleep(20 * time.MILLISECOND)
        future:cancel()
        local value, err = future:await()
        assert(value == nil and err:kind() == 'Canceled', tostring(err))
    """)
    spinning = function(project, "spin")
    until(lambda: spinning.abandoned == 0)
    assert spinning.ever_abandoned == 1


def test_a_canceled_call_does_not_wait_for_its_limit(project: moonwit.Project) -> None:
    """The thread that watches over a limit of an hour is free once the call is canceled, while the guest is still asleep."""
    project.call("t:long", 0)
    long, cancellation = function(project, "long"), worker.Cancellation()
    call = worker.start(lambda: long.call_here([10_000], cancellation))
    until(lambda: not long.idle)
    cancellation.cancel()
    with pytest.raises(CallFailed) as caught:
        call.result()
    assert (caught.value.kind, caught.value.message) == ("Canceled", "sleep-ms: the call was canceled")
    assert long.abandoned == 1
