-- What the user did and noted. Rows are added, never changed; the row recorded last counts.

-- Holds a row only inside the one transaction that forgets a person: the only way past the refusals below.
CREATE TABLE forgetting (person TEXT NOT NULL) STRICT;

CREATE TABLE decisions (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  request      TEXT NOT NULL,
  kind         TEXT NOT NULL CHECK (kind IN ('invitation', 'introduction')),
  action       TEXT NOT NULL,
  at           TEXT NOT NULL,
  recorded_at  TEXT NOT NULL,
  source       TEXT NOT NULL,
  opinion_seen INTEGER NOT NULL CHECK (opinion_seen IN (0, 1)),
  because      TEXT,
  remind_on    TEXT
) STRICT;
CREATE INDEX decisions_request ON decisions (request);

CREATE TABLE facts_noted (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  request     TEXT NOT NULL,
  kind        TEXT NOT NULL CHECK (kind IN ('invitation', 'introduction')),
  fact        TEXT NOT NULL,
  level       TEXT NOT NULL,   -- 'unknown' takes an earlier note back
  at          TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  source      TEXT NOT NULL
) STRICT;
CREATE INDEX facts_noted_request ON facts_noted (request, fact);

CREATE TRIGGER decisions_are_not_changed BEFORE UPDATE ON decisions
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'decisions are never changed; record a new one'); END;

CREATE TRIGGER decisions_are_not_deleted BEFORE DELETE ON decisions
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'decisions are never deleted; record a new one'); END;

-- INSERT OR REPLACE deletes without asking the trigger above.
CREATE TRIGGER decisions_are_not_replaced BEFORE INSERT ON decisions
WHEN EXISTS (SELECT 1 FROM decisions WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'decisions are never changed; record a new one'); END;

CREATE TRIGGER facts_noted_are_not_changed BEFORE UPDATE ON facts_noted
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'noted facts are never changed; note a new one'); END;

CREATE TRIGGER facts_noted_are_not_deleted BEFORE DELETE ON facts_noted
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'noted facts are never deleted; note a new one'); END;

CREATE TRIGGER facts_noted_are_not_replaced BEFORE INSERT ON facts_noted
WHEN EXISTS (SELECT 1 FROM facts_noted WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'noted facts are never changed; note a new one'); END;
