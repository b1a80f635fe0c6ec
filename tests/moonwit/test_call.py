"""`moonwit call`: JSON in, JSON out."""

import pytest


@pytest.fixture
def call(moonwit, project):
    """Calls a function of the project."""
    return lambda *arguments: moonwit("call", *arguments, cwd=project)


@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (["demo:answer"], "42"),
        (["demo:neg", "-5"], "5"),
        (["demo:neg", "9223372036854775807"], "-9223372036854775807"),
        (["demo:half", "5"], "2.5"),
        (["demo:half", "5e0"], "2.5"),
        (["demo:big"], "18446744073709551615"),
        (["demo:point"], '{"y": 7, "x": 9}'),
        (["demo:bytes"], "[97, 98]"),
        (["demo:binary"], "[255, 0]"),
    ],
)
def test_a_result_is_one_line_of_json(call, arguments, output):
    """The result is JSON on one line: 64-bit integers in full, records in the order of their type, bytes as numbers."""
    result = call(*arguments)
    assert (result.stdout, result.stderr, result.returncode) == (output + "\n", "", 0)


@pytest.mark.parametrize(
    ("word", "output"),
    [
        ("7", "number\tfalse\n7\n"),
        ("true", "boolean\tfalse\ntrue\n"),
        ("null", "nil\tfalse\nnull\n"),
        ('"7"', 'string\tfalse\n"7"\n'),
        ("hello world", 'string\tfalse\n"hello world"\n'),
        ("", 'string\tfalse\n""\n'),
        ("NaN", 'string\tfalse\n"NaN"\n'),
        ("--project", 'string\tfalse\n"--project"\n'),
        ("-h", 'string\tfalse\n"-h"\n'),
        ("привет", 'string\tfalse\n"привет"\n'),
        ('{"a": [1, null, 2]}', 'table\tfalse\n{"a": [1, null, 2]}\n'),
        ("[null]", "table\tfalse\n[null]\n"),
    ],
)
def test_an_argument_is_json_or_a_string(call, word, output):
    """An argument is JSON, or a string where it is not; what the function prints stands before its result."""
    result = call("demo:same", word)
    assert (result.stdout, result.stderr, result.returncode) == (output, "", 0)


def test_an_argument_that_is_not_utf8_is_a_string_of_its_bytes(moonwit, project):
    """Bytes that no text has reach the function as they were typed."""
    result = moonwit("call", "demo:same", b"\xff\xfe", cwd=project)
    assert (result.stdout, result.returncode) == ("string\tfalse\n[255, 254]\n", 0)


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("18446744073709551616", "argument 1 has the integer 18446744073709551616, which does not fit 64 bits"),
        ("-9223372036854775809", "does not fit 64 bits"),
        ("[" + "9" * 5000 + "]", "has the integer 99999999999999999999..., which does not fit 64 bits"),
        ("1e999", "argument 1 has the number 1e999, which is too large"),
        ('{"a": 1, "b": 2, "a": 3}', 'argument 1 has the key "a" twice'),
        ('"\\ud800"', "argument 1 has the lone surrogate U+D800"),
        ("[" * 200 + "]" * 200, "argument 1 is nested more than 128 levels deep"),
        ("[" * 50_000 + "]" * 50_000, "argument 1 is nested more than 128 levels deep"),
    ],
)
def test_json_that_is_no_value_is_refused(call, word, sentence):
    """JSON that stands for no value is refused with a sentence that names the argument."""
    result = call("demo:same", word)
    assert (result.stdout, result.returncode) == ("", 1)
    assert result.stderr.startswith("moonwit: demo:same: argument 1 ")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_number_that_json_lacks_is_refused(call):
    """NaN and infinities are not printed: a reader of JSON could not read them."""
    result = call("demo:divide", "1", "0")
    assert (result.stdout, result.returncode) == ("", 1)
    assert result.stderr == "moonwit: demo:divide was called, but the result is Infinity, which JSON has no number for\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["demo:answer", "1"], "answer: expected 0 arguments, got 1"),
        (["demo:neg", "many"], "neg: parameter 1"),
        (["demo:refuse"], "moonwit: no way"),
        (["demo:answr"], "did you mean demo:answer?"),
        (["answer"], "not an id: write namespace:name"),
        (["demo:mixed"], "demo:mixed"),
        (["demo:greeting"], "of kind library.lua, which can't be called"),
    ],
)
def test_a_failed_call_is_a_sentence_on_stderr(call, arguments, sentence):
    """A call that fails, the err side of a result included, prints a sentence to stderr and ends with 1."""
    result = call(*arguments)
    assert (result.stdout, result.returncode) == ("", 1)
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


def test_a_trap_shows_the_guests_frames(call):
    """A trap says what happened, once, and where in the guest."""
    result = call("demo:crash")
    assert result.returncode == 1
    assert result.stderr.count("unreachable") == 1
    assert "guest inner" in result.stderr


def test_a_broken_function_is_shown_with_its_line(moonwit, project):
    """What is wrong with a function that is called is shown as `check` shows it, with its line and a caret."""
    index = project / "_index.yaml"
    index.write_text(index.read_text(encoding="utf-8").replace("method: neg", "method: nge"), encoding="utf-8")
    result = moonwit("call", "demo:neg", "1", cwd=project)
    assert result.returncode == 1
    assert "    method: nge\n" in result.stderr
    assert "            ^^^" in result.stderr
    assert moonwit("call", "demo:answer", cwd=project).stdout == "42\n"


def test_project_option(moonwit, project, tmp_path):
    """`--project` names the folder; without it the working directory and the folders above it are searched."""
    assert moonwit("call", "--project", project, "demo:answer").stdout == "42\n"
    assert moonwit("call", f"--project={project}", "demo:answer").stdout == "42\n"
    below = project / "a" / "b"
    below.mkdir(parents=True)
    assert moonwit("call", "demo:answer", cwd=below).stdout == "42\n"
    result = moonwit("call", "demo:answer")
    assert result.returncode == 1
    assert "no project was found" in result.stderr
    result = moonwit("call", "--project", tmp_path / "nope", "demo:answer")
    assert (result.returncode, result.stderr) == (1, f"moonwit: the project folder {tmp_path / 'nope'} does not exist\n")


def test_the_details_of_an_error_are_shown(moonwit, write):
    """What the err side carries beside its message goes to stderr as JSON."""
    write(
        "_index.yaml",
        'version: "1.0"\nnamespace: t\nentries:\n  - name: f\n    kind: function.lua\n    modules: [errors]\n'
        "    source: return function() return nil, errors.new{message = 'no', details = {code = 4}} end\n",
    )
    result = moonwit("call", "t:f")
    assert result.returncode == 1
    assert result.stderr.startswith('moonwit: no\n\tdetails: {"code": 4}\n')
