"""The mailbox of an export, typed: a million rows stay columns from the file to the frame."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from netkit.export.people import Pairs, as_series
from netkit.export.report import Notice
from netkit.export.source import Source
from netkit.people import folded_name, keys_of

_Mask = npt.NDArray[np.bool_]


def messages(source: Source) -> pd.DataFrame:
    """Return `messages.csv` typed; `person` is the other side of each message."""
    sender = source.people("sender_url", "from_name")
    senders, _ = keys_of(sender.urls, sender.names, source.cast.known)
    outgoing = _outgoing(source, sender, senders)
    source.note(
        "names_nobody",
        np.flatnonzero(_missing(senders)[sender.codes] & ~outgoing),
        "messages whose sender is not named (closed accounts) stay apart",
    )
    return pd.DataFrame(
        {
            "conversation": as_series(source.file.pieces("conversation")),
            "person": _other_side(source, sender, senders, outgoing),
            "direction": _named(outgoing.astype(np.int64), ["incoming", "outgoing"]),
            "sent_at": source.dates("sent_at"),
            "content": as_series(source.file.pieces("content")),
            "folder": as_series(source.file.pieces("folder")),
            "draft": _says_yes(source.text("draft")) | _says_yes(source.text("conversation_draft")),
        }
    )


def _named(codes: npt.NDArray[np.int64], names: list[str | None]) -> pd.Series:
    return as_series(pa.array(names, pa.large_string()).take(pa.array(codes)))


def _missing(keys: list[str | None]) -> _Mask:
    return np.array([key is None for key in keys], bool)


def _outgoing(source: Source, sender: Pairs, senders: list[str | None]) -> _Mask:
    """Tell which messages the owner sent: the file says so (until 2020), or the sender is the owner."""
    owner = source.cast.owner
    own = np.array([key is not None and key == owner for key in senders], bool)[sender.codes]
    if not source.file.has("direction"):
        if owner is None and len(own):
            says = "nothing tells which person you are, so all messages count as incoming"
            source.notices.append(Notice("owner_unknown", source.file.file, len(own), says))
        return own
    said = pc.utf8_upper(pc.utf8_trim_whitespace(source.text("direction").cast(pa.string())))
    is_out = pc.fill_null(pc.equal(said, "OUTGOING"), False).to_numpy(zero_copy_only=False)
    is_in = pc.fill_null(pc.equal(said, "INCOMING"), False).to_numpy(zero_copy_only=False)
    return np.asarray(is_out | (own & ~is_in), bool)


def _other_side(
    source: Source, sender: Pairs, senders: list[str | None], outgoing: _Mask
) -> pd.Series:
    """Return the sender of what came in, and of what went out the recipient, if there is one alone."""
    to = source.people("recipient_urls", "to_name")
    alone = [_recipient(source, url, name) for url, name in zip(to.urls, to.names, strict=True)]
    recipients, _ = keys_of(
        [url for url, _ in alone], [name for _, name in alone], source.cast.known
    )
    codes = np.where(outgoing, to.codes + len(senders), sender.codes)
    return _named(codes, senders + recipients)


def _recipient(source: Source, url: str | None, name: str | None) -> tuple[str | None, str | None]:
    """Return address and name of a single recipient; several are joined by commas, which names hold, too."""
    if url is not None:
        return (None, None) if "," in url else (url, name)
    several = name is not None and "," in name and folded_name(name) not in source.cast.known
    return None, None if several else name


def _says_yes(values: pa.Array) -> _Mask:
    """Tell which cells say yes; they name the same few words over and over."""
    if pa.types.is_null(values.type):
        return np.zeros(len(values), bool)
    words = values if isinstance(values, pa.DictionaryArray) else values.dictionary_encode()
    yes = pc.is_in(pc.utf8_lower(words.dictionary), pa.array(["yes", "true", "1"]))
    found = pc.fill_null(yes.take(words.indices), False)
    return np.asarray(found.to_numpy(zero_copy_only=False), bool)
