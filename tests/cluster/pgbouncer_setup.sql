-- A table that every transaction of the pooled clients writes down what it saw in. One that saw
-- somebody else's identity or rows violates the check, and ends its client.
CREATE EXTENSION rowguard;
SET client_min_messages = warning;
CREATE TABLE notes (owner_id uuid);
INSERT INTO notes VALUES
  ('00000000-0000-4000-8000-0000000000a0'),
  ('00000000-0000-4000-8000-0000000000a1'),
  ('00000000-0000-4000-8000-0000000000a2');
GRANT SELECT ON notes TO authenticated;
SELECT rls.owner_access('notes', 'owner_id', commands => '{select}') \g /dev/null
CREATE TABLE seen (
  n int GENERATED ALWAYS AS IDENTITY,
  client int,
  server_pid int,
  expected uuid,
  found uuid,
  rows_of uuid[],
  CONSTRAINT my_identity CHECK (found IS NOT DISTINCT FROM expected),
  CONSTRAINT my_rows CHECK (rows_of = array_remove(ARRAY[expected], NULL))
);
GRANT INSERT ON seen TO authenticated;
-- In plpgsql the plans are kept by the server connection, from one client to the next.
CREATE FUNCTION write_down(client int, expected uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO seen (client, server_pid, expected, found, rows_of)
  VALUES (client, pg_backend_pid(), expected, auth.uid(), ARRAY(SELECT owner_id FROM notes));
END $$;
