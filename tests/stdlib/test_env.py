"""The module `env`: the variables of a project, as scripts read and set them."""

import pytest

import moonwit
from tests.projects import write

ENTRIES = """
  - {name: os, kind: env.storage.os}
  - {name: memory, kind: env.storage.memory}
  - {name: home, kind: env.variable, storage: os, variable: HOME}
  - {name: path, kind: env.variable, storage: os, variable: NOT_SET}
  - {name: greeting, kind: env.variable, storage: memory, default: hello}
  - {name: level, kind: env.variable, storage: memory, variable: LEVEL, readonly: true, default: "3"}
  - {name: twin1, kind: env.variable, storage: memory, variable: TWIN, default: a}
  - {name: twin2, kind: env.variable, storage: os, variable: TWIN, default: b}
  - name: get
    kind: function.lua
    modules: [env]
    source: return function(name) return env.get(name) end
  - name: far
    kind: function.lua
    modules: [env]
    pool: {type: static, workers: 1}
    source: return function(name) return env.get(name) end
"""


@pytest.fixture
def run(tmp_path, capfd):
    """Runs a script and gives the lines that it prints; the host's environment has only HOME."""
    write(tmp_path, ENTRIES, namespace="app")

    def run(text, folder=tmp_path):
        with moonwit.open(folder, {"HOME": "/home/a"}) as project:
            project.run_script(text)
        return capfd.readouterr().out.splitlines()

    return run


def test_a_variable_has_an_id_and_a_name(run):
    """A value is found by the entry's id, by the name in its storage, and by the entry's name."""
    lines = run("print(env.get('app:home')) print(env.get('HOME')) print(env.get('home')) print(env.get('app:greeting'))")
    assert lines == ["/home/a", "/home/a", "/home/a", "hello"]


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("env.get('app:path')", "NotFound", "the variable app:path has neither a value nor a default"),
        ("env.get('PATH')", "NotFound", "there is no environment variable `PATH`"),
        ("env.get('app:zzz')", "NotFound", "there is no environment variable `app:zzz`"),
        ("env.get('TWIN')", "Invalid", "`TWIN` is the name of several variables: write app:twin1 or app:twin2"),
        ("env.get('app:os')", "Invalid", "the entry app:os is of kind env.storage.os, not env.variable"),
        (
            "env.set('HOME', 'x')",
            "PermissionDenied",
            "the variable app:home can't be set in app:os: the environment of the process is read only",
        ),
        ("env.set('LEVEL', 'x')", "PermissionDenied", "the variable app:level is read only (`readonly: true`)"),
        ("env.set('app:greeting', '\\255')", "Invalid", "the value for app:greeting is not UTF-8 text"),
    ],
)
def test_what_is_not_there_is_an_error_value(run, code, kind, message):
    """Each failure is nil and an error with its kind and a sentence."""
    assert run(f"local v, err = {code} print(v, err:kind(), err)") == [f"nil\t{kind}\t{message}"]


def test_what_is_set_is_seen_everywhere(run):
    """A value that a script sets is there for functions, also for those in other lanes."""
    lines = run(
        "print(env.set('app:greeting', 'hi')) local near, far = funcs.call('app:get', 'greeting'), funcs.call('app:far', 'greeting')"
        " print(env.get('greeting'), near, far)"
    )
    assert lines == ["true", "hi\thi\thi"]


def test_all_variables_with_a_value_are_listed(run):
    """By name, and by id where several have the name; those without a value are left out."""
    lines = run("local all = env.get_all() local names = {} for name, value in pairs(all) do names[#names + 1] = name .. '=' .. value end "
                "table.sort(names) print(table.concat(names, ' '))")  # fmt: skip
    assert lines == ["HOME=/home/a LEVEL=3 app:greeting=hello app:twin1=a app:twin2=b"]


@pytest.mark.parametrize("code", ["env.get()", "env.get(1)", "env.set('HOME')", "env.set('HOME', 1)", "env.get = nil"])
def test_misuse_raises(run, code):
    """A wrong type is a mistake of the script, and the module can't be changed."""
    assert run(f"print((pcall(function() {code} end)))") == ["false"]


def test_without_a_project_there_are_none(run):
    """A script outside of projects gets an error value."""
    (line,) = run("local v, err = env.get('HOME') print(v, err:kind())", None)
    assert line == "nil\tNotFound"
