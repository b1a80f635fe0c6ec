"""More than one machine: functions whose pool names a cluster of Dask's `distributed`, which is imported with the first such call."""
