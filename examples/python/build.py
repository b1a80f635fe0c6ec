"""Builds the Python guest: built/summaries.wasm and its hash. Everything it needs is installed into built/ as well."""

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

COMPONENTIZE = "componentize-py==0.25.1"
HERE = Path(__file__).resolve().parent
BUILT = HERE / "built"


def run(*command: str | Path) -> None:
    """Runs a command and ends the build with one sentence when it fails; the command has said why."""
    result = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if result.returncode:
        sys.exit(f"build.py: {Path(command[0]).name} failed with exit code {result.returncode}; its own message is above")


def main() -> None:
    # The name starts with a dot so that the registry does not look into it.
    tools = BUILT / ".venv"
    venv.create(tools, with_pip=True)
    run(tools / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", COMPONENTIZE)

    guest, wasm = HERE / "guest", BUILT / "summaries.wasm"
    # Without --stub-wasi the guest would import all of WASI, of which it uses nothing.
    run(
        tools / "bin/componentize-py", "--wit-path", guest / "summaries.wit", "--world", "summaries",
        "componentize", "app", "--python-path", guest, "--stub-wasi", "--output", wasm,
    )  # fmt: skip
    digest = hashlib.sha256(wasm.read_bytes()).hexdigest()
    (BUILT / "summaries.sha256").write_text(f"sha256:{digest}", encoding="utf-8")
    print(f"built {wasm.name}, {wasm.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
