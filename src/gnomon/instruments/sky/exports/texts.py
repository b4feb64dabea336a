"""What stands in the README of a folder of records."""

from __future__ import annotations

from typing import Literal

Source = Literal["ztf", "tess", "mast"]

_SAID = {
    "ztf": """\
# ZTF detections

One file for each measurement of an object by the Zwicky Transient Facility, from IRSA.

| key | what it is |
|---|---|
| object_id | ZTF's number of the object in one field, quadrant and filter |
| ra, dec | degrees, ICRS |
| mjd | modified Julian date, UTC |
| mag_psf | magnitude; null for an upper limit, which `diffmaglim` then holds |
| filter | g, r or i |
| magerr | one standard deviation, magnitudes |
| catflags | ZTF's flags; -1 where they could not be read |
| release, retrieved | of which data release, and when it was asked for |
""",
    "tess": """\
# TESS light curves

One file for each star and sector that the Transiting Exoplanet Survey Satellite saw, from MAST.

| key | what it is |
|---|---|
| tic_id | number in the TESS Input Catalog |
| sector | of the survey |
| cadence | fast (20 s), short (120 s) or long; empty where it is not known |
| time | days since `time_origin_jd`, at the solar system's barycentre |
| flux | in `unit`; cadences without one are left out |
| quality | the flags of each cadence |
| mast_data_uri | the file, as MAST names it |
| release, retrieved | of which processing, and when it was asked for |
""",
    "mast": """\
# MAST observations

One file for each observation that the Mikulski Archive for Space Telescopes lists.

| key | what it is |
|---|---|
| observation_id | MAST's `obs_id` |
| instrument, target | names; empty where MAST has none |
| exposure_time | seconds; null where MAST has none |
| spectral_range | least and greatest wavelength, nanometres; empty where MAST has none |

All other keys are MAST's own columns.
""",
}


def readme(source: Source) -> str:
    """Return the text for one source."""
    return _SAID[source] + "\nA value that is not known is null. Written by gnomon.\n"
