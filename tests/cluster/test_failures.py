"""Workers and schedulers that die, hang and come back, in the midst of calls: each call is answered once."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

import moonwit
from tests.cluster.engine import Engine
from tests.projects import entry, opened
from tests.texts import texts

lua, _ = texts(__file__)

MUL = """(module (func (export "mul") (param i32 i32) (result i32) (local $n i32)
 (loop $l (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100000))))
 (i32.mul (local.get 0) (local.get 1))))"""
# Makes COUNT calls and tells how each ended: its right value, or the kind of its error.
MANY = lua("many")


def entries(engine: Engine) -> tuple[dict[str, object], ...]:
    return (
        entry("farm", "cluster.dask", address=engine.address),
        entry("again", source=MUL, method="mul", pool={"cluster": "t:farm"}),
        entry("once", source=MUL, method="mul", pool={"cluster": "t:farm", "retry": False}),
    )


def many(project: moonwit.Project, id: str, count: int, capfd: pytest.CaptureFixture[str], meanwhile: object) -> Counter[str]:
    """Makes calls, has something happen when a tenth of them is answered, and counts how they ended."""
    project.call(f"t:{id}", 1, 1)
    before = sum(worker["calls"] for worker in project.clusters()["t:farm"])

    def watch() -> None:
        while sum(worker["calls"] for worker in project.clusters()["t:farm"]) - before < count // 10:
            time.sleep(0.005)
        meanwhile()  # type: ignore[operator]

    thread = threading.Thread(target=watch)
    thread.start()
    project.run_script(MANY.replace("COUNT", str(count)).replace("ID", id))
    thread.join()
    told = capfd.readouterr().out.split()
    assert len(told) == count
    return Counter(told)


@pytest.mark.parametrize("id", ["again", "once"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_worker_is_lost(tmp_path: Path, own_engine: Engine, capfd: pytest.CaptureFixture[str], id: str, how: signal.Signals) -> None:
    """Killed or stopped: its calls are made again where they may be, and else are `Unavailable`, retryable."""
    with opened(tmp_path, *entries(own_engine)) as project:
        ended = many(project, id, 3000, capfd, lambda: own_engine.kill_worker(how=how))
        assert set(ended) <= ({"right"} if id == "again" else {"right", "Unavailable"})
        assert ended["right"] > 300
        # The other one goes on; a new one is found.
        own_engine.start_worker()
        assert project.call(f"t:{id}", 6, 7) == 42


def test_ten_workers_are_killed_in_a_row(tmp_path: Path, own_engine: Engine, capfd: pytest.CaptureFixture[str]) -> None:
    """Each in the midst of calls, with a new one in its place: all calls are answered, once each and right."""
    with opened(tmp_path, *entries(own_engine)) as project:
        for _ in range(10):
            assert many(project, "again", 600, capfd, own_engine.kill_worker) == {"right": 600}
            own_engine.start_worker()


def test_the_scheduler_goes_and_comes_back(tmp_path: Path, own_engine: Engine, capfd: pytest.CaptureFixture[str]) -> None:
    """While it is gone calls wait, and then fail with a sentence that names it; afterwards they work again."""

    def replace() -> None:
        own_engine.kill_scheduler()
        own_engine.start_scheduler()
        own_engine.start_worker()

    with opened(tmp_path, *entries(own_engine)) as project:
        ended = many(project, "again", 2000, capfd, replace)
        assert set(ended) <= {"right", "Unavailable"}
        while True:
            try:
                assert project.call("t:once", 6, 7) == 42
                break
            except moonwit.CallError as error:
                assert error.kind == "Unavailable"
        own_engine.kill_scheduler()
        with pytest.raises(moonwit.CallError, match=f"scheduler at {own_engine.address}") as caught:
            project.call("t:once", 6, 7)
        assert caught.value.retryable


def test_a_caller_that_is_gone_leaves_nothing_running(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The only thread of the only worker is free for others when who has an endless guest there is killed."""
    engine = Engine(tmp_path_factory.mktemp("engine"), workers=1)
    try:
        spin = "(module (func (export \"spin\") (result i32) (loop $l (br $l)) (i32.const 1)))"
        with opened(tmp_path, *entries(engine), entry("spin", source=spin, method="spin", pool={"cluster": "t:farm"})) as project:
            assert project.call("t:once", 6, 7) == 42
            caller = subprocess.Popen([sys.executable, "-m", "moonwit", "call", "--project", str(tmp_path), "t:spin"])
            cluster = project.connected("t:farm")
            while not any(worker["tasks"] for worker in cluster.statistics()):
                time.sleep(0.05)
            caller.kill()
            caller.wait()
            assert project.call("t:once", 6, 8) == 48
    finally:
        engine.close()


def test_nobody_is_there(tmp_path: Path) -> None:
    """A scheduler that never was: a sentence within seconds, for each call."""
    with opened(tmp_path, entry("farm", "cluster.dask", address="tcp://127.0.0.1:1"),
                entry("mul", source=MUL, method="mul", pool={"cluster": "t:farm"})) as project:  # fmt: skip
        for _ in range(2):
            with pytest.raises(moonwit.CallError, match=r"there is no scheduler at tcp://127\.0\.0\.1:1, as the cluster t:farm has it"):
                project.call("t:mul", 6, 7)
