"""A short script starts fast: what it does not need is not imported."""

import os
import resource
import statistics
import subprocess
import sys
from pathlib import Path

HELLO = Path(__file__).parents[2] / "examples" / "hello" / "hello.lua"
PROGRAMS = Path(__file__).parents[1] / "guests" / "program"
ROUNDS = 7
SERIES = 6


def seconds(command, cwd):
    """Measures the processor time of one run of a command. Python's compiled files are kept, as an installed package has them."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL, env={**env, "PYTHONPYCACHEPREFIX": str(cwd / "pycache")})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ratio(command, cwd, enough):
    """Gives a command's processor time in terms of importing wasmtime and lupa alone: the best of the medians of a few series.

    The runs take turns, so that a busy machine slows both alike.
    """
    libraries = [sys.executable, "-c", "import wasmtime.component, lupa.luajit21"]
    for measured in (command, libraries):
        seconds(measured, cwd)  # once for the caches
    ratios = []
    for _ in range(SERIES):
        pairs = [(seconds(command, cwd), seconds(libraries, cwd)) for _ in range(ROUNDS)]
        ratios.append(statistics.median(mine for mine, _ in pairs) / statistics.median(theirs for _, theirs in pairs))
        if ratios[-1] <= enough:
            break
    return min(ratios)


def test_a_script_starts_fast(tmp_path, write):
    """A script without a project costs at most twice as much as importing its libraries; it measures about the same."""
    write("hello.lua", "print('hello')")
    assert ratio([sys.executable, "-m", "moonwit", "run", "hello.lua"], tmp_path, 2.0) <= 2.0


def test_a_script_with_a_project_starts_fast(tmp_path):
    """One that loads a project and calls two of its functions costs at most three times as much; it measures about twice."""
    assert ratio([sys.executable, "-m", "moonwit", "run", str(HELLO)], tmp_path, 3.0) <= 3.0


def test_a_small_project_needs_little(tmp_path):
    """Two functions that are core modules need nothing of components, of processes that compile, of servers or of threads that work."""
    program = (
        "import sys\nfrom moonwit.__main__ import main\nassert main(['run', sys.argv[1]]) == 0\n"
        "unwanted = ('argparse', 'asyncio', 'json', 'queue', 'tempfile', 'socket', 'subprocess', 'dask', 'wasmtime.component', 'aiohttp',"
        " 'moonwit.host.wasm.component.', 'moonwit.host.compiling.process', 'moonwit.repl')\n"
        "print(*sorted(name for name in sys.modules if name.startswith(unwanted)), file=sys.stderr)\n"
    )
    result = subprocess.run([sys.executable, "-c", program, str(HELLO)], cwd=tmp_path, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "\n")


def loaded_by_a_program(name, cwd):
    """Runs a program in a process of its own; gives the names of the modules of Moonwit's that it loaded below host/wasm."""
    program = (
        "import sys\nfrom moonwit.__main__ import main\nassert main(['run', sys.argv[1], 'env', 'HELLO']) == 0\n"
        "print(*sorted(name for name in sys.modules if name.startswith('moonwit.host.wasm.')), file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", program, str(PROGRAMS / name)]
    result = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (0, "(none)\n"), result.stderr
    return {name.removeprefix("moonwit.host.wasm.") for name in result.stderr.split()}


def test_a_program_loads_only_what_its_plan_needs(tmp_path):
    """A component that is not composed, is not async and imports WASI alone loads no writer of adapters, no tasks and no parser of WIT."""
    loaded = loaded_by_a_program("rust-p2.wasm", tmp_path)
    assert "plan.planner" in loaded      # it is a component, and it is planned
    unwanted = ("adapters.", "plan.tasks", "wit.wit_syntax", "component.show")
    assert sorted(name for name in loaded if name.startswith(unwanted) or name == "wit.wit") == []


def test_decoding_and_planning_write_no_classes(tmp_path):
    """No class of what decodes and plans a component is made by dataclasses, which compiles a text for each when it is imported."""
    program = (
        "import sys\nfrom moonwit.__main__ import main\nassert main(['run', sys.argv[1], 'env', 'HELLO']) == 0\n"
        "for name, module in sorted(sys.modules.items()):\n"
        "  for each in vars(module).values() if name.startswith('moonwit.host.wasm.') else ():\n"
        "    if isinstance(each, type) and each.__module__ == name and '__dataclass_fields__' in vars(each):\n"
        "      print(each.__qualname__, file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", program, str(PROGRAMS / "rust-p2.wasm")]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, "(none)\n", "")


def test_a_program_that_is_a_module_loads_nothing_of_components(tmp_path):
    """A core module loads neither the decoder and planner of components nor the parser of WIT."""
    loaded = loaded_by_a_program("rust.wasm", tmp_path)
    assert "plan.core_plan" in loaded
    unwanted = ("adapters.", "component.", "plan.planner", "plan.composing", "plan.tasks", "wit.wit_syntax")
    assert sorted(name for name in loaded if name.startswith(unwanted) or name == "wit.wit") == []


def test_a_script_without_a_project_needs_neither_yaml_nor_wasmtime(tmp_path, write):
    """Without a project neither YAML nor the engine is imported, and no parser of arguments."""
    write("hello.lua", "print(json.encode({1}))")
    program = (
        "import sys\nfrom moonwit.__main__ import main\nassert main(['run', 'hello.lua']) == 0\n"
        "unwanted = {'yaml', 'wasmtime', 'argparse', 'asyncio', 'json', 'tempfile', 'tomllib', 're2', 'jinja2', 'jsonschema',"
        " 'cryptography', 'jwt', 'brotli', 'zstandard', 'msgpack', 'diff_match_patch', 'moonwit.stdlib.apart', 'moonwit.stdlib.tasks'}\n"
        "print(*sorted(unwanted & set(sys.modules)))\n"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert (result.stdout, result.stderr) == ("[1]\n\n", "")


def test_help_imports_no_yaml(tmp_path):
    """Help and versions need nothing of a project."""
    program = (
        "import sys\nfrom moonwit.__main__ import main\nassert main(['help', 'run']) == 0\n"
        "print(*sorted({'yaml', 'wasmtime'} & set(sys.modules)), file=sys.stderr)\n"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert result.stderr == "\n"
