-- What the exports said. Nothing here is typed in by the user; nothing a later export says removes what an earlier one said.

CREATE TABLE imports (
  id          INTEGER PRIMARY KEY,
  sha256      TEXT NOT NULL UNIQUE,
  taken_on    TEXT NOT NULL,
  owner       TEXT,
  present     TEXT NOT NULL,   -- JSON list: the tables that this export held; an absent table says nothing
  rows_read   TEXT NOT NULL,   -- JSON: table -> rows
  imported_at TEXT NOT NULL
) STRICT;

CREATE TABLE invitations (
  request    TEXT PRIMARY KEY,
  identity   TEXT NOT NULL UNIQUE,
  direction  TEXT NOT NULL CHECK (direction IN ('incoming', 'outgoing')),
  person     TEXT,
  confidence TEXT NOT NULL,
  name       TEXT,
  url        TEXT,
  sent_at    TEXT NOT NULL,
  message    TEXT,
  origin     TEXT NOT NULL CHECK (origin IN ('export', 'by hand'))
) STRICT;
CREATE INDEX invitations_person ON invitations (person);

-- Which requests each export showed: the only way to see later that one is gone.
CREATE TABLE invitations_seen (
  import  INTEGER NOT NULL REFERENCES imports (id),
  request TEXT NOT NULL REFERENCES invitations (request),
  PRIMARY KEY (import, request)
) STRICT, WITHOUT ROWID;

-- Company and position are values of the day of the export, never of the day of a decision: they are never facts.
CREATE TABLE connections (
  id           INTEGER PRIMARY KEY,
  person       TEXT,
  confidence   TEXT NOT NULL,
  name         TEXT,
  url          TEXT,
  connected_on TEXT,
  company      TEXT,
  position     TEXT,
  first_seen   TEXT NOT NULL,
  last_seen    TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX connections_said ON connections (
  coalesce(person, ''), coalesce(name, ''), coalesce(connected_on, ''), coalesce(company, ''), coalesce(position, ''));

-- Message dates only, never their content; a person is written once, because a mailbox repeats the same few.
CREATE TABLE people (
  id     INTEGER PRIMARY KEY,
  person TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE messages (
  person   INTEGER NOT NULL REFERENCES people (id),
  sent_at  INTEGER NOT NULL,   -- seconds since 1970, UTC
  incoming INTEGER NOT NULL CHECK (incoming IN (0, 1)),
  PRIMARY KEY (person, sent_at, incoming)
) STRICT, WITHOUT ROWID;

CREATE TABLE endorsements (
  person    TEXT,
  direction TEXT NOT NULL,
  at        TEXT,
  skill     TEXT
) STRICT;
CREATE UNIQUE INDEX endorsements_said ON endorsements (
  coalesce(person, ''), direction, coalesce(at, ''), coalesce(skill, ''));

CREATE TABLE recommendations (
  name      TEXT,
  direction TEXT NOT NULL,
  at        TEXT
) STRICT;
CREATE UNIQUE INDEX recommendations_said ON recommendations (coalesce(name, ''), direction, coalesce(at, ''));

CREATE TABLE address_book (
  person     TEXT,
  name       TEXT,
  created_at TEXT
) STRICT;
CREATE UNIQUE INDEX address_book_said ON address_book (
  coalesce(person, ''), coalesce(name, ''), coalesce(created_at, ''));

CREATE TABLE follows (
  kind TEXT NOT NULL CHECK (kind IN ('company', 'member')),
  name TEXT,
  at   TEXT
) STRICT;
CREATE UNIQUE INDEX follows_said ON follows (kind, coalesce(name, ''), coalesce(at, ''));

CREATE TABLE profile (
  import  INTEGER PRIMARY KEY REFERENCES imports (id),
  content TEXT NOT NULL   -- JSON
) STRICT;
