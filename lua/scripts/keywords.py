"""The words of Lua that are not names, LuaJIT's `goto` among them."""

from typing import Final

KEYWORDS: Final = frozenset(
    """and break do else elseif end false for function goto if in local nil not or repeat return then true until while""".split()
)
