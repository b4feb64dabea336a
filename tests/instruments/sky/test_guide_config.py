"""The guide's file is read as it is, and what it does not have is an error that names the key."""

import pytest

from gnomon.errors import ConfigError
from gnomon.instruments.sky.guide_config import FilterRange, from_config

GUIDE = """
project: {name: cosmic, seed: 7}
paths: {raw: data/raw, processed: data/processed}
data_sources:
  ztf:
    description: Zwicky Transient Facility
    access: public
    auth_env: ZTF_API_TOKEN
    api_url: https://irsa.ipac.caltech.edu/ibe
    irsa:
      base_url: https://irsa.ipac.caltech.edu/cgi-bin/ZTF/nph_light_curves
      timeout: 120
      format: IPAC_TABLE
      max_rows: 100
      filters: [zg, zr]
      cone_search: {ra: 255.577, dec: 12.284, radius: 0.05}
      mjd_range: [58194, 58483.5]
  tess:
    auth_env: TESS_API_TOKEN
    invoke_url: https://mast.stsci.edu/api/v0/invoke
    observation_service: Mast.Caom.Filtered
    product_service: Mast.Caom.Products
    download_url: https://mast.stsci.edu/api/v0.1/Download/file
    tesscut_url: https://mast.stsci.edu/tesscut/api/v0.1
    targets: [TIC 25155310, 307210830]
    query:
      pagesize: 50
      columns: "obsid, obs_id"
      filters: {obs_collection: [TESS], t_exptime: [{min: 100, max: 130}], provenance_name: SPOC}
    lightcurve: {flux_columns: [PDCSAP_FLUX, SAP_FLUX], time_column: TIME, max_points: 100}
  mast:
    auth_env: MAST_API_TOKEN
    auth_header: Authorization
    invoke_url: https://mast.stsci.edu/api/v0/invoke
    service: Mast.Caom.Filtered
    query:
      pagesize: 10
      columns: "*"
      filters: {obs_collection: [HST], dataproduct_type: [image]}
    sample_payload: [{obs_id: x}]
mlflow: {tracking_uri: file:mlruns}
dvc: {remote: cosmic-storage}
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "base.yaml"
        path.write_text(text)
        return path

    return write


def test_the_guides_file_is_read_as_it_is(written):
    found = from_config(written(GUIDE))
    irsa = found.ztf.irsa
    assert irsa.cone_search.model_dump() == {
        "ra_deg": 255.577,
        "dec_deg": 12.284,
        "radius_deg": 0.05,
    }
    assert (irsa.filters, irsa.mjd_range, irsa.format) == (("zg", "zr"), (58194, 58483.5), "ipac")
    assert (irsa.timeout_s, irsa.max_rows) == (120, 100)
    assert irsa.light_curves_url.endswith("nph_light_curves")
    assert found.tess.targets == ("TIC 25155310", "307210830")
    assert found.tess.query.columns == ("obsid", "obs_id")
    assert found.tess.query.filters["t_exptime"] == (FilterRange(min=100, max=130),)
    assert found.tess.query.filters["provenance_name"] == ("SPOC",)
    assert found.tess.lightcurve.max_points == 100
    assert found.mast.query.columns == ("*",)
    assert found.mast.query.filters["obs_collection"] == ("HST",)


def test_what_the_file_does_not_say_has_the_guides_defaults(written):
    found = from_config(written("data_sources:\n  ztf:\n  tess: {}\n"))
    envs = [one.auth_env for one in (found.ztf, found.tess, found.mast)]
    assert envs == ["ZTF_API_TOKEN", "TESS_API_TOKEN", "MAST_API_TOKEN"]
    assert found.ztf.irsa.cone_search is None
    assert found.tess.observation_service == "Mast.Caom.Filtered"


def test_the_address_of_the_image_search_is_not_that_of_light_curves(written):
    shipped = "https://irsa.ipac.caltech.edu/ibe/search/ztf/products/sci"
    irsa = from_config(
        written(f"data_sources: {{ztf: {{irsa: {{base_url: '{shipped}'}}}}}}")
    ).ztf.irsa
    assert irsa.serves_images
    assert not irsa.light_curves_url


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("data_source: {}", "no section data_sources"),
        ("- a\n- b", "no section data_sources"),
        ("data_sources: [ztf]", "no section data_sources"),
        ("data_sources: {ztg: {}}", "data_sources.ztg"),
        ("data_sources: {ztf: {irsa: {radius: 1}}}", "data_sources.ztf.irsa.radius"),
        ("data_sources: {ztf: {irsa: {timeout: 0}}}", "ztf.irsa.timeout"),
        ("data_sources: {ztf: {irsa: {cone_search: {ra: 1}}}}", "cone_search.dec"),
        ("data_sources: {ztf: {irsa: {cone_search: {ra: 1, dec: 99}}}}", "cone_search.dec"),
        ("data_sources: {ztf: {irsa: {mjd_range: [1]}}}", "mjd_range"),
        ("data_sources: {tess: {lightcurve: {max_points: -1}}}", "max_points"),
        ("data_sources: {mast: {query: {filters: {a: {mini: 1}}}}}", "query.filters.a"),
        ("data_sources: {mast: {api_token: abc}}", "mast.api_token"),
        ("data_sources: {ztf: {", "base.yaml"),
    ],
)
def test_what_the_guide_does_not_have_is_named(written, text, told):
    with pytest.raises(ConfigError, match=told):
        from_config(written(text))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"absent\.yaml"):
        from_config(tmp_path / "absent.yaml")
