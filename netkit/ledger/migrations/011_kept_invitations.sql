-- Invitations that you typed in before any archive held them, as you typed them, and which of an archive each one is.
-- Which one is told anew with every archive; your own word is kept beside it.

CREATE TABLE kept_invitations (
  request    TEXT PRIMARY KEY,  -- of the invitation; your decisions name it
  person     TEXT NOT NULL,
  confidence TEXT NOT NULL,
  name       TEXT NOT NULL,
  url        TEXT,
  sent_at    TEXT NOT NULL,     -- when it was sent, as far as you know: when you saw it, mostly
  message    TEXT,
  headline   TEXT,
  mutual     INTEGER,           -- contacts in common, as the platform's page said
  archived   TEXT,              -- JSON: the row of an archive that it is, as it stood there
  said       TEXT               -- your word: the identity of the row that it is, or nothing for none of them
) STRICT;

INSERT INTO kept_invitations (request, person, confidence, name, url, sent_at, message)
SELECT request, person, confidence, name, url, sent_at, message FROM invitations
WHERE origin = 'by hand' AND person NOTNULL AND name NOTNULL;

UPDATE invitations SET identity = 'by hand|' || request WHERE origin = 'by hand';
