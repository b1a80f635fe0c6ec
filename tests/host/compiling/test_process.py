"""The process that compiles: what it gives fits, its bounds hold, and it never outlives the one that waits for it."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from moonwit.host.compiling import process
from moonwit.host.compiling.code import CodeProblem, Wanted
from moonwit.host.compiling.process import Process
from moonwit.host.engine import engine as engines
from tests.descriptors import left_since, opened
from tests.host.compiling.shapes import SHAPES, body, module

SMALL = module([body([], b"")])
BOMB = SHAPES["loops"](30_000)
LARGE = 64 * 1024 * 1024


def compile(made: Process, *codes: bytes, small: bool = False) -> Sequence[bytearray | CodeProblem]:
    """Compiles in a process."""
    return list(made.compile(codes, engines.library_path(), engines.settings(small)))


@pytest.mark.parametrize("small", [False, True])
def test_what_it_gives_fits_the_engine(small: bool) -> None:
    """Modules come back for the very engine that was asked for, and for no other kind."""
    (answer,) = compile(Process(), SMALL, small=small)
    engine, other = engines.engine_for(small), engines.engine_for(not small)
    assert isinstance(answer, bytearray)
    Wanted(SMALL, engine).restore(answer)
    with pytest.raises(CodeProblem, match="does not fit"):
        Wanted(SMALL, other).restore(answer)


def test_invalid_code_is_told_as_the_engine_tells_it() -> None:
    """The message is the one that compiling at once has, and what follows is compiled all the same."""
    bad = module([body([], b"\x6a")])
    with pytest.raises(CodeProblem) as here:
        Wanted(bad, engines.shared_engine()).compile()
    answer, good = compile(Process(), bad, SMALL)
    assert isinstance(answer, CodeProblem)
    assert (answer.invalid, answer.sentence) == (True, here.value.sentence)
    assert isinstance(good, bytearray)


def test_it_is_bounded_in_time() -> None:
    """At its bound it is ended, and says so."""
    made = Process(seconds=0.5)
    with pytest.raises(CodeProblem, match=r"longer than the 0\.5 s") as raised:
        compile(made, BOMB)
    assert raised.value.lasting
    assert made.status == -signal.SIGKILL


def test_it_is_bounded_in_memory() -> None:
    """At its bound it has no more memory, and says so."""
    with pytest.raises(CodeProblem, match="more memory than the 64 MiB") as raised:
        compile(Process(memory=LARGE), BOMB)
    assert raised.value.lasting


def test_it_can_be_ended() -> None:
    """Another thread ends it wherever it is, before its start too."""
    made = Process()
    timer = threading.Timer(0.3, made.end)
    timer.start()
    with pytest.raises(CodeProblem, match="canceled") as raised:
        compile(made, BOMB)
    assert not raised.value.lasting
    made = Process()
    made.end()
    with pytest.raises(CodeProblem, match="canceled"):
        compile(made, SMALL)
    assert made.status is None


@pytest.mark.parametrize(
    ("script", "sentence", "lasting"),
    [
        ("import os; os.abort()", "ended by SIGABRT", False),
        ("import os; os.kill(os.getpid(), 9)", "was killed; the machine may be short of memory", False),
        ("raise SystemExit(3)", "ended with status 3", False),
        ("import sys; sys.stderr.write('memory allocation of 9 bytes failed'); sys.exit(1)", "more memory than", True),
        ("import os; os.write(1, b'\\0' + b'\\xff' * 8); import time; time.sleep(60)", "was killed", False),
        ("import os; os.close(0); os.close(1); import time; time.sleep(60)", "was killed", False),
    ],
)
def test_a_process_that_fails_is_an_error(
    script: str, sentence: str, lasting: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it ends, whoever waits has a sentence."""
    child = tmp_path / "child.py"
    child.write_text(script)
    monkeypatch.setattr(process, "CHILD", child)
    with pytest.raises(CodeProblem) as raised:
        compile(Process(), SMALL, SMALL * 1)
    assert sentence in raised.value.sentence
    assert raised.value.lasting is lasting


def test_an_interpreter_that_is_gone_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no process can be started there is a sentence too."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(CodeProblem, match="can't be started: no such file"):
        compile(Process(), SMALL)


def test_no_descriptor_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was opened is closed, also after a failure."""
    compile(Process(), SMALL)
    before = opened()
    compile(Process(), SMALL)
    with pytest.raises(CodeProblem):
        compile(Process(seconds=0.2), BOMB)
    assert left_since(before) == set()


PARENT = """
import sys
from tests.host.compiling.test_process import BOMB, compile, Process
print("ready", flush=True)
compile(Process(), BOMB)
"""


def children(pid: int) -> list[int]:
    """Lists the processes that a process has started."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(word) for word in path.read_text().split()]
    return found


def is_running(pid: int) -> bool:
    """Tells whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_its_parent(number: signal.Signals) -> None:
    """A parent that is killed, in whatever way, leaves no process behind."""
    root = Path(__file__).parents[3]
    parent = subprocess.Popen([sys.executable, "-c", PARENT], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        until = time.monotonic() + 60
        while not (found := children(parent.pid)) and time.monotonic() < until:
            time.sleep(0.01)
        parent.send_signal(number)
        parent.wait(60)
    assert len(found) == 1
    until = time.monotonic() + 60
    while is_running(found[0]) and time.monotonic() < until:
        time.sleep(0.01)
    assert not is_running(found[0])
