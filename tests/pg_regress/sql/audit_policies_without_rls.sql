-- Rule policies_without_rls: the table has policies and row security is off.
\set ON_ERROR_ROLLBACK on
\getenv abs_srcdir PG_ABS_SRCDIR
\set roles :abs_srcdir '/include/roles.psql'
BEGIN;
\i :roles
CREATE SCHEMA "O'x";
CREATE TABLE "O'x"."a""b" (id int PRIMARY KEY, owner_id uuid);
CREATE INDEX ON "O'x"."a""b" (owner_id);
-- Near misses: neither, and row security without policies.
CREATE TABLE "O'x".neither (id int);
CREATE TABLE "O'x".denies (id int);
ALTER TABLE "O'x".denies ENABLE ROW LEVEL SECURITY;
CREATE VIEW pg_temp.found AS
  SELECT level, object_name, policy, message, detail, fix FROM rls.audit('{O''x}', '{policies_without_rls}');
SELECT * FROM pg_temp.found;
CREATE POLICY own ON "O'x"."a""b" USING (owner_id = auth.uid());
CREATE POLICY "Mine" ON "O'x"."a""b" FOR SELECT USING (false);
SELECT * FROM pg_temp.found;
-- FORCE alone switches nothing on.
ALTER TABLE "O'x"."a""b" FORCE ROW LEVEL SECURITY;
SELECT object_name FROM pg_temp.found;
-- The printed fix mends it.
SELECT fix FROM pg_temp.found \gexec
SELECT * FROM pg_temp.found;
-- Partitioned tables count.
CREATE TABLE "O'x".parted (id int) PARTITION BY LIST (id);
CREATE POLICY p ON "O'x".parted USING (false);
SELECT object_name, fix FROM pg_temp.found;
DROP TABLE "O'x".parted;
-- Policies that lead back to the table would make every query fail: no statement is printed.
CREATE TABLE "O'x".round (id int, owner_id uuid);
CREATE POLICY p ON "O'x".round USING (id IN (SELECT r.id FROM "O'x".round r WHERE r.owner_id = auth.uid()));
SELECT object_name, fix FROM pg_temp.found;
ROLLBACK;
