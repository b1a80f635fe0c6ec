"""Moonwit: a Lua-first scripting host for WebAssembly."""
