"""What shells complete: commands, their options and what these may be, in each shell that is here."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from moonwit.__main__ import main
from moonwit.commands import COMMANDS
from moonwit.commands.completion import SHELLS, options

LINES = [
    ("moonwit loc", {"lock"}),
    ("moonwit run --", {"--dir", "--env", "--help", "--project", "--watch"}),
    ("moonwit lock --c", {"--check"}),
    ("moonwit new --guest r", {"rust"}),
    ("moonwit help comp", {"completion"}),
    ("moonwit completion ", {"--help", "bash", "fish", "zsh"}),
    ("moonwit cluster w", {"worker"}),
]


def ran(command: list[str], text: str | None = None) -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not here")
@pytest.mark.parametrize(("line", "wanted"), LINES, ids=[line for line, _ in LINES])
def test_bash_completes(line, wanted):
    """The function that bash calls gives the words that begin so."""
    words = line.split(" ")
    given = " ".join(f"'{word}'" for word in words)
    ask = f"\nCOMP_WORDS=({given}); COMP_CWORD={len(words) - 1}; _moonwit; printf '%s\\n' \"${{COMPREPLY[@]}}\"\n"
    assert set(ran(["bash", "--norc", "-euo", "pipefail", "-c", SHELLS["bash"]() + ask]).split()) == wanted


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not here")
@pytest.mark.parametrize(("line", "wanted"), LINES, ids=[line for line, _ in LINES])
def test_fish_completes(line, wanted, tmp_path):
    """Fish gives the same, with what each is for; options only after a dash."""
    shown = ran(["env", f"HOME={tmp_path}", "fish", "--no-config", "-c", SHELLS["fish"]() + f'complete -C "{line}"'])
    # Options are shown only after a dash.
    if not line.split(" ")[-1].startswith("-"):
        wanted = {word for word in wanted if not word.startswith("-")}
    assert {row.split("\t")[0] for row in shown.splitlines()} == wanted


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_reads_its_script(shell):
    """None of them finds a mistake in it."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not here")
    ran([shell, "-n"] if shell != "fish" else ["fish", "--no-execute"], SHELLS[shell]())


def test_every_command_and_option_is_completed(capfd):
    """Each script has all of them, as the command prints it."""
    for shell in SHELLS:
        assert main(["completion", shell]) == 0
        shown = capfd.readouterr().out
        for name in COMMANDS:
            assert name in shown
            for option in options(name):
                assert option in shown or f"-l {option[2:]}" in shown


def test_other_shells_are_refused(capfd):
    """An unknown one gets the nearest, none gets the list; both are wrong usage."""
    assert main(["completion", "bsh"]) == 2
    assert "there is no completion for `bsh`; did you mean `bash`?" in capfd.readouterr().err
    assert main(["completion"]) == 2
    assert "expected one shell: bash, zsh or fish" in capfd.readouterr().err
