"""Holds the decoder against the component model's own test scripts, and Wasmtime's.

    python tests/conformance/component_suite.py FOLDER [FOLDER...] [--list]

FOLDER is a copy of `test` of github.com/WebAssembly/component-model, or of `tests/misc_testsuite/component-model` of
github.com/bytecodealliance/wasmtime: fetch them into `tests/conformance/suites`, which git ignores. Each component that a script calls
invalid or malformed must be refused, each valid one decoded, or refused with the name of a feature that Moonwit does not take yet.
`--run` also runs the commands of the scripts: instances, calls and traps. `--list` prints every sentence, `--wasmtime` also asks the
installed Wasmtime. The exit status is 1 where suite and decoder disagree, or a command that was run has failed.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from wasmtime import Config, Engine, WasmtimeError
from wasmtime import _ffi as ffi
from wasmtime.component import Component as Reflected

from moonwit.host.wasm.component.component import decode
from moonwit.host.wasm.plan.planner import plan_component
from moonwit.host.wasm.problems import Malformed, Refused

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.conformance.running import run
from tests.conformance.wast import Command, binary, commands

# What a suite calls invalid and is not, by the standard: limits of the implementation that the suite is Wasmtime's own tests of.
OWN_LIMITS = {
    r"the `cm-implements` feature is not active": "the test switches off a feature that the standard has",
    r"reexport of an imported function which is not implemented": "Wasmtime does not pass imported functions on; the standard does",
    r"root-level component imports are not supported": "Wasmtime imports no components; the standard does",
    r"exporting a component from the root component is not supported": "Wasmtime exports no components; the standard does",
    r"type nesting is too deep": "Wasmtime bounds the depth of every type, Moonwit of those that functions use",
}


@dataclass
class Tally:
    """What came of the components of all scripts; ``wrong`` are those where suite and decoder disagree."""

    counts: Counter[str] = field(default_factory=Counter)
    features: Counter[str] = field(default_factory=Counter)
    limits: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    untried: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    engine: Engine | None = None
    lines: list[str] = field(default_factory=list)


def verdict(data: bytes) -> tuple[str, str]:
    """Decodes and plans one component; gives what came of it and the sentence."""
    try:
        plan_component(decode(data))
    except Malformed as error:
        return "malformed", str(error)
    except Refused as error:
        return "refused", str(error)
    return "planned", ""


def judge(where: str, command: Command, tally: Tally) -> None:
    """Holds one component against the decoder."""
    side = "invalid" if command.refused else "valid"
    try:
        data = binary(command.text)
    except (WasmtimeError, UnicodeEncodeError) as error:
        sentence = str(error).split("\n", 1)[0]
        tally.counts[f"{side}: the text parser refuses it"] += 1
        tally.lines.append(f"{where}: {side}, text: {sentence}")
        if not command.refused:
            tally.untried.append(f"{where}: {sentence}")
        return
    outcome, sentence = verdict(data)
    tally.counts[f"{side}: {outcome}"] += 1
    tally.lines.append(f"{where}: {side}, {outcome}: {sentence or '-'}" + (f" [{command.reason}]" if command.refused else ""))
    if tally.engine is not None and command.refused and wasmtime_takes(tally.engine, data):
        tally.taken.append(f"{where}: {command.reason}; ours: {sentence or outcome}")
    if not command.refused:
        if outcome == "malformed":
            tally.wrong.append(f"{where}: valid, but malformed: {sentence}")
        elif sentence:
            tally.features[re.sub(r"`[^`]*`", "`...`", sentence)] += 1
    elif outcome not in ("malformed", "refused"):
        limit = next((why for reason, why in OWN_LIMITS.items() if re.search(reason, command.reason)), None)
        if limit is None:
            tally.wrong.append(f"{where}: invalid ({command.reason}), but {outcome}{f': {sentence}' if sentence else ''}")
        else:
            tally.limits[f"{command.reason}: {limit}"] += 1


def run_scripts(scripts: list[tuple[Path, Path]]) -> int:
    """Runs the commands of all scripts, and prints what came of them; gives how many did not do as the script says."""
    counts: Counter[str] = Counter()
    for folder, path in scripts:
        with tempfile.TemporaryDirectory() as temporary:
            done = run(path.read_text(), str(path.relative_to(folder)), Path(temporary), verdict)
        counts += done.counts
        print("\n".join(done.lines))
    print(f"\n{counts.total()} commands run:")
    for name, number in counts.most_common():
        print(f"{number:6}  {name}")
    return counts["failed"]


def wasmtime_takes(engine: Engine, data: bytes) -> bool:
    """Tells whether the installed Wasmtime compiles a component."""
    try:
        Reflected(engine, data)
    except WasmtimeError:
        return False
    return True


def all_features() -> Engine:
    """An engine with all that Wasmtime knows of the component model."""
    config = Config()
    for feature in ("async", "async_stackful", "more_async_builtins", "map", "implements"):
        getattr(ffi, f"wasmtime_config_wasm_component_model_{feature}_set")(config.ptr(), True)
    return Engine(config)


def main() -> int:
    parser = argparse.ArgumentParser(description="Hold the decoder against scripts of the component model's test suites.")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--list", action="store_true", help="print what came of every component")
    parser.add_argument("--wasmtime", action="store_true", help="list what the installed Wasmtime takes though the suite calls it invalid")
    parser.add_argument("--run", action="store_true", help="run the commands of the scripts")
    arguments = parser.parse_args()
    os.environ.setdefault("WAST_STRICT_COMPONENT_INDICES", "0")      # Wasmtime's parser reads it; some scripts have older text
    tally = Tally(engine=all_features() if arguments.wasmtime else None)
    scripts = [(folder, path) for folder in arguments.folders for path in sorted(folder.glob("**/*.wast"))]
    if not scripts:
        parser.error("there is no .wast file in any of these folders")
    for folder, path in scripts:
        for command in commands(path.read_text()):
            judge(f"{path.relative_to(folder)}:{command.line}", command, tally)
    for line in tally.lines if arguments.list else ():
        print(line)
    failed = run_scripts(scripts) if arguments.run else 0
    titles = ("components", "valid, but not taken yet", "called invalid, but valid by the standard")
    for title, counts in zip(titles, (tally.counts, tally.features, tally.limits), strict=True):
        print(f"\n{title}:")
        for name, number in counts.most_common():
            print(f"{number:6}  {name}")
    lists = [("not tried, as the text parser refuses them", tally.untried), ("on which suite and decoder disagree", tally.wrong)]
    for title, lines in [*lists, ("invalid, and Wasmtime takes them", tally.taken)] if arguments.wasmtime else lists:
        print(f"\n{len(lines)} {title}")
        for line in lines:
            print(f"  {line}")
    return 1 if tally.wrong or failed else 0


if __name__ == "__main__":
    sys.exit(main())
