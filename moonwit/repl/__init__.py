"""The interactive session that `moonwit repl` starts, at a terminal (``interactive``) or from a pipe (``piped``).

In the order to read it: ``shell`` evaluates an input and shows what comes back, ``session/session`` is its half in the lane
(lua/repl/session.lua is the other), ``session/chunks`` what an input is, ``editor/prompt`` the line that is edited, ``session/values``
how values look, and ``commands`` those that begin with a colon.
"""
