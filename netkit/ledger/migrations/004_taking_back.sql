-- A decision is taken back by a new row with the action 'undone': which decision it takes back.
ALTER TABLE decisions ADD COLUMN undoes INTEGER REFERENCES decisions (id);
