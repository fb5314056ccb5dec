-- Another library that has taken request.jwt.claims: this one says so, and answers nobody.
LOAD 'claims_first';
LOAD 'rowguard';
\echo :LAST_ERROR_SQLSTATE
SET request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
SELECT auth.uid();
\echo :LAST_ERROR_SQLSTATE
SET ROLE authenticated;
SELECT id FROM notes;
\echo :LAST_ERROR_SQLSTATE
\connect
SET request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
SET ROLE authenticated;
SELECT id FROM notes;
