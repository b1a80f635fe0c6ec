"""The canonical ABI as generated Lua code: one function per WIT signature."""
