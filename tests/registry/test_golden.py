"""Broken files and what a user reads about them. A case is `golden/NAME.yaml` (or a folder `golden/NAME/`) and `golden/NAME.txt`.
A folder may hold a file `LINKS` with symbolic links to make, one `place -> target` in a line.

`python tests/registry/test_golden.py` writes the texts that are missing; read them before keeping them.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from moonwit.kinds import KINDS
from moonwit.registry import load

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted({path.stem if path.suffix in (".yaml", ".txt") else path.name for path in GOLDEN.iterdir()})
ENVIRON = {"GREETING": "hello", "MANY": "many", "FOUR": "4"}


def shown(name: str, folder: Path) -> str:
    """Loads a case from a fresh project folder and renders its problems."""
    root = folder / "project"
    if (GOLDEN / name).is_dir():
        shutil.copytree(GOLDEN / name, root, ignore=shutil.ignore_patterns("LINKS"))
        if (links := GOLDEN / name / "LINKS").exists():
            for line in links.read_text().splitlines():
                place, target = line.split(" -> ")
                (root / place).symlink_to(target)
    else:
        root.mkdir()
        shutil.copyfile(GOLDEN / f"{name}.yaml", root / "_index.yaml")
    registry = load(root, KINDS, ENVIRON)
    text = "\n\n".join(problem.render(base=registry.root) for problem in registry.problems)
    return text + "\n" if text else ""


@pytest.mark.parametrize("name", CASES)
def test_a_broken_file_reads_as_expected(name, tmp_path):
    """Every problem of a case is shown with its place, line, caret, sentence and hint, and nothing else is."""
    assert shown(name, tmp_path) == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_there_are_many_cases():
    """The glob finds the cases."""
    assert len(CASES) >= 45


if __name__ == "__main__":
    for case in CASES:
        if not (GOLDEN / f"{case}.txt").exists() or case in sys.argv[1:]:
            with tempfile.TemporaryDirectory() as scratch:
                (GOLDEN / f"{case}.txt").write_text(shown(case, Path(scratch)), encoding="utf-8")
