"""Values and decisions: no I/O, nothing but the standard library."""
