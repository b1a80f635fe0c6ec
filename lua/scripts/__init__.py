"""The sandbox, and what scripts and entries in Lua are run with."""
