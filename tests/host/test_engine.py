"""The engine that all threads share."""

import subprocess
import sys

SCRIPT = """
import sys, threading
sys.setswitchinterval(1e-6)
from moonwit.host.engine import engine
gate, found = threading.Barrier(8), []
def ask():
    gate.wait()
    found.append(engine.shared_engine())
    engine.start_ticker()
threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
tickers = [thread for thread in threading.enumerate() if thread.name == "moonwit epochs"]
print(len(found), len(set(map(id, found))), len(tickers))
"""


def test_threads_that_come_at_once_share_one_engine() -> None:
    """There is one engine and one thread that counts its epochs, however many threads ask for the first time at the same moment."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, encoding="utf-8", timeout=120)
    assert (done.stdout, done.stderr) == ("8 1 1\n", "")
