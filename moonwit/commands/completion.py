"""`moonwit completion`: what a shell completes commands and options by, made from their help texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from moonwit import terminal
from moonwit.arguments import read, suggest
from moonwit.commands import COMMANDS
from moonwit.failures import WrongUsage

# The first words of commands that have a closed list of them.
_WORDS = {"cluster": ("status", "worker"), "completion": ("bash", "zsh", "fish")}


def command(arguments: Sequence[str]) -> int:
    """Prints the completion of a shell."""
    _, rest = read("completion", arguments)
    if len(rest) != 1:
        raise WrongUsage("expected one shell: bash, zsh or fish", "completion")
    if rest[0] not in SHELLS:
        raise WrongUsage(f"there is no completion for {suggest(rest[0], list(SHELLS))}", "completion")
    terminal.write(SHELLS[rest[0]]())
    return 0


def options(name: str) -> list[str]:
    """Gives the options that a command's usage and list of options name."""
    from moonwit.commands.help import page

    given = page(name).partition("examples:")[0]
    found = re.findall(r"(?:^  |\[)(--[a-z][a-z-]*)", given, re.MULTILINE)
    return sorted({*found, "--help"})


def words(name: str) -> Sequence[str]:
    """Gives the words that may come first after a command; none where it takes names and files."""
    return (*COMMANDS, "help") if name == "help" else _WORDS.get(name, ())


def values() -> Mapping[str, Sequence[str]]:
    """Gives what an option may be, where that is a closed list."""
    from moonwit.projects.starting import GUESTS

    return {"--guest": list(GUESTS)}


def _summaries() -> dict[str, str]:
    return {name: each.summary for name, each in COMMANDS.items()} | {"help": "show how to use a command"}


def _bash() -> str:
    cases = "".join(f"      {name}) found='{' '.join([*options(name), *words(name)])}' ;;\n" for name in COMMANDS)
    given = "".join(
        f"    {name}) COMPREPLY=($(compgen -W '{' '.join(known)}' -- \"$word\")); return ;;\n" for name, known in values().items()
    )
    return f"""\
# Completion of moonwit for bash: eval "$(moonwit completion bash)"
_moonwit() {{
  local word=${{COMP_WORDS[COMP_CWORD]}} found=
  COMPREPLY=()
  case ${{COMP_WORDS[COMP_CWORD-1]}} in
{given}  esac
  if [ "$COMP_CWORD" = 1 ]; then
    found='{" ".join(_summaries())} --help --version'
  else
    case ${{COMP_WORDS[1]}} in
{cases}      help) found='{" ".join(COMMANDS)}' ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$found" -- "$word"))
}}
complete -o default -F _moonwit moonwit
"""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _zsh() -> str:
    names = "".join(f"      {_quoted(f'{name}:{summary}')}\n" for name, summary in _summaries().items())
    given = "".join(f"    {name}) compadd {' '.join(known)}; return ;;\n" for name, known in values().items())
    cases = "".join(f"      {name}) compadd -- {' '.join(options(name))} ;;\n" for name in COMMANDS)
    first = "".join(f"      {name}) compadd {' '.join(words(name))}; return ;;\n" for name in (*COMMANDS, "help") if words(name))
    return f"""\
#compdef moonwit
# Completion of moonwit for zsh: source <(moonwit completion zsh), after compinit.
_moonwit() {{
  local -a found
  if (( CURRENT == 2 )); then
    found=(
{names}    )
    _describe command found
    return
  fi
  case $words[CURRENT-1] in
{given}  esac
  if [[ $words[CURRENT] == -* ]]; then
    case $words[2] in
{cases}    esac
    return
  fi
  if (( CURRENT == 3 )); then
    case $words[2] in
{first}    esac
  fi
  _files
}}
if [[ $funcstack[1] == _moonwit ]]; then _moonwit "$@"; else compdef _moonwit moonwit; fi
"""


def _fish() -> str:
    lines = ["# Completion of moonwit for fish: moonwit completion fish | source"]
    for name, summary in _summaries().items():
        about = summary.replace("\\", "\\\\").replace("'", "\\'")
        lines.append(f"complete -c moonwit -f -n __fish_use_subcommand -a {name} -d '{about}'")
    for name in (*COMMANDS, "help"):
        seen = f"-n '__fish_seen_subcommand_from {name}'"
        if words(name):
            lines.append(f"complete -c moonwit -f {seen} -a '{' '.join(words(name))}'")
        for option in options(name) if name in COMMANDS else ():
            known = values().get(option)
            lines.append(f"complete -c moonwit {seen} -l {option[2:]}" + (f" -x -a '{' '.join(known)}'" if known else ""))
    return "\n".join(lines) + "\n"


SHELLS: Mapping[str, Callable[[], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
