\echo '== 8. Who may do what, tried by becoming everybody'
\echo
\pset footer off
-- Alice is user 1; the claims are those that a gateway hands over.
SELECT table_name AS "table", identity,
       max(verdict) FILTER (WHERE command = 'select') AS "select", max(verdict) FILTER (WHERE command = 'insert') AS "insert",
       max(verdict) FILTER (WHERE command = 'update') AS "update", max(verdict) FILTER (WHERE command = 'delete') AS "delete",
       max(verdict) FILTER (WHERE command = 'truncate') AS "truncate",
       max(rows_allowed) FILTER (WHERE command = 'select') AS "rows seen", max(rows_total) AS "of"
FROM rls.access_matrix(format('{"anonymous": {"role": "anon"}, "Alice": {"role": "authenticated", "claims": {"sub": "%s"}}}', id_of('user', 1))::jsonb,
                       sample => 5000)
GROUP BY 1, 2 ORDER BY 1, (identity = 'anonymous') DESC;
\echo '-- Why does Alice not see post 2?'
SELECT kind, object, expression, answer, detail
FROM rls.explain_access('posts', 'select', '{"id": 2}', format('{"role": "authenticated", "claims": {"sub": "%s"}}', id_of('user', 1))::jsonb);
\echo '-- And does every policy decide something for the two?'
SELECT verdict, count(*) AS policies
FROM rls.coverage(format('{"anonymous": {"role": "anon"}, "Alice": {"role": "authenticated", "claims": {"sub": "%s"}}}', id_of('user', 1))::jsonb)
GROUP BY verdict;
