"""Every kind of entry, from the rooms that run them."""

from moonwit.host.environment.kinds import KINDS as ENVIRONMENT_KINDS
from moonwit.host.functions.kinds import KINDS as HOST_KINDS
from moonwit.host.http.serving.kinds import KINDS as HTTP_KINDS
from moonwit.host.programs.processes import KINDS as PROCESS_KINDS
from moonwit.lua.scripts.kinds import KINDS as LUA_KINDS
from moonwit.registry import Kind

KINDS: tuple[Kind, ...] = (*HOST_KINDS, *HTTP_KINDS, *ENVIRONMENT_KINDS, *PROCESS_KINDS, *LUA_KINDS)
