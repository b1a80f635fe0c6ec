"""A thread with a LuaJIT state, and what reaches it from outside."""
