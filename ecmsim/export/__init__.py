"""How does a run get into other programs? Its series, tables, outlines and fields along lines, in one of four formats.

May import: results, switching.
"""

from ecmsim.export.content import content_of
from ecmsim.export.files import FORMATS, write

__all__ = ["FORMATS", "content_of", "write"]
