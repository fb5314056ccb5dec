-- What changes nothing of access: other ids, other places of rows, other rows of the same people.
UPDATE app.notes SET body = 'y';
INSERT INTO app.notes SELECT n, '00000000-0000-4000-8000-00000000000a', 'x', 's' FROM generate_series(11, 20) n;
DROP POLICY own ON app.notes;
CREATE POLICY own ON app.notes TO authenticated USING (owner_id = auth.uid());
ALTER TABLE app.internal RENAME TO other;
CREATE TABLE app.internal (id int);
DROP TABLE app.other;
VACUUM FULL app.notes;
