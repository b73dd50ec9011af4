-- Introductions that you receive: somebody brings you together with somebody, so you are the contact.
ALTER TABLE introductions ADD COLUMN introducer TEXT;   -- NULL where the requester asked you
ALTER TABLE introductions ADD COLUMN introducer_name TEXT;
ALTER TABLE introductions ADD COLUMN asked_first INTEGER CHECK (asked_first IN (0, 1));   -- NULL: nobody knows

-- What somebody wishes to be asked about now: the newest row counts, and fades.
CREATE TABLE wishes (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  person      TEXT NOT NULL,
  name        TEXT NOT NULL,
  wish        TEXT,   -- NULL: nothing any more
  at          TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  via         TEXT NOT NULL
) STRICT;
CREATE INDEX wishes_person ON wishes (person);

CREATE TRIGGER wishes_are_not_changed BEFORE UPDATE ON wishes
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'wishes are never changed; note a new one'); END;

CREATE TRIGGER wishes_are_not_deleted BEFORE DELETE ON wishes
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'wishes are never deleted; note a new one'); END;

CREATE TRIGGER wishes_are_not_replaced BEFORE INSERT ON wishes
WHEN EXISTS (SELECT 1 FROM wishes WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'wishes are never changed; note a new one'); END;
