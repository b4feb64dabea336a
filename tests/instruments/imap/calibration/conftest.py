"""Science files of our own, small and exact."""

import numpy as np
import pytest

from gnomon.formats.cdf import TT2000, Cdf, Variable
from gnomon.formats.cdf_writer import write_cdf
from gnomon.timescales.tt2000 import tt2000_of_utc


@pytest.fixture
def write_science(tmp_path):
    def write(name, tt2000, vectors, ranges=0):
        n = len(tt2000)
        values = np.column_stack([np.asarray(vectors, float), np.broadcast_to(ranges, n)])
        fill = {"FILLVAL": np.float64(9.223372036854776e18)}
        cdf = Cdf(
            {"Logical_source": ("imap_mag_l1c",), "Rules_of_use": ("Cite it.",)},
            {
                "epoch": Variable(np.asarray(tt2000, np.int64), {}, TT2000),
                "vectors": Variable(values, fill),
            },
        )
        write_cdf(tmp_path / name, cdf)
        return tmp_path / name

    return write


@pytest.fixture
def noon():
    """TT2000 of 2026-01-16T12:00:00 UTC."""
    return int(tt2000_of_utc(np.datetime64("2026-01-16T12:00:00", "ns")))
