import json

import pyarrow as pa
import pytest

from argo_products import analysis_table, profiles_table
from gnomon.core.dataset import Provenance
from gnomon.formats.parquet import PROVENANCE_KEY
from gnomon.instruments.argo.exports.arrow_file import write_arrow

PROVENANCE = Provenance("argo.arrow", 1, "f" * 64, "{}", (("analysis", "k", "wmo=1", "s"),))


@pytest.mark.parametrize("compression", ["zstd", "none"])
def test_the_table_reads_back(tmp_path, compression):
    table = analysis_table(profiles_table(missing=(0,)), bgc=("DOXY",))
    path = tmp_path / "a.arrow"
    write_arrow(path, table, PROVENANCE, compression=compression)
    with pa.memory_map(str(path)) as source:
        read = pa.ipc.open_file(source).read_all()
        assert read.equals(table)
        assert read.schema.field("temp").metadata[b"units"] == b"degree_Celsius"
        assert json.loads(read.schema.metadata[PROVENANCE_KEY])["fingerprint"] == "f" * 64
    assert [p.name for p in tmp_path.iterdir()] == ["a.arrow"]


def test_uncompressed_columns_are_not_copied(tmp_path):
    table = analysis_table(profiles_table(200, levels=50))
    path = tmp_path / "a.arrow"
    write_arrow(path, table, PROVENANCE, compression="none")
    before = pa.total_allocated_bytes()
    with pa.memory_map(str(path)) as source:
        read = pa.ipc.open_file(source).read_all()
        assert pa.total_allocated_bytes() - before < table.nbytes / 10
        assert read.num_rows == 10_000
        del read


def test_the_same_table_gives_the_same_bytes(tmp_path):
    table = analysis_table(profiles_table())
    for name in ("a", "b"):
        write_arrow(tmp_path / name, table, PROVENANCE)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
