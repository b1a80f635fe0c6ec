"""`moonwit test` and the module `test`: what is run, what fails and how that reads, clocks, filters, JUnit, exit codes."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from moonwit.__main__ import main
from tests.texts import texts

lua, _ = texts(__file__)

INDEX = """version: "1.0"
namespace: app
entries:
  - name: counter
    kind: function.wat
    source: |
      (module (global $n (mut i32) (i32.const 0))
        (func (export "next") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))
    method: next
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder, which is the working directory."""
    (tmp_path / "_index.yaml").write_text(INDEX)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], str]:
    """Runs the tests; gives the exit code, the lines that were printed, and the complaints."""
    status = main(["test", *arguments])
    out, err = capfd.readouterr()
    return status, out.splitlines(), err


def test_what_passes_is_counted(folder, capfd):
    """Files in any folder of the project, each in an environment and with instances of its own."""
    text = lua("what_passes_is_counted")
    for name in ("a_test.lua", "deep/b_test.lua", "other.lua", ".hidden/c_test.lua", "node_modules/d_test.lua"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    assert said(capfd) == (0, ["2 passed, 0 failed"], "")


def test_what_fails_says_where_and_why(folder, capfd):
    """A failure names the line of the test, and lists what is different; the tests behind it run, too."""
    (folder / "it_test.lua").write_text(
        "local test = require 'test'\n"
        "test.it('differs', function() test.eq({ a = 1, b = { 1, 2, { c = 'x' } }, d = 0 / 0 }, "
        "{ a = 2, b = { 1, 2, { c = 'y\\n' } }, e = true, d = 0 / 0 }) end)\n"
        "test.it('is one value', function() test.eq('1', 1) end)\n"
        "test.it('raises', function() error('boom') end)\n"
        "test.it('is not true', function() test.ok(false) end)\n"
        "test.it('does not raise', function() test.raises(function() return 1 end) end)\n"
        "test.it('raises otherwise', function() test.raises(function() error('boom', 0) end, 'bam') end)\n"
        "test.it('passes', function() test.eq({ { 1 }, n = {} }, { { 1 }, n = {} }) end)\n"
    )
    status, lines, err = said(capfd)
    text = "\n".join(line for line in lines if not line.startswith("  \t"))
    assert (status, err) == (1, "")
    for expected in (
        "FAIL it_test.lua: differs\n  it_test.lua:2: the values differ\n    .a: expected 2, got 1\n"
        '    .b[3].c: expected "y\\n", got "x"\n    .e: expected true, got nothing',
        'FAIL it_test.lua: is one value\n  it_test.lua:3: expected 1, got "1"',
        "FAIL it_test.lua: raises\n  it_test.lua:4: boom",
        "FAIL it_test.lua: is not true\n  it_test.lua:5: expected something that is true, got false",
        "FAIL it_test.lua: does not raise\n  it_test.lua:6: expected an error, got 1",
        'FAIL it_test.lua: raises otherwise\n  it_test.lua:7: expected an error with "bam", got "boom"',
    ):
        assert expected in text
    assert lines[-1] == "1 passed, 6 failed"


def test_errors_that_come_back_count_as_raised(folder, capfd):
    """`test.raises` takes nil and an error, as functions of modules give, by a kind or by a part of the message; and gives the error."""
    (folder / "it_test.lua").write_text(lua("errors_that_come_back_count_as_raised"))
    assert said(capfd) == (0, ["1 passed, 0 failed"], "")


def test_fixtures_and_cleanups(folder, capfd):
    """A fixture is made once for a test that asks for it, and is ended with the test, also with one that fails; the last first."""
    (folder / "it_test.lua").write_text(lua("fixtures_and_cleanups"))
    status, lines, _ = said(capfd)
    kept = [line for line in lines if not line.startswith("  \t")]
    assert [line for line in kept if not line.startswith(("FAIL", "  "))] == [
        "make 1", "own", "end 1", "make 2", "end 2",
        "false\ta fixture belongs to a test, and none is running", "2 passed, 2 failed",
    ]  # fmt: skip
    assert "FAIL it_test.lua: fourth" in kept and "  late" in kept and status == 1


def test_rows(folder, capfd):
    """`test.each` is a test for each row, named by it."""
    (folder / "it_test.lua").write_text("""
      local test = require 'test'
      test.each({ { 1, 2 }, { 2, 4 } }, '%d and one is %d', function(a, b) test.eq(a + 1, b) end)
    """)
    status, lines, _ = said(capfd)
    assert (status, lines[0], lines[-1]) == (1, "FAIL it_test.lua: 2 and one is 4", "1 passed, 1 failed")
    assert said(capfd, "1 and") == (0, ["1 passed, 0 failed"], "")


def test_time_on_a_test_clock_takes_none(folder, capfd):
    """A file that says so, and an entry, wait for hours at once; the time goes on by what was waited for."""
    sleep = "local time = require 'time' local from = time.now() time.sleep('24h') return time.now():sub(from):hours() == 24"
    (folder / "it_test.lua").write_text(
        f"-- What waits. clock: test\nrequire('test').it('waits', function() assert((function() {sleep} end)()) end)\n"
    )
    (folder / "_index.yaml").write_text(
        f"{INDEX}  - name: waits\n    kind: function.lua\n    meta: {{type: test, clock: test}}\n    modules: [time]\n"
        f"    source: 'return function() assert((function() {sleep.replace(chr(39), chr(34))} end)()) end'\n"
    )
    assert said(capfd, "--timeout", "300") == (0, ["2 passed, 0 failed"], "")


def test_entries_are_tests(folder, capfd):
    """One with `meta.type: test` is called; of a whole binary each function without parameters is. An error is the failure."""
    (folder / "_index.yaml").write_text(
        INDEX
        + """  - name: good
    kind: function.lua
    meta: {type: test}
    modules: [test]
    source: |
      local test = require 'test'
      return function() test.it('inside', function() test.eq(1, 1) end) end
  - {name: bad, kind: function.lua, meta: {type: test}, source: "return function() error('no luck', 0) end"}
  - name: guest
    kind: function.wat
    meta: {type: test}
    source: '(module (func (export "fine")) (func (export "trap") unreachable) (func (export "takes") (param i32)))'
"""
    )
    status, lines, _ = said(capfd)
    assert status == 1 and lines[-1] == "2 passed, 2 failed"
    assert {line for line in lines if line.startswith("FAIL")} == {"FAIL app:bad", "FAIL app:guest#trap"}
    assert said(capfd, "inside") == (0, ["1 passed, 0 failed"], "")


def test_what_never_ends_is_given_up(folder, capfd):
    """A file that waits for nothing that comes fails after the time that it has; others are run."""
    (folder / "a_test.lua").write_text("require('channel').new():receive()")
    (folder / "b_test.lua").write_text("require('test').it('passes', function() end)")
    status, lines, _ = said(capfd, "--timeout", "2")
    assert status == 1 and lines[-1] == "1 passed, 1 failed" and "FAIL a_test.lua" in lines


def test_a_script_that_fails_is_a_failure(folder, capfd):
    """A file that is not Lua, one that raises beside its tests, and one that exits."""
    (folder / "a_test.lua").write_text("this is not Lua")
    (folder / "b_test.lua").write_text("require('test').it('passes', function() end) error('after', 0)")
    status, lines, _ = said(capfd)
    assert status == 1 and lines[-1] == "1 passed, 2 failed" and "  after" in lines


def test_exit_codes_and_usage(folder, capfd):
    """No tests at all, none that fits, and wrong usage are told."""
    assert said(capfd) == (1, [], "moonwit: there are no tests: write a file that ends in _test.lua\n")
    (folder / "a_test.lua").write_text("require('test').it('passes', function() end)")
    assert said(capfd, "nothing") == (1, [], "moonwit: no test fits nothing\n")
    assert said(capfd, "a", "b")[0] == 2 and said(capfd, "--timeout", "x")[0] == 2


def test_junit(folder, capfd):
    """The results are written as CI systems read them, whatever is in the names and messages."""
    (folder / "it_test.lua").write_text(
        "local test = require 'test'\ntest.it('a <b> \\1', function() end)\ntest.it('c', function() error('&\\2 <no>', 0) end)\n"
    )
    assert said(capfd, "--junit", "out.xml")[0] == 1
    suite = ElementTree.parse(folder / "out.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [case.get("name") for case in suite] == ["a <b> \ufffd", "c"]
    assert [failure.get("message") for failure in suite.iter("failure")] == ["&\ufffd <no>"]


def test_outside_of_a_run_a_failure_is_raised(folder, capfd):
    """A file of tests is a script like any other."""
    (folder / "it_test.lua").write_text("local test = require 'test'\ntest.it('fails', function() test.eq(1, 2) end)\n")
    assert main(["run", "it_test.lua"]) == 1
    assert "it_test.lua:2: expected 2, got 1" in capfd.readouterr().err
