-- Where each value and each decision comes from. Who says so in words ("command line", a sheet's name) moves from
-- `source` to `via`; `source` of a decision becomes one of four kinds. A sitting is one run of a command, of a
-- workplace or of a notebook's kernel; rows of earlier versions have none.

INSERT INTO forgetting VALUES ('nobody: rows get where they come from');

ALTER TABLE introductions RENAME COLUMN source TO via;
ALTER TABLE letters_sent RENAME COLUMN source TO via;
ALTER TABLE reviews RENAME COLUMN source TO via;
ALTER TABLE introduction_events RENAME COLUMN source TO via;
ALTER TABLE introduction_events ADD COLUMN source TEXT NOT NULL DEFAULT 'typed'
  CHECK (source IN ('export', 'record', 'typed', 'sheet'));
ALTER TABLE introduction_events ADD COLUMN sitting TEXT;
UPDATE introduction_events SET source = 'sheet' WHERE via LIKE 'sheet %';

ALTER TABLE decisions RENAME TO decisions_before;
CREATE TABLE decisions (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  request      TEXT NOT NULL,
  kind         TEXT NOT NULL CHECK (kind IN ('invitation', 'introduction')),
  action       TEXT NOT NULL,
  at           TEXT NOT NULL,
  recorded_at  TEXT NOT NULL,
  source       TEXT NOT NULL CHECK (source IN ('export', 'record', 'typed', 'sheet')),
  via          TEXT NOT NULL,
  sitting      TEXT,
  opinion_seen INTEGER CHECK (opinion_seen IN (0, 1)),   -- NULL: nobody knows
  because      TEXT,
  remind_on    TEXT,
  undoes       INTEGER REFERENCES decisions (id)
) STRICT;
INSERT INTO decisions
SELECT id, request, kind, action, at, recorded_at, CASE WHEN source LIKE 'sheet %' THEN 'sheet' ELSE 'typed' END,
  source, NULL, opinion_seen, because, remind_on, undoes
FROM decisions_before ORDER BY id;

ALTER TABLE facts_noted RENAME TO facts_before;
CREATE TABLE facts_noted (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  request     TEXT NOT NULL,
  kind        TEXT NOT NULL CHECK (kind IN ('invitation', 'introduction')),
  fact        TEXT NOT NULL,
  level       TEXT,   -- 'unknown': you said that you do not know; NULL takes what was noted back
  at          TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  origin      TEXT NOT NULL CHECK (origin IN ('derived', 'note', 'evidence', 'typed')),
  via         TEXT NOT NULL,
  sitting     TEXT,
  corrects    INTEGER REFERENCES facts_noted (id)   -- the row about the same fact before this one
) STRICT;
INSERT INTO facts_noted
SELECT id, request, kind, fact, nullif(level, 'unknown'), at, recorded_at, 'typed', source, NULL,
  lag(id) OVER (PARTITION BY request, fact ORDER BY id)
FROM facts_before ORDER BY id;

-- A number that a forgotten row had is not given again.
DELETE FROM sqlite_sequence WHERE name IN ('decisions', 'facts_noted');
UPDATE sqlite_sequence SET name = 'decisions' WHERE name = 'decisions_before';
UPDATE sqlite_sequence SET name = 'facts_noted' WHERE name = 'facts_before';
DROP TABLE decisions_before;
DROP TABLE facts_before;
DELETE FROM forgetting;
CREATE INDEX decisions_request ON decisions (request);
CREATE INDEX facts_noted_request ON facts_noted (request, fact);

CREATE TRIGGER decisions_are_not_changed BEFORE UPDATE ON decisions
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'decisions are never changed; record a new one'); END;

CREATE TRIGGER decisions_are_not_deleted BEFORE DELETE ON decisions
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'decisions are never deleted; record a new one'); END;

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

-- An invitation's note reappears among the messages at the moment of acceptance: that copy is no message.
ALTER TABLE invitations ADD COLUMN note_reappeared_at TEXT;
ALTER TABLE messages ADD COLUMN is_note INTEGER NOT NULL DEFAULT 0 CHECK (is_note IN (0, 1));

-- What the reader of notes says of the first messages after an acceptance; their text is never kept.
CREATE TABLE first_messages (
  person   INTEGER NOT NULL REFERENCES people (id),
  sent_at  INTEGER NOT NULL,
  incoming INTEGER NOT NULL CHECK (incoming IN (0, 1)),
  traits   TEXT NOT NULL CHECK (json_valid(traits)),
  reader   INTEGER NOT NULL,   -- the version of the reader of notes
  PRIMARY KEY (person, sent_at, incoming)
) STRICT, WITHOUT ROWID;

-- Which version of the reader of notes read an archive's messages, and for which one you were asked to read it again.
ALTER TABLE imports ADD COLUMN reader INTEGER;
ALTER TABLE imports ADD COLUMN asked_for_reader INTEGER;
