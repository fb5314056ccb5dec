-- The access matrix: 200 tables with four policies each, 1,000 of 2,000 rows looked at, 4 identities, 5
-- commands. Beside it, in turn, the same asked by hand: the role and the claims are set, and each statement
-- run in a subtransaction that is rolled back. Target: 20 s.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION rowguard;
SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY['anon', 'authenticated']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
\ir include/catalog.psql
CALL bench.fill(1, 200);
CREATE FUNCTION public.person(n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid $$;
INSERT INTO bench.members SELECT person(n), person(100 + n % 10), 'member' FROM generate_series(1, 50) n;
DO $$
BEGIN
    FOR n IN 1..200 LOOP
        EXECUTE format('ALTER TABLE bench.t%s ADD PRIMARY KEY (id)', n);
        EXECUTE format('INSERT INTO bench.t%s SELECT i, person(i %% 50), person(100 + i %% 10), i || ''@example.com'', ''draft'', i %% 2 = 0 FROM generate_series(1, 2000) i', n);
    END LOOP;
END $$;
GRANT USAGE ON SCHEMA bench TO anon, authenticated;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA bench TO anon, authenticated;
VACUUM ANALYZE;

CREATE TABLE identity (name text, role text, claims jsonb);
INSERT INTO identity VALUES
  ('nobody', 'anon', NULL),
  ('first', 'authenticated', jsonb_build_object('sub', person(1), 'role', 'authenticated')),
  ('second', 'authenticated', jsonb_build_object('sub', person(2), 'role', 'authenticated')),
  ('editor', 'authenticated', jsonb_build_object('sub', person(3), 'role', 'authenticated', 'app_metadata', '{"roles": ["editor"]}'::jsonb));
SELECT jsonb_object_agg(name, jsonb_strip_nulls(jsonb_build_object('role', role, 'claims', claims))) AS identities FROM identity \gset

-- A statement with WHERE would be bound by the policies for SELECT, too, so that updates and deletes reach
-- for the whole table, twice as many rows; of a thousand inserts it tries ten.
CREATE TABLE counted (identity text, tbl regclass, command text, n bigint);
CREATE PROCEDURE by_hand() LANGUAGE plpgsql AS $$
DECLARE
    who identity;
    tbl regclass;
    command text;
    n bigint;
BEGIN
    FOR who IN SELECT * FROM identity LOOP
        FOR tbl IN SELECT oid FROM pg_class WHERE relnamespace = 'bench'::regnamespace AND relkind = 'r' AND relname <> 'members' LOOP
            FOREACH command IN ARRAY ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'] LOOP
                BEGIN
                    PERFORM set_config('request.jwt.claims', coalesce(who.claims::text, ''), true),
                            set_config('request.jwt.claim.sub', coalesce(who.claims ->> 'sub', ''), true);
                    EXECUTE format('SET LOCAL ROLE %I', who.role);
                    CASE command
                    WHEN 'SELECT' THEN EXECUTE format('SELECT count(*) FROM %s WHERE id <= 1000', tbl) INTO n;
                    WHEN 'UPDATE' THEN EXECUTE format('UPDATE %s SET status = DEFAULT', tbl); GET DIAGNOSTICS n = ROW_COUNT;
                    WHEN 'DELETE' THEN EXECUTE format('DELETE FROM %s', tbl); GET DIAGNOSTICS n = ROW_COUNT;
                    WHEN 'TRUNCATE' THEN n := has_table_privilege(tbl, 'TRUNCATE')::int;
                    WHEN 'INSERT' THEN n := inserted_by_hand(tbl);
                    END CASE;
                    RAISE EXCEPTION USING ERRCODE = 'RB000';
                EXCEPTION WHEN OTHERS THEN
                    IF SQLSTATE <> 'RB000' THEN n := NULL; END IF;
                END;
                INSERT INTO counted VALUES (who.name, tbl, lower(command), n);
            END LOOP;
        END LOOP;
    END LOOP;
END $$;
CREATE FUNCTION inserted_by_hand(tbl regclass) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint := 0;
BEGIN
    FOR i IN 1..10 LOOP
        BEGIN
            EXECUTE format('INSERT INTO %s SELECT -i, person(i %% 50), person(100 + i %% 10), i || ''@example.com'', ''draft'', i %% 2 = 0 FROM generate_series($1, $1) i', tbl) USING i;
            n := n + 1;
        EXCEPTION WHEN insufficient_privilege THEN NULL;
        END;
    END LOOP;
    RETURN n;
END $$;

CREATE TABLE took (way text, seconds numeric, cells bigint);
-- Both find the same.
CALL by_hand();
SELECT count(*) AS cells, count(*) FILTER (WHERE m.command = 'select' AND c.n IS DISTINCT FROM m.rows_allowed) AS "found otherwise by hand",
       CASE WHEN count(*) FILTER (WHERE m.command = 'select' AND c.n IS DISTINCT FROM m.rows_allowed) = 0 THEN 'met' ELSE 'MISSED' END AS "target: 0"
FROM counted AS c JOIN rls.access_matrix(:'identities', '{bench}') AS m
  ON m.identity = c.identity AND m.command = c.command AND c.tbl::text = 'bench.' || m.table_name;
TRUNCATE counted;
-- In turn, twice.
VACUUM;
SELECT clock_timestamp() AS started \gset
SELECT count(*) AS cells FROM rls.access_matrix(:'identities', '{bench}') WHERE command <> 'execute' AND table_name ~ '^t' \gset
INSERT INTO took SELECT 'matrix', extract(epoch FROM clock_timestamp() - :'started'::timestamptz), :cells;
SELECT clock_timestamp() AS started \gset
CALL by_hand();
INSERT INTO took SELECT 'by hand', extract(epoch FROM clock_timestamp() - :'started'::timestamptz), count(*) FROM counted;
TRUNCATE counted;
VACUUM;
SELECT clock_timestamp() AS started \gset
SELECT count(*) AS cells FROM rls.access_matrix(:'identities', '{bench}') WHERE command <> 'execute' AND table_name ~ '^t' \gset
INSERT INTO took SELECT 'matrix', extract(epoch FROM clock_timestamp() - :'started'::timestamptz), :cells;
SELECT clock_timestamp() AS started \gset
CALL by_hand();
INSERT INTO took SELECT 'by hand', extract(epoch FROM clock_timestamp() - :'started'::timestamptz), count(*) FROM counted;
TRUNCATE counted;
\! echo "access: 200 tables, 4 identities, 5 commands, 1,000 of 2,000 rows each"
SELECT way, min(cells) AS cells, round(min(seconds), 2) AS seconds,
       CASE WHEN way = 'matrix' THEN CASE WHEN min(seconds) <= 20 THEN 'met' ELSE 'MISSED' END END AS "target: 20 s"
FROM took GROUP BY way ORDER BY way DESC;
SELECT round(min(seconds) FILTER (WHERE way = 'matrix') / min(seconds) FILTER (WHERE way = 'by hand'), 2) AS "times as long as by hand"
FROM took;

-- Cancelled at several moments: how long until it answers.
CREATE TABLE cancelled (after_ms int, late_ms numeric);
CREATE PROCEDURE cancel_after(ms int, identities jsonb) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM count(*) FROM rls.access_matrix(identities, '{bench}');
EXCEPTION WHEN query_canceled THEN
  INSERT INTO cancelled VALUES (ms, extract(epoch FROM clock_timestamp() - statement_timestamp()) * 1000 - ms);
END $$;
SELECT format('SET statement_timeout = %s', ms), format('CALL cancel_after(%s, %L)', ms, :'identities')
FROM unnest(ARRAY[50, 100, 200, 400, 800, 1200, 1600]) AS ms \gexec
RESET statement_timeout;
SELECT count(*) AS "times cancelled", round(max(late_ms)) AS "slowest answer, ms",
       CASE WHEN count(*) > 0 AND max(late_ms) <= 500 THEN 'met' ELSE 'MISSED' END AS "target: 500"
  FROM cancelled;
