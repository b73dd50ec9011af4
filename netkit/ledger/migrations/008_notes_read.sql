-- What the notes say is kept as it was read with the archive, and the reader's version is a fingerprint.

CREATE TABLE notes_read (
  request TEXT PRIMARY KEY REFERENCES invitations (request),
  traits  TEXT NOT NULL CHECK (json_valid(traits)),
  reader  TEXT NOT NULL   -- the fingerprint of the reader of notes
) STRICT, WITHOUT ROWID;

-- The reader before said no wherever it found nothing; what it did not know is unknown.
ALTER TABLE first_messages RENAME TO first_messages_before;
CREATE TABLE first_messages (
  person   INTEGER NOT NULL REFERENCES people (id),
  sent_at  INTEGER NOT NULL,
  incoming INTEGER NOT NULL CHECK (incoming IN (0, 1)),
  traits   TEXT NOT NULL CHECK (json_valid(traits)),
  reader   TEXT NOT NULL,
  PRIMARY KEY (person, sent_at, incoming)
) STRICT, WITHOUT ROWID;
INSERT INTO first_messages
SELECT person, sent_at, incoming, replace(traits, '"no"', 'null'), CAST(reader AS TEXT) FROM first_messages_before;
DROP TABLE first_messages_before;

ALTER TABLE imports DROP COLUMN reader;
ALTER TABLE imports DROP COLUMN asked_for_reader;
ALTER TABLE imports ADD COLUMN reader TEXT;
ALTER TABLE imports ADD COLUMN asked_for_reader TEXT;
