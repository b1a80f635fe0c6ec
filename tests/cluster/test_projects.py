"""What a project with a cluster says before a call is made, and what the commands show."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import moonwit
from tests.cluster.engine import Engine
from tests.projects import entry, folder, opened

MUL = """(module (func (export "mul") (param i32 i32) (result i32) (i32.mul (local.get 0) (local.get 1))))"""
FAR = {"cluster": "t:farm"}


@pytest.mark.parametrize(("fields", "sentence"), [
    ({"address": "10.0.0.5:8786"}, "is not the address of a scheduler"),
    ({"address": "tls://h:1"}, "needs `tls`: ca, cert and key"),
    ({"address": "tls://h:1", "tls": {"ca": "no.pem", "cert": "no.pem", "key": "no.pem"}}, "there is no file `no.pem`"),
    ({"address": "tcp://h:1", "workers": 2}, "has no effect on a cluster that is there already"),
    ({"workers": 0}, "workers"),
])  # fmt: skip
def test_a_cluster_is_checked(tmp_path: Path, fields: dict[str, object], sentence: str) -> None:
    """Addresses, files and numbers."""
    from tests.projects import write

    write(tmp_path, entry("farm", "cluster.dask", **fields))
    from moonwit.kinds import KINDS
    from moonwit.registry import load

    assert any(sentence in problem.sentence for problem in load(tmp_path, KINDS).problems)


def test_what_can_not_go_there_is_said(tmp_path: Path) -> None:
    """Mounts that are not shared, and endpoints."""
    from moonwit.kinds import KINDS
    from moonwit.registry import load
    from tests.projects import write

    mounts = {"mounts": [{"fs": "t:here", "guest": "/data"}]}
    write(tmp_path, entry("farm", "cluster.dask"), folder(), entry("a", source=MUL, method="mul", pool=FAR, wasi=mounts),
          entry("b", source=MUL, method="mul", pool=FAR, transport="wasi-http"),
          entry("c", source=MUL, method="mul", pool={"retry": True}))  # fmt: skip
    found = {problem.entry: problem.sentence for problem in load(tmp_path, KINDS).problems}
    assert "the folder `t:here` is not on the workers of the cluster" in found["t:a"]
    assert "requests of HTTP are answered here" in found["t:b"]
    assert "no effect without `pool.cluster`" in found["t:c"]


def test_the_engine_is_imported_by_the_first_call(tmp_path: Path) -> None:
    """A project that names a cluster, and does not call on it, loads nothing of it; where it is missing, the call says what to install."""
    with opened(tmp_path, entry("farm", "cluster.dask"), entry("mul", source=MUL, method="mul", pool=FAR)):
        pass
    program = """
import sys, moonwit
class Missing:
    def find_spec(self, name, *rest):
        if name.partition(".")[0] == "distributed": raise ModuleNotFoundError(name)
with moonwit.open(sys.argv[1]) as project:
    project.run_script("return 0")
    assert "distributed" not in sys.modules and "moonwit.clusters" not in sys.modules
    sys.meta_path.insert(0, Missing())
    try: project.call("t:mul", 1, 2)
    except moonwit.CallError as error: print(error)
"""
    told = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True).stdout
    assert told == "t:mul: a cluster needs distributed, which is not installed: pip install 'moonwit[cluster]'\n"


def test_status_shows_who_is_there(tmp_path: Path, engine: Engine) -> None:
    """The workers of a scheduler; and of one that is not there, why."""
    with opened(tmp_path, entry("farm", "cluster.dask", address=engine.address), entry("gone", "cluster.dask", address="tcp://127.0.0.1:1"),
                entry("mul", source=MUL, method="mul", pool=FAR)) as project:  # fmt: skip
        assert project.call("t:mul", 6, 7) == 42
    status = [sys.executable, "-m", "moonwit", "cluster", "status", "--project", str(tmp_path)]
    told = subprocess.run([*status, "t:farm"], capture_output=True, text=True, check=True).stdout
    assert told.startswith(f"t:farm: {engine.address}: ")
    assert "1 thread  " in told
    assert f"Moonwit {moonwit.__version__}" in told
    gone = subprocess.run([*status, "t:gone"], capture_output=True, text=True, check=False)
    assert gone.returncode == 1
    assert gone.stdout.startswith("t:gone: tcp://127.0.0.1:1: ")


def test_a_worker_of_another_version_is_refused() -> None:
    """The same minor version is taken, another is named with what to do."""
    from moonwit import clusters

    major, minor, _ = moonwit.__version__.split(".")
    assert clusters.unfit({"version": f"{major}.{minor}.99"}) is None
    other = f"{major}.{int(minor) + 1}.0"
    told = f"a worker has Moonwit {other}, and this is {moonwit.__version__}: install the same minor version there"
    assert clusters.unfit({"version": other}) == told


def test_a_changed_project_is_another_one(tmp_path: Path, engine: Engine) -> None:
    """Two versions of a project are called at the same time, and each gets its own answers."""
    projects = []
    for number in (1, 2):
        (tmp_path / str(number)).mkdir()
        source = f"return function(v) return {number} * v end"
        entries = (entry("farm", "cluster.dask", address=engine.address), entry("f", "function.lua", source=source, pool=FAR))
        projects.append(opened(tmp_path / str(number), *entries))
    with projects[0] as one, projects[1] as two:
        assert [each.call("t:f", 21) for each in (one, two, one, two)] == [21, 42, 21, 42]


def test_a_local_cluster_is_started_and_ends(tmp_path: Path) -> None:
    """With the first call, and with the project; the changed project is what is called after a reload."""
    entries = (entry("farm", "cluster.dask", workers=1), entry("mul", source=MUL, method="mul", pool=FAR))
    with opened(tmp_path, *entries) as project:
        assert project.call("t:mul", 6, 7) == 42
        assert [worker["threads"] for worker in project.clusters()["t:farm"]] == [1]
