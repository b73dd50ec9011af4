"""The invented person's archives: what the platform would have written in a given month."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from netkit.plain_yaml import read_yaml

_ERAS = read_yaml(Path(__file__).parent / "eras.yaml")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
Row = Mapping[str, str]


def file_shape(file: str, month: str) -> Mapping[str, Any]:
    """Return how one file of the export looked in a month.

    Parameters
    ----------
    file : str
        Its present name, such as `Connections.csv`.
    month : str
        `YYYY-MM`.

    Returns
    -------
    mapping
        `header`, and where they apply `name`, `preamble`, `quoting`, `encoding`, `dates`, `slugs`;
        empty before the file existed.

    Examples
    --------
    >>> file_shape("Connections.csv", "2023-06")["header"][2]
    'URL'
    """
    held = [shape for shape in _ERAS[file] if shape["since"] <= month]
    return held[-1] if held else {}


def write_archive(folder: Path, taken: pd.Timestamp, tables: Mapping[str, Iterable[Row]]) -> Path:
    """Write one archive as the platform would have on that day.

    Parameters
    ----------
    folder : Path
        Where to.
    taken : Timestamp
        The day of the export; it decides every file's header and gives the archive its name.
    tables : dict of str to iterable of rows
        Present file name to rows; a row maps every column name of any era to its text.

    Returns
    -------
    Path
        `Basic_LinkedInDataExport_MM-DD-YYYY.zip`. The same rows give the same bytes.
    """
    path = folder / f"Basic_LinkedInDataExport_{taken.strftime('%m-%d-%Y')}.zip"
    stamp = (taken.year, taken.month, taken.day, 9, 30, 0)
    with zipfile.ZipFile(path, "w") as archive:
        for file, rows in tables.items():
            shape = file_shape(file, taken.strftime("%Y-%m"))
            if shape:
                member = zipfile.ZipInfo(shape.get("name") or file, date_time=stamp)
                member.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(member, file_bytes(shape, rows))
    return path


def file_bytes(shape: Mapping[str, Any], rows: Iterable[Row]) -> bytes:
    r"""Return one file's content in its shape.

    Parameters
    ----------
    shape : mapping
        As `file_shape` returns it.
    rows : iterable of rows
        Column name to text; a column that the row does not name stays empty.

    Returns
    -------
    bytes
        UTF-8 without a mark and with commas, or UTF-16LE with a mark and tabs.

    Examples
    --------
    >>> file_bytes({"header": ["From", "To"]}, [{"From": "Ada, B", "To": "C"}])
    b'From,To\n"Ada, B",C\n'
    """
    wide = shape.get("encoding") == "utf-16"
    text = io.StringIO(newline="")
    if "preamble" in shape:
        text.write(shape["preamble"] + "\n")
    writer = csv.writer(
        text,
        delimiter="\t" if wide else ",",
        lineterminator="\n",
        quoting=csv.QUOTE_ALL if shape.get("quoting") == "all" else csv.QUOTE_MINIMAL,
    )
    writer.writerow(shape["header"])
    writer.writerows([row.get(column, "") for column in shape["header"]] for row in rows)
    written = text.getvalue()
    return b"\xff\xfe" + written.encode("utf-16-le") if wide else written.encode()


def clock_text(moment: pd.Timestamp, zone: str = "UTC") -> str:
    """Write a moment as `10/27/19, 4:05 PM`.

    Parameters
    ----------
    moment : Timestamp
        With a time zone.
    zone : str, default 'UTC'
        The zone to write it in; the text does not say which.

    Returns
    -------
    str
        The text.

    Examples
    --------
    >>> clock_text(pd.Timestamp("2019-10-27 23:05", tz="UTC"), "America/Los_Angeles")
    '10/27/19, 4:05 PM'
    """
    local = moment.tz_convert(zone)
    half = "AM" if local.hour < 12 else "PM"
    hour = local.hour % 12 or 12
    return f"{local.month}/{local.day}/{local.year % 100:02d}, {hour}:{local.minute:02d} {half}"


def day_text(moment: pd.Timestamp) -> str:
    """Write a UTC day as `27 Oct 2019`.

    Parameters
    ----------
    moment : Timestamp
        In UTC.

    Returns
    -------
    str
        The text; month names are English whatever the machine speaks.

    Examples
    --------
    >>> day_text(pd.Timestamp("2019-10-27", tz="UTC"))
    '27 Oct 2019'
    """
    return f"{moment.day:02d} {_MONTHS[moment.month - 1]} {moment.year}"


def follow_text(moment: pd.Timestamp) -> str:
    """Write a UTC moment as `Tue Mar 05 10:00:00 UTC 2024`.

    Parameters
    ----------
    moment : Timestamp
        In UTC.

    Returns
    -------
    str
        The text.

    Examples
    --------
    >>> follow_text(pd.Timestamp("2024-03-05 10:00", tz="UTC"))
    'Tue Mar 05 10:00:00 UTC 2024'
    """
    day = f"{_WEEKDAYS[moment.weekday()]} {_MONTHS[moment.month - 1]} {moment.day:02d}"
    return f"{day} {moment.strftime('%H:%M:%S')} UTC {moment.year}"
