"""Values and errors as Lua has them, and the form in which they cross."""
