"""Bad input through the real command: a clear sentence, the right exit code, and what is sound goes on working."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from wasmtime import wat2wasm

from tests.texts import texts

lua, _ = texts(__file__)

HEAD = 'version: "1.0"\nnamespace: t\nentries:\n'
SOUND = '  - {name: ok, kind: function.wat, method: f, source: (module (func (export "f") (result i32) i32.const 42))}\n'
SCRIPT = 'print(funcs.call("t:ok")) print(select(2, funcs.call("t:x"))) print(funcs.call("t:ok"))'
ADD = bytes(wat2wasm('(module (func (export "f") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))'))
GUESTS = Path(__file__).parents[1] / "guests"


def sober(result: subprocess.CompletedProcess[str], code: int) -> str:
    """Gives standard error after checking that the command ended as commands do."""
    assert result.returncode == code, result.stderr
    for sign in ("Traceback", "a bug in moonwit", "generated:", ".py:", "/lua/"):
        assert sign not in result.stderr and sign not in result.stdout
    return result.stderr


def shell(command: str, folder: Path, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a shell command in a folder."""
    return subprocess.run(["sh", "-c", command], cwd=folder, env=environment, capture_output=True, encoding="utf-8", timeout=120)


def wasm(data: bytes, method: str = "f", digest: str | None = None) -> str:
    """The entries for a binary `x.wasm` beside the index."""
    digest = digest or "sha256:" + sha256(data).hexdigest()
    folder = "  - {name: here, kind: fs.directory, directory: .}\n"
    return f'{folder}  - {{name: x, kind: function.wasm, fs: here, path: x.wasm, hash: "{digest}", method: "{method}"}}\n'


@pytest.fixture
def refused(moonwit: Any, tmp_path: Path) -> Callable[[str], str]:
    """Checks, calls and runs a project with a broken entry `t:x` beside a sound one; gives what `check` says."""

    def run(entries: str) -> str:
        (tmp_path / "_index.yaml").write_text(HEAD + SOUND + entries, encoding="utf-8")
        (tmp_path / "script.lua").write_text(SCRIPT)
        said = sober(moonwit("check"), 1)
        assert re.search(r"^_index\.yaml:\d+:\d+: error: ", said, re.MULTILINE)
        assert "moonwit: the entry t:x can't be used: " in sober(moonwit("call", "t:x", "1", "2"), 1)
        result = moonwit("run", "script.lua")
        sober(result, 0)
        first, error, last = result.stdout.splitlines()
        assert (first, last) == ("42", "42") and error.startswith("the entry t:x can't be used: ")
        return said

    return run


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (ADD[:-3], "the binary is not well-formed WebAssembly: "),
        (ADD[:4], "the binary is not well-formed WebAssembly: "),
        (b"", "the file `/x.wasm` is empty"),
        (random.Random(1).randbytes(5000), "the file `/x.wasm` is not a WebAssembly binary"),
        (b'(module (func (export "f")))', "the file `/x.wasm` is WAT text, which a `function.wat` entry takes"),
        (ADD[:8], "the module exports no functions"),
        (b"\0asm\x0d\0\1\0", "the component exports no functions"),
        (ADD.replace(b"\x6a\x0b", b"\x7c\x0b"), "the binary is not valid WebAssembly: "),
    ],
    ids=["truncated", "magic", "empty", "random", "text", "no exports", "empty component", "ill-typed"],
)
def test_a_file_that_is_no_sound_binary(refused: Callable[[str], str], tmp_path: Path, data: bytes, sentence: str) -> None:
    """The entry is refused with what is wrong with the file."""
    (tmp_path / "x.wasm").write_bytes(data)
    assert sentence in refused(wasm(data).replace("path: x", "path: /x"))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda file: None, "there is no file `x.wasm`"),
        (lambda file: file.mkdir(), "`path` names `x.wasm`, which is not a file"),
        (lambda file: os.mkfifo(file), "`path` names `x.wasm`, which is not a file"),
        (lambda file: file.symlink_to("/dev/zero"), "`path` leaves the folder of `t:here` by a symbolic link"),
        (lambda file: file.symlink_to("x.wasm"), "`path` names `x.wasm`, a symbolic link that leads nowhere"),
        (lambda file: file.symlink_to("y.wasm"), "`path` names `x.wasm`, a symbolic link that leads nowhere"),
    ],
    ids=["missing", "folder", "fifo", "device", "loop", "dangling"],
)
def test_a_path_that_is_no_file(refused: Callable[[str], str], tmp_path: Path, make: Callable[[Path], None], sentence: str) -> None:
    """Nothing is opened that could block or never end."""
    make(tmp_path / "x.wasm")
    assert sentence in refused(wasm(b""))


def test_a_wrong_hash_and_an_unknown_method(refused: Callable[[str], str], tmp_path: Path) -> None:
    """Both hashes are named; so are the exports, and the nearest."""
    (tmp_path / "x.wasm").write_bytes(ADD)
    said = refused(wasm(ADD, digest="sha256:" + "0" * 64))
    assert "0" * 64 in said and sha256(ADD).hexdigest() in said
    assert "there is no function `F`; did you mean `f`?; exported are `f`" in refused(wasm(ADD, "F"))


@pytest.mark.parametrize(
    ("text", "place", "sentence"),
    [
        ('(module\n\n  (func (export "f")\n    i32.foo))', "x.wat:4:5", "the WAT text is not valid: unknown operator"),
        ('(module (func (export "f")', "x.wat:1:27", "the WAT text is not valid: expected `)`"),
        ("(" * 100_000, "x.wat:1:2", "the WAT text is not valid: "),
        ('(module (func (export "f") (result i32) i64.const 1))', "_index.yaml:5:", "not valid WebAssembly: "),
        ('(module (memory (export "f") 1))', "_index.yaml:5:", "the module exports no functions, only `f`"),
        ('(module (func (export "f")' + " (param i32)" * 40 + "))", "_index.yaml:5:", "`f` can't be called without `wit`"),
    ],
    ids=["operator", "parenthesis", "deep", "ill-typed", "memory", "parameters"],
)
def test_wrong_wat(moonwit: Any, tmp_path: Path, text: str, place: str, sentence: str) -> None:
    """The place is that of the mistake in the text, as far as it is known."""
    (tmp_path / "_index.yaml").write_text(HEAD + SOUND + "  - {name: x, kind: function.wat, method: f, source: file://x.wat}\n")
    (tmp_path / "x.wat").write_text(text)
    for command in (["check"], ["call", "t:x"]):
        said = sober(moonwit(*command), 1)
        assert said.startswith(place) and sentence in said


def monsters() -> dict[str, tuple[str, str]]:
    nine = "a: &a [x,x,x,x,x,x,x,x,x]\n"
    bomb = nine + "".join(f"{c}: &{c} [{','.join(['*' + p] * 9)}]\n" for p, c in zip("abcdefg", "bcdefgh", strict=True))
    return {
        "large": ("#" + "x" * (100 << 20), "the file holds 100 MiB, more than the 8 MiB that are read"),
        "deep": ("namespace: [" + "[" * 200_000, "values are nested more than 64 levels deep"),
        "bomb": (bomb + "namespace: u\n", "the file holds more than 100000 values"),
        "circle": ("namespace: u\nentries: &e\n  - *e\n", "`*e` stands inside what it refers to"),
        "python": ("namespace: u\nentries: [!!python/object/apply:os.abort []]\n", "the tag `!!python/object/apply:os.abort` is not read"),
        "nul": ('namespace: "u\0"\n', "the character U+0000 is not allowed in YAML"),
    }


@pytest.mark.parametrize("name", ["large", "deep", "bomb", "circle", "python", "nul"])
def test_monsters_of_yaml(moonwit: Any, tmp_path: Path, name: str) -> None:
    """A file that can't be read is one problem, found soon; the entries of other files work."""
    text, sentence = monsters()[name]
    (tmp_path / "_index.yaml").write_text(text)
    (tmp_path / "sound.yaml").write_text(HEAD + SOUND)
    assert sentence in sober(moonwit("check"), 1)
    result = moonwit("call", "t:ok")
    assert sentence in sober(result, 0) and result.stdout == "42\n"


def test_byte_order_marks_and_line_ends(moonwit: Any, tmp_path: Path) -> None:
    """Files from other systems are read, lines counted."""
    (tmp_path / "_index.yaml").write_bytes(b"\xef\xbb\xbf" + (HEAD + SOUND + "  - {name: y}\n").replace("\n", "\r\n").encode())
    assert "_index.yaml:5:12: error: an entry needs a `kind`" in sober(moonwit("check"), 1)
    (tmp_path / "script.lua").write_bytes(b"\xef\xbb\xbfprint(funcs.call('t:ok'))\r\nerror('here')\r\n")
    result = moonwit("run", "script.lua")
    assert "moonwit: script.lua:2: here" in sober(result, 1) and result.stdout == "42\n"


def test_2000_entries(moonwit: Any, tmp_path: Path) -> None:
    """A large registry is a registry."""
    (tmp_path / "_index.yaml").write_text(HEAD + "".join(SOUND.replace("ok", f"e{i}").replace("42", str(i)) for i in range(2000)))
    assert moonwit("call", "t:e1999").stdout == "1999\n"
    assert "there is no entry `t:e2000`, did you mean t:e200?" in sober(moonwit("call", "t:e2000"), 1)
    (tmp_path / "_index.yaml").write_text(HEAD + "".join(f"  - {{name: e{i}, kind: none}}\n" for i in range(2000)))
    assert "there are more than 1000 problems, and the rest is not shown" in sober(moonwit("check"), 1)


@pytest.mark.parametrize("name", ["HOME", "XDG_CACHE_HOME", "MOONWIT_CACHE"])
@pytest.mark.parametrize("value", ["", "a file", "/proc/nothing", "relative/folder", "/tmp/" + "x" * 5000])
def test_caches_that_can_not_be(moonwit: Any, tmp_path: Path, name: str, value: str) -> None:
    """Without a cache everything works, only slower."""
    (tmp_path / "_index.yaml").write_text(HEAD + SOUND)
    (tmp_path / "file").touch()
    empty = {"XDG_CACHE_HOME": "", "MOONWIT_CACHE": ""}
    result = moonwit("call", "t:ok", env={**empty, name: str(tmp_path / "file") if value == "a file" else value})
    assert (result.stdout, sober(result, 0)) == ("42\n", "")
    assert not (tmp_path / "relative").exists()


def test_nowhere_to_write(moonwit: Any, tmp_path: Path) -> None:
    """A process that can write no file at all still calls functions."""
    (tmp_path / "_index.yaml").write_text(HEAD + SOUND)
    environment = {**os.environ, "MOONWIT_CACHE": str(tmp_path / "new")}
    result = shell(f'ulimit -f 0; "{sys.executable}" -m moonwit call t:ok | cat', tmp_path, environment)
    assert (result.stdout, result.stderr) == ("42\n", "")


@pytest.mark.parametrize(
    ("arguments", "code", "output"),
    [
        (["check"], 1, "there is no project here"),
        (["list"], 1, "there is no project here"),
        (["call", "t:ok"], 1, "no project was found"),
        (["run", "script.lua"], 1, "the script script.lua does not exist"),
        (["inspect", "x.wasm"], 1, "the file `x.wasm` does not exist"),
        (["call", "--project", "PROJECT", "t:ok"], 0, "42"),
        (["run", "PROJECT/script.lua"], 0, "42"),
    ],
)
def test_a_working_directory_that_is_gone(tmp_path: Path, arguments: list[str], code: int, output: str) -> None:
    """What does not depend on the working directory works; the rest says what it misses."""
    (tmp_path / "_index.yaml").write_text(HEAD + SOUND)
    (tmp_path / "script.lua").write_text('print(funcs.call("t:ok"))')
    words = " ".join(word.replace("PROJECT", f"'{tmp_path}'") for word in arguments)
    gone = tmp_path / "gone"
    gone.mkdir()
    result = shell(f'rmdir "{gone}"; "{sys.executable}" -m moonwit {words}', gone)
    sober(result, code)
    assert output in result.stdout + result.stderr


@pytest.mark.parametrize("encoding", [{}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii"}])
def test_odd_paths_in_any_locale(moonwit: Any, tmp_path: Path, encoding: dict[str, str]) -> None:
    """Spaces, quotes, umlauts and line ends in paths are characters like others, and output is UTF-8 everywhere."""
    folder = tmp_path / "prö \"x' $HOME `ls` %s #h\nline"
    folder.mkdir()
    (folder / "_index.yaml").write_text(HEAD + SOUND + "  - {name: größe, kind: none}\n", encoding="utf-8")
    (folder / "sü b.lua").write_text("print(funcs.call('t:ok'), 'ü', ...) error('ö')", encoding="utf-8")
    result = moonwit("run", "sü b.lua", "ärg", cwd=folder, env=encoding)
    assert result.stdout == "42\tü\tärg\n"
    assert "sü b.lua:1: ö" in sober(result, 1)
    assert "größe" in sober(moonwit("check", cwd=folder, env=encoding), 1)
    other = os.fsencode(tmp_path) + b"/\xff\xfe"
    os.mkdir(other)
    Path(os.fsdecode(other), "_index.yaml").write_text(HEAD + SOUND)
    result = moonwit("call", "t:ok", cwd=Path(os.fsdecode(other)), env=encoding)
    assert (result.stdout, sober(result, 0)) == ("42\n", "")


def test_a_signature_too_large_to_compile(moonwit: Any, tmp_path: Path) -> None:
    """It is an error of the call; the script goes on."""
    params = ", ".join(f"p{i}: u32" for i in range(300))
    (tmp_path / "x.wat").write_text("""(module (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 64)
      (func (export "f") (param i32)))""")
    entry = f'  - {{name: x, kind: function.wat, method: f, wit: "f: func({params});", source: file://x.wat}}\n'
    (tmp_path / "_index.yaml").write_text(HEAD + SOUND + entry)
    (tmp_path / "script.lua").write_text(SCRIPT)
    result = moonwit("run", "script.lua")
    assert sober(result, 0) == ""
    assert result.stdout.startswith("42\nthe entry t:x can't be called: its signature is too large (") and result.stdout.endswith("\n42\n")


def test_ids(moonwit: Any, tmp_path: Path) -> None:
    """What can be no id is Invalid, what might be one is NotFound; nothing raises, whatever stands for the id."""
    (tmp_path / "_index.yaml").write_text(HEAD + SOUND)
    (tmp_path / "script.lua").write_text(lua("ids"), encoding="utf-8")
    result = moonwit("run", "script.lua")
    assert (result.stdout, sober(result, 0)) == ("there is no entry `t:okk`, did you mean t:ok?\n", "")


def test_damaged_binaries(moonwit: Any, tmp_path: Path) -> None:
    """Binaries with a few bytes changed load or are refused, work or fail; the process goes on and the sound entry answers."""
    chance = random.Random(7)
    whole = [(GUESTS / "shared/shared.wasm").read_bytes(), (GUESTS / "thirdparty/composed/composed.wasm").read_bytes()]
    entries = "  - {name: here, kind: fs.directory, directory: .}\n"
    for number in range(60):
        data = bytearray(whole[number % 2])
        for _ in range(chance.choice((1, 1, 2, 5))):
            data[chance.randrange(8, len(data))] = chance.randrange(256)
        (tmp_path / f"x{number}.wasm").write_bytes(data)
        digest = sha256(data).hexdigest()
        entries += (
            f"  - {{name: f{number}, kind: function.wasm, fs: here, path: x{number}.wasm, hash: 'sha256:{digest}', "
            "method: run, limits: {max_execution_ms: 2000}}\n"
        )
    (tmp_path / "_index.yaml").write_text(HEAD + SOUND + entries)
    (tmp_path / "script.lua").write_text(lua("damaged_binaries"))
    result = moonwit("run", "script.lua")
    sober(result, 0)
    assert result.stdout == "60\n"
