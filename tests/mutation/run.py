"""Makes guards wrong, one at a time, and tells which of these mutants no test notices.

Run: python -m tests.mutation.run [--seed N] [--count N] [--jobs N] [--patience SECONDS] [FILE...]

Each mutant is tried in a copy of the tree, by the test files that hold its file (``HELD_BY``), until the first of them fails. Those that
change nothing anybody could see are listed in equivalent.yaml, with the reason. Exits 1 when fewer than 95 % of the others are noticed.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.mutation.mutants import Mutant, mutants

ROOT = Path(__file__).resolve().parents[2]
LEAST = 0.95
PATIENCE = 8  # how many times as long as on unchanged code the tests of a file may take

# The test files that hold each file or folder, the quickest and sharpest first.
COMPILED = "tests/abi/test_compiled_guest.py"
COMPOSED = ["tests/abi/test_composed*.py", "tests/abi/test_core_resources.py", "tests/async/test_calls.py", "tests/async/test_wasi.py"]
CORE = [f"tests/host/wasm/test_{name}.py" for name in ("guards_outcomes", "guards_bounds", "guards_core", "planner", "core")]
EPOCHS = [f"tests/lua/test_{name}.py" for name in ("turns", "limits", "pools", "computing_limits")]
INSTANCES = [
    *("tests/abi/test_guards_[ehi]*.py", "tests/abi/test_hostile_modules.py", "tests/lua/test_limits.py"),
    *("tests/abi/test_hostile_hosts.py", COMPILED),
]
HELD_BY: dict[str, list[str]] = {
    "lua/values/utf8.lua": ["tests/abi/test_guards_text.py"],
    "lua/abi/numbers.lua": ["tests/abi/test_guards_[acl]*.py", "tests/abi/test_guards_f*.py"],
    "lua/abi/layout.lua": ["tests/abi/test_guards_[la]*.py"],
    "lua/abi/explain.lua": ["tests/abi/test_guards_[cha]*.py", "tests/abi/test_hostile_handles.py"],
    "lua/abi/check.lua": ["tests/abi/test_guards_[clah]*.py", COMPILED],
    "lua/abi/lower.lua": ["tests/abi/test_guards_[alh]*.py", COMPILED],
    "lua/abi/lift.lua": ["tests/abi/test_guards_[ra]*.py", COMPILED],
    "lua/abi/finish.lua": [COMPILED, "tests/lua/test_workers.py"],
    "lua/abi/stages.lua": ["tests/abi/test_generated.py", "tests/abi/test_guards_*.py", "tests/abi/test_hostile_handles.py", COMPILED],
    "lua/abi/": [
        "tests/lua/test_lent_handles.py",
        *("tests/abi/test_guards_*.py", "tests/abi/test_hostile_handles.py", "tests/lua/test_sleeping_resources.py"),
        *("tests/lua/test_limits.py", COMPILED),
    ],
    "lua/guest/handles.lua": [
        *("tests/abi/test_guards_handles.py", "tests/abi/test_hostile_handles.py", "tests/lua/test_resources.py", *COMPOSED),
    ],
    **{f"lua/guest/{name}.lua": INSTANCES for name in ("plan", "build", "instance", "binding")},
    "lua/guest/fibers.lua": [
        *(
            "tests/abi/test_guards_[ei]*.py",
            "tests/lua/test_reentrance.py",
            "tests/lua/test_sleeping_*.py",
            "tests/abi/test_hostile_hosts.py",
        ),
        *("tests/host/wasi/test_bad_guests.py", "tests/moonwit/test_wasi_outgoing.py"),
    ],
    "lua/wasmtime/epochs.lua": EPOCHS,
    "lua/lane/epoch_answers.lua": EPOCHS,
    "lua/calls/turns.lua": [
        "tests/abi/test_guards_entrances.py",
        *(f"tests/lua/test_{name}.py" for name in ("turns", "computing_limits", "time_limits")),
    ],
    "host/wasm/wit/show.py": ["tests/host/test_wit_show.py", "tests/host/test_wit_text.py", "tests/host/test_inspect.py"],
    "host/wasm/wit/flatten.py": ["tests/host/wasm/test_flatten.py", "tests/host/test_functions.py"],
    "host/wasm/wit/": ["tests/host/test_wit_*.py", "tests/host/test_functions.py"],
    "host/wasm/component/show.py": ["tests/host/test_wit_show.py", "tests/host/test_inspect.py"],
    "host/wasm/binary/instructions.py": ["tests/host/wasm/test_guards_code.py", "tests/host/wasm/test_reach.py"],
    "host/wasm/plan/brief.py": ["tests/host/wasm/test_guards_code.py", "tests/host/wasm/test_brief.py"],
    "host/wasm/plan/reach.py": ["tests/host/wasm/test_reach.py"],
    "host/wasm/plan/support.py": ["tests/abi/test_guards_h*.py", "tests/abi/test_leaving.py"],
    "host/wasm/plan/gate.py": ["tests/host/wasm/test_gated.py", "tests/abi/test_leaving.py"],
    "host/wasi/linkage.py": [
        *("tests/abi/test_hostile_hosts.py", "tests/lua/test_sleeping_guests.py", "tests/abi/test_composed_hosts.py"),
        *("tests/lua/test_linked_imports.py", "tests/host/test_functions.py"),
    ],
    "host/wasi/signatures.py": ["tests/abi/test_hostile_hosts.py", "tests/lua/test_sleeping_guests.py"],
    "host/wasi/preview1.py": ["tests/host/wasm/test_guards_code.py", "tests/lua/test_sleeping_guests.py", "tests/moonwit/test_preview1.py"],
    "host/wasm/plan/core_plan.py": [
        *("tests/host/wasm/test_guards_bounds.py", "tests/host/test_functions.py", "tests/host/test_methods.py"),
        "tests/abi/test_core_resources.py",
    ],
    "host/wasm/binary/core": CORE,
    "host/wasm/component/core_code.py": ["tests/host/wasm/test_guards_code.py", *CORE],
    "host/wasm/plan/shortcut.py": ["tests/host/wasm/test_shortcut.py", "tests/host/wasm/test_planner.py"],
    "host/wasm/adapters/": [
        *("tests/host/wasm/adapters/test_*.py", "tests/oracle/test_transcode.py", "tests/abi/test_bridges.py"),
        *("tests/abi/test_composed*.py", "tests/host/wasm/test_planner.py"),
    ],
    **{f"host/wasm/plan/{name}.py": ["tests/host/wasm/test_planner.py", *COMPOSED] for name in ("planner", "composing", "tasks")},
    "host/wasm/": [
        *("tests/host/wasm/test_guards_outcomes.py", "tests/host/wasm/test_planner.py"),
        *("tests/host/wasm/test_[gfsw]*[!t].py", "tests/host/wasm/test_reflection.py"),
        *("tests/host/wasm/test_guards_component.py", "tests/host/wasm/test_core.py", "tests/host/test_functions.py"),
        *("tests/host/test_inspect.py", "tests/async/test_decoding.py", "tests/host/wasm/test_decoding_mutations.py"),
    ],
    "host/files/beneath.py": ["tests/host/test_beneath.py", "tests/host/test_directory.py"],
    "host/files/directory.py": [
        "tests/host/test_guards_directory.py",
        "tests/host/test_beneath.py",
        "tests/host/test_directory.py",
        "tests/stdlib/test_fs.py",
    ],
    "lua/scripts/sandbox.lua": [
        f"tests/lua/test_{name}.py" for name in ("guards_sandbox", "sandbox", "sandbox_crashes", "computing_limits")
    ],
    "lua/scripts/strings.lua": [f"tests/lua/test_{name}.py" for name in ("strings", "patterns", "sandbox", "sandbox_crashes")],
}


HELD = [
    *("lua/abi", "lua/values/utf8.lua", "lua/guest/handles.lua", "lua/guest/fibers.lua"),
    *(f"lua/guest/{name}.lua" for name in ("plan", "build", "instance", "binding")),
    *("lua/wasmtime/epochs.lua", "lua/lane/epoch_answers.lua", "lua/calls/turns.lua", "lua/scripts/sandbox.lua", "lua/scripts/strings.lua"),
    *("host/wasm", "host/wasi/linkage.py", "host/wasi/signatures.py", "host/wasi/preview1.py", "host/files/beneath.py"),
    "host/files/directory.py",
]


def files(names: list[str]) -> list[str]:
    """Gives the files that are named, or all that are held, as they are called from the top of the tree."""
    found = []
    for name in names or HELD:
        path = ROOT / name
        inside = sorted(each for each in path.rglob("*") if each.suffix in (".py", ".lua")) if path.is_dir() else [path]
        found += [str(each.relative_to(ROOT)) for each in inside if each.name != "__init__.py"]
    return found


def tests_of(file: str, root: Path = ROOT) -> list[str]:
    """Gives the test files that hold a file, from the top of a tree."""
    patterns = next(tests for held, tests in HELD_BY.items() if file.startswith(held))
    return [str(path.relative_to(root)) for pattern in patterns for path in sorted(root.glob(pattern))]


def known() -> list[dict[str, str]]:
    """Gives the mutants that change nothing, as they are listed: by file, text of the line, and what is changed there."""
    return list(yaml.safe_load((Path(__file__).parent / "equivalent.yaml").read_text()) or [])


def fits(entry: dict[str, str], mutant: Mutant) -> bool:
    changes = "from" not in entry or (entry["from"], entry["to"]) == (mutant.old.strip(), mutant.new.strip())
    place = entry["line"] == mutant.text and entry.get("before", mutant.before) == mutant.before
    return entry["file"] == mutant.file and place and changes


class Tree:
    """A copy of the tree in which one mutant at a time is tried."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.began = 0.0
        self.pid = 0
        self.mutant: Mutant | None = None
        self.source = ""
        listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True)
        for name in filter(None, listed.stdout.decode().split("\0")):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / name).exists():
                shutil.copy2(ROOT / name, target, follow_symlinks=False)

    def start(self, tests: list[str], mutant: Mutant | None = None) -> None:
        """Begins to run tests, in a process that has imported all but our own modules; with a mutant in its place."""
        self.mutant, self.began = mutant, time.monotonic()
        if mutant is not None:
            path = self.folder / mutant.file
            self.source = path.read_text()
            path.write_text(mutant.apply(self.source))
        self.pid = os.fork()
        if self.pid == 0:
            os._exit(test_here(self.folder, tests))

    def end(self, status: int) -> bool:
        """Puts the file back; tells whether the tests have passed."""
        if self.mutant is not None:
            (self.folder / self.mutant.file).write_text(self.source)
        # Whatever its tests have started ends with them.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        return status == 0

    def late(self, patience: float) -> None:
        """Ends tests that have taken longer than they may."""
        if time.monotonic() - self.began > patience:
            os.killpg(self.pid, signal.SIGKILL)


def test_here(folder: Path, tests: list[str]) -> int:
    """Runs tests in this process, which is of no use for anything else after that; gives pytest's exit status."""
    import pytest

    os.setsid()
    os.chdir(folder)
    with open(folder / "said.txt", "wb") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]
    sys.path[:] = [str(folder), *(path for path in sys.path if path not in ("", str(ROOT)))]
    os.environ["PYTHONPATH"] = str(folder)
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    try:
        return int(pytest.main(["-x", "-q", "--no-header", "-p", "no:cacheprovider", "-n", "0", "--tb=line", *tests]))
    except BaseException:
        return 1


def measure(tree: Tree, of: list[str]) -> dict[str, float]:
    """Runs the tests of each file on unchanged code, where they must pass; gives how long a mutant's may take."""
    times: dict[str, float] = {}
    for file in of:
        key = " ".join(tests_of(file, tree.folder))
        if key not in times:
            tree.start(key.split())
            if not tree.end(os.waitpid(tree.pid, 0)[1]):
                sys.exit(f"the tests of {file} fail on unchanged code:\n{(tree.folder / 'said.txt').read_text()[-2000:]}")
            times[key] = PATIENCE * (time.monotonic() - tree.began) + 10
    return {file: times[" ".join(tests_of(file, tree.folder))] for file in of}


def survivors(chosen: list[Mutant], jobs: int, folder: Path, longest: float | None) -> Iterator[Mutant]:
    """Tries all, so many at a time, and gives those that no test notices."""
    free = [Tree(folder / str(number)) for number in range(jobs)]
    of = sorted({mutant.file for mutant in chosen})
    patience = measure(free[0], of) if longest is None else dict.fromkeys(of, longest)
    waiting, busy, tried = list(chosen), [], 0
    while waiting or busy:
        while waiting and free:
            tree = free.pop()
            mutant = waiting.pop()
            tree.start(tests_of(mutant.file, tree.folder), mutant)
            busy.append(tree)
        for tree in list(busy):
            mutant = tree.mutant
            assert mutant is not None
            tree.late(patience[mutant.file])
            pid, status = os.waitpid(tree.pid, os.WNOHANG)
            if pid:
                busy.remove(tree)
                free.append(tree)
                tried += 1
                if tried % 10 == 0:
                    print(f"{tried} tried", file=sys.stderr, flush=True)
                if tree.end(status):
                    yield mutant
        time.sleep(0.02)


def import_much() -> None:
    """Imports what tests import that is not ours, so that each process that is forked has it."""
    for name in ("aiohttp", "asyncio", "hypothesis.strategies", "lupa.luajit21", "pytest", "wasmtime.component", "yaml", "jsonschema"):
        importlib.import_module(name)


def parse(arguments: list[str] | None) -> Any:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100, help="how many mutants are tried; 0 for all")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--patience", type=float, help="how many seconds a mutant's tests may take; measured on unchanged code when not given"
    )
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
    import_much()
    with tempfile.TemporaryDirectory() as folder:
        left = 0
        for mutant in survivors(chosen, options.jobs, Path(folder), options.patience):
            left += 1
            print(mutant.shown, flush=True)
    noticed = 1 - left / max(len(chosen), 1)
    print(f"{len(chosen) - left} of {len(chosen)} noticed: {noticed:.1%}")
    return 0 if noticed >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
