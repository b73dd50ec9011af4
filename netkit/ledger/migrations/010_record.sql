-- The platform's own change log of your invitations, and which spans of time it covers. Of the events of one reading
-- all that differ are kept, in whichever order files come; which of them count is told anew at each reading. Times are
-- thousandths of a second since 1970, UTC.

CREATE TABLE record_events (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  event      TEXT NOT NULL,      -- the platform's number of the event
  activity   TEXT NOT NULL,      -- a hash that a replayed event shares
  captured   INTEGER NOT NULL,   -- when you answered
  processed  INTEGER NOT NULL,
  action     TEXT NOT NULL,      -- accept, ignore, or what else it was; unknown is no refusal
  invitation TEXT NOT NULL,      -- the platform's number of the invitation
  made       INTEGER NOT NULL,   -- when it was made, by that number; 0: it tells nothing
  together   INTEGER NOT NULL,   -- how many invitations the event names
  UNIQUE (event, activity, captured, processed, action, invitation)
) STRICT;

CREATE TABLE record_spans (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  begins INTEGER NOT NULL,
  ends   INTEGER NOT NULL,
  UNIQUE (begins, ends)
) STRICT;

-- Where what you typed and the record contradict each other, your answer names the record's row that it is about.
ALTER TABLE decisions ADD COLUMN settles INTEGER REFERENCES decisions (id);

CREATE TRIGGER record_events_are_not_changed BEFORE UPDATE ON record_events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;

CREATE TRIGGER record_events_are_not_deleted BEFORE DELETE ON record_events
WHEN NOT EXISTS (SELECT 1 FROM forgetting)
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;

CREATE TRIGGER record_spans_are_not_changed BEFORE UPDATE ON record_spans
BEGIN SELECT RAISE(ABORT, 'covered time is never changed'); END;

CREATE TRIGGER record_spans_are_not_deleted BEFORE DELETE ON record_spans
BEGIN SELECT RAISE(ABORT, 'covered time is never taken back'); END;
