"""How Lua meets the host: embedding, sandbox, the canonical ABI, lanes."""
