"""Benchmarks: `python -m tests.benchmarks [NAME …]`. Ratios within one run; no test depends on them."""
