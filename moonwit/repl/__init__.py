"""The interactive session: `moonwit repl`.

In the order to read it: ``command`` starts it, ``shell`` is its loop, ``session`` its half in the lane (lua/repl/session.lua is the other),
``chunks`` what an input is, ``prompt`` the line that is edited, ``values`` and ``commands`` what comes back.
"""
