-- What personal files tell of acquaintance. Nobody's name or address stands here in clear: `who` and `word` are keyed
-- hashes, whose key lies beside the ledger. A source that is read again replaces itself.

CREATE TABLE evidence_sources (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  place    TEXT NOT NULL UNIQUE,
  kinds    TEXT NOT NULL,
  read     TEXT NOT NULL CHECK (json_valid(read)),
  left_out TEXT NOT NULL CHECK (json_valid(left_out)),
  people   INTEGER NOT NULL,
  added_at TEXT NOT NULL
) STRICT;

CREATE TABLE evidence_people (
  source INTEGER NOT NULL REFERENCES evidence_sources (id) ON DELETE CASCADE,
  who    TEXT NOT NULL,
  domain TEXT NOT NULL,   -- of the address, such as gmail.com; of the owner's own employer where it is his
  PRIMARY KEY (source, who)
) STRICT, WITHOUT ROWID;

-- By what a person is found: an address, a profile, a name as it stands, what may be the same name, the part before the @.
CREATE TABLE evidence_words (
  word   TEXT NOT NULL,
  who    TEXT NOT NULL,
  says   TEXT NOT NULL CHECK (says IN ('address', 'profile', 'name', 'other name', 'local')),
  source INTEGER NOT NULL REFERENCES evidence_sources (id) ON DELETE CASCADE,
  PRIMARY KEY (word, who, says, source)
) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_words_who ON evidence_words (who, says);

CREATE TABLE evidence_acts (
  who       TEXT NOT NULL,
  kind      TEXT NOT NULL,
  direction TEXT NOT NULL,
  size      TEXT NOT NULL,
  place     INTEGER NOT NULL CHECK (place IN (0, 1)),
  source    INTEGER NOT NULL REFERENCES evidence_sources (id) ON DELETE CASCADE,
  times     INTEGER NOT NULL,
  first_at  INTEGER,           -- seconds since 1970, UTC; NULL: nobody knows since when
  last_at   INTEGER,
  PRIMARY KEY (who, kind, direction, size, place, source)
) STRICT, WITHOUT ROWID;

-- The counts as they stood when a request came, where more followed.
CREATE TABLE evidence_then (
  request   TEXT NOT NULL REFERENCES invitations (request) ON DELETE CASCADE,
  who       TEXT NOT NULL,
  kind      TEXT NOT NULL,
  direction TEXT NOT NULL,
  size      TEXT NOT NULL,
  place     INTEGER NOT NULL,
  source    INTEGER NOT NULL REFERENCES evidence_sources (id) ON DELETE CASCADE,
  times     INTEGER NOT NULL,
  last_at   INTEGER NOT NULL,
  PRIMARY KEY (request, who, kind, direction, size, place, source)
) STRICT, WITHOUT ROWID;

-- Whether somebody who asked is the one in a source: your own word, the row recorded last counts.
CREATE TABLE evidence_answers (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  person      TEXT NOT NULL,
  who         TEXT NOT NULL,
  same        INTEGER CHECK (same IN (0, 1)),   -- NULL takes an answer back
  proposed    TEXT NOT NULL,                    -- by which rule, or that you said so unasked
  at          TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  via         TEXT NOT NULL
) STRICT;
CREATE INDEX evidence_answers_person ON evidence_answers (person);

CREATE TABLE own_addresses (
  address  TEXT PRIMARY KEY,
  added_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER evidence_answers_are_not_changed BEFORE UPDATE ON evidence_answers
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'answers about evidence are never changed; record a new one'); END;

CREATE TRIGGER evidence_answers_are_not_deleted BEFORE DELETE ON evidence_answers
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'answers about evidence are never deleted; record a new one'); END;

CREATE TRIGGER evidence_answers_are_not_replaced BEFORE INSERT ON evidence_answers
WHEN EXISTS (SELECT 1 FROM evidence_answers WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'answers about evidence are never changed; record a new one'); END;
