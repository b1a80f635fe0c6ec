"""WASI in Lua, one folder for each version."""
