-- What is kept of forgotten people needs the workspace's key, which lies apart: the ledger alone names nobody. Older
-- rows, salted hashes that a list of names would open, are hashed once more with the key, and keep their salt.
ALTER TABLE forgotten ADD COLUMN key TEXT;   -- the name of the key
UPDATE forgotten SET hash = keyed(hash), key = key_name();

-- What each table said at the last backup, so that rows that changed since by themselves can be told. One row.
CREATE TABLE backed_up (
  at        TEXT NOT NULL,
  key       TEXT,            -- the name of the workspace's key, where it had one
  checksums TEXT NOT NULL CHECK (json_valid(checksums))   -- JSON: table -> rows, the highest number, SHA-256
) STRICT;
