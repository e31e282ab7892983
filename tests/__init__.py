"""The tests of ipyimagegen. ``python -m tests`` runs all of them, and the linters, in order."""
