"""The examples do what their READMEs show, run by the very commands that stand there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/README.md"))


def blocks(folder: Path, language: str) -> list[str]:
    """The code blocks of one language in an example's README."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def commands(folder: Path) -> list[list[str]]:
    return [shlex.split(line) for line in blocks(folder, "sh")[0].splitlines()]


def skip_unless_built(folder: Path) -> None:
    """Skips an example whose guest is built by a script and has not been."""
    if (folder / "build.py").exists() and not list((folder / "built").glob("*.wasm")):
        pytest.skip(f"the guest is not built; run: {shlex.join(commands(folder)[0])}")


def moonwit(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "moonwit", *arguments], cwd=ROOT, capture_output=True, encoding="utf-8", timeout=300)


def timeless(text: str) -> str:
    """The text without the times that were measured."""
    return re.sub(r"\d+\.\d+ ms", "N ms", text)


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_an_example_prints_what_its_readme_shows(folder: Path) -> None:
    """The last command of an example's README succeeds, prints the text shown below it, and says nothing on stderr."""
    skip_unless_built(folder)
    program, *arguments = commands(folder)[-1]
    assert program == "moonwit"
    done = moonwit(*arguments)
    assert (done.stderr, done.returncode) == ("", 0)
    assert timeless(done.stdout) == timeless(blocks(folder, "text")[0])


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda folder: folder.name)
def test_an_example_has_no_problems(folder: Path) -> None:
    """`moonwit check` accepts every example as it stands."""
    skip_unless_built(folder)
    done = moonwit("check", str(folder))
    assert done.returncode == 0, done.stderr


def test_the_list_of_examples_is_complete() -> None:
    """examples/README.md names each example with the commands of its own README."""
    listed = blocks(ROOT / "examples", "sh")[0].splitlines()
    assert [shlex.split(line, comments=True) for line in listed if line] == [words for folder in EXAMPLES for words in commands(folder)]


def test_a_binary_stands_beside_its_source() -> None:
    """Each guest that is kept as a binary comes with the script that builds it, which names the binary."""
    binaries = [path for room in ("examples", "tests/guests") for path in (ROOT / room).glob("**/*.wasm") if "built" not in path.parts]
    assert binaries
    for binary in binaries:
        scripts = [*binary.parent.glob("build*.sh"), *binary.parent.parent.glob("guest/build.sh")]
        assert any(binary.name in script.read_text(encoding="utf-8") for script in scripts), binary
