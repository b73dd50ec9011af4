-- An answer that your policy declares, by its name; `action` is what it comes to. NULL where you gave a plain one.
ALTER TABLE decisions ADD COLUMN answer TEXT;
