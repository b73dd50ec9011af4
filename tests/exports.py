"""Archives for tests, zipped from readable text; nothing in them is real."""

import zipfile
from pathlib import Path

import pytest

from netkit.errors import ExportError
from netkit.export import read_export

FIXTURES = Path(__file__).parent / "fixtures"
CONNECTIONS = """\
First Name,Last Name,URL,Email Address,Company,Position,Connected On
Jörg,Brandt,https://www.linkedin.com/in/j%C3%B6rg-brandt,,Acme,Engineer,27 Oct 2019
Lea,Novák,https://www.linkedin.com/in/lea-novak,,Acme,Engineer,28 Oct 2019
"""
INVITATIONS = """\
From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl
Jörg Brandt,Mara Olsen,"10/26/19, 4:05 PM",,INCOMING,https://www.linkedin.com/in/jörg-brandt,https://www.linkedin.com/in/mara-olsen
Mara Olsen,Lea Novák,"10/20/19, 8:00 AM",,OUTGOING,https://www.linkedin.com/in/mara-olsen,https://www.linkedin.com/in/lea-novak
"""
MESSAGES_HEADER = (
    "CONVERSATION ID,CONVERSATION TITLE,FROM,SENDER PROFILE URL,TO,RECIPIENT PROFILE URLS,"
    "DATE,SUBJECT,CONTENT,FOLDER\n"
)


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


def folder_of_2018(folder, *, connected="9/10/18, 8:11 PM", earlier="", note=""):
    """Unpack an archive as they were in 2018, when no time had a zone; a note reappears as it is accepted."""
    folder.mkdir()
    copy = f'Ada Vogel,Me Self,"9/10/18, 8:11 PM",,{note},INCOMING,INBOX\n' * bool(note)
    for name, text in {
        "Connections.csv": "First Name,Last Name,Email Address,Company,Position,Connected On\n"
        f'Ada,Vogel,,Acme,Clerk,"{connected}"\nBen,Okafor,,Acme,Clerk,"9/12/18, 9:30 AM"\n',
        "Invitations.csv": f"From,To,Sent At,Message,Direction\n{earlier}"
        f'Ada Vogel,Me Self,"9/10/18, 8:00 PM",{note},INCOMING\n'
        'Ben Okafor,Me Self,"9/11/18, 6:30 PM",,INCOMING\n',
        "Messages.csv": f"From,To,Date,Subject,Content,Direction,Folder\n{copy}"
        'Ada Vogel,Me Self,"9/10/18, 8:15 PM",,Thank you for accepting,INCOMING,INBOX\n',
        "Profile.csv": "First Name,Last Name\nMe,Self\n",
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def read(tmp_path, files, *, name="Basic_LinkedInDataExport_03-15-2024.zip", top=""):
    """Zip some texts and read them back as an export."""
    return read_export(zipped(tmp_path / name, files, top=top))


def warned(export, kind):
    """Return the notices of one kind."""
    return [notice for notice in export.report.warnings if notice.kind == kind]


def refused(*arguments):
    """Return the sentence with which an export is refused."""
    with pytest.raises(ExportError) as caught:
        read_export(*arguments)
    return str(caught.value)
