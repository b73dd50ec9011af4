"""The mailbox of an export, typed: a million rows stay columns from the file to the frame."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from netkit.export_people import Pairs, as_series, pairs_of
from netkit.export_tables import Source
from netkit.people import folded_name, person_keys
from netkit.report import Notice

_Mask = npt.NDArray[np.bool_]


def messages(source: Source) -> pd.DataFrame:
    """Return `messages.csv` typed; `person` is the other side of each message."""
    sender = pairs_of(source.text("sender_url"), source.text("from_name"))
    senders = person_keys(sender.urls, sender.names, source.known)["person"]
    outgoing = _outgoing(source, sender, senders)
    person = pa.array(sender.spread(senders), pa.large_string(), from_pandas=True)
    person = pc.if_else(pa.array(outgoing), pa.nulls(len(person), pa.large_string()), person)
    person = pc.replace_with_mask(person, pa.array(outgoing), _recipients(source, outgoing))
    _note_nobody(source, sender, senders, outgoing)
    direction = pa.DictionaryArray.from_arrays(
        pa.array(outgoing.astype(np.int8)), pa.array(["incoming", "outgoing"], pa.large_string())
    )
    return pd.DataFrame(
        {
            "conversation": as_series(source.text("conversation")),
            "person": as_series(person),
            "direction": as_series(direction),
            "sent_at": source.dates("sent_at"),
            "content": as_series(source.text("content")),
            "folder": as_series(source.text("folder")),
            "draft": _says_yes(source.text("draft")) | _says_yes(source.text("conversation_draft")),
        }
    )


def _outgoing(source: Source, sender: Pairs, senders: pd.Series) -> _Mask:
    """Tell which messages the owner sent: the file says so (until 2020), or the sender is the owner."""
    own = (senders == source.owner).fillna(value=False).to_numpy(bool)[sender.codes]
    if not source.file.has("direction"):
        if source.owner is None and len(own):
            says = "nothing tells which person you are, so all messages count as incoming"
            source.notices.append(Notice("owner_unknown", source.file.file, len(own), says))
        return np.asarray(own, bool)
    said = pc.utf8_upper(pc.utf8_trim_whitespace(source.text("direction").cast(pa.string())))
    is_out = pc.fill_null(pc.equal(said, "OUTGOING"), False).to_numpy(zero_copy_only=False)
    is_in = pc.fill_null(pc.equal(said, "INCOMING"), False).to_numpy(zero_copy_only=False)
    return np.asarray(is_out | (own & ~is_in), bool)


def _recipients(source: Source, outgoing: _Mask) -> pa.Array:
    """Return the single recipient of each outgoing message, null where there are several."""
    at = pa.array(np.flatnonzero(outgoing))
    pairs = pairs_of(source.text("recipient_urls").take(at), source.text("to_name").take(at))
    urls = pairs.urls.where(~pairs.urls.str.contains(",", na=False))
    several = pairs.urls.notna() & urls.isna()
    names = pairs.names.where(_one_name(source, pairs.names) & ~several)
    keys = person_keys(urls, names, source.known)["person"]
    return pa.array(pairs.spread(keys), pa.large_string(), from_pandas=True)


def _one_name(source: Source, names: pd.Series) -> pd.Series:
    """Tell which cells hold one name: recipients are joined by commas, and names contain commas."""
    known = {name: folded_name(name) in source.known for name in names.dropna().unique()}
    return ~names.str.contains(",", na=False) | names.map(known).eq(other=True)


def _note_nobody(source: Source, sender: Pairs, senders: pd.Series, outgoing: _Mask) -> None:
    nobody = senders.isna().to_numpy()[sender.codes] & ~outgoing
    says = "messages whose sender is not named (closed accounts) stay apart"
    source.note("names_nobody", np.flatnonzero(nobody), says)


def _says_yes(values: pa.Array) -> _Mask:
    """Tell which cells say yes; they name the same few words over and over."""
    if pa.types.is_null(values.type):
        return np.zeros(len(values), bool)
    words = values if isinstance(values, pa.DictionaryArray) else values.dictionary_encode()
    yes = pc.is_in(pc.utf8_lower(words.dictionary), pa.array(["yes", "true", "1"]))
    found = pc.fill_null(yes.take(words.indices), False)
    return np.asarray(found.to_numpy(zero_copy_only=False), bool)
