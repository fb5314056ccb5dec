-- A table whose policy first goes every way, and then never comes to an end.
CREATE SCHEMA endless;
GRANT USAGE ON SCHEMA endless TO anon;
CREATE TABLE endless.waits (id int PRIMARY KEY);
INSERT INTO endless.waits VALUES (1);
ALTER TABLE endless.waits ENABLE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE, DELETE ON endless.waits TO anon;
CREATE POLICY trap ON endless.waits USING (app.goes_every_way() AND pg_sleep(600) IS NOT NULL);
