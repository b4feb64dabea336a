"""Real floats in databases have the values of the truth."""

import pyarrow.parquet as pq
import pytest

from gnomon.instruments.argo.tables.analysis import analyse
from loads import dataset_of

NAMES = ("aoml/13857", "coriolis/1900857", "incois/2902269", "csiro/5900865")


@pytest.fixture(scope="module")
def made(real, tmp_path_factory):
    """The products of real aggregates, by name of the float and kind."""
    from gnomon.instruments.argo.files.core import read_profiles  # noqa: PLC0415
    from gnomon.instruments.argo.tables.core import Part, assemble  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("real")
    found = {}
    for name in NAMES:
        path = real / "dac" / name / f"{name.partition('/')[2]}_prof.nc"
        core = assemble([], [Part(read_profiles(path), path.name, "0" * 64)])
        analysis = analyse(core.levels, core.profiles)
        tables = {"profiles": core.profiles, "analysis": analysis.levels}
        for kind, table in (tables | {"parameters": analysis.parameters}).items():
            target = folder / f"{path.stem}_{kind}.parquet"
            pq.write_table(table, target)
            found[name, f"argo.{kind}"] = target
    return found


def test_good_values_are_those_of_the_truth(made, truth, publisher, rows):
    for (name, kind), path in made.items():
        publisher.publish(dataset_of(kind, int(name.partition("/")[2]), path), path)
    for name in NAMES:
        told = truth[name]["prof_nc"]["netcdf4"]
        mine = f"JOIN argo_profile USING (profile_id) WHERE wmo = {name.partition('/')[2]}"
        assert rows(f"SELECT count(*) FROM argo_level {mine}") == [(told["n_points"],)]
        for parameter in ("PRES", "TEMP", "PSAL"):
            best = told.get(f"best_{parameter}_qc1258", {"n": 0})
            column = parameter.lower()
            figures = f"count({column}), avg({column}), min({column}), max({column})"
            good = f"{mine} AND {column}_qc IN (1, 2, 5, 8)"
            ((number, *values),) = rows(f"SELECT {figures} FROM argo_level {good}")
            assert number == best["n"]
            if number:
                expected = [best["mean"], best["min"], best["max"]]
                assert [float(value) for value in values] == pytest.approx(expected, rel=1e-5)
            counted = f"SELECT sum(n_good) FROM argo_parameter {mine} AND parameter = '{parameter}'"
            assert (rows(counted)[0][0] or 0) == best["n"]
