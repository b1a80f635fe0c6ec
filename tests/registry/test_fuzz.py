"""Whatever a file holds, loading it gives entries and problems, and every problem can be shown."""

import copy

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moonwit.kinds import KINDS
from moonwit.registry import load

WITH_ANY_FOLDER = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)

FUNCTION = {
    "name": "f",
    "kind": "function.wat",
    "source": "(module)",
    "method": "m",
    "wit": "m: func();",
    "imports": ["wasi:io@0.2.0"],
    "pool": {"type": "static", "size": 2, "workers": 1},
    "limits": {"max_execution_ms": 5},
    "wasi": {"args": ["a"], "cwd": "/", "env": [{"id": "v", "name": "V"}], "mounts": [{"fs": "files", "guest": "/d"}]},
    "engine": "auto",
    "results": "pair",
}
GOOD = {
    "version": "1.0",
    "namespace": "app",
    "meta": {"team": "blue"},
    "entries": [
        {"name": "files", "kind": "fs.directory", "directory": ".", "mode": "0755", "auto_init": True},
        FUNCTION,
        {"name": "v", "kind": "env.variable", "storage": "s", "variable": "V", "default": "x"},
        {"name": "s", "kind": "env.storage.router", "storages": ["kept", "dotenv"]},
        {"name": "kept", "kind": "env.storage.static", "values": {"V": "y"}},
        {"name": "dotenv", "kind": "env.storage.file", "file_path": ".env", "auto_create": True, "file_mode": "0600"},
        {"name": "l", "kind": "library.lua", "source": "return {}", "modules": ["json"]},
        {"name": "g", "kind": "function.lua", "source": "return 1", "imports": {"l": "l"}},
    ],
}

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["file://", "file://x", "${env:X}", "${env:X|y}", "${env:", "yes", "0755"]),
    st.sampled_from(["a:b", "app:f", "sha256:", "/a/../b", "\0", "*"]),
    st.binary(max_size=5),
    st.dates(),
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SCALARS, inner, max_size=4))


def check(folder, data):
    """Loads a file and looks at everything that came of it."""
    (folder / "_index.yaml").write_bytes(data)
    registry = load(folder, KINDS, {"X": "value"})
    for problem in registry.problems:
        assert problem.sentence and "\n" not in problem.render(base=folder).splitlines()[0]
        assert problem.render(color=True).encode()
        assert problem.line == 0 or problem.source_line is not None
    for entry in registry.entries.values():
        registry.is_broken(entry.id)
        entry.problem(("source", 0, "x"), "anything", within=(3, 3)).render()
    return registry


@given(st.binary(max_size=300))
@WITH_ANY_FOLDER
def test_random_bytes_are_no_exception(tmp_path, data):
    """Random bytes never raise."""
    check(tmp_path, data)


@given(st.text(alphabet=st.sampled_from("namespace: entries\n-[]{}&*!|>'\"%@`,?#~\t \\0é"), max_size=200))
@WITH_ANY_FOLDER
def test_random_syntax_is_no_exception(tmp_path, text):
    """Random pieces of YAML syntax behind a namespace never raise."""
    check(tmp_path, b"namespace: a\n" + text.encode())


@given(VALUES)
@WITH_ANY_FOLDER
def test_random_data_is_no_exception(tmp_path, value):
    """Random data as entries and meta never raises."""
    check(tmp_path, yaml.dump({"namespace": "a", "meta": value, "entries": value}, allow_unicode=True).encode())


def places(value, path=()):
    """Lists the paths to all values of the good project."""
    yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


PLACES = [path for path in places(GOOD) if path]


def test_the_good_project_is_good(tmp_path):
    """What the next test damages has no errors."""
    assert check(tmp_path, yaml.dump(GOOD).encode()).errors == []


@given(st.sampled_from(PLACES), SCALARS | VALUES, st.booleans())
@WITH_ANY_FOLDER
def test_a_damaged_project_is_no_exception(tmp_path, path, value, drop):
    """Any value of a good project may be replaced or left out: that is never an exception, and the rest is still there."""
    damaged = copy.deepcopy(GOOD)
    inner = damaged
    for key in path[:-1]:
        inner = inner[key]
    if drop:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    registry = check(tmp_path, yaml.dump(damaged, allow_unicode=True).encode())
    if len(path) > 2 and path[:2] == ("entries", 1) and path[2] not in ("name", "kind"):
        assert {"app:files", "app:v", "app:l", "app:g"} <= set(registry.entries)
        assert not registry.is_broken("app:g")


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_a_truncated_file_is_no_exception(tmp_path, cut):
    """A file that ends anywhere never raises."""
    check(tmp_path, yaml.dump(GOOD).encode()[:cut])
