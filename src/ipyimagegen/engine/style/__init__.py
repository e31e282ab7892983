"""How it is painted: the nine styles."""
