-- What holds for every object of the extension, whatever it is.
\set ON_ERROR_ROLLBACK on
BEGIN;

-- Functions that PUBLIC may call: those of schema auth, where policies need them, and the way back from rls.act_as().
SELECT p.oid::regprocedure AS callable_by_public
FROM pg_proc p
JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
WHERE e.extname = 'rowguard' AND a.grantee = 0 AND p.pronamespace <> 'auth'::regnamespace
ORDER BY 1;

-- Schema auth, made by code: every function is a member, and PUBLIC may call it.
SELECT p.oid::regprocedure AS reader, pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result,
       p.provolatile AS volatility, p.proparallel AS parallel, d.deptype = 'e' AS member,
       EXISTS (SELECT FROM aclexplode(p.proacl) a WHERE a.grantee = 0) AS public
FROM pg_proc p
LEFT JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_extension'::regclass
WHERE p.pronamespace = 'auth'::regnamespace
ORDER BY p.oid::regprocedure::text COLLATE "C";

-- Schemas and relations open to PUBLIC: USAGE on schemas auth and rls and nothing else.
SELECT a.privilege_type || ' on schema ' || n.nspname AS open_to_public
FROM pg_namespace n
JOIN pg_depend d ON d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e'
JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
CROSS JOIN LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
WHERE e.extname = 'rowguard' AND a.grantee = 0
UNION ALL
SELECT a.privilege_type || ' on ' || c.oid::regclass
FROM pg_class c
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
CROSS JOIN LATERAL aclexplode(
    coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))) a
WHERE e.extname = 'rowguard' AND a.grantee = 0
ORDER BY 1;

-- Objects without a comment: none. Types of relations and arrays have no life of their own.
SELECT pg_describe_object(d.classid, d.objid, 0) AS without_comment
FROM pg_depend d
JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
WHERE e.extname = 'rowguard' AND d.deptype = 'e'
  AND obj_description(d.objid, d.classid::regclass::name) IS NULL
  AND NOT EXISTS (SELECT FROM pg_type t
                  WHERE d.classid = 'pg_type'::regclass AND t.oid = d.objid
                    AND (t.typelem <> 0 OR t.typrelid <> 0))
ORDER BY 1;

-- Columns of tables and views without a comment: none.
SELECT a.attrelid::regclass || '.' || quote_ident(a.attname) AS column_without_comment
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm')
JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
WHERE e.extname = 'rowguard' AND a.attnum > 0 AND NOT a.attisdropped
  AND col_description(a.attrelid, a.attnum) IS NULL
ORDER BY 1;

-- Functions that run as their owner with a search path of the caller's choice: none.
SELECT p.oid::regprocedure AS definer_without_search_path
FROM pg_proc p
JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
WHERE e.extname = 'rowguard' AND p.prosecdef
  AND NOT EXISTS (SELECT FROM unnest(p.proconfig) setting WHERE setting LIKE 'search\_path=%')
ORDER BY 1;

-- Emptying a database by its schema public does not take the extension along.
SAVEPOINT emptied;
SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'rowguard';
SET LOCAL client_min_messages = warning;
DROP SCHEMA public CASCADE;
SELECT count(*) AS extensions FROM pg_extension WHERE extname = 'rowguard';
ROLLBACK TO SAVEPOINT emptied;

-- DROP EXTENSION leaves no trace: every catalog has as many rows after it as before CREATE.
DROP EXTENSION rowguard;
CREATE TEMPORARY TABLE catalog_rows (phase text, catalog regclass, n bigint);
CREATE FUNCTION pg_temp.count_catalogs(phase text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    catalog regclass;
    n bigint;
BEGIN
    FOR catalog IN
        SELECT oid FROM pg_class
        WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind = 'r'
          -- Statistics come and go with autovacuum.
          AND relname NOT LIKE 'pg\_statistic%'
    LOOP
        EXECUTE format('SELECT count(*) FROM %s', catalog) INTO n;
        INSERT INTO catalog_rows VALUES (phase, catalog, n);
    END LOOP;
END $$;
SELECT pg_temp.count_catalogs('before');
CREATE EXTENSION rowguard;
SELECT pg_temp.count_catalogs('with');
DROP EXTENSION rowguard;
SELECT pg_temp.count_catalogs('after');
SELECT catalog, before.n AS rows_before, after.n AS rows_after
FROM catalog_rows before
JOIN catalog_rows after USING (catalog)
WHERE before.phase = 'before' AND after.phase = 'after' AND before.n <> after.n
ORDER BY catalog::text;
-- The count does see the extension.
SELECT catalog
FROM catalog_rows before
JOIN catalog_rows with_it USING (catalog)
WHERE before.phase = 'before' AND with_it.phase = 'with' AND before.n <> with_it.n
  AND catalog IN ('pg_extension'::regclass, 'pg_namespace'::regclass)
ORDER BY catalog::text;
ROLLBACK;
