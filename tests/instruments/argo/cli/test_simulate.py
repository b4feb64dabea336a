"""`gnomon argo simulate`: what it writes, and what it refuses."""

from terminal import gnomon


def test_bgc_floats_are_simulated(tmp_path):
    words = ("argo", "simulate", "gdac", "--floats", "2", "--cycles", "2", "--levels", "10")
    gnomon(*words, "--bgc", "1", folder=tmp_path)
    assert len(list(tmp_path.glob("gdac/dac/*/*/profiles/B*.nc"))) == 3
    assert len(list(tmp_path.glob("gdac/dac/*/*/*_Sprof.nc"))) == 1
    assert (tmp_path / "gdac" / "ar_greylist.txt").exists()


def test_core_floats_alone_have_none_of_it(tmp_path):
    gnomon("argo", "simulate", "gdac", "--floats", "1", "--cycles", "2", folder=tmp_path)
    assert not list(tmp_path.glob("gdac/dac/*/*/profiles/B*.nc"))


def test_more_bgc_floats_than_floats_are_refused(tmp_path):
    words = ("argo", "simulate", "gdac", "--floats", "1", "--bgc", "2")
    said = gnomon(*words, folder=tmp_path, code=2)
    assert "--bgc 2 is more than --floats 1" in " ".join(said.err.split())
    assert not (tmp_path / "gdac").exists()
