-- Opened: a policy, one whose name is a directive to test harnesses, and a table that nobody knew.
CREATE POLICY open ON app.notes FOR SELECT TO authenticated USING (true);
CREATE POLICY open ON app."Odd # TODO ""'); \ :name $$" TO anon USING (true);
CREATE TABLE app.fresh (id int);
INSERT INTO app.fresh VALUES (1);
GRANT SELECT ON app.fresh TO anon;
