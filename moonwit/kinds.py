"""Every kind of entry, from the rooms that run them."""

from moonwit.host.cluster.kinds import KINDS as CLUSTER_KINDS
from moonwit.host.environment.kinds import KINDS as ENVIRONMENT_KINDS
from moonwit.host.files.kinds import KINDS as FILE_KINDS
from moonwit.host.functions.kinds import KINDS as FUNCTION_KINDS
from moonwit.host.http.serving.kinds import KINDS as HTTP_KINDS
from moonwit.host.programs.processes import KINDS as PROCESS_KINDS
from moonwit.host.programs.processes import LATER
from moonwit.host.state.kinds import KINDS as STATE_KINDS
from moonwit.lua.scripts.kinds import KINDS as LUA_KINDS
from moonwit.registry import Kind

_HOST = (*FUNCTION_KINDS, *FILE_KINDS, *LATER, *HTTP_KINDS, *ENVIRONMENT_KINDS, *PROCESS_KINDS, *STATE_KINDS)
KINDS: tuple[Kind, ...] = (*_HOST, *LUA_KINDS, *CLUSTER_KINDS)
