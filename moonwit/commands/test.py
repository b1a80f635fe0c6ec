"""`moonwit test`: the tests of a project."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import moonwit
from moonwit import terminal
from moonwit.arguments import read
from moonwit.failures import Failure, WrongUsage
from moonwit.host.engine import worker
from moonwit.interrupt import Running, wait
from moonwit.projects.folders import needed, show_problems
from moonwit.projects.testing import PATIENCE, Result, Tests, sources

_COLORS = {True: "\x1b[31m", False: "\x1b[32m"}


def command(arguments: Sequence[str]) -> int:
    """Runs the tests and says what has failed; gives 1 when one has, and when there are none."""
    options, rest = read("test", arguments, ("--project", "--junit", "--timeout"))
    if len(rest) > 1:
        raise WrongUsage("test takes one filter", "test")
    patience = _seconds(options.get("--timeout"))
    results: list[Result] = []

    def said(result: Result) -> None:
        results.append(result)
        if result.message:
            terminal.write(_failure(result))

    with Running(moonwit.open(needed(options))) as project:
        show_problems(project.registry)
        assert project.registry is not None
        found = list(sources(project.registry))
        tests = Tests(project, rest[0] if rest else "", said, patience)
        wait(worker.start(lambda: tests.run(found)))
        if "--junit" in options:
            _write_junit(options["--junit"], results)
        failed = sum(bool(result.message) for result in results)
        if not results:
            terminal.complain(f"no test fits {rest[0]}" if rest else "there are no tests: write a file that ends in _test.lua")
        else:
            terminal.write(_colored(f"{len(results) - failed} passed, {failed} failed", failed > 0) + "\n")
        status = 0 if results and not failed else 1
        if tests.stuck:
            # What nothing can stop would be in the way of the interpreter's end.
            sys.stdout.flush()
            os._exit(status)
    return status


def _seconds(text: str | None) -> float:
    if text is None:
        return PATIENCE
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e6:
        raise WrongUsage(f"--timeout: expected a number of seconds, got {text}", "test")
    return value


def _failure(result: Result) -> str:
    head = f"FAIL {result.source}" + (f": {result.name}" if result.name else "")
    lines = result.message.split("\n")
    frames = [line for line in result.stack.split("\n") if line.strip() and line.strip() not in (*lines, "stack traceback:")]
    return terminal.clean(_colored(head, True) + "\n" + "".join(f"  {line}\n" for line in (*lines, *frames[:12])))


def _colored(text: str, failed: bool) -> str:
    return f"{_COLORS[failed]}{text}\x1b[0m" if terminal.colored(sys.stdout) else text


def _write_junit(name: str, results: Sequence[Result]) -> None:
    """Writes the results as JUnit does, which CI systems read."""
    from xml.etree import ElementTree as Xml

    failed = sum(bool(result.message) for result in results)
    total = f"{sum(result.time for result in results):.3f}"
    suite = Xml.Element("testsuite", name="moonwit", tests=str(len(results)), failures=str(failed), time=total)
    for result in results:
        names = {"classname": _xml(result.source), "name": _xml(result.name or result.source)}
        case = Xml.SubElement(suite, "testcase", {**names, "time": f"{result.time:.3f}"})
        if result.message:
            Xml.SubElement(case, "failure", message=_xml(result.message.split("\n")[0])).text = _xml(f"{result.message}\n{result.stack}")
    try:
        Xml.ElementTree(suite).write(Path(name), encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise Failure(f"{name} can't be written: {os.strerror(error.errno or 0).lower()}") from None


def _xml(text: str) -> str:
    """Leaves out what XML can't hold."""
    return re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
