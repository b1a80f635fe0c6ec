"""A project, its environment and its cluster that change while calls are made there."""

from __future__ import annotations

import datetime
import ipaddress
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cluster.engine import Engine
from tests.moonwit.repl.conftest import Terminal
from tests.projects import entry, opened, write
from tests.texts import texts

lua, _ = texts(__file__)

FAR = {"cluster": "t:farm"}
VALUE = "local env, time = require 'env', require 'time' return function(nap) if nap then time.sleep(nap) end return env.get('t:value') end"


def reads(engine: Engine, **variable: object) -> tuple[dict[str, object], ...]:
    """Entries: a function that gives the value of a variable, after a nap."""
    return (
        entry("farm", "cluster.dask", address=engine.address),
        entry("memory", "env.storage.memory"),
        entry("value", "env.variable", **{"storage": "t:memory", "variable": "VALUE", "default": "first", **variable}),
        entry("read", "function.lua", source=VALUE, modules=["env", "time"], pool=FAR),
    )


def test_the_environment_is_that_of_the_call(tmp_path: Path, engine: Engine, capfd: pytest.CaptureFixture[str]) -> None:
    """A variable that is set is seen by the next call; calls that are on their way keep theirs, and are answered."""
    text = lua("the_environment_is_that_of_the_call")
    with opened(tmp_path, *reads(engine)) as project:
        project.run_script(text)
    assert capfd.readouterr().out == "first second third first second\n"


def test_workers_keep_only_what_is_called(tmp_path: Path, engine: Engine, capfd: pytest.CaptureFixture[str]) -> None:
    """A variable that changes again and again makes versions of the project, of which workers keep the last alone."""
    from distributed import Client

    def plugins(dask_worker: object) -> list[str]:
        return [name for name in dask_worker.plugins if name.startswith("moonwit-")]  # type: ignore[attr-defined]

    with opened(tmp_path, *reads(engine)) as project, Client(engine.address) as client:
        before = {name for names in client.run(plugins).values() for name in names}
        project.run_script("""local env, funcs = require 'env', require 'funcs'
          for i = 1, 20 do env.set('t:value', tostring(i)) assert(funcs.call('t:read') == tostring(i)) end""")
        end = time.monotonic() + 60
        while True:
            kept = [len(set(names) - before) for names in client.run(plugins).values()]
            if kept == [1, 1]:
                break
            assert time.monotonic() < end, kept
            time.sleep(0.05)


def test_another_caller_sends_again_what_is_gone(tmp_path: Path, engine: Engine) -> None:
    """Two callers have the same project; one goes on to another version, and the other's calls are answered all the same."""
    with opened(tmp_path / "a", *reads(engine)) as one, opened(tmp_path / "b", *reads(engine)) as two:
        assert [each.call("t:read") for each in (one, two)] == ["first", "first"]
        one.run_script("require('env').set('t:value', 'new')")
        assert one.call("t:read") == "new"
        for _ in range(10):
            assert two.call("t:read") == "first"
            time.sleep(0.1)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Callable[[Path], Terminal]]:
    """Starts sessions in the folder of a project."""
    begun: list[Terminal] = []

    def start(folder: Path) -> Terminal:
        import os

        env = {**os.environ, "TERM": "xterm-256color", "XDG_STATE_HOME": str(tmp_path / "state"), "PAGER": "cat", "NO_COLOR": "1"}
        begun.append(Terminal([sys.executable, "-m", "moonwit", "repl"], folder, env, columns=140))
        begun[-1].prompt(1)
        return begun[-1]

    yield start
    for terminal in begun:
        terminal.close()


def test_a_session_reads_its_project_again(tmp_path: Path, engine: Engine, session: Callable[[Path], Terminal]) -> None:
    """`:reload` while a call waits there: it is answered by the project that it was made in, the next by the new one; `:pools` tells of
    the workers."""
    place = tmp_path / "p"

    def version(number: int) -> None:
        source = f"local time = require 'time' return function(nap) time.sleep(nap) return {number} end"
        write(place, entry("farm", "cluster.dask", address=engine.address),
              entry("f", "function.lua", source=source, modules=["time"], pool=FAR))  # fmt: skip

    version(1)
    repl = session(place)
    assert "1" in repl.enter("funcs.call('t:f', '1ms')")
    repl.enter("slow = funcs.async('t:f', '3s')")
    version(2)
    repl.enter(":reload")
    assert repl.enter("'new', funcs.call('t:f', '1ms')").splitlines()[-3:-1] == ['"new"', "2"]
    assert repl.enter("'old', (slow:await())").splitlines()[-3:-1] == ['"old"', "1"]
    rows = [line.split() for line in repl.enter(":pools").split("]> :pools")[-1].splitlines() if line]
    (mine,) = [row for row in rows if row[0] == "t:f"]
    workers = [row for row in rows if row[0].startswith("tcp://")]
    assert len(workers) == 2
    assert sum(int(row[1]) for row in workers) == int(mine[1]) == 3


def test_tls(tmp_path: Path) -> None:
    """A scheduler and a worker that take nothing but TLS, with certificates of an authority of their own; another's are refused."""
    certificates(tmp_path / "certs")
    certificates(tmp_path / "others")
    engine = Engine(tmp_path, workers=1, tls=tmp_path / "certs")
    try:
        assert engine.address.startswith("tls://")
        square = '(module (func (export "square") (param i32) (result i32) (i32.mul (local.get 0) (local.get 0))))'
        for folder, works in (("certs", True), ("others", False)):
            tls = {name: f"{folder}/{name}.pem" for name in ("ca", "cert", "key")}
            farm = entry("farm", "cluster.dask", address=engine.address, tls=tls)
            entries = farm, entry("square", source=square, method="square", pool=FAR)
            files = {path: (tmp_path / path).read_bytes() for path in tls.values()}
            place = tmp_path / f"p-{folder}"
            command = [sys.executable, "-m", "moonwit", "call", "--project", str(write(place, *entries, files=files)), "t:square", "7"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
            assert (done.returncode == 0) is works, done.stderr
            if works:
                assert done.stdout == "49\n"
            else:
                assert f"there is no scheduler at {engine.address}" in done.stderr
    finally:
        engine.close()


def certificates(folder: Path) -> None:
    """Makes an authority and a certificate for 127.0.0.1: ca.pem, cert.pem, key.pem."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    folder.mkdir()
    now = datetime.datetime.now(datetime.UTC)
    root, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer, subject = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in ("authority", "127.0.0.1"))

    def signed(name: x509.Name, key: ec.EllipticCurvePrivateKey, *extensions: x509.ExtensionType) -> bytes:
        end, number = now + datetime.timedelta(days=1), x509.random_serial_number()
        builder = x509.CertificateBuilder(issuer, name, key.public_key(), number, now, end)
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(root, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    (folder / "ca.pem").write_bytes(signed(issuer, root, x509.BasicConstraints(ca=True, path_length=0)))
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    (folder / "cert.pem").write_bytes(signed(subject, own, names))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
