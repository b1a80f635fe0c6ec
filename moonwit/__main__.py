"""The command `moonwit`: finds the command that was asked for, and turns whatever happens into output and an exit code.

Exit codes: 0; 1 for a failure; 2 for wrong usage; 130 for Ctrl-C. What a command does not need is not imported.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from moonwit import terminal
from moonwit.commands import COMMANDS
from moonwit.failures import Failure, WrongUsage

MOST_DESCRIPTORS = 65536


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and gives the exit code."""
    # A command allocates much while it starts and little of it is garbage: looking for it often costs a tenth of the start.
    gc.set_threshold(100_000)
    try:
        terminal.open_missing()
        _allow_descriptors()
        if terminal.is_terminal(sys.stderr):
            from moonwit import progress

            progress.watch()
        return _dispatch(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        from moonwit.interrupt import end

        end()
    except WrongUsage as error:
        terminal.complain(error.sentence, f"see: moonwit help {error.command}".rstrip())
        return 2
    except Failure as error:
        terminal.complain(error.sentence, error.more)
    except BrokenPipeError:
        terminal.abandon()  # whoever read the output has seen enough
    except terminal.NoOutput as error:
        terminal.abandon()
        terminal.complain(str(error))
    except Exception as error:
        if os.environ.get("MOONWIT_DEBUG"):
            raise
        words = " ".join(f"{type(error).__name__}: {error}".split())
        terminal.complain(f"this is a bug in moonwit, please report it with what MOONWIT_DEBUG=1 shows: {words}")
    return 1


def _allow_descriptors() -> None:
    """Takes as many descriptors as the system gives without asking: files of scripts, connections and lanes share them."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _dispatch(arguments: list[str]) -> int:
    if not arguments and terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stdout):
        return COMMANDS["repl"].run([])
    if not arguments:
        from moonwit.commands.help import overview

        terminal.write_error(overview())
        return 2
    name, rest = arguments[0], arguments[1:]
    if name in ("-V", "--version"):
        from moonwit import __version__

        terminal.write(f"moonwit {__version__}\n")
        return 0
    if name in ("-h", "--help", "help"):
        return _help(rest)
    if name not in COMMANDS:
        raise WrongUsage(_unknown(name))
    if rest[:1] in (["-h"], ["--help"]):
        return _help([name])
    return COMMANDS[name].run(rest)


def _help(names: list[str]) -> int:
    from moonwit.commands.help import overview, page

    if names and names[0] in COMMANDS:
        terminal.write(page(names[0]))
    elif names and names[0] not in ("help", "-h", "--help"):
        raise WrongUsage(_unknown(names[0]))
    else:
        terminal.write(overview())
    return 0


def _unknown(name: str) -> str:
    from moonwit.arguments import is_id, suggest

    if name.startswith("-"):
        return f"there is no option {suggest(name, ('--help', '--version'))}"
    if name.endswith(".lua"):
        return f"there is no command `{name}`; to run a script, write: moonwit run {name}"
    if is_id(name):
        return f"there is no command `{name}`; to call a function, write: moonwit call {name}"
    return f"there is no command {suggest(name, (*COMMANDS, 'help'))}"


if __name__ == "__main__":
    sys.exit(main())
