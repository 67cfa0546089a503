"""Versions of dolfinx: those that are supported, and what is said of others."""

import pytest

from ecmsim.errors import EcmsimError
from ecmsim.models.full.compat import NEWEST, OLDEST, require_supported_dolfinx


@pytest.mark.parametrize("version", [OLDEST, (0, 10), NEWEST, (1, 0)])
def test_versions_from_the_oldest_supported_one_on_are_taken(version):
    require_supported_dolfinx(version)


@pytest.mark.parametrize("version", [(0, 8), (0, 7)])
def test_an_older_one_is_refused_with_the_remedy(version):
    with pytest.raises(EcmsimError, match=rf"dolfinx 0\.{version[1]} is too old: ecmsim needs 0\.9 to .*\./ecm"):
        require_supported_dolfinx(version)
