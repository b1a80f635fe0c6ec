"""The texts of `moonwit help`."""

from __future__ import annotations

from moonwit.commands import COMMANDS

_PROJECT = """\
  --project DIR   the project's folder; without it, the nearest folder upward that has
                  `_index.yaml`, registry files below `src/`, or `moonwit.yaml`
"""

_PAGES = {
    "new": """\
usage: moonwit new DIR [--guest c|rust|go|js|python|wat]

Makes a project that runs at once: `_index.yaml`, `main.lua`, a function in WebAssembly text, a test,
and what editors read. With --guest a guest in that language too, in `guest/`: its source, its WIT,
and `guest/build.sh`, which builds it and has the project know it. A tool that is missing is named.

examples:
  moonwit new hello
  moonwit new hello --guest rust && cd hello && guest/build.sh && moonwit call app:hello Ann
""",
    "repl": f"""\
usage: moonwit repl [--project DIR] [--grant NAME,...] [FILE.lua|FILE.wasm|FILE.wat ...]

Starts an interactive session: Lua that is evaluated as it is typed, with the functions of the
project. FILE.lua is run first, the functions of FILE.wasm are made callable. `moonwit` alone on a
terminal is the same. Inputs may also come from a pipe; the first that fails ends it.

options:
{_PROJECT}\
  --grant NAME,...   what FILE.wasm may use of the host besides what is harmless, as in `imports:`

examples:
  moonwit repl
  moonwit repl mapper.wasm
  moonwit repl --grant wasi:http fetcher.wasm
  echo 'return 1 + 1' | moonwit repl
""",
    "run": f"""\
usage: moonwit run [--project DIR] [--env NAME[=VALUE]] SCRIPT.lua [ARGS...]
       moonwit run [--project DIR] NAMESPACE:NAME [ARGS...]
       moonwit run [--project DIR] COMMAND [ARGS...]
       moonwit run [--project DIR] list
       moonwit run [--env NAME[=VALUE]] [--dir HOST[::GUEST][:ro]] FILE.wasm [ARGS...]

Runs a Lua script. What follows its name belongs to the script: `...`, and the global `arg`. A whole
number that it returns is the exit code, and `return nil, err` a failure.
For `-` the script is read from standard input.
Runs a function of the registry when given an id; its arguments are read as by `moonwit call`,
and its result is not shown.
Runs a process by the name of its command (`meta.command`), with ARGS and its own exit code;
`list` lists the commands.
Runs FILE.wasm, a component that exports `wasi:cli/run` or a core module with `_start`, without a
project: it sees no variable and no folder that is not granted by an option.

options:
{_PROJECT}\
                  (looked for from the script's folder, then from the working directory)
  --watch         run it again when a file of the project changes, hashes of binaries are taken then
  --env NAME[=VALUE]   a variable of the script or program; without a value the host's own
  --dir HOST[::GUEST][:ro]   a folder of the program, `:ro` read only; both may be repeated

examples:
  moonwit run script.lua
  moonwit run script.lua --verbose input.txt
  moonwit run app:main
  moonwit run greet Ann
  moonwit run --dir data::/data:ro program.wasm /data/input.txt
""",
    "cluster": f"""\
usage: moonwit cluster status [--project DIR] [ID...]
       moonwit cluster worker [--threads N] [--name NAME] ADDRESS

`status` shows the workers of the project's clusters, or of those that are named, and what they hold;
it exits with 1 when a scheduler can't be reached.
`worker` is a worker of the scheduler at ADDRESS, with as many lanes as this machine has cores, for
whoever has no deployment of Dask. Both need the extra `moonwit[cluster]`.

options:
{_PROJECT}\
  --threads N     how many calls the worker makes at once
  --name NAME     what the scheduler calls it

examples:
  moonwit cluster worker tcp://10.0.0.5:8786
  moonwit cluster status
""",
    "call": f"""\
usage: moonwit call [--project DIR] NAMESPACE:NAME [ARG...]

Calls a function and prints its result as one line of JSON.
Each ARG is JSON, or a string when it is not JSON: 7, '"7"', true, null, '[1, 2]', hello.
Bytes that are not text are shown as an array of numbers, a function without a result as null.
A result that holds NaN or an infinity can't be shown: JSON has no such numbers.

options:
{_PROJECT}
examples:
  moonwit call demo:answer
  moonwit call math:add 6 -7
  moonwit call users:transform '[{{"id": 1, "name": "Ann"}}]'
""",
    "serve": f"""\
usage: moonwit serve [--watch] [--project DIR]

Starts the HTTP services that a project declares (`http.service`, `http.router`, `http.endpoint`,
`http.static`) and shows their addresses and routes. Without a service it listens on
127.0.0.1:8080. Ctrl-C and SIGTERM stop it: what runs is finished, or ended after a grace time;
a second Ctrl-C ends it at once. `moonwit run` without a script does the same.

options:
{_PROJECT}\
  --watch         start again when a file of the project changes, hashes of binaries are taken then

examples:
  moonwit serve
  moonwit serve --project examples/greet
""",
    "add": f"""\
usage: moonwit add [--project DIR] [--as NAME] [--wit FILE.wit] FILE.wasm|FILE.wat

Copies a binary into the project and writes its entry into the nearest `_index.yaml`, after those
that are there: its hash, and what it imports of the host, granted where that is harmless and named
in a comment where it is not. Comments and order of the file stay. A binary that an entry has
already is copied again, and the entry gets the new hash.

options:
{_PROJECT}\
  --as NAME       the entry's name; without it the file's
  --wit FILE.wit  the types of a core module's functions

examples:
  moonwit add build/mapper.wasm
  moonwit add --as shop target/wasm32-wasip2/release/shop.wasm
""",
    "lock": f"""\
usage: moonwit lock [--check] [DIR]

Writes the hashes of binaries that have changed into the registry files, in place, and says which.

options:
  --check         write nothing; exit code 1 when a hash is not that of its binary
{_PROJECT}
examples:
  moonwit lock
  moonwit lock --check
""",
    "test": f"""\
usage: moonwit test [--project DIR] [--junit FILE.xml] [--timeout SECONDS] [FILTER]

Runs the tests of a project: the files that end in `_test.lua`, which use the module `test`, and the
entries with `meta: {{type: test}}`, which are called without arguments. Each runs in an environment
of its own, several at a time. FILTER leaves out those that have it neither in the name of the file
or the entry nor in that of the test. With `-- clock: test` in a first line of the file, or
`meta: {{type: test, clock: test}}`, waiting takes no time.

options:
  --junit FILE.xml   write the results for CI as well
  --timeout SECONDS  how long one file or entry may take: 60
{_PROJECT}
examples:
  moonwit test
  moonwit test prices
""",
    "check": f"""\
usage: moonwit check [--all] [DIR]

Looks at every file of a project and prints each problem with its place: the YAML, references,
hashes, signatures, the WebAssembly itself, and the syntax of Lua sources. Nothing is run.
What several entries have alike is said once. A terminal gets what fits on its screen, errors first.
DIR is a folder in the project; without it, the working directory.

options:
  --all           show all that was found
{_PROJECT}
examples:
  moonwit check
  moonwit check examples/hello
""",
    "list": f"""\
usage: moonwit list [--project DIR]

Prints a table of the project's entries: id, kind, the signature of a function or what is wrong
with it, and its comment.

options:
{_PROJECT}
examples:
  moonwit list
  moonwit list --project examples/hello
""",
    "types": """\
usage: moonwit types [DIR]

Writes annotations (LuaCATS) of the project's functions, from their WIT, of what its guests
import, which libraries can answer, and of the standard library to `.moonwit/types`, and a
`.luarc.json` that names them: editors with the Lua language server complete and check scripts
then. Write them again after the registry has changed.
DIR is the project's folder; without it, the project of the working directory.

examples:
  moonwit types
  moonwit types examples/pipeline
""",
    "init-editor": f"""\
usage: moonwit init-editor [DIR]

Writes what `moonwit types` and `moonwit schema` write, for editors: annotations of the project's
functions and of the standard library to `.moonwit/types`, a `.luarc.json` that names them, and the
schema of registry files to `.moonwit/schema.json`. With --watch, `run` and `serve` keep them up to
date.

options:
{_PROJECT}
examples:
  moonwit init-editor
""",
    "schema": """\
usage: moonwit schema > FILE.json

Prints a JSON Schema (draft-07) of registry files: editors with a YAML language server complete and
check `_index.yaml` with it. It depends only on this version of moonwit, not on a project.
What is between entries and files is not in it; `moonwit check` looks at that.

examples:
  moonwit schema > moonwit.commands.schema.json
""",
    "inspect": f"""\
usage: moonwit inspect [--all] FILE.wasm|FILE.wat
       moonwit inspect [--all] [--project DIR] NAMESPACE:NAME[#METHOD]

Prints what a WebAssembly binary is: its size and hash, its exports and imports as WIT, the
`imports:` it would need, and an `_index.yaml` to paste, which works.

options:
{_PROJECT}\
  --all           show what is in the interfaces of WASI that it imports, too

examples:
  moonwit inspect mapper.wasm
  moonwit inspect demo:answer
""",
    "completion": """\
usage: moonwit completion bash|zsh|fish

Prints a script by which the shell completes commands, their options and files.

examples:
  eval "$(moonwit completion bash)"            in ~/.bashrc
  source <(moonwit completion zsh)             in ~/.zshrc, after compinit
  moonwit completion fish > ~/.config/fish/completions/moonwit.fish
""",
}


def overview() -> str:
    """Gives the list of commands."""
    commands = "".join(f"  {name:<12} {command.summary}\n" for name, command in COMMANDS.items())
    return f"""\
usage: moonwit COMMAND [ARGUMENTS...]

Runs Lua scripts that call WebAssembly functions declared in YAML.

commands:
{commands}
  help         show this, or with the name of a command how to use it

options:
  --version   print the version
  --help      print this

environment:
  MOONWIT_CACHE   where compiled code is kept; without it ~/.cache/moonwit
  MOONWIT_MEMORY  how many MiB a script may take; without it four fifths of the machine's
  MOONWIT_LOG     the lowest level that the module logger shows: debug, info, warn or error
  MOONWIT_KEYS    the keys of a session: emacs or vi

Exit codes: 0; 1 for a failure; 2 for wrong usage; 130 for Ctrl-C.
"""


def page(command: str) -> str:
    """Gives the help of one command."""
    return _PAGES[command]
