-- Verified mode on a standby, by settings of the database.
\set token `sed -n 's/^es256 //p' tests/tokens/tokens.txt`
\set forged `sed -n 's/^stranger //p' tests/tokens/tokens.txt`
BEGIN READ ONLY;
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-00000000000a"}';
SELECT auth.uid() IS NULL AS claims_are_ignored, auth.explain() ->> 'mode' AS mode;
SELECT auth.login(:'token') ->> 'sub' AS sub;
SELECT auth.uid(), auth.role(), auth.is_authenticated();
SELECT auth.logout();
SELECT auth.uid() IS NULL AS nobody;
SAVEPOINT s;
SELECT auth.login(:'forged');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK TO s;
SET LOCAL rowguard.jwt = :'token';
SELECT auth.uid();
COMMIT;
SELECT auth.uid() IS NULL AS nobody;
