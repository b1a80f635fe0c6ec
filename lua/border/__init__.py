"""The tables that cross between Python and Lua, each declared once, as typed dictionaries that nothing imports when Moonwit runs.

The Lua file beside each, with the same for Lua, is made from it by ``python tests/border.py``. A field that is None does not cross, so for
Lua it is as absent as one that is left out. Numbers of Lua's begin at 1, addresses are numbers, times are milliseconds.
"""
