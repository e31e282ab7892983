"""Compare: results side by side."""
