"""The standard input of guests whose functions are called."""

import hashlib
import json
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import projects

GUEST = Path(__file__).parents[1] / "guests" / "outside" / "outside.wasm"


@pytest.fixture
def project_of(tmp_path):
    """Makes a project whose function `read` reads its standard input to the end, with the given grants."""

    def make(imports):
        shutil.copy(GUEST, tmp_path)
        hash = hashlib.sha256(GUEST.read_bytes()).hexdigest()
        projects.write(tmp_path, f"""
  - {{name: here, kind: fs.directory, directory: .}}
  - {{name: read, kind: function.wasm, fs: here, path: outside.wasm, hash: sha256:{hash}, method: read-input, imports: {imports}}}
""", namespace="demo")
        return tmp_path

    return make


@pytest.mark.parametrize("imports", ["[wasi:cli]", "[wasi:cli, wasi:filesystem]", "[wasi:cli/stdin, wasi:cli/environment]"])
def test_what_is_piped_is_read(moonwit, project_of, imports):
    """With ``wasi:cli`` a guest reads what is piped to the command."""
    done = moonwit("call", "--project", project_of(imports), "demo:read", input="one\ntwo")
    assert (done.returncode, json.loads(done.stdout)) == (0, list(b"one\ntwo")), done.stderr


@pytest.mark.parametrize("imports", ["[]", "[wasi:filesystem]", "[wasi:cli/stdout]"])
def test_nothing_is_read_without_the_grant(moonwit, project_of, imports):
    """Without the grant there is nothing to read."""
    done = moonwit("call", "--project", project_of(imports), "demo:read", input="one\ntwo")
    assert (done.returncode, json.loads(done.stdout)) == (0, []), done.stderr


def test_a_terminal_is_not_the_guests(project_of):
    """A guest leaves a terminal to whoever types at it: nothing is there to read, at once."""
    outer, inner = pty.openpty()
    try:
        command = [sys.executable, "-m", "moonwit", "call", "--project", str(project_of("[wasi:cli, wasi:filesystem]")), "demo:read"]
        done = subprocess.run(command, stdin=inner, capture_output=True, encoding="utf-8", timeout=120)
    finally:
        os.close(outer)
        os.close(inner)
    assert (done.returncode, json.loads(done.stdout)) == (0, []), done.stderr
