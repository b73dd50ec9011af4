"""A file's bytes as UTF-8; legacy encodings and damaged letters are told, never smoothed over."""

import codecs
import io
import re
from dataclasses import dataclass

from netkit.export.report import Notice, at_lines

_PIECE = 1 << 24
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
# UTF-8 that was read as Latin-1 or Windows-1252 and written again ("JÃ¶rg", "itâ€™s"), and the
# mark that stands where a letter was lost already.
_MOJIBAKE = re.compile(
    rb"\xc3[\x82\x83](?:\xc2[\x80-\xbf]|[\xc5\xc6\xcb\xe2])|\xc3\xa2\xe2\x82\xac|\xc3\xb0\xc5\xb8|\xef\xbf\xbd"
)
# Each of those signs has one of these bytes, which are rare in most scripts, in a pair that is rare in all.
_RARE = (
    (b"\x82", (b"\xc3\x82", b"\xe2\x82\xac")),
    (b"\x83", (b"\xc3\x83",)),
    (b"\xc5", (b"\xc3\xb0\xc5\xb8",)),
    (b"\xef", (b"\xef\xbf\xbd",)),
)


@dataclass(frozen=True)
class Text:
    """A file's text in UTF-8, and what was odd about its bytes."""

    utf8: bytes
    notices: tuple[Notice, ...] = ()


def encoding_of(head: bytes) -> str:
    """Return the encoding that a file's first bytes announce, `""` for plain UTF-8.

    Parameters
    ----------
    head : bytes
        The file's beginning.

    Returns
    -------
    str
        A codec's name, or `""`.

    Examples
    --------
    >>> encoding_of("Date;Name".encode("utf-16"))
    'utf-16'
    >>> encoding_of(b"Date,Name")
    ''
    """
    for mark, codec in _BOMS:
        if head.startswith(mark):
            return codec
    sample = head[:4096]
    if len(sample) >= 4 and b"\x00" in sample:
        if sample[1::2].count(0) > len(sample) // 4:
            return "utf-16-le"
        if sample[0::2].count(0) > len(sample) // 4:
            return "utf-16-be"
    return ""


def as_utf8(data: bytes, name: str) -> Text:
    r"""Return a file's text in UTF-8.

    Bytes that are not valid are read as Windows-1252 when the whole file can be (a spreadsheet
    on Windows writes it so), and are else kept visible as `\xNN`; either way it is told.

    Parameters
    ----------
    data : bytes
        The file.
    name : str
        Its name, for the notices.

    Returns
    -------
    Text
        The text and the notices.

    Examples
    --------
    >>> as_utf8("Jörg".encode("cp1252"), "Connections.csv").utf8.decode()
    'Jörg'
    """
    codec = encoding_of(data) or "utf-8"
    try:
        return Text(_unix_lines(_recoded(data, codec, "strict")))
    except UnicodeDecodeError:
        pass
    if codec == "utf-8" and not _has_utf8_letters(data):
        try:
            return Text(_unix_lines(_recoded(data, "cp1252", "strict")), (_legacy(data, name),))
        except UnicodeDecodeError:
            pass
    damaged = (_damaged(data, codec, name),)
    return Text(_unix_lines(_recoded(data, codec, "backslashreplace")), damaged)


def _recoded(data: bytes, codec: str, errors: str) -> bytes:
    """Return bytes of one encoding in UTF-8, piece by piece: a large file never stands in memory as `str`."""
    decoder = codecs.getincrementaldecoder(codec)(errors)
    recoded = io.BytesIO()
    for start in range(0, len(data) + 1, _PIECE):
        text = decoder.decode(data[start : start + _PIECE], start + _PIECE > len(data))
        if (codec, errors) != ("utf-8", "strict"):
            recoded.write(text.encode("utf-8", "backslashreplace"))
    return recoded.getvalue() or data  # what is UTF-8 already was only looked at


def _has_utf8_letters(data: bytes) -> bool:
    """Tell whether any letter beyond ASCII is written as UTF-8 has it."""
    decoder = codecs.getincrementaldecoder("utf-8")("ignore")
    pieces = range(0, len(data), _PIECE)
    return not all(decoder.decode(data[start : start + _PIECE]).isascii() for start in pieces)


def _unix_lines(text: bytes) -> bytes:
    if b"\r" in text and b"\n" not in text:  # line ends of an old Macintosh
        return text.replace(b"\r", b"\n")
    return text


def _legacy(data: bytes, name: str) -> Notice:
    lines = _bad_lines(data)
    says = "letters are not UTF-8 and were read as Windows-1252, as spreadsheets write them; check the names"
    return Notice("not_utf8", name, len(lines), says, at_lines(lines))


def _damaged(data: bytes, codec: str, name: str) -> Notice:
    lines = _bad_lines(data) if codec.startswith("utf-8") else []
    says = "bytes that are no text were kept visible as \\xNN"
    return Notice("damaged_bytes", name, max(len(lines), 1), says, at_lines(lines))


def _bad_lines(data: bytes) -> list[int]:
    found = []
    for number, line in enumerate(io.BytesIO(data), start=1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            found.append(number)
    return found


def count_mojibake(chunk: bytes) -> int:
    """Count the damaged letters in a piece of UTF-8 text, fast where there are none.

    Examples
    --------
    >>> count_mojibake("Jörg".encode()), count_mojibake("JÃ¶rg".encode())
    (0, 1)
    """
    if chunk.isascii():
        return 0
    suspect = any(byte in chunk and any(sign in chunk for sign in signs) for byte, signs in _RARE)
    return len(_MOJIBAKE.findall(chunk)) if suspect else 0


def mojibake_notice(data: bytes, name: str) -> Notice:
    """Say how many letters of a file are damaged, and where; the file's text is left as it is."""
    lines = [
        number
        for number, line in enumerate(io.BytesIO(data), start=1)
        if not line.isascii() and _MOJIBAKE.search(line)
    ]
    says = "letters were damaged before the file reached you (such as Ã¼ for ü); they were left as they are"
    return Notice("mojibake", name, len(lines), says, at_lines(lines))
