"""max_execution_ms ends a call however it spends its time: computing, asleep, in a queue, waiting in Lua; again and again."""

import importlib.util
import threading
from pathlib import Path

import pytest

import moonwit
from tests.projects import write
from tests.texts import texts

lua, _ = texts(__file__)

SPEC = importlib.util.spec_from_file_location("soak", Path(__file__).parents[1] / "soak" / "limits.py")


@pytest.fixture(scope="module")
def limits():
    assert SPEC is not None and SPEC.loader is not None
    module = importlib.util.module_from_spec(SPEC)
    SPEC.loader.exec_module(module)
    return module


def test_every_way_to_spend_time_ends_at_the_limit(limits):
    """A busy loop here and elsewhere, a sleep, a wait in the queue and a function in Lua that sleeps: each is Timeout, never early."""
    threads = threading.active_count()
    result = limits.measure(12)
    assert set(result["spent"]) == {"busy", "busy far", "sleep", "queue", "Lua", "Lua far"}
    for name, spent in result["spent"].items():
        assert len(spent) == 12 * (3 if name == "queue" else 1), name
        assert min(spent) >= limits.LIMIT, name
        # The most is the machine's matter; the least tells what the limit adds, far less than the sleeps of seconds that it ends.
        assert min(spent) < 10 * limits.LIMIT, (name, spent)
    assert limits.wait_for_threads(threads + 1) <= threads + 1


def test_a_limit_counts_from_the_call(tmp_path):
    """What a call waits in the queue of its pool is taken off the time that it has left to run."""
    write(
        tmp_path,
        """
  - name: nap
    kind: function.lua
    modules: [time]
    pool: {type: static, workers: 1}
    limits: {max_execution_ms: 4000}
    source: return function(d) time.sleep(d) return d end
""",
    )
    with moonwit.open(tmp_path) as project:
        project.run_script(lua("a_limit_counts_from_the_call"))
