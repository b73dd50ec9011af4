"""A second archive at the command line: what changed since the first is said, and what you noted is kept."""

from exports import zipped

from netkit.cli import run

_HEAD = "From,To,Sent At,Message,Direction,inviterProfileUrl,inviteeProfileUrl\n"
_LINKS = "First Name,Last Name,URL,Email Address,Company,Position,Connected On\n"


def archive(folder, day, waiting, linked=()):
    rows = "".join(
        f'{name} Example,Mara Olsen,"3/{at}/24, 9:05 AM",,INCOMING,https://www.linkedin.com/in/{name},\n'
        for at, name in waiting
    )
    links = "".join(
        f"{name},Example,https://www.linkedin.com/in/{name},,Acme,Engineer,{on} Mar 2024\n"
        for on, name in linked
    )
    files = {"Invitations.csv": _HEAD + rows, "Connections.csv": _LINKS + links}
    return zipped(folder / f"Basic_LinkedInDataExport_{day}.zip", files)


def test_reading_the_next_archive_says_what_changed_and_keeps_what_was_noted(tmp_path, capsys):
    home = ["--home", str(tmp_path / "home")]
    first = archive(tmp_path, "03-10-2024", [(1, "ana"), (2, "bo"), (3, "cy")])
    run(["read", str(first), *home])
    assert "Since" not in capsys.readouterr().out
    run(["decide", "ana", "defer", "--fact", "met_in_person=yes", *home])
    second = archive(tmp_path, "03-20-2024", [(3, "cy"), (15, "dee")], [(8, "ana")])
    run(["read", str(second), *home])
    said = " ".join(capsys.readouterr().out.split())
    assert (
        "Since your archive of 10 Mar 2024: 1 new invitation waits (dee Example) and 1 person who waited is"
        " connected (ana Example). 1 person no longer waits (bo Example) and is not connected. netkit takes"
        " that for a refusal, though not a sure one." in said
    )
    run(["show", "ana", *home])
    assert "You noted met in person: yes" in " ".join(capsys.readouterr().out.split())
