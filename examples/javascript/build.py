"""Builds the JavaScript guest: built/templates.wasm and its hash. Needs Node and npm; what they take goes into built/ as well."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

COMPONENTIZE = "@bytecodealliance/componentize-js@0.23.0"
HERE = Path(__file__).resolve().parent
BUILT = HERE / "built"
# All that the engine can import; the guest uses none of it, and without it the component imports nothing.
FEATURES = ("stdio", "random", "clocks", "http", "fetch-event")


def run(*command: str | Path) -> None:
    """Runs a command and ends the build with one sentence when it fails; the command has said why."""
    result = subprocess.run(command, cwd=BUILT, stdout=subprocess.DEVNULL, check=False)
    if result.returncode:
        sys.exit(f"build.py: {Path(command[0]).name} failed with exit code {result.returncode}; its own message is above")


def main() -> None:
    if not (shutil.which("node") and shutil.which("npm")):
        sys.exit("build.py: node and npm are not on the PATH; install Node 20 or newer and run this again")
    # npm would leave out of what is there what nobody has asked for by name.
    shutil.rmtree(BUILT / "node_modules", ignore_errors=True)
    BUILT.mkdir(exist_ok=True)
    run("npm", "install", "--prefix", BUILT, "--silent", "--no-audit", "--no-fund", "--no-save", COMPONENTIZE)

    guest, wasm = HERE / "guest", BUILT / "templates.wasm"
    tool = BUILT / "node_modules/.bin/componentize-js"
    run(tool, guest / "templates.js", "--wit", guest / "templates.wit", "--out", wasm, "--disable", *FEATURES)
    digest = hashlib.sha256(wasm.read_bytes()).hexdigest()
    (BUILT / "templates.sha256").write_text(f"sha256:{digest}", encoding="utf-8")
    print(f"built {wasm.name}, {wasm.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
