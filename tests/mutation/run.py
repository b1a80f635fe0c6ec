"""Makes guards wrong, one at a time, and tells which of these mutants no test notices.

Run: python -m tests.mutation.run [--seed N] [--count N] [--jobs N] [FILE...]

Each mutant is tried in a copy of the tree, by the test files that hold its file (``HELD_BY``), until the first of them fails. Those that
change nothing anybody could see are listed in equivalent.yaml, with the reason. Exits 1 when fewer than 95 % of the others are noticed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import yaml

from tests.mutation.mutants import Mutant, mutants

ROOT = Path(__file__).resolve().parents[2]
LEAST = 0.95
PATIENCE = 8  # how many times as long as on unchanged code the tests of a file may take

# The test files that hold each file or folder, the quickest and sharpest first.
COMPILED = "tests/abi/test_compiled_guest.py"
HELD_BY: dict[str, list[str]] = {
    "lua/abi/text.lua": ["tests/abi/test_guards_text.py"],
    "lua/abi/numbers.lua": ["tests/abi/test_guards_[acl]*.py", "tests/abi/test_guards_f*.py"],
    "lua/abi/layout.lua": ["tests/abi/test_guards_[la]*.py"],
    "lua/abi/explain.lua": ["tests/abi/test_guards_[cha]*.py", "tests/abi/test_hostile_handles.py"],
    "lua/abi/check.lua": ["tests/abi/test_guards_[clah]*.py", COMPILED],
    "lua/abi/lower.lua": ["tests/abi/test_guards_[alh]*.py", COMPILED],
    "lua/abi/lift.lua": ["tests/abi/test_guards_r*.py", COMPILED],
    "lua/abi/finish.lua": [COMPILED],
    "lua/abi/": [
        *("tests/abi/test_guards_*.py", "tests/abi/test_hostile_handles.py", "tests/lua/test_sleeping_resources.py"),
        *("tests/lua/test_limits.py", COMPILED),
    ],
    "lua/handles.lua": ["tests/abi/test_guards_handles.py", "tests/abi/test_hostile_handles.py", "tests/lua/test_resources.py"],
    "lua/instance.lua": [
        "tests/abi/test_guards_[hi]*.py",
        "tests/abi/test_hostile_modules.py",
        "tests/lua/test_limits.py",
        "tests/abi/test_hostile_hosts.py",
        COMPILED,
    ],
    "lua/fibers.lua": ["tests/abi/test_guards_i*.py", "tests/lua/test_sleeping_*.py", "tests/abi/test_hostile_hosts.py"],
    "host/wasm/wit": ["tests/host/test_wit_*.py", "tests/host/test_functions.py"],
    "host/wasm/show.py": ["tests/host/test_wit_show.py", "tests/host/test_wit_text.py", "tests/host/test_inspect.py"],
    "host/wasm/reach": ["tests/host/wasm/test_reach.py"],
    "host/wasm/hosting.py": ["tests/abi/test_hostile_hosts.py", "tests/lua/test_sleeping_guests.py", "tests/host/test_functions.py"],
    "host/wasm/signatures.py": ["tests/abi/test_hostile_hosts.py", "tests/lua/test_sleeping_guests.py"],
    "host/wasm/preview1.py": ["tests/lua/test_sleeping_guests.py", "tests/moonwit/test_preview1.py"],
    "host/wasm/core": ["tests/host/wasm/test_guards_core.py", "tests/host/wasm/test_planner.py", "tests/host/wasm/test_core.py"],
    "host/wasm/": [
        *("tests/host/wasm/test_wrong.py", "tests/host/wasm/test_guards_*.py", "tests/host/wasm/test_planner.py"),
        "tests/host/wasm/test_reflection.py",
        *("tests/host/wasm/test_[fgs]*.py", "tests/host/wasm/test_decoding_mutations.py", "tests/host/wasm/test_core.py"),
        *("tests/host/test_functions.py", "tests/host/test_inspect.py"),
    ],
    "host/beneath.py": ["tests/host/test_beneath.py", "tests/host/test_directory.py"],
    "host/directory.py": ["tests/host/test_beneath.py", "tests/host/test_directory.py", "tests/stdlib/test_fs.py"],
    "lua/sandbox.lua": ["tests/lua/test_guards_sandbox.py", "tests/lua/test_sandbox.py", "tests/lua/test_sandbox_crashes.py"],
    "lua/strings.lua": ["tests/lua/test_strings.py", "tests/lua/test_sandbox.py", "tests/lua/test_sandbox_crashes.py"],
}


HELD = ["lua/abi", "lua/handles.lua", "lua/instance.lua", "lua/fibers.lua", "host/wasm", "host/beneath.py", "lua/sandbox.lua"]


def files(names: list[str]) -> list[str]:
    """Gives the files that are named, or all that are held, as they are called from the top of the tree."""
    found = []
    for name in names or HELD:
        path = ROOT / name
        inside = sorted(each for each in path.iterdir() if each.suffix in (".py", ".lua")) if path.is_dir() else [path]
        found += [str(each.relative_to(ROOT)) for each in inside if each.name != "__init__.py"]
    return found


def tests_of(file: str) -> list[str]:
    patterns = next(tests for held, tests in HELD_BY.items() if file.startswith(held))
    return [str(path.relative_to(ROOT)) for pattern in patterns for path in sorted(ROOT.glob(pattern))]


def known() -> list[dict[str, str]]:
    """Gives the mutants that change nothing, as they are listed: by file, text of the line, and what is changed there."""
    return list(yaml.safe_load((Path(__file__).parent / "equivalent.yaml").read_text()) or [])


def fits(entry: dict[str, str], mutant: Mutant) -> bool:
    changes = "from" not in entry or (entry["from"], entry["to"]) == (mutant.old.strip(), mutant.new.strip())
    return entry["file"] == mutant.file and entry["line"] == mutant.text and changes


class Tree:
    """A copy of the tree in which one mutant at a time is tried."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True)
        for name in filter(None, listed.stdout.decode().split("\0")):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).exists():
                shutil.copy2(ROOT / name, target, follow_symlinks=False)

    def test(self, tests: list[str], patience: float) -> tuple[bool, str]:
        """Tells whether the tests pass, and what they say at the end."""
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", "--tb=line", *tests]
        with tempfile.TemporaryFile() as out:
            running = subprocess.Popen(command, cwd=self.folder, env=environment, stdout=out, stderr=out, start_new_session=True)
            try:
                code = running.wait(patience)
            except subprocess.TimeoutExpired:
                code = -1
            finally:
                if running.poll() is None:
                    os.killpg(running.pid, signal.SIGKILL)
                    running.wait()
            out.seek(0)
            return code == 0, out.read().decode("utf-8", "replace")[-2000:]

    def try_mutant(self, mutant: Mutant, patience: float) -> bool:
        """Tells whether a test notices a mutant."""
        path = self.folder / mutant.file
        source = path.read_text()
        try:
            path.write_text(mutant.apply(source))
            return not self.test(tests_of(mutant.file), patience)[0]
        finally:
            path.write_text(source)


def trees(folder: Path, count: int) -> SimpleQueue[Tree]:
    free: SimpleQueue[Tree] = SimpleQueue()
    for number in range(count):
        free.put(Tree(folder / str(number)))
    return free


def measure(tree: Tree, of: list[str]) -> dict[str, float]:
    """Runs the tests of each file on unchanged code, where they must pass; gives how long a mutant's may take."""
    times: dict[str, float] = {}
    for file in of:
        key = " ".join(tests_of(file))
        if key not in times:
            start = time.monotonic()
            passed, said = tree.test(key.split(), 600)
            if not passed:
                sys.exit(f"the tests of {file} fail on unchanged code:\n{said}")
            times[key] = PATIENCE * (time.monotonic() - start) + 10
    return {file: times[" ".join(tests_of(file))] for file in of}


def survivors(chosen: list[Mutant], jobs: int, folder: Path) -> Iterator[Mutant]:
    free = trees(folder, jobs)
    first = free.get()
    patience = measure(first, sorted({mutant.file for mutant in chosen}))
    free.put(first)

    def attempt(mutant: Mutant) -> bool:
        tree = free.get()
        try:
            return tree.try_mutant(mutant, patience[mutant.file])
        finally:
            free.put(tree)

    with ThreadPoolExecutor(jobs) as pool:
        for number, (mutant, noticed) in enumerate(zip(chosen, pool.map(attempt, chosen), strict=True), 1):
            if number % 10 == 0:
                print(f"{number} tried", file=sys.stderr, flush=True)
            if not noticed:
                yield mutant


def parse(arguments: list[str] | None) -> Any:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100, help="how many mutants are tried; 0 for all")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true", help="only list them")
    parser.add_argument("files", nargs="*", metavar="FILE", help="a file or folder; all that are held when none is named")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    listed = known()
    found = [mutant for file in files(options.files) for mutant in mutants(file, (ROOT / file).read_text())]
    everything = [mutant for mutant in found if not any(fits(entry, mutant) for entry in listed)]
    chosen = everything
    if 0 < options.count < len(everything):
        chosen = random.Random(options.seed).sample(everything, options.count)
    print(
        f"{len(chosen)} of {len(everything)} mutants, {len(found) - len(everything)} more are known to change nothing; seed {options.seed}"
    )
    if options.list:
        for mutant in chosen:
            print(mutant.shown)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        left = 0
        for mutant in survivors(chosen, options.jobs, Path(folder)):
            left += 1
            print(mutant.shown, flush=True)
    noticed = 1 - left / max(len(chosen), 1)
    print(f"{len(chosen) - left} of {len(chosen)} noticed: {noticed:.1%}")
    return 0 if noticed >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
