"""Results as the objects and files of other packages, with the description of their model.

Each function takes monitors; each needs the package of its name (all: the extra `results`), which
is imported when it is called. Numbers are in SI base units, and say so.
"""

from rheobase.results.describe import describe, description_of
from rheobase.results.neo_blocks import to_neo
from rheobase.results.nwb_files import to_nwb, write_nwb
from rheobase.results.tables import to_pandas, to_xarray

__all__ = [
    "describe",
    "description_of",
    "to_neo",
    "to_nwb",
    "to_pandas",
    "to_xarray",
    "write_nwb",
]
