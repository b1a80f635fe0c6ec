"""Values of the environment, and of files of it, never come into what is printed."""

import itertools
import os
import subprocess
import sys

import pytest

from moonwit.host.environment.variables import VariableProblem, environment_of
from moonwit.kinds import KINDS
from moonwit.registry import load

# No four letters of them stand elsewhere. The last are long, odd, and what a rule takes apart.
SECRETS = {
    "plain": "xqzvwkjp",
    "long": "".join(map("".join, itertools.product("qxzj", "wkvy", "pf"))) * 4,
    "with separators": "xqzv:wkjp/zzqq.vvkk@jjxx wwqz",
    "with a control": "xqzv\x01wkjp\x7fzzqq",
    "with a backtick": "xqzv`wkjp`zzqq",
    "dots": "xqzv...wkjp...",
    "a number": "98765432109876543210",
    "an address": "xqzvwkjp:98765432",
    "a path": "/xqzv/{wkjp}/{zzqq}/{zzqq}/:vvkk-jjxx/wwqz{kkvv",
    "a hash": "sha256:xqzvwkjpxqzvwkjpxqzvwkjpxqzvwkjpxqzvwkjpxqzvwkjpxqzvwkjpxqzvwkjp",
    "a hash of another kind": "xqzvwkjp:" + "0" * 64,
    "an import": "wasi:xqzvwkjp@zzqq",
    "a version": "wasi:cli@xqzvwkjp",
    "a duration": "xqzvwkjpms",
    "lines": "xqzv\nwkjp\nzzqq",
}
FIELDS = """
- {name: "V", kind: env.storage.memory}
- {name: a1, kind: "V"}
- {name: a2, kind: fs.directory, directory: "V", mode: "V", auto_init: "V"}
- {name: a3, kind: fs.directory, directory: "x/V"}
- {name: a4, kind: function.wat, source: "V", method: "V"}
- {name: a5, kind: function.wat, source: "(module V)", method: f, wit: "V"}
- {name: a6, kind: function.wat, source: "file://V", method: f}
- {name: a7, kind: function.wat, source: "file://x/V.wat", method: f}
- {name: a8, kind: function.wat, source: "(module)", method: f, wit: "f: func(V)", imports: ["V", "wasi:V", "wasi:cli@V"], transport: "V"}
- {name: a9, kind: function.wat, source: "(module)", method: f, pool: {size: "V", type: "V"}, limits: {max_execution_ms: "V"}}
- name: b1
  kind: function.wat
  source: "(module)"
  method: f
  wasi: {args: ["V"], cwd: "V", env: [{id: "V", name: "V"}], mounts: [{fs: "V", guest: "V"}]}
- {name: b2, kind: function.wasm, fs: "V", path: "V", hash: "V", method: "V"}
- {name: b3, kind: function.wasm, fs: here, path: "V", hash: "sha256:V", method: f}
- {name: b4, kind: function.lua, source: "V", method: "V", modules: ["V"], imports: {x: "V"}}
- {name: b5, kind: process.lua, source: "return 1", meta: {command: {name: "V", short: "V"}}}
- {name: b6, kind: process.wasm, fs: here, path: "V", hash: "V", method: "V"}
- {name: b7, kind: env.variable, storage: "V", variable: "V"}
- {name: b8, kind: env.storage.file, file_path: "V", file_mode: "V"}
- {name: b9, kind: env.storage.router, storages: ["V", "V"]}
- {name: c1, kind: http.service, addr: "V", workers: "V", timeouts: {read: "V"}, limits: {max_body_bytes: "V"}}
- {name: c2, kind: http.router, prefix: "V", meta: {server: "V"}}
- {name: c3, kind: http.endpoint, path: "V", method: "V", func: "V", meta: {router: "V"}}
- {name: c4, kind: http.static, path: "V", fs: "V", meta: {server: "V"}, static_options: {index: "V", cache: "V"}}
- {name: here, kind: fs.directory, directory: "."}
"""


def pieces(secret):
    """All runs of four characters of a secret that sentences have no reason to hold."""
    found = {secret[at : at + 4] for at in range(len(secret) - 3)}
    return {piece for piece in found if piece not in "sha256:0000000000 wasi:cli@" and ".." not in piece}


def index(written):
    return 'version: "1.0"\nnamespace: t\nentries:\n' + FIELDS.replace("V", written)


@pytest.mark.parametrize("name", SECRETS)
def test_values_in_wrong_fields(name, tmp_path):
    """Whatever field a variable stands in, the problems name it as it is written, and hold no piece of its value."""
    (tmp_path / "_index.yaml").write_text(index("${env:SECRET}"))
    registry = load(tmp_path, KINDS, {"SECRET": SECRETS[name]})
    assert len(registry.problems) > 20
    text = "\n".join(problem.render() for problem in registry.problems)
    for piece in pieces(SECRETS[name]):
        assert piece not in text, next(line for line in text.split("\n") if piece in line)
    assert "`${env:SECRET}`" in text


def test_defaults_are_shown(tmp_path):
    """A default stands in the file for all to read, and so does what the author wrote himself."""
    (tmp_path / "_index.yaml").write_text(index("${env:SECRET|what_is_there}"))
    assert "`what_is_there`" in "\n".join(problem.render() for problem in load(tmp_path, KINDS, {}).problems)


BROKEN = {
    "no sign": "A=1\nxqzvwkjp\n",
    "a second word": "A=1\nxqzv wkjp=zzqq\n",
    "an odd first letter": "A=1\n=xqzvwkjp\n",
    "an open quote": "A='xqzvwkjp\nwkjpzzqq\n",
    "more after a quote": "A='xqzv' wkjp\n",
    "a line that goes on": 'A="xqzv"\nwkjp+zzqq\n',
    "a key that is not one": "'xqzv'=wkjp\n",
    "no UTF-8": b"A=xqzvwkjp\xff\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_lines_of_environment_files(name, tmp_path):
    """A line that can't be read is named by its place, when the project is loaded and when the file breaks later."""
    data = BROKEN[name] if isinstance(BROKEN[name], bytes) else BROKEN[name].encode()
    (tmp_path / "_index.yaml").write_text(
        'version: "1.0"\nnamespace: t\nentries:\n'
        "- {name: file, kind: env.storage.file, file_path: .env}\n- {name: v, kind: env.variable, storage: file, variable: A}\n"
    )
    (tmp_path / ".env").write_bytes(data)
    ran = subprocess.run([sys.executable, "-m", "moonwit", "check", tmp_path], capture_output=True, timeout=60)
    assert ran.returncode == 1 and b"env" in ran.stdout + ran.stderr
    (tmp_path / ".env").write_text("A=1\n")
    environment = environment_of(registry := load(tmp_path, KINDS))
    assert environment.lookup("t:v") == "1" and not registry.problems
    (tmp_path / ".env").write_bytes(data)
    with pytest.raises(VariableProblem) as problem:
        environment.lookup("t:v")
    for piece in ("xqzv", "wkjp", "zzqq"):
        assert piece.encode() not in ran.stdout + ran.stderr
        assert piece not in problem.value.message


def test_commands_that_show_a_project(tmp_path):
    """No command prints the value of a variable that a field holds rightly: `list`, `check`, `inspect`, `types`, a failing call."""
    (tmp_path / "_index.yaml").write_text("""
version: "1.0"
namespace: t
entries:
- {name: static, kind: env.storage.static, values: {TOKEN: "${env:SECRET}"}}
- {name: token, kind: env.variable, storage: static, variable: TOKEN, default: "${env:SECRET}"}
- name: f
  kind: function.wat
  method: f
  source: (module (func (export "f") unreachable))
  wasi: {args: ["${env:SECRET}"], env: [{id: token, name: TOKEN}]}
""")
    environ = {**os.environ, "SECRET": "xqzvwkjp"}
    commands = (["check"], ["list"], ["list", "--json"], ["inspect", "t:f"], ["call", "t:f"], ["types"], ["serve"], ["run", "list"])
    for command in commands:
        line = [sys.executable, "-m", "moonwit", *command]
        ran = subprocess.run(line, cwd=tmp_path, env=environ, capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
        assert b"xqzvwkjp" not in ran.stdout + ran.stderr, command
        assert b"bug in moonwit" not in ran.stderr


def test_an_option_without_a_name(tmp_path):
    """What stands behind a sign that has no name before it is not printed."""
    (tmp_path / "a.wat").write_text("(module)")
    command = [sys.executable, "-m", "moonwit", "run", "--env", "=xqzvwkjp", tmp_path / "a.wat"]
    ran = subprocess.run(command, capture_output=True, timeout=60)
    assert ran.returncode == 2 and b"xqzvwkjp" not in ran.stderr


@pytest.mark.parametrize("entry", ["kind: fs.directory, directory: link%s}", "kind: env.storage.file, file_path: link%s/.env}"])
@pytest.mark.parametrize("below", ["", "/deeper"])
def test_links_that_leave_the_project(entry, below, tmp_path):
    """A folder or a file of variables that a link leads out to is a problem; an absolute path is what its owner grants."""
    outside, project = tmp_path / "outside", tmp_path / "project"
    (outside / "deeper").mkdir(parents=True)
    (project / "inner/deeper").mkdir(parents=True)
    for folder in (outside, outside / "deeper", project / "inner", project / "inner/deeper"):
        (folder / ".env").write_text("A=1\n")
    text = 'version: "1.0"\nnamespace: t\nentries:\n- {name: d, ' + entry % below
    (project / "_index.yaml").write_text(text)
    (project / "link").symlink_to("../outside")
    found = [problem for problem in load(project, KINDS).problems if problem.severity == "error"]
    assert len(found) == 1 and "symbolic link that leaves the project" in found[0].sentence
    (project / "_index.yaml").write_text(text.replace("link", str(outside)))
    assert not load(project, KINDS).errors
    (project / "_index.yaml").write_text(text.replace("link", "../outside"))
    assert not load(project, KINDS).errors
    (project / "_index.yaml").write_text(text)
    (project / "link").unlink()
    (project / "link").symlink_to("inner")
    assert not load(project, KINDS).errors


@pytest.mark.parametrize("name", ["moonwit/compiled", "moonwit"])
def test_the_cache_folder_changes_no_other(name, tmp_path):
    """Where a link stands in its place nothing is cached, and what the link leads to keeps its mode."""
    other = tmp_path / "other"
    (other / "compiled").mkdir(parents=True)
    for folder in (other, other / "compiled"):
        folder.chmod(0o755)
    place = tmp_path / "cache" / name
    place.parent.mkdir(parents=True)
    place.symlink_to(other if name == "moonwit" else other / "compiled")
    code = "from moonwit.host.engine.engine import cache_folder; print(cache_folder())"
    environ = {**os.environ, "MOONWIT_CACHE": str(tmp_path / "cache")}
    ran = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, timeout=60, check=True)
    assert ran.stdout == b"None\n"
    assert [folder.stat().st_mode & 0o777 for folder in (other, other / "compiled")] == [0o755, 0o755]
