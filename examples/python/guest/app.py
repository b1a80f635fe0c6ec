"""A guest in Python: sums up numbers with the standard library. The two imported modules are generated from summaries.wit."""

import statistics

import wit_world
from componentize_py_types import Err


class WitWorld(wit_world.WitWorld):
    """What the world exports."""

    def summarize(self, values: list[float]) -> wit_world.Summary:
        """Gives a summary; a raised ``Err`` is the err side of the WIT result."""
        if len(values) < 2:
            raise Err(f"a summary takes two numbers or more, not {len(values)}")
        return wit_world.Summary(len(values), statistics.fmean(values), statistics.median(values), statistics.stdev(values))
