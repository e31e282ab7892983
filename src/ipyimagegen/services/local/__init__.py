"""The embedded service: the painter and the cutout, run in this process. It needs no key and no network."""
