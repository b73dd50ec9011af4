-- Introductions from the request to the outcome, letters once sent, people looked at in the review, and people forgotten.

CREATE TABLE introductions (
  request        TEXT PRIMARY KEY,
  requester      TEXT,
  requester_name TEXT NOT NULL,
  contact        TEXT,
  contact_name   TEXT NOT NULL,
  purpose_text   TEXT NOT NULL,
  channel        TEXT NOT NULL,
  asked_at       TEXT NOT NULL,
  recorded_at    TEXT NOT NULL,
  source         TEXT NOT NULL
) STRICT;

CREATE TABLE introduction_events (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  introduction TEXT NOT NULL REFERENCES introductions (request),
  step         TEXT NOT NULL CHECK (step IN (
    'judged', 'asked_more', 'call_me', 'permission_asked', 'permission_given', 'permission_refused',
    'introduced', 'followed_up', 'outcome_requester', 'outcome_contact', 'declined', 'redirected', 'undone')),
  at           TEXT NOT NULL,
  recorded_at  TEXT NOT NULL,
  detail       TEXT NOT NULL CHECK (json_valid(detail)),
  source       TEXT NOT NULL,
  undoes       INTEGER REFERENCES introduction_events (id)
) STRICT;
CREATE INDEX introduction_events_introduction ON introduction_events (introduction);

CREATE TABLE letters_sent (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  request     TEXT,
  template    TEXT NOT NULL,
  purpose     TEXT,
  text        TEXT NOT NULL,
  at          TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  source      TEXT NOT NULL
) STRICT;

CREATE TABLE reviews (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  person      TEXT NOT NULL,
  verdict     TEXT NOT NULL,
  because     TEXT,
  at          TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  source      TEXT NOT NULL
) STRICT;
CREATE INDEX reviews_person ON reviews (person);

-- A salted hash keeps a forgotten person out of later imports without keeping the person.
CREATE TABLE forgotten (
  hash    TEXT PRIMARY KEY,
  salt    TEXT NOT NULL,
  at      TEXT NOT NULL,
  removed TEXT NOT NULL   -- JSON: table -> rows
) STRICT;

CREATE TRIGGER introductions_are_not_changed BEFORE UPDATE ON introductions
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'introductions are never changed; record an event'); END;

CREATE TRIGGER introductions_are_not_deleted BEFORE DELETE ON introductions
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'introductions are never deleted; record an event'); END;

CREATE TRIGGER introductions_are_not_replaced BEFORE INSERT ON introductions
WHEN EXISTS (SELECT 1 FROM introductions WHERE request = NEW.request)
BEGIN SELECT RAISE(ABORT, 'introductions are never changed; record an event'); END;

CREATE TRIGGER introduction_events_are_not_changed BEFORE UPDATE ON introduction_events
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'events are never changed; undo one by a new event'); END;

CREATE TRIGGER introduction_events_are_not_deleted BEFORE DELETE ON introduction_events
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'events are never deleted; undo one by a new event'); END;

CREATE TRIGGER introduction_events_are_not_replaced BEFORE INSERT ON introduction_events
WHEN EXISTS (SELECT 1 FROM introduction_events WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'events are never changed; undo one by a new event'); END;

CREATE TRIGGER letters_sent_are_not_changed BEFORE UPDATE ON letters_sent
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'letters once sent are never changed'); END;

CREATE TRIGGER letters_sent_are_not_deleted BEFORE DELETE ON letters_sent
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'letters once sent are never deleted'); END;

CREATE TRIGGER reviews_are_not_changed BEFORE UPDATE ON reviews
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'reviews are never changed; record a new one'); END;

CREATE TRIGGER reviews_are_not_deleted BEFORE DELETE ON reviews
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'reviews are never deleted; record a new one'); END;
