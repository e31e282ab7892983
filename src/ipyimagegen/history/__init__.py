"""What was made: a journal of jobs that outlives the kernel, and their files by content.

>>> import ipyimagegen as ig
>>> ig.history.search("lighthouse")  # doctest: +SKIP
"""

from ..settings.home import home
from .ids import new_id
from .journal import Journal
from .recall import clear, journal, search, spent
from .rows import End, Row

__all__ = ["End", "Journal", "Row", "clear", "home", "journal", "new_id", "search", "spent"]
