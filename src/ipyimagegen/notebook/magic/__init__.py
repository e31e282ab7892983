"""`%%imagegen` and `%imagegen`: reading what was typed, in pure modules, and the one class that IPython calls."""
