"""Archives for tests, zipped from readable text; nothing in them is real."""

import zipfile
from pathlib import Path

from netkit.export import read_export

FIXTURES = Path(__file__).parent / "fixtures"


def zipped(target, files, *, top=""):
    """Zip texts or bytes by name, below an optional folder."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode("utf-8")
            archive.writestr(top + name, data)
    return target


def zipped_folder(target, folder):
    """Zip a fixture folder."""
    return zipped(target, {path.name: path.read_bytes() for path in sorted(folder.iterdir())})


def read(tmp_path, files, *, name="Basic_LinkedInDataExport_03-15-2024.zip", top=""):
    """Zip some texts and read them back as an export."""
    return read_export(zipped(tmp_path / name, files, top=top))


def warned(export, kind):
    """Return the notices of one kind."""
    return [notice for notice in export.report.warnings if notice.kind == kind]
