"""What tests of directions share."""

from collections.abc import Iterator
from pathlib import Path

import astropy_iers_data  # type: ignore[import-untyped]
import pytest
from astropy.utils import iers

FIRST_MJD = 60400.0


@pytest.fixture
def bulletin_a(tmp_path: Path) -> Iterator[None]:
    """Give astropy the part of Bulletin A that it needs: all of it takes seconds to read."""
    whole = Path(astropy_iers_data.IERS_A_FILE).read_text(encoding="ascii").splitlines()
    part = [line for line in whole if float(line[7:15]) >= FIRST_MJD]
    path = tmp_path / "bulletin_a"
    path.write_text("\n".join(part) + "\n", encoding="ascii")
    with iers.earth_orientation_table.set(iers.IERS_A.open(str(path))):
        yield
