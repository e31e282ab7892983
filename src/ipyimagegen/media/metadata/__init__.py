"""What files say of how they were made: ours goes in by splicing, and what any tool wrote is read.

`embed` never re-encodes and never touches a signed file; the readers treat every text in a file as data.
"""

from __future__ import annotations

from .carry import Carried, LeftOut
from .files import read_file
from .found import Found
from .reading import read_metadata
from .record import Level, Record
from .side import drop_sides, side_file, side_path
from .writing import Embedded, embed, has_c2pa, infotext

__all__ = [
    "Carried",
    "Embedded",
    "Found",
    "LeftOut",
    "Level",
    "Record",
    "drop_sides",
    "embed",
    "has_c2pa",
    "infotext",
    "read_file",
    "read_metadata",
    "side_file",
    "side_path",
]
