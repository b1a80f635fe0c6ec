"""Environment variables as entries: where their values come from, what sets them, and dotenv files line by line."""

import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonwit.host.environment import dotenv
from moonwit.host.environment.storages import MemoryStorage
from moonwit.host.environment.variables import VariableProblem, environment_of
from moonwit.kinds import KINDS
from moonwit.registry import load
from tests.projects import write

ENTRIES = """
  - {name: os, kind: env.storage.os}
  - {name: memory, kind: env.storage.memory}
  - {name: static, kind: env.storage.static, values: {HOST: localhost, PORT: 8080, EMPTY: ""}}
  - {name: file, kind: env.storage.file, file_path: .env, auto_create: true, file_mode: "0640"}
  - {name: inner, kind: env.storage.router, storages: [static, file]}
  - {name: all, kind: env.storage.router, storages: [os, inner, memory]}
  - {name: home, kind: env.variable, storage: os, variable: HOME}
  - {name: port, kind: env.variable, storage: static, variable: PORT, default: "1"}
  - {name: empty, kind: env.variable, storage: static, variable: EMPTY, default: "x"}
  - {name: greeting, kind: env.variable, storage: memory, default: hello}
  - {name: name, kind: env.variable, storage: memory, variable: NAME}
  - {name: fixed, kind: env.variable, storage: memory, variable: FIXED, default: f, readonly: true}
  - {name: token, kind: env.variable, storage: file, variable: TOKEN}
  - {name: routed, kind: env.variable, storage: all, variable: ROUTED}
  - {name: host, kind: env.variable, storage: all, variable: HOST}
"""


@pytest.fixture
def project(tmp_path):
    """Loads a registry; the host's environment has HOME and a value that is not UTF-8."""

    def make(*entries):
        return load(write(tmp_path, *entries, namespace="app"), KINDS)

    return make


@pytest.fixture
def registry(project):
    loaded = project(ENTRIES)
    assert loaded.problems == []
    return loaded


@pytest.fixture
def environment(registry):
    return environment_of(registry, {"HOME": "/home/a", "BYTES": os.fsdecode(b"\xff")})


def test_values_come_from_their_storage(environment):
    """The host's environment, values of an entry, the default, and nothing at all."""
    ids = ("home", "port", "empty", "greeting", "name", "token", "host")
    assert [environment.lookup(f"app:{id}") for id in ids] == ["/home/a", "8080", "", "hello", None, None, "localhost"]


def test_there_is_one_environment_for_a_registry(environment, registry):
    """Who asks again sees what was set."""
    environment.set("app:name", "Ann")
    assert environment_of(registry).lookup("app:name") == "Ann"


def test_what_is_set_is_kept_in_its_storage(environment, tmp_path):
    """Memory keeps a value for itself, a file gets a line; a router writes to the first that takes it."""
    environment.set("app:greeting", "hi")
    environment.set("app:token", "a b")
    environment.set("app:routed", "r")
    assert (environment.lookup("app:greeting"), environment.lookup("app:token"), environment.lookup("app:routed")) == ("hi", "a b", "r")
    assert (tmp_path / ".env").read_text() == "TOKEN='a b'\nROUTED=r\n"
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o640


def test_a_file_is_looked_at_each_time(environment, tmp_path):
    """A change from outside is seen by the next look-up, and what others wrote stays when a value is set."""
    (tmp_path / ".env").write_text("# kept\nTOKEN=1 # mine\nOTHER=x\n")
    assert environment.lookup("app:token") == "1"
    (tmp_path / ".env").write_text("# kept\nTOKEN=22\nOTHER=x\n")
    assert environment.lookup("app:token") == "22"
    environment.set("app:token", "3")
    assert (tmp_path / ".env").read_text() == "# kept\nTOKEN=3\nOTHER=x\n"
    assert [path.name for path in tmp_path.iterdir() if "moonwit" in path.name] == []


@pytest.mark.parametrize(
    ("id", "value", "kind", "message"),
    [
        ("app:home", "x", "PermissionDenied", "the variable app:home can't be set in app:os: the environment of the process is read only"),
        ("app:port", "x", "PermissionDenied", "the variable app:port can't be set in app:static: its values stand in the entry"),
        ("app:fixed", "x", "PermissionDenied", "the variable app:fixed is read only (`readonly: true`)"),
        ("app:name", "a\0b", "Invalid", "the value for app:name holds a NUL character"),
        ("app:name", "a" * 200_000, "Invalid", "the value for app:name is 200000 characters long"),
        ("app:nam", "x", "NotFound", "there is no environment variable `app:nam`, did you mean app:name?"),
        ("app:os", "x", "Invalid", "the entry app:os is of kind env.storage.os, not env.variable"),
    ],
)
def test_what_can_not_be_set_says_why(environment, id, value, kind, message):
    """Each refusal has a kind and names the entry."""
    with pytest.raises(VariableProblem) as problem:
        environment.set(id, value)
    assert problem.value.kind == kind and message in problem.value.message


def test_a_guest_gets_what_it_is_granted(environment):
    """Names are the guest's own; what has no value is left out."""
    granted = [{"id": "app:home", "name": "H"}, {"id": "app:name", "name": "N"}, {"id": "app:fixed", "name": "F", "required": True}]
    assert environment.resolve(granted) == {"H": "/home/a", "F": "f"}


def test_a_required_variable_without_value_is_not_found(environment):
    """The error names the variable, its entry and its storage."""
    with pytest.raises(VariableProblem) as problem:
        environment.resolve([{"id": "app:token", "name": "T", "required": True}])
    assert (problem.value.kind, problem.value.entry) == ("NotFound", "app:token")
    assert problem.value.message == (
        "the required environment variable `T` has no value: set `TOKEN` in `app:file`, or give the entry app:token a default"
    )


def test_bytes_that_are_no_text_are_refused(project):
    """A value of the host's environment that is not UTF-8 is an error of its entry, and not of the guest."""
    entries = "  - {name: os, kind: env.storage.os}\n  - {name: b, kind: env.variable, storage: os, variable: BYTES}\n"
    registry = project(entries)
    with pytest.raises(VariableProblem, match="the value of the variable app:b in app:os is not UTF-8 text"):
        environment_of(registry, {"BYTES": os.fsdecode(b"\xff")}).lookup("app:b")


def test_a_file_that_breaks_later_is_an_error_with_its_place(environment, tmp_path):
    """A look-up in a file that has become wrong says where, and so does setting a value; the file stays as it is."""
    (tmp_path / ".env").write_text("TOKEN=1\nOTHER\n")
    for act in (lambda: environment.lookup("app:token"), lambda: environment.set("app:token", "2")):
        with pytest.raises(VariableProblem, match=r"app:file: .*\.env:2:6: there is no `=` in this line") as problem:
            act()
        assert problem.value.kind == "Unavailable"
    assert (tmp_path / ".env").read_text() == "TOKEN=1\nOTHER\n"


def test_a_link_put_in_the_place_of_the_file_is_not_followed(environment, tmp_path):
    """Who can write where the file is can't have another one read or written."""
    other = tmp_path / "other"
    other.write_text("TOKEN=secret\n")
    assert environment.lookup("app:token") is None
    (tmp_path / ".env").symlink_to(other)
    for act in (lambda: environment.lookup("app:token"), lambda: environment.set("app:token", "2")):
        with pytest.raises(VariableProblem, match="symbolic link") as problem:
            act()
        assert problem.value.kind == "Unavailable"
    assert other.read_text() == "TOKEN=secret\n"


def test_a_link_of_the_owner_is_followed(project, tmp_path):
    """A file that was a link when the project was loaded is the one it leads to, also when it is written."""
    (tmp_path / "real").write_text("TOKEN=1\n")
    (tmp_path / ".env").symlink_to("real")
    environment = environment_of(registry := project(ENTRIES))
    assert registry.problems == [] and environment.lookup("app:token") == "1"
    environment.set("app:token", "2")
    assert (tmp_path / "real").read_text() == "TOKEN=2\n" and (tmp_path / ".env").is_symlink()


@pytest.mark.parametrize("what", ["fifo", "folder", "large"])
def test_what_is_no_file_is_not_read(environment, tmp_path, what):
    """A FIFO does not block a look-up, and a file without end is not read to its end."""
    if what == "fifo":
        os.mkfifo(tmp_path / ".env")
    elif what == "folder":
        (tmp_path / ".env").mkdir()
    else:
        with open(tmp_path / ".env", "wb") as file:
            file.truncate(10**12)
    with pytest.raises(VariableProblem, match=r"app:file: the file .*\.env (is|holds|can't be read)"):
        environment.lookup("app:token")


def test_many_threads_set_and_see_whole_values(environment):
    """Values set by several threads at once are each there in the end, and no reader sees a broken file."""
    problems = []

    def work(number):
        try:
            for turn in range(10):
                environment.set("app:token", f"{number} {turn}")
                assert " " in (environment.lookup("app:token") or " ")
                environment.set("app:name", f"{number} {turn}")
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == [] and environment.lookup("app:name").endswith(" 9")


def test_memory_has_a_bound():
    """A script can't fill the memory with variables."""
    storage = MemoryStorage()
    storage.MOST, storage.MOST_CHARACTERS = 2, 10
    storage.set("a", "12345")
    storage.set("b", "12345")
    storage.set("a", "1234")
    for name in ("c", "a"):
        with pytest.raises(Exception, match="it holds no more than"):
            storage.set(name, "123456")


def test_a_long_chain_of_routers_is_followed(project):
    """Thousands of routers one after the other are looked through, and each leads to the same values."""
    entries = ["  - {name: s, kind: env.storage.memory}", "  - {name: r0, kind: env.storage.router, storages: [s]}"]
    entries += [f"  - {{name: r{n}, kind: env.storage.router, storages: [r{n - 1}, s]}}" for n in range(1, 3000)]
    entries += ["  - {name: v, kind: env.variable, storage: r2999, variable: V}"]
    environment = environment_of(registry := project("\n".join(entries)))
    assert registry.problems == []
    environment.set("app:v", "x")
    assert environment.lookup("app:v") == "x"


@pytest.mark.parametrize(
    ("entry", "files", "place", "sentence"),
    [
        ("kind: env.storage.file, file_path: no.env", {}, "_index.yaml:4", "the file `no.env` does not exist"),
        ("kind: env.storage.file, file_path: no/no.env, auto_create: true", {}, "_index.yaml:4", "the folder of the file `no/no.env`"),
        ("kind: env.storage.file, file_path: sub", {"sub/x": ""}, "_index.yaml:4", "the file `sub` is a folder, not a file"),
        ("kind: env.storage.file, file_path: a.env", {"a.env": "A=1\n\nB\n"}, "a.env:3:2", "there is no `=` in this line"),
        ("kind: env.storage.file, file_path: a.env", {"a.env": b"A=\xff"}, "_index.yaml:4", "is not UTF-8 text (byte 0xff in line 1)"),
        ("kind: env.storage.file, file_path: a.env, file_mode: rw", {"a.env": ""}, "_index.yaml:4", "`file_mode`: expected octal"),
        ("kind: env.storage.router, storages: [x]", {}, "_index.yaml:4", "`storages[0]` closes a circle: app:x -> app:x"),
        ("kind: env.storage.router, storages: [y]", {}, "_index.yaml:4", "`storages[0]` refers to `app:y`, which is declared nowhere"),
        ("kind: env.storage.router", {}, "_index.yaml:4", "needs the field `storages`"),
        ("kind: env.storage.static, values: {'A=B': c}", {}, "_index.yaml:4", "can't be the name of an environment variable"),
        ("kind: env.storage.static, values: {A: [1]}", {}, "_index.yaml:4", "`values.A`: expected text, got a list"),
        ("kind: env.storage.os, values: {}", {}, "_index.yaml:4", "has no field `values`"),
        ("kind: env.variable", {}, "_index.yaml:4", "needs the field `storage`"),
        ("kind: env.variable, storage: x", {}, "_index.yaml:4", "refers to `app:x`, which is of kind `env.variable`, not `env.storage.os`"),
    ],
)
def test_problems_have_places(project, tmp_path, entry, files, place, sentence):
    """What is wrong in an entry, or in its file, is told with file, line and column when the project is loaded."""
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    registry = project(f"name: x, {entry}")
    shown = [problem.render(base=tmp_path) for problem in registry.problems]
    assert len(shown) == 1 and shown[0].startswith(place) and sentence in shown[0]


# dotenv --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("A=1\nB=2", {"A": "1", "B": "2"}),
        ("\n  # comment\n\nA=1\n", {"A": "1"}),
        ("A = 1 \n\tB\t=\t2\n", {"A": "1", "B": "2"}),
        ("A=1 # comment\nB=a#b\nC= # none\nD=#x\n", {"A": "1", "B": "a#b", "C": "", "D": "#x"}),
        ("A=\nB=''\nC=\"\"\n", {"A": "", "B": "", "C": ""}),
        ("export A=1\nexport=2\n", {"A": "1", "export": "2"}),
        ("A='a b # c' # d\n", {"A": "a b # c"}),
        ("A='\\n'\nB=\"\\n\\t\\\"\\\\\\$\\q\"\n", {"A": "\\n", "B": '\n\t"\\$\\q'}),
        ("A=\"one\ntwo\"\nB='x\ny'\n", {"A": "one\ntwo", "B": "x\ny"}),
        ("A=1\r\nB='2'\r\n", {"A": "1", "B": "2"}),
        ("A=${B} $C\n", {"A": "${B} $C"}),
        ("A=1\nA=2\n", {"A": "2"}),
        ("app:greeting.x-y=é\n", {"app:greeting.x-y": "é"}),
        ("A=it's\n", {"A": "it's"}),
        ("A=b=c\n", {"A": "b=c"}),
    ],
)
def test_dotenv_text_is_read(text, values):
    """Quotes, comments, `export`, white space and several lines, as dotenv files have them."""
    assert dotenv.values(text) == values


@pytest.mark.parametrize(
    ("text", "line", "column", "sentence"),
    [
        ("A=1\nB\n", 2, 2, "there is no `=` in this line"),
        ("A B=1\n", 1, 2, "there is no `=` in this line"),
        ("\n  =1\n", 2, 3, "the name of a variable can't begin with this character"),
        ("'A'=1\n", 1, 1, "the name of a variable can't begin with this character"),
        ("A='x\nB=2\n", 1, 3, "the quote ' is not closed"),
        ('A="x\\"\n', 1, 3, 'the quote " is not closed'),
        ("A='x' y\n", 1, 7, "there is more after the closing quote"),
        ('A="a\nb" c\n', 2, 4, "there is more after the closing quote"),
    ],
)
def test_a_wrong_line_is_named(text, line, column, sentence):
    """The first thing that is wrong is told with line and column."""
    with pytest.raises(dotenv.SyntaxProblem) as problem:
        dotenv.values(text)
    assert (problem.value.line, problem.value.column, problem.value.sentence) == (line, column, sentence)


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.dictionaries(st.sampled_from(["A", "B", "C"]), st.text(alphabet="a b#'\"\\\n\r\t$=é")),
)
def test_what_is_written_is_read(value, others):
    """Any value is read back as it was set, and the others stay."""
    text = "# comment\n"
    for key, other in others.items():
        text = dotenv.changed(text, key, other)
    text = dotenv.changed(text, "B", value)
    assert dotenv.values(text) == {**others, "B": value} and text.startswith("# comment\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1\r\nB=2\r\nC=3\r\n", "A=1\r\nB=new\r\nC=3\r\n"),
        ("A=1\r\nexport B=2\nC=3\r\n", "A=1\r\nexport B=new\nC=3\r\n"),
        ("A='x\r\ny'\r\nB='1\r\n2'\r\n# end", "A='x\r\ny'\r\nB=new\r\n# end"),
        ("A=1\r\n", "A=1\r\nB=new\r\n"),
        ("A=1\r\nB=2", "A=1\r\nB=new\n"),
        ("A=\x0b\x851\nB=2\n", "A=\x0b\x851\nB=new\n"),
    ],
)
def test_other_lines_stay_as_they_are(text, expected):
    """Each line keeps its end, those of a value in quotes too; a new one ends as the one in its place, or before it."""
    assert dotenv.changed(text, "B", "new") == expected


@given(st.text(alphabet="AB='\"\\#\n\r \texport$"))
def test_any_text_is_read_or_refused(text):
    """Whatever a file holds gives values or a problem with a place in it."""
    try:
        dotenv.values(text)
    except dotenv.SyntaxProblem as problem:
        assert 1 <= problem.line <= text.count("\n") + 1 and problem.column >= 1


def test_hostile_files_take_no_time():
    """Long runs of quotes, blanks and escapes are read in one go."""
    size = 300_000
    runs = ['A="' + '\\"' * size, "A=" + " " * size + "x", " " * size, "A='" + "\n" * size, "#" * size, "A=" + " #" * size, '"' * size]
    for text in runs:
        try:
            dotenv.values(text)
        except dotenv.SyntaxProblem as problem:
            assert problem.sentence
