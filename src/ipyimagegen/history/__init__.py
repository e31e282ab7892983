"""What was made: a journal of jobs that outlives the kernel, and their files by content.

>>> import ipyimagegen as ig
>>> ig.history.search("lighthouse")  # doctest: +SKIP
"""

from .journal import Journal, Row
from .places import home
from .recall import clear, journal, search, spent

__all__ = ["Journal", "Row", "clear", "home", "journal", "search", "spent"]
