"""Help, versions, wrong usage, colors, and what happens when something in moonwit itself fails."""

import os
import pty
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = ("repl", "types", "run", "call", "check", "list", "schema", "inspect")


def test_version(moonwit):
    """`--version` is the version that the package has."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    result = moonwit("--version")
    assert (result.stdout, result.stderr, result.returncode) == (f"moonwit {version}\n", "", 0)


def test_the_overview_names_every_command(moonwit):
    """`help`, `-h` and `--help` list the commands; without a command the list goes to stderr, as wrong usage."""
    texts = {moonwit(word).stdout for word in ("help", "-h", "--help")}
    assert len(texts) == 1
    text = texts.pop()
    assert all(f"\n  {name} " in text for name in COMMANDS)
    result = moonwit()
    assert (result.stdout, result.stderr, result.returncode) == ("", text, 2)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_page(moonwit, command):
    """A command's page has a usage line and examples, and fits 100 columns."""
    result = moonwit("help", command)
    assert result.returncode == 0
    assert result.stdout.startswith(f"usage: moonwit {command} ")
    assert "\nexamples:\n" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100
    assert moonwit(command, "--help").stdout == moonwit(command, "-h").stdout == result.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["chekc"], "there is no command `chekc`; did you mean `check`?"),
        (["script.lua"], "to run a script, write: moonwit run script.lua"),
        (["a:b"], "to call a function, write: moonwit call a:b"),
        (["--versoin"], "there is no option `--versoin`; did you mean `--version`?"),
        (["help", "lst"], "did you mean `list`?"),
        (["run"], "run needs a script"),
        (["run", "--projct", "x", "s.lua"], "run has no option `--projct`; did you mean `--project`?"),
        (["run", "--project"], "--project needs a value"),
        (["run", "--project=", "s.lua"], "--project needs a value"),
        (["call", "--project", "a", "--project", "b", "x:y"], "--project is given twice"),
        (["call"], "call needs the id of a function"),
        (["check", "a", "b"], "check takes one folder"),
        (["list", "a"], "list takes no arguments"),
        (["schema", "a"], "schema takes no arguments"),
        (["schema", "--out"], "schema has no option `--out`"),
        (["inspect"], "inspect needs one file"),
    ],
)
def test_wrong_usage_ends_with_two(moonwit, arguments, sentence):
    """Wrong usage is a sentence on stderr that says where to read more, and exit code 2."""
    result = moonwit(*arguments)
    assert (result.stdout, result.returncode) == ("", 2)
    assert sentence in result.stderr
    assert "\nsee: moonwit help" in result.stderr


def on_a_terminal(arguments, **changes):
    """Runs a command whose stderr is a terminal, and gives what it shows there."""
    controller, terminal = pty.openpty()
    env = {**os.environ, "TERM": "xterm", **changes}
    try:
        process = subprocess.Popen([sys.executable, "-m", "moonwit", *arguments], stderr=terminal, stdout=subprocess.DEVNULL, env=env)
    finally:
        os.close(terminal)
    shown = b""
    try:
        while part := os.read(controller, 65536):
            shown += part
    except OSError:  # the other side is closed
        pass
    finally:
        os.close(controller)
    process.wait(60)
    return shown.decode()


def test_colors_on_a_terminal_only(project, tmp_path, moonwit):
    """Errors are colored on a terminal, and neither with NO_COLOR, nor on a dumb terminal, nor in a pipe."""
    index = project / "_index.yaml"
    index.write_text(index.read_text(encoding="utf-8").replace("method: neg", "methd: neg"), encoding="utf-8")
    for arguments in (["run", str(tmp_path / "nope.lua")], ["check", str(project)]):
        assert "\x1b[1;31m" in on_a_terminal(arguments, NO_COLOR="")
        assert "\x1b" not in on_a_terminal(arguments, NO_COLOR="1")
        assert "\x1b" not in on_a_terminal(arguments, TERM="dumb")
        assert "\x1b" not in moonwit(*arguments).stderr


def test_a_bug_of_ours_is_one_line(moonwit, write):
    """An exception that nobody expected is one line that asks for a report; its traceback comes with MOONWIT_DEBUG=1."""
    # Python imports `sitecustomize` at its start: a way to break the real command from outside.
    write("broken/sitecustomize.py", "import moonwit.commands.help\ndel moonwit.commands.help.overview\n")
    path = {"PYTHONPATH": os.pathsep.join([str(ROOT), "broken"])}
    result = moonwit("help", env=path)
    assert (result.stdout, result.returncode) == ("", 1)
    assert result.stderr.startswith("moonwit: this is a bug in moonwit, please report it")
    assert result.stderr.count("\n") == 1
    result = moonwit("help", env={**path, "MOONWIT_DEBUG": "1"})
    assert "Traceback" in result.stderr
    assert result.returncode == 1


def test_output_is_utf8_whatever_the_locale(moonwit, project):
    """Results are UTF-8 also where the locale is not."""
    result = moonwit("call", "demo:same", '"é"', cwd=project, env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"})
    assert result.stdout == 'string\tfalse\n"é"\n'
