"""How Lua meets the host: embedding, sandbox, the canonical ABI, lanes.

Each folder requires and imports only those to its left, which tests/lua/test_order.py holds:

    border <- values <- dispatcher <- wasmtime <- pools <- scripts <- lane <- guest <- abi <- imports
    <- tasks <- wasi <- wasi/files <- wasi/sockets <- wasi/p2 <- wasi/p1 <- wasi/p3 <- calls <- programs <- http <- repl <- boot.lua

A lane stands below those that use it: WASI asks the host by it, and calls and HTTP have lanes work for them. It names
nothing of what it runs but lua/boot.lua, which puts a lane together and hands down what is known only there, such as the interfaces
that guests may import. Guests print where scripts print, so scripts stand below them. Generated code reaches into the instances
that it calls, so the ABI stands above guests. Calls make a guest's instances, lend and end them, so what generated code asks
for an instance lies with them.
"""
