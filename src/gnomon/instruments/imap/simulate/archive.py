"""A folder that holds the archives of a simulated mission, and services that answer from it.

    archive.json         start, days, seed: all of the truth follows from them
    webpoda/ webtcad/    packets and analogue telemetry, with times of arrival
    sdc/                 science files, kernels, tables, as the science data centre names them
    ialirt/ noaa/        records
    local/               what the team has itself, in the folders of a store: packet definition,
                         orientation of the sensors, layers of offsets; and what its layers of
                         quality and of the gradiometer are made with
    truth/               the field in GSE, once a minute, and what was added to it

The same mission makes the same bytes.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from gnomon.errors import ConfigError
from gnomon.instruments.imap.simulate import corrections, feeds, housekeeping, kernels, science
from gnomon.instruments.imap.simulate.holdings import KernelFile, ScienceFile, TableFile
from gnomon.instruments.imap.simulate.latis import Packet, Sample
from gnomon.instruments.imap.simulate.mission import NS, OUTER, RATIO, Mission
from gnomon.instruments.imap.simulate.services import Services
from gnomon.instruments.imap.telemetry.packets import PACKETS
from gnomon.timescales.tt2000 import iso

ABOUT = "archive.json"
LOCAL, QUALITY, GRADIOMETER = "local", "quality_windows.csv", "gradiometer.yaml"
_HOLDINGS = "sdc/holdings.json"


def simulate_archive(folder: Path, mission: Mission) -> None:
    """Write the archives of a mission; `folder` must be empty or absent."""
    if folder.exists() and any(folder.iterdir()):
        raise ConfigError(f"{folder} is not empty")
    about = {"start": mission.start.isoformat(), "days": mission.days, "seed": mission.seed}
    about["gap"] = mission.gap
    _write(folder / ABOUT, _json(about))
    for said in housekeeping.told(mission):
        _write_packets(folder / "webpoda", said.layout.name, housekeeping.poda_packets(said))
    for number, samples in feeds.analogue(mission).items():
        rows = [f"{sample.time.isoformat()},{sample.value}" for sample in samples]
        _write(folder / f"webtcad/{number}.csv", ("\n".join(rows) + "\n").encode())
    _write_holdings(folder, mission)
    for instrument, records in feeds.ialirt(mission).items():
        _write(folder / f"ialirt/{instrument}.json", json.dumps(records).encode())
    for instrument, records in feeds.noaa(mission).items():
        _write(folder / f"noaa/{instrument}.json", json.dumps(records).encode())
    _write_local(folder / LOCAL, mission)
    _write_truth(folder / "truth", mission)


def mission_of(folder: Path) -> Mission:
    """Return the mission whose archives a folder holds.

    Raises
    ------
    ConfigError
        It holds none.
    """
    try:
        about = json.loads((folder / ABOUT).read_bytes())
    except FileNotFoundError:
        raise ConfigError(f"{folder} holds no simulated archives; make them first") from None
    start = date.fromisoformat(about.pop("start"))
    return Mission(start, **about)


def fill(services: Services, folder: Path) -> None:
    """Let services answer from a folder.

    Raises
    ------
    ConfigError
        It holds no simulated archives.
    """
    mission_of(folder)
    services.webpoda.packets = {packet.name: [] for packet in PACKETS}
    for path in sorted((folder / "webpoda").glob("*.csv")):
        services.webpoda.packets[path.stem] = _read_packets(path)
    for path in sorted((folder / "webtcad").glob("*.csv")):
        rows = [line.split(",") for line in path.read_text().splitlines()]
        samples = [Sample(datetime.fromisoformat(time), float(value)) for time, value in rows]
        services.webtcad.items[int(path.stem)] = samples
    _read_holdings(services, folder)
    for path in sorted((folder / "ialirt").glob("*.json")):
        services.ialirt.records[path.stem] = json.loads(path.read_bytes())
    for path in sorted((folder / "noaa").glob("*.json")):
        services.noaa.records[path.stem] = json.loads(path.read_bytes())


def advance(services: Services, mission: Mission) -> None:
    """Let time pass: lost packets are sent again, and the first day of level 1C is re-issued."""
    after = datetime.combine(mission.dates[-1], datetime.min.time(), UTC) + timedelta(days=2)
    for said in housekeeping.told_late(mission):
        services.webpoda.packets[said.layout.name] += housekeeping.poda_packets(said, after)
    again = science.science_file(mission, OUTER, "l1c", "norm", 0, minor=2)
    services.sdc.science.append(ScienceFile(again.path, again.body, after))


# -- writing


def _write(path: Path, body: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()


def _write_packets(folder: Path, name: str, packets: list[Packet]) -> None:
    rows = [f"{p.time.isoformat()},{p.ert.isoformat()},{len(p.body)}" for p in packets]
    _write(folder / f"{name}.csv", ("\n".join(rows) + "\n").encode())
    _write(folder / f"{name}.bin", b"".join(packet.body for packet in packets))


def _read_packets(path: Path) -> list[Packet]:
    content = path.with_suffix(".bin").read_bytes()
    found, at = [], 0
    for line in path.read_text().splitlines():
        time, ert, length = line.split(",")
        body = content[at : at + int(length)]
        found.append(Packet(datetime.fromisoformat(time), datetime.fromisoformat(ert), body))
        at += int(length)
    return found


def _write_holdings(folder: Path, mission: Mission) -> None:
    about: dict[str, list[dict[str, Any]]] = {
        "science": [],
        "kernels": [],
        "spin": [],
        "small_forces": [],
    }
    for held in science.science_files(mission):
        about["science"].append({"path": held.path, "ingested": held.ingested.isoformat()})
        _write(folder / "sdc" / held.path, held.body)
    for kernel in kernels.kernel_files(mission):
        fields = asdict(kernel)
        del fields["body"]
        about["kernels"].append(_texts(fields))
        _write(folder / "sdc" / kernel.path, kernel.body)
    tables = {"spin": kernels.spin_files, "small_forces": kernels.small_forces_files}
    for name, made in tables.items():
        for table in made(mission):
            fields = asdict(table)
            del fields["body"]
            about[name].append(_texts(fields))
            _write(folder / "sdc" / table.path, table.body)
    _write(folder / _HOLDINGS, _json(about))


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _texts(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_texts(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _read_holdings(services: Services, folder: Path) -> None:
    about = json.loads((folder / _HOLDINGS).read_bytes())
    root, time = folder / "sdc", datetime.fromisoformat
    sdc = services.sdc
    sdc.science = [
        ScienceFile(held["path"], (root / held["path"]).read_bytes(), time(held["ingested"]))
        for held in about["science"]
    ]
    sdc.kernels = [
        KernelFile(
            **{
                **held,
                "body": (root / f"imap/spice/{held['name']}").read_bytes(),
                "ingested": time(held["ingested"]),
                "intervals": tuple((time(a), time(b)) for a, b in held["intervals"]),
            }
        )
        for held in about["kernels"]
    ]
    sdc.spin, sdc.small_forces = (
        [
            TableFile(
                held["path"],
                (root / held["path"]).read_bytes(),
                *(time(held[name]) for name in ("ingested", "start", "stop")),
            )
            for held in about[tables]
        ]
        for tables in ("spin", "small_forces")
    )


def _write_local(folder: Path, mission: Mission) -> None:
    _write(folder / "definitions/imap_mag_xtce_v001.xml", housekeeping.xtce())
    name, body = science.calibration_file(mission)
    _write(folder / f"science-ancillary/l2-rotation/{name}", body)
    for path, content in corrections.offset_layers(mission):
        _write(folder / path, content)
    _write(folder / QUALITY, corrections.quality_windows(mission).encode())
    _write(folder / GRADIOMETER, corrections.SETTINGS.encode())


def _write_truth(folder: Path, mission: Mission) -> None:
    added = {
        "offsets_nt": {sensor: list(map(float, v)) for sensor, v in mission.offsets_nt.items()},
        "interference_of_mago_to_magi": RATIO,
        "gains_row_column_range": {s: gains.tolist() for s, gains in mission.gains.items()},
    }
    _write(folder / "added.json", _json(added))
    minutes = np.arange(mission.span[0], mission.span[1], 60 * NS, dtype=np.int64)
    lines = ["time,b_gse_x,b_gse_y,b_gse_z"]
    for text, (x, y, z) in zip(iso(minutes), mission.field_gse(minutes).tolist(), strict=True):
        lines.append(f"{text},{x:.6f},{y:.6f},{z:.6f}")
    _write(folder / "field.csv", ("\n".join(lines) + "\n").encode())
