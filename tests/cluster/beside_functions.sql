-- What schema auth holds, whose it is, and what is kept for the way back.
SELECT p.oid::regprocedure AS function, l.lanname AS language, p.proowner::regrole AS owner,
       obj_description(p.oid, 'pg_proc') AS comment
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = 'auth'::regnamespace AND p.proname IN ('uid', 'role', 'email', 'jwt', 'tenant_id', 'login')
ORDER BY p.proname COLLATE "C";
SELECT count(*) AS functions,
       count(*) FILTER (WHERE EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass
                                      AND d.objid = p.oid AND d.deptype = 'e')) AS members
FROM pg_proc p WHERE p.pronamespace = 'auth'::regnamespace;
SELECT count(*) AS kept, count(definition) AS definitions FROM rls.adopted_functions;
