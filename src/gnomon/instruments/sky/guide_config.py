"""The guide's YAML file: what it says under ``data_sources`` of ZTF, TESS and MAST.

The file is read as it is. Its other sections (project, paths, mlflow, dvc) are not about archives
and are passed over; within a source, a key that the guide does not have is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    ValidationError,
    model_validator,
)

from gnomon.errors import ConfigError

_LIGHT_CURVES = "nph_light_curves"


def _several(value: object) -> object:
    """Take what stands alone for a list of one."""
    return [value] if isinstance(value, str | int | float) else value


def _texts(value: object) -> object:
    """Take numbers, as of the TESS Input Catalog, for their text, and ``a, b`` for two."""
    if isinstance(value, str):
        return [word.strip() for word in value.split(",")]
    many = _several(value)
    return [str(one) for one in many] if isinstance(many, list | tuple) else many


def _format(value: object) -> object:
    """Take IRSA's names, in any case, for ours."""
    return value.lower().removesuffix("_table") if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(gt=0)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FilterRange(_Section):
    """A range of a continuous column of CAOM."""

    min: FiniteFloat
    max: FiniteFloat


FilterValue = str | int | float | bool | FilterRange
Filters = Mapping[str, Annotated[tuple[FilterValue, ...], BeforeValidator(_several)]]


class ConeSearch(_Section):
    """A place; degrees, ICRS."""

    ra_deg: FiniteFloat = Field(alias="ra", ge=-180, le=360)
    dec_deg: FiniteFloat = Field(alias="dec", ge=-90, le=90)
    radius_deg: FiniteFloat = Field(0.05, alias="radius", gt=0)


class Irsa(_Section):
    """What is asked of IRSA."""

    base_url: str = ""
    timeout_s: Seconds = Field(120.0, alias="timeout")
    format: Annotated[str, BeforeValidator(_format)] = "csv"
    max_rows: Count | None = None
    filters: Texts = ()
    cone_search: ConeSearch | None = None
    mjd_range: tuple[float, float] | None = None

    @property
    def serves_images(self) -> bool:
        """Whether the address is not that of light curves: IRSA's image search has no curves."""
        return bool(self.base_url) and _LIGHT_CURVES not in self.base_url

    @property
    def light_curves_url(self) -> str:
        """The address of light curves, where the file has it."""
        return "" if self.serves_images else self.base_url


class Query(_Section):
    """What is asked of MAST."""

    pagesize: Count | None = None
    columns: Texts = ()
    filters: Filters = {}


class CurveColumns(_Section):
    """Which columns of TESS light curves are wanted."""

    flux_columns: Texts = ("PDCSAP_FLUX", "SAP_FLUX")
    time_column: str = "TIME"
    max_points: Count | None = None


class _Source(_Section):
    """What every source has.

    Attributes
    ----------
    auth_env : str
        The name of the variable that holds the token; "" for none.
    sample_payload : object
        Made-up answers for tests; nothing reads them.
    """

    description: str = ""
    access: str = ""
    auth_env: str = ""
    auth_header: str = "Authorization"
    sample_payload: object = None


class Ztf(_Source):
    """ZTF, by IRSA."""

    auth_env: str = "ZTF_API_TOKEN"
    api_url: str = ""
    irsa: Irsa = Irsa()


class Tess(_Source):
    """TESS, by MAST."""

    auth_env: str = "TESS_API_TOKEN"
    invoke_url: str = ""
    observation_service: str = "Mast.Caom.Filtered"
    product_service: str = "Mast.Caom.Products"
    download_url: str = ""
    tesscut_url: str = ""
    targets: Texts = ()
    query: Query = Query()
    lightcurve: CurveColumns = CurveColumns()


class Mast(_Source):
    """MAST's observations."""

    auth_env: str = "MAST_API_TOKEN"
    invoke_url: str = ""
    service: str = "Mast.Caom.Filtered"
    query: Query = Query()


class DataSources(_Section):
    """The sources that a file names; those that it does not name are as nobody changed them."""

    ztf: Ztf = Ztf()
    tess: Tess = Tess()
    mast: Mast = Mast()

    @model_validator(mode="before")
    @classmethod
    def _leaves_out_empty_ones(cls, value: Any) -> Any:
        """Take ``ztf:`` with nothing below it for a source without options."""
        return {k: v or {} for k, v in value.items()} if isinstance(value, dict) else value


def from_config(path: Path) -> DataSources:
    """Read the guide's file.

    Raises
    ------
    ConfigError
        It cannot be read, has no ``data_sources``, or one of them has a key or a value that the
        guide does not know; the key is named.
    """
    document = _load(path)
    if not isinstance(document, Mapping) or not isinstance(document.get("data_sources"), Mapping):
        raise ConfigError(f"{path}: has no section data_sources")
    try:
        return DataSources.model_validate(dict(document["data_sources"]))
    except ValidationError as error:
        said = "; ".join(
            f"data_sources.{'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
            for one in error.errors()
        )
        raise ConfigError(f"{path}: {said}") from None


def _load(path: Path) -> object:
    import yaml  # noqa: PLC0415  optional

    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {error}") from None
