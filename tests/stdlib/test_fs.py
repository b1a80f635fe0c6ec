"""The module `fs`: files below the folders of `fs.directory` entries, and nothing else."""

import os
import resource
import subprocess
import sys
from contextlib import suppress

import pytest

import moonwit
from tests.projects import entry, write
from tests.texts import texts

lua, _ = texts(__file__)

ENTRIES = """
  - {name: data, kind: fs.directory, directory: data}
  - {name: made, kind: fs.directory, directory: a/b, auto_init: true, mode: "0750"}
  - {name: gone, kind: fs.directory, directory: gone}
  - name: reader
    kind: function.lua
    modules: [fs]
    source: |
      return function(path)
        return assert(fs.get('app:data')):readfile(path)
      end
"""


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def run(tmp_path, data, capfd):
    """Runs a script with `d`, the folder, and gives the lines that it prints."""
    write(tmp_path, ENTRIES, namespace="app")

    def run(text):
        with moonwit.open(tmp_path) as project:
            project.run_script("local d = assert(fs.get('app:data'))\n" + text)
        return capfd.readouterr().out.splitlines()

    return run


def test_a_file_is_written_and_read(run, data):
    """What is written is there, byte for byte, and is read back."""
    assert run("print(d:writefile('a.bin', '\\0\\r\\n\\255x')) print(d:readfile('a.bin') == '\\0\\r\\n\\255x')") == ["true", "true"]
    assert (data / "a.bin").read_bytes() == b"\0\r\n\xffx"


def test_writefile_replaces_adds_or_makes(run, data):
    """The mode says whether what is there stays."""
    lines = run(
        "d:writefile('f', 'long text') d:writefile('f', 'one') d:writefile('f', ' two', 'a') print(d:readfile('f'))"
        "local ok, err = d:writefile('f', '', 'wx') print(ok, err:kind(), err)"
    )
    assert lines == ["one two\tnil", "nil\tAlreadyExists\t`f` in app:data exists already"]


def test_lines_and_formats_are_those_of_io(run, data):
    """`read` and `lines` take Lua's formats, also over the ends of what is read ahead."""
    (data / "f").write_bytes(b"one\n\ntwo\r\n" + b"x" * 200_000 + b"\nlast")
    lines = run(
        "local f = d:open('f') print(f:read()) print(#f:read('l')) print(#f:read('*L')) print(f:seek()) print(#f:read())"
        "print(f:read(2, 'a')) print(f:read('a') == '', f:read(), f:read(0), f:read(1))"
        "local n = 0 for line in d:open('f'):lines() do n = n + #line end print(n)"
        "for part in d:open('f'):lines(100000) do io = #part end print(io)"
    )
    assert lines == ["one", "0", "5", "10", "200000", "la\tst", "true\tnil\tnil\tnil", "200011", "15"]


def test_a_file_knows_its_position(run, data):
    """Reading and writing go on from where `seek` says; beyond the end there are zeros."""
    lines = run(
        "local f = d:open('f', 'w+') f:write('hello ', 42, '!') print(f:seek('set', 6), f:read(2), f:seek('end'), f:seek('cur', -3))"
        "f:write('x') print(f:seek()) f:seek('set', 12) f:write('z') f:seek('set') print(#f:read('a'))"
        "local p, err = f:seek('set', -1) print(p, err:kind())"
    )
    assert lines == ["6\t42\t9\t6", "7", "13", "nil\tInvalid"]
    assert (data / "f").read_bytes() == b"hello x2!\0\0\0z"


def test_appending_goes_to_the_end(run, data):
    """In mode "a" whatever is written comes last, also when others have added something."""
    (data / "f").write_text("1")
    run("local f, g = d:open('f', 'a'), d:open('f', 'ab') f:write('2') g:write('3') f:seek('set') f:write('4') f:close() g:close()")
    assert (data / "f").read_text() == "1234"


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("d:readfile('none')", "NotFound", "`none` in app:data does not exist"),
        ("d:readfile('sub')", "Invalid", "`sub` in app:data is a folder"),
        ("d:open('sub', 'w')", "Invalid", "`sub` in app:data is a folder"),
        ("d:open('none/f', 'w')", "NotFound", "`none/f` in app:data does not exist"),
        ("d:mkdir('sub')", "AlreadyExists", "`sub` in app:data exists already"),
        ("d:mkdir('a/b')", "NotFound", "`a/b` in app:data does not exist"),
        ("d:remove('sub')", "Conflict", "`sub` in app:data is a folder that is not empty"),
        ("d:remove('/')", "Invalid", "`/` in app:data is not a path that a file can have"),
        ("d:readdir('sub/f')", "Invalid", "`sub/f` in app:data leads through something that is not a folder, or names none"),
        ("d:stat('../x')", "PermissionDenied", "`../x` in app:data leaves its folder"),
        ("d:open('f', 'r'):write('x')", "PermissionDenied", "file:write: f in app:data is open in mode 'r', which does not allow it"),
        ("d:open('f', 'a'):read()", "PermissionDenied", "file:read: f in app:data is open in mode 'a', which does not allow it"),
        ("fs.get('app:none')", "NotFound", "there is no entry `app:none`, did you mean app:gone?"),
        ("fs.get('app:reader')", "Invalid", "the entry app:reader is of kind function.lua, which holds no files: name an fs.directory"),
        ("fs.get('data')", "Invalid", "`data` is not an id: write namespace:name, did you mean app:data?"),
    ],
)
def test_what_can_not_be_done_is_an_error_value(run, data, code, kind, message):
    """Each failure is nil and an error with its kind and a sentence that names the path and the entry."""
    (data / "sub").mkdir()
    (data / "sub" / "f").write_text("")
    (data / "f").write_text("")
    assert run(f"local v, err = {code} print(v, err:kind(), err)") == [f"nil\t{kind}\t{message}"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("d:open(1)", "fs:open: expected a string as the path, got a number"),
        ("d:writefile('f')", "fs:writefile: expected a string as the data, got nil"),
        ("d.readfile('f')", "fs:readfile is called on a string, write folder:readfile(...)"),
        ("d:nothing()", "a folder has no method 'nothing'"),
        ("d:readfil('f')", "a folder has no method 'readfil', did you mean 'readfile'?"),
        ("d.x = 1", "a folder can't be changed"),
        ("fs.get()", "fs.get: expected a string as the id of an fs.directory, got nil"),
        ("d:open('f', 'w'):write({})", "file:write: expected a string or a number as value 1, got a table"),
        ("d:open('f', 'w+'):read('n')", "file:read: expected 'l' (a line, the default)"),
        ("d:open('f', 'w+'):read(-1)", "or a number of bytes as a format, got -1"),
        ("fs.get = 1", "the library 'fs' can't be changed"),
    ],
)
def test_misuse_raises(run, code, message):
    """A wrong type or method is a mistake of the script and raises."""
    (line,) = run(f"local ok, err = pcall(function() {code} end) print(ok, err)")
    assert line.startswith("false\t") and message in line


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("d:open('f', 'rw')", "fs:open: expected one of the modes r, w, a, r+, w+, a+, wx, w+x, got 'rw'"),
        ("d:open('f', {})", "fs:open: expected one of the modes r, w, a, r+, w+, a+, wx, w+x, got a table"),
        ("d:writefile('f', 'x', 'r')", "fs:writefile: expected one of the modes w, a, wx, got 'r'"),
        ("d:writefile('f', 'x', 5)", "fs:writefile: expected one of the modes w, a, wx, got a number"),
        ("d:open('f', 'w+'):seek('middle')", "file:seek: expected 'set', 'cur' or 'end', got 'middle'"),
        ("d:open('f', 'w+'):seek(7)", "file:seek: expected 'set', 'cur' or 'end', got 7"),
    ],
)
def test_words_that_are_none_are_errors(run, code, message):
    """A mode or whence that there is not comes back as an error of kind Invalid, as the reference has it, and changes no file."""
    assert run(f"local value, err = {code} print(value, err:kind(), err)") == [f"nil\tInvalid\t{message}"]


def test_names_are_listed_in_order(run, data):
    """`readdir` gives a list of names and types, sorted, that can also be called in a loop."""
    (data / "b").mkdir()
    for name in ("c", "a"):
        (data / name).write_text("")
    os.mkfifo(data / "d")
    (data / "e").symlink_to("/etc")
    lines = run(
        "for entry in d:readdir('/') do print(entry.name, entry.type) end local list = d:readdir() print(#list, list[2].name)"
        "for entry in list do break end for entry in list do print(entry.name) break end"
    )
    assert lines == ["a\tfile", "b\tdirectory", "c\tfile", "d\tother", "e\tother", "5\tb", "a"]


def test_stat_tells_what_is_there(run, data):
    """Size, type, time and permissions; `exists` and `isdir` say no for what is not there."""
    (data / "f").write_text("12345")
    os.chmod(data / "f", 0o640)
    os.utime(data / "f", (1_000_000_000, 1_000_000_000.5))
    lines = run(
        "local s = d:stat('f') print(s.name, s.size, s.type, s.is_dir, s.modified, s.mode) print(d:stat('/').is_dir)"
        "print(d:exists('f'), d:exists('g'), d:exists('f/g'), d:isdir('f'), d:isdir('.'), d:isdir('g'))"
        "local no, err = d:exists('../x') print(no, err:kind())"
    )
    assert lines == ["f\t5\tfile\tfalse\t1000000000.5\t416", "true", "true\tfalse\tfalse\tfalse\ttrue\tfalse", "nil\tPermissionDenied"]


def test_a_closed_file_is_of_no_more_use(run, data):
    """After `close` each method gives an error value, and a loop over its lines raises one."""
    (data / "f").write_text("a\nb\n")
    lines = run(
        "local f = d:open('f', 'r+') local next_line = f:lines() print(next_line(), f:close(), tostring(f))"
        "for _, name in ipairs{'read', 'write', 'seek', 'close'} do local v, err = f[name](f) print(v, err) end"
        " print(pcall(next_line))"
    )
    assert lines[0] == "a\ttrue\tfile (closed)"
    assert lines[1:5] == [f"nil\tfile:{name}: f in app:data is closed" for name in ("read", "write", "seek", "close")]
    assert lines[5] == "false\tfile:lines: f in app:data is closed"


def test_files_that_nobody_holds_are_closed(run, data):
    """A script may forget to close: more files than may be open at once are opened, one after the other."""
    (data / "f").write_text("x")
    assert run("for i = 1, 3000 do assert(d:open('f')):read(1) if i % 500 == 0 then collectgarbage() end end print('done')") == ["done"]


MOST = 256


@pytest.fixture
def descriptors():
    """Enough descriptors, as the command takes them: a fourth of them is for files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_open_files_have_a_bound(descriptors, run, data):
    """A script may have 256 files open; one more is refused with a sentence, and those that are open go on."""
    (data / "f").write_text("x")
    lines = run(
        "local all = {} while true do local f, err = d:open('f') if err then print(#all, err:kind(), err) break end all[#all + 1] = f end"
        " print(all[1]:read(1)) all[2]:close() print(d:readfile('f'))"
    )
    assert lines == [f"{MOST}\tUnavailable\tthe script has {MOST} files open already, and no more may be: close some", "x", "x\tnil"]


def test_what_nobody_holds_makes_room(descriptors, run, data):
    """Files that were forgotten do not count once the bound is reached, also where the collector has not run."""
    (data / "f").write_text("x")
    assert run("for i = 1, 2000 do assert(d:open('f')) end print('done')") == ["done"]


def open_files(folder):
    """How many descriptors of this process are files below a folder."""
    found = 0
    for name in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            found += os.readlink(f"/proc/self/fd/{name}").startswith(f"{folder}/f")
    return found


OWNERS = [entry(name, "function.lua", modules=["fs"], source=lua("owner")) for name in ("greedy", "modest")]
OWNERS.append(entry("data", "fs.directory", directory="data"))


def test_one_script_does_not_starve_others(descriptors, tmp_path):
    """Files belong to the script or the entry that opened them: where one has all that it may, others have theirs."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "f").write_text("x")
    write(tmp_path, *OWNERS)
    hold = "all = {} for i = 1, %d do local f, e = fs.get('t:data'):open('f') assert(f, tostring(e)) all[i] = f end"
    with moonwit.open(tmp_path) as project:
        with pytest.raises(moonwit.CallError, match=f"^the entry t:greedy has {MOST} files open already, and no more may be: close some"):
            project.call("t:greedy", 100_000)
        assert project.call("t:modest", MOST) == MOST
        project.run_script(hold % MOST)
        with pytest.raises(moonwit.CallError, match=f"the script has {MOST} files open already"):
            project.run_script(hold % (MOST + 1))
        # What the scripts had open has ended with them, and what the entries have is theirs until the project ends.
        assert open_files(data) == 2 * MOST
        project.run_script(hold % MOST)
    assert open_files(data) == 0


def test_few_descriptors_are_shared(tmp_path):
    """Where the process may have few descriptors, files take a part of them, and each owner at most half of what is left."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "f").write_text("x")
    write(tmp_path, *OWNERS)
    code = f"""
import resource
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
import moonwit
with moonwit.open({str(tmp_path)!r}) as project:
    for entry in ("t:greedy", "t:modest"):
        try:
            project.call(entry, 1000)
        except moonwit.CallError as error:
            print(error)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ran.stdout.splitlines() == [
        "the entry t:greedy has 32 files open already, and no more may be: close some",
        "the entry t:modest has 16 files open already, and no more may be: close some",
    ], ran.stderr


def test_others_run_while_much_is_read(run, data):
    """Between the pieces of a large read other coroutines have their turns."""
    (data / "f").write_bytes(b"x" * 32 * 1024 * 1024)
    lines = run(
        "local turns, reading = 0, true coroutine.spawn(function() while reading do turns = turns + 1 time.sleep(0) end end)"
        "local text = d:readfile('f') reading = false print(#text, turns >= 16)"
    )
    assert lines == [f"{32 * 1024 * 1024}\ttrue"]


def test_a_file_in_use_is_not_touched_by_another_coroutine(run, data):
    """While one coroutine reads much of a file, another gets an error instead of a piece out of the middle."""
    (data / "f").write_bytes(b"x" * 8 * 1024 * 1024)
    lines = run(
        "local f = d:open('f') local seen coroutine.spawn(function() local _, err = f:read(1) seen = err end)"
        "print(#f:read('a'), seen and seen:kind())"
    )
    assert lines == [f"{8 * 1024 * 1024}\tConflict"]


def test_large_writes_arrive_whole(run, data):
    """What is handed over in pieces is put together in order."""
    run("local f = d:open('f', 'w') f:write(('0123456789'):rep(500000), 'end') f:close() d:writefile('g', ('ab'):rep(1000000), 'a')")
    assert (data / "f").read_bytes() == b"0123456789" * 500_000 + b"end"
    assert (data / "g").read_bytes() == b"ab" * 1_000_000


def test_a_string_has_a_bound(run, data):
    """A file that is too large for one string is refused before it is read, and can be read in pieces."""
    with open(data / "f", "wb") as file:
        file.truncate(300 * 1024 * 1024)
    lines = run("local s, err = d:readfile('f') print(s, err) local f = d:open('f') print(#f:read(1000), #f:read(2000000))")
    assert lines[0] == "nil\tfs:readfile: f holds 314572800 bytes, more than the 256 MiB of a string: open it, and read it piece by piece"
    assert lines[1] == "1000\t2000000"


def test_a_folder_is_made_when_it_is_first_used(run, tmp_path):
    """`auto_init` makes the folder, with its mode."""
    assert run("assert(fs.get('app:made')):writefile('f', 'x')") == []
    assert (tmp_path / "a" / "b" / "f").read_text() == "x"
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o750


def test_a_folder_that_is_not_there_has_a_sentence(run):
    """Without `auto_init` a missing folder is a problem of its entry."""
    (line,) = run("local f, err = fs.get('app:gone') print(f, err:kind(), err)")
    assert line.startswith("nil\tInvalid\tthe entry app:gone can't be used: ") and "the folder `gone` does not exist" in line


def test_functions_list_the_module(run, data):
    """A function.lua that lists `fs` has it."""
    (data / "f").write_text("text")
    assert run("print(funcs.call('app:reader', 'f')) print(funcs.call('app:reader', '../_index.yaml'))") == [
        "text",
        "nil\t`../_index.yaml` in app:data leaves its folder",
    ]


@pytest.mark.parametrize(
    "path",
    [
        "../secret", "/../secret", "sub/../../secret", "./../secret", "..//secret", "sub/./../../secret", "//../secret", "..",
        "../", "../data/../secret", "%2e%2e/secret", "..%2fsecret", "%2e%2e%2fsecret", "..\\\\secret", "\\192\\174\\192\\174/secret",
        "..\\0/secret", "out", "out/secret", "up/secret", "abs", "abs_dir/secret", "sub/out", "chain", "dangling", "proc/TMP/secret",
        "/proc/self/root/TMP/secret", "/TMP/secret", "proc/TMP/data/out", "/dev/zero", "dev", "fifo", "sub/up/../../secret", "loop",
        "~/secret", "file:///TMP/secret", "C:/secret",
    ],
)  # fmt: skip
def test_no_way_out(run, tmp_path, data, path):
    """None of these tries reads, writes, makes, lists, looks at or removes anything outside the folder."""
    # TMP is the folder that holds the secret. Nothing here names the system's files: a try that succeeds must do no harm.
    path = path.replace("TMP", str(tmp_path).lstrip("/"))
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (data / "sub").mkdir()
    for name, target in {
        "out": "../secret", "up": "..", "abs": secret, "abs_dir": tmp_path, "sub/out": "../../secret", "sub/up": "../..", "chain": "out",
        "dangling": "../new", "proc": "/proc/self/root", "dev": "/dev/zero", "loop": "loop",
    }.items():  # fmt: skip
        (data / name).symlink_to(target)
    os.mkfifo(data / "fifo")
    (line,) = run(
        f"local p, got = '{path}', {{}} local function try(v) got[#got + 1] = tostring(v) end "
        "try(d:readfile(p)) try(d:open(p)) try(d:open(p, 'r+')) try(d:writefile(p, 'x')) try(d:writefile(p, 'x', 'a')) "
        "try(d:writefile(p, 'x', 'wx')) try(d:mkdir(p .. '/made')) try(d:readdir(p)) try(d:remove(p .. '/secret')) "
        "print(table.concat(got, ' '))"
    )
    assert "secret" not in line and "file (" not in line and "table" not in line
    assert secret.read_text() == "secret"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["_index.yaml", "data", "secret"]
