from pathlib import Path

import pytest

from gnomon.errors import Corrupt
from gnomon.instruments.comap.level1.place import Place
from gnomon.instruments.comap.level1.record import Level1Record

RECORD = Level1Record(45285, "comap-0045285-2024-12-01-103000", 7, "ab", source="TauA")


def test_tags_name_what_is_made_of_a_file():
    assert RECORD.tags == {
        "stamp": "2024-12-01-103000",
        "month": "2024-12",
        "source": "TauA",
        "source_group": "Other",
        "scan_mode": "",
    }


def test_a_source_that_is_not_known_has_a_name():
    assert Level1Record(1, RECORD.name, 7, "ab").tags["source"] == "unknown"


@pytest.mark.parametrize("made", [RECORD, Place(Path("a") / "b.hd5", 7, 8)])
def test_the_same_bytes_every_time_and_the_same_value_back(made, tmp_path):
    path = tmp_path / "made.json"
    made.write(path)
    first = path.read_bytes()
    type(made).read(path).write(path)
    assert path.read_bytes() == first
    assert type(made).read(path) == made


@pytest.mark.parametrize("kind", [Level1Record, Place])
@pytest.mark.parametrize("text", ["", "{}", "[]", '{"obsid": 1, "feeds": 2}'])
def test_other_files_are_refused(kind, text, tmp_path):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(Corrupt, match="other"):
        kind.read(path)
