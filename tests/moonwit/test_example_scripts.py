"""The three scripts that show groups: short, and what their READMEs do not show."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPTS = ("batch/batch.lua", "stages/stages.lua", "nightly/nightly.lua")


def run(folder: Path, script: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs a script of an example that was copied."""
    return subprocess.run(
        [sys.executable, "-m", "moonwit", "run", str(folder / script), *words], capture_output=True, encoding="utf-8", timeout=300
    )


@pytest.fixture
def nightly(tmp_path: Path) -> Path:
    """A copy of the nightly job, whose files may be changed."""
    return Path(shutil.copytree(EXAMPLES / "nightly", tmp_path / "nightly", ignore=shutil.ignore_patterns("out")))


@pytest.mark.parametrize("script", SCRIPTS)
def test_they_are_short(script: str) -> None:
    """Each has at most 40 lines."""
    assert len((EXAMPLES / script).read_text(encoding="utf-8").splitlines()) <= 40


def test_a_batch_shows_its_progress() -> None:
    """Without a terminal a line for each tenth, and then the summary; fewer items when told so."""
    result = run(EXAMPLES, "batch/batch.lua", "--items", "50")
    assert [line.split(" (")[0] for line in result.stderr.splitlines()] == [f"items: {n} of 50" for n in range(5, 51, 5)]
    assert result.stdout.startswith("50 items done")
    assert "usage: moonwit run" in run(EXAMPLES, "batch/batch.lua", "--help").stdout
    assert run(EXAMPLES, "batch/batch.lua", "--items", "many").returncode == 2


def test_a_nightly_job_asks_for_the_rate(nightly: Path) -> None:
    """It tries again when the server is not ready, and writes a report."""
    answers = [503, 200]

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = answers.pop(0)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b'{"rate": 3}')

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        result = run(nightly, "nightly.lua", "--rate", f"http://127.0.0.1:{server.server_port}/")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert (result.stderr, result.returncode) == ("", 0)
    report = json.loads((nightly / "out" / "report.json").read_text())
    assert report["products"][0] == {"product": "coffee", "sold": 50, "worth": 150}
    assert answers == []


def test_a_nightly_job_that_fails_says_why(nightly: Path) -> None:
    """A file that is not as it should be: its line, status 1, and no report."""
    (nightly / "in" / "east.txt").write_text("tea 1\ntea much\n")
    result = run(nightly, "nightly.lua")
    assert result.returncode == 1
    assert "line 2 is not a sale: tea much" in result.stderr.splitlines()[0]
    assert not (nightly / "out" / "report.json").exists()
