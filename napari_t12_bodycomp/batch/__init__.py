"""Many cases at once: each is measured in a process of its own, on this computer or on the workers of a dask cluster."""
