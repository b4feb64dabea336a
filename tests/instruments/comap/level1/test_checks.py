import h5py
import numpy as np
import pytest

from gnomon.errors import BadData
from gnomon.instruments.comap.level1.checks import checked
from gnomon.instruments.comap.level1.observation import opened
from level1_by_hand import N_SAMPLES, NAME, START_MJD, replace, write_small

POINTING = "spectrometer/pixel_pointing/pixel_ra"


def remarks(path):
    with opened(path) as level1:
        return checked(level1, path.name)


def put(name, values):
    return lambda file: replace(file, name, values)


def drop(name):
    def how(file):
        del file[name]

    return how


def times(change):
    def how(file):
        file["spectrometer/MJD"][...] = change(file["spectrometer/MJD"][...])

    return how


def backwards(mjd):
    mjd[20] = mjd[18]
    return mjd


def with_nan(mjd):
    mjd[3] = np.nan
    return mjd


def test_a_whole_file_has_remarks_only(small):
    assert remarks(small) == (f"without feeds {', '.join(map(str, range(3, 20)))}",)


WRONG = {
    "no tod": (drop("spectrometer/tod"), "has no spectrometer/tod"),
    "no times": (drop("spectrometer/MJD"), "has no spectrometer/MJD"),
    "no bands": (drop("spectrometer/bands"), "has no spectrometer/bands"),
    "no pointing": (drop("spectrometer/pixel_pointing"), "has no .*pixel_az"),
    "no attributes": (drop("comap"), "has no comap"),
    "times": (put("spectrometer/MJD", START_MJD + np.arange(39.0)), "MJD has the shape"),
    "features": (put("spectrometer/features", np.zeros(41)), "features has the shape"),
    "pointing": (put(POINTING, np.zeros((3, 39))), "pixel_ra has the shape"),
    "pointing's feeds": (put(POINTING, np.zeros((2, 40))), "pixel_ra has the shape"),
    "feeds": (put("spectrometer/feeds", [1, 2]), "feeds has the shape"),
    "feeds in rows": (put("spectrometer/feeds", [[1, 2, 20]]), "feeds has the shape"),
    "nothing": (put("spectrometer/tod", h5py.Empty("f4")), "has 0 axes"),
    "frequencies": (put("spectrometer/frequency", np.ones((4, 7))), "frequency has the shape"),
    "rank": (put("spectrometer/tod", np.zeros((3, 4, 40), "f4")), "has 3 axes"),
    "bands": (put("spectrometer/tod", np.zeros((3, 2, 8, 40), "f4")), "has 2 bands"),
    "integers": (put("spectrometer/tod", np.zeros((3, 4, 8, 40), "i4")), "holds int32"),
    "text": (put("spectrometer/MJD", "soon"), "no array of numbers"),
    "features without number": (put("spectrometer/features", np.full(40, np.nan)), "no numbers"),
    "zero frequency": (put("spectrometer/frequency", np.zeros((4, 8))), "no frequencies"),
    "feed 21": (put("spectrometer/feeds", [1, 2, 21]), "feed 21 is none"),
    "doubled feed": (put("spectrometer/feeds", [1, 2, 2]), "feed 2 is there 2 times"),
    "no feeds": (put("spectrometer/feeds", np.zeros(0, int)), "no feeds"),
    "backwards": (times(backwards), r"backwards after sample 19, by 0\.020 s"),
    "still": (times(lambda mjd: mjd * 0 + mjd[0]), "backwards after sample 0"),
    "slow": (times(lambda mjd: mjd[0] + (mjd - mjd[0]) * 2), "25.00 samples a second"),
    "no number": (times(with_nan), "no number at 1 samples"),
    "years ago": (times(lambda mjd: mjd - 40_000), "no time of the Pathfinder"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_makes_no_sense_is_refused_with_its_reason(changed, case):
    how, reason = WRONG[case]
    path = changed(how)
    with pytest.raises(BadData, match=reason) as refused:
        remarks(path)
    assert path.name in str(refused.value)


def test_no_samples(changed):
    def emptied(file):
        replace(file, "spectrometer/tod", np.zeros((3, 4, 8, 0), "f4"))
        for name in ("MJD", "features"):
            replace(file, f"spectrometer/{name}", np.zeros(0))

    with pytest.raises(BadData, match="no samples"):
        remarks(changed(emptied))


def test_the_obsid_of_the_name_must_be_that_of_the_attribute(tmp_path):
    path = write_small(tmp_path / NAME, obsid=45286)
    with pytest.raises(BadData, match="name says obsid 45285, its attribute 45286"):
        remarks(path)


@pytest.mark.parametrize("said", ["many", np.inf, np.nan])
def test_an_obsid_that_is_no_number(changed, said):
    path = changed(lambda file: file["comap"].attrs.create("obsid", said))
    with pytest.raises(BadData, match=f"no number: {said!r}"):
        remarks(path)


def test_what_people_should_know(changed):
    def odd(file):
        del file["hk/array/weather"]
        del file["comap"].attrs["obsid"]
        mjd = file["spectrometer/MJD"][...]
        mjd[30:] += 1 / 86400
        file["spectrometer/MJD"][...] = mjd + 0.5

    _, *others = remarks(changed(odd))
    assert others == [
        "comap has no attribute obsid: that of the name holds",
        "without hk/array/weather",
        "gaps in time: 1, of 1.02 s in all",
        "it begins 720 min from the time in its name",
    ]


def test_spectra_that_are_stored_across_feeds_are_slow_to_read(changed):
    def across(file):
        tod = file["spectrometer/tod"][...]
        del file["spectrometer/tod"]
        file.create_dataset("spectrometer/tod", data=tod, chunks=(3, 4, 8, 1))

    assert remarks(changed(across))[-1].endswith("is read 12 times over")


def test_one_sample_is_enough(changed):
    def cut(file):
        for name in ("MJD", "features"):
            replace(file, f"spectrometer/{name}", file[f"spectrometer/{name}"][:1])
        replace(file, "spectrometer/tod", file["spectrometer/tod"][..., :1])
        for axis in ("az", "el", "ra", "dec"):
            replace(file, f"spectrometer/pixel_pointing/pixel_{axis}", np.ones((3, 1)))

    assert remarks(changed(cut))


def no_spectra_of_the_last_feed(file):
    file["spectrometer/tod"][-1] = 0


def zeros_at_the_end(file):
    file["hk/antenna0/deTracker/long"] = np.zeros(70_000, np.uint8)


def test_a_file_of_its_full_size_that_is_not_all_there(changed):
    checked_once = changed(no_spectra_of_the_last_feed)
    assert remarks(checked_once)
    with pytest.raises(BadData, match="its end is all zeros: it is still being copied"):
        remarks(changed(zeros_at_the_end))


def test_housekeeping_may_be_zeros(changed):
    assert remarks(changed(zeros_at_the_end))


def test_the_simulated_files_make_sense(tiny_level1_file):
    assert all(said.startswith("without feeds") for said in remarks(tiny_level1_file))


def test_what_is_read(small):
    with opened(small) as level1:
        assert (level1.feeds, level1.n_channels, level1.n_samples) == ((1, 2, 20), 8, N_SAMPLES)
        into = np.empty((8, N_SAMPLES), np.float32)
        level1.read_tod(level1.position_of(20), 3, into)
        np.testing.assert_array_equal(into, level1.read("spectrometer/tod")[2, 3])
        assert level1.pointing("az", 20).shape == (N_SAMPLES,)
        assert level1.housekeeping("antenna0/vane", "angle").values.shape == (8,)
        assert level1.has("hk/array")
        assert not level1.has("hk/array/nothing")
        assert level1.attributes()["obsid"] == 45285


def test_housekeeping_of_another_length_than_its_times(changed):
    path = changed(put("hk/antenna0/vane/angle", np.zeros(3)))
    with opened(path) as level1, pytest.raises(BadData, match="3 values at 8 times"):
        level1.housekeeping("antenna0/vane", "angle")
