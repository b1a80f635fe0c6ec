"""`moonwit check`: every problem, then how many there are."""

from pathlib import Path

import pytest

from moonwit.commands.check import told
from moonwit.registry import Problem

HEAD = "version: '1.0'\nnamespace: demo\nentries:\n"


@pytest.fixture
def check(moonwit, write):
    """Checks a project made of the text of its entries and of more files."""

    def run(entries, **files):
        write("_index.yaml", HEAD + entries)
        for name, text in files.items():
            write(f"{name}.lua", text)
        return moonwit("check")

    return run


def test_a_project_without_problems(moonwit, project):
    """A sound project ends with 0 and the number of its entries."""
    result = moonwit("check", cwd=project)
    assert (result.stdout, result.stderr, result.returncode) == ("14 entries, no problems\n", "", 0)


def test_every_problem_is_printed_and_counted(check):
    """All problems come at once, each with its place and a caret, then the count; errors make the exit code 1."""
    result = check(
        "  - name: a\n    kind: function.wat\n    source: (module)\n    methd: a\n"
        "  - name: b\n    kind: function.wat\n    source: (module)\n    method: b\n"
        "  - name: c\n    kind: process.host\n"
        "  - name: d\n    kind: library.lua\n    source: 'return = 1'\n"
    )
    assert result.returncode == 1
    assert "_index.yaml:7:5: error: " in result.stderr
    assert "did you mean `method`?" in result.stderr
    assert "_index.yaml:10:13: error: the module exports no functions" in result.stderr
    assert "_index.yaml:16:21: error: the Lua source is not valid: unexpected symbol near '='" in result.stderr
    assert "warning: " in result.stderr
    assert result.stderr.count("^") >= 4
    errors = result.stderr.count("error: ")
    assert result.stdout == f"{errors} errors, 1 warning in 1 file\n"


def test_warnings_alone_are_no_failure(check):
    """A project with nothing but warnings ends with 0."""
    result = check("  - name: c\n    kind: process.host\n")
    assert (result.stdout, result.returncode) == ("1 warning in 1 file\n", 0)


@pytest.mark.parametrize(
    ("source", "place", "sentence"),
    [
        ("local a = 1\n\nlocal b = = 2\n", "f.lua:3:11", "unexpected symbol near '='"),
        ("return function(\n", "f.lua:2:1", "near '<eof>'"),
        ("return {1, 2,, 3}\n", "f.lua:1:14", "unexpected symbol near ','"),
        ("x = 'a\n", "f.lua:1:", "unfinished string"),
        ("goto nowhere\n", "f.lua:1:1", "nowhere"),
        ("if x the end end\n", "f.lua:1:6", "'then' expected near 'the'"),
    ],
)
def test_lua_sources_are_compiled(check, source, place, sentence):
    """A syntax error of a Lua source is shown in the file it stands in, at its line and, where Lua tells, its column."""
    result = check("  - name: f\n    kind: function.lua\n    source: file://f.lua\n", f=source)
    assert result.returncode == 1
    assert place in result.stderr
    assert sentence in result.stderr
    assert result.stdout == "1 error in 1 file\n"


def test_an_inline_source_is_pointed_into(check):
    """A syntax error in a block of YAML is shown at the line of the YAML file."""
    result = check("  - name: f\n    kind: function.lua\n    source: |\n      local a = 1\n      local b = = 2\n")
    assert "_index.yaml:8:17: error: the Lua source is not valid" in result.stderr
    assert "      local b = = 2\n" in result.stderr


def test_globals_that_are_not_there(check):
    """A global that a source reads and nothing gives it is a warning, once, with the nearest name or the module to list."""
    result = check(
        "  - {name: l, kind: library.lua, source: 'return {}'}\n"
        "  - {name: f, kind: function.lua, source: file://f.lua, modules: [json], imports: {mine: l}}\n",
        f="local t = {later = 1}\nshared = 2\nreturn function()\n"
        "  local x = t.later, shared, json, mine, errors, channel, print, coroutine, arg_\n"
        "  return function() return pritn(x), pritn(x), time.now() end\nend\n",
    )
    assert result.stdout == "3 warnings in 1 file\n" and result.returncode == 0
    for place, sentence, hint in (
        ("f.lua:4:77", "there is no global `arg_`: it is nil", ""),
        ("f.lua:5:28", "there is no global `pritn`: it is nil", "did you mean `print`?"),
        ("f.lua:5:48", "there is no global `time`: it is nil", "add `time` to the entry's `modules`"),
    ):
        assert f"{place}: warning: {sentence}" in result.stderr and hint in result.stderr


def test_globals_that_may_be_there(check):
    """Where a script reaches its globals in another way, nothing is said of them."""
    result = check("  - {name: f, kind: function.lua, source: 'rawset(_G, \"x\", 1) return function() return x end'}\n")
    assert (result.stdout, result.stderr) == ("1 entry, no problems\n", "")


def test_lua_sources_are_not_run(check):
    """Checking runs nothing of a source."""
    result = check("  - name: f\n    kind: function.lua\n    source: print('ran') error('ran')\n")
    assert (result.stdout, result.stderr, result.returncode) == ("1 entry, no problems\n", "", 0)


def test_bytecode_is_no_source(check):
    """A Lua source that is bytecode is a problem."""
    result = check('  - name: f\n    kind: function.lua\n    source: "\\eLJ\\x02"\n')
    assert result.returncode == 1
    assert "_index.yaml:6:14: error: the Lua source is not valid: bytecode can't be loaded, only text\n" in result.stderr


def test_an_unknown_module_is_a_problem(check):
    """A listed module that does not exist is shown where it is listed, with the nearest name."""
    result = check("  - name: f\n    kind: function.lua\n    modules: [json, string, fncs]\n    source: return print\n")
    assert result.returncode == 1
    assert "_index.yaml:6:29: error: there is no module `fncs`" in result.stderr
    assert "did you mean `funcs`?" in result.stderr


def test_invalid_code_is_found(check):
    """Code that only compiling shows to be invalid is a problem of its entry, in modules and in components."""
    result = check(
        '  - name: f\n    kind: function.wat\n    method: f\n    source: (module (func (export "f") (result i32) i64.const 1))\n'
        "  - name: g\n    kind: function.wat\n    method: g\n    source: |\n"
        "      (component\n"
        '        (core module $m (func (export "g") (result i32) f32.const 1))\n'
        "        (core instance $i (instantiate $m))\n"
        '        (func (export "g") (result s32) (canon lift (core func $i "g"))))\n'
    )
    assert result.returncode == 1
    assert result.stderr.count("not valid WebAssembly: ") == 2
    assert "_index.yaml:7:13: error: " in result.stderr
    assert "type mismatch" in result.stderr
    assert result.stdout == "2 errors in 1 file\n"


def test_a_folder_in_the_project_is_enough(moonwit, project, write):
    """DIR may be the project, or a folder in it."""
    write("project/deep/er/notes.txt", "")
    assert moonwit("check", project).stdout == "14 entries, no problems\n"
    assert moonwit("check", project / "deep" / "er").stdout == "14 entries, no problems\n"


def test_no_project(moonwit, tmp_path):
    """Where no project is found, the sentence says what makes a folder one."""
    result = moonwit("check")
    assert result.returncode == 1
    assert result.stderr.startswith("moonwit: there is no project here: a project is a folder that has `_index.yaml`")
    result = moonwit("check", tmp_path)
    assert result.returncode == 1
    assert "a project is a folder that has `_index.yaml`" in result.stderr
    result = moonwit("check", tmp_path / "nope")
    assert (result.returncode, result.stderr) == (1, f"moonwit: the project folder {tmp_path / 'nope'} does not exist\n")


def test_an_endpoint_that_no_request_can_be_for(check):
    """An endpoint whose function has a parameter that no request can fill is a problem, at the endpoint."""
    result = check(
        "  - name: f\n    kind: function.wat\n    method: f\n    wit: 'f: func(headers: u32) -> u32;'\n    transport: wasi-http\n"
        "    source: '(module (func (export \"f\") (param i32) (result i32) (local.get 0)))'\n"
        "  - {name: e, kind: http.endpoint, method: GET, path: /x, func: f}\n"
    )
    assert result.returncode == 1
    assert "_index.yaml:10:65: error: the function demo:f has the parameter `headers`: expected list<" in result.stderr


def alike(count: int, severity: str, sentence: str, entry: str = "a:e", line: int = 1) -> list[Problem]:
    """Problems of entries that say the same."""
    file = Path("/x/_index.yaml")
    return [
        Problem(file, line + number, 1, sentence, "a hint", severity, "  source", 1, f"{entry}{number}")  # type: ignore[arg-type]
        for number in range(count)
    ]


def test_what_entries_have_alike_is_said_once():
    """Notes and warnings with the same words are shown where they are first, with who has them too; errors each at its place."""
    found = told([*alike(8, "note", "the same"), *alike(2, "warning", "another"), *alike(2, "error", "wrong")])
    assert found.count("note: the same\n") == 1 and found.count("error: wrong\n") == 2 and found.count("warning: another\n") == 1
    assert "  the same of a:e1, a:e2, a:e3, a:e4 and 3 more\n" in found and "  the same of a:e1\n" in found


def test_what_is_told_fits_on_a_screen():
    """Of more than fits the errors come first, and the rest is counted."""
    problems = [each for number in range(30) for each in alike(1, "note", f"note {number}", line=number)]
    problems += [each for number in range(3) for each in alike(1, "error", f"error {number}", line=100 + number)]
    found = told(problems, 20)
    assert found.count("\n") <= 21 and found.index("error 2") < found.index("note 0")
    assert found.endswith("... and 28 more: moonwit check --all\n")
    assert told(problems, 2).count("error:") == 1
    assert told(problems).count("note:") == 30 and "more" not in told(problems)
