\echo '== 2. What a stranger can see and steal today'
\echo
\pset footer off
SELECT id_of('account', 1) AS alice, id_of('account', 2) AS bob, id_of('account', 666) AS mallory,
       json_build_object('sub', id_of('user', 666), 'role', 'authenticated') AS mallory_claims \gset
BEGIN;
\echo '-- Anonymous reads everybody''s API keys.'
SET LOCAL ROLE anon;
SELECT count(*) AS "rows seen", min(api_key) AS "for example" FROM settings;
\echo '-- Mallory, a user like any other, reads every contract of every organisation,'
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = :'mallory_claims';
SELECT count(*) AS "contracts seen", count(DISTINCT organisation_id) AS "organisations" FROM documents;
\echo '-- makes Alice''s profile her own,'
UPDATE profiles SET email = 'mallory@example.com' WHERE display_name = 'Alice' RETURNING display_name, email;
\echo '-- moves Alice''s money to herself,'
SELECT transfer_funds(:'alice', :'mallory', 900) AS "left to Alice";
\echo '-- pays Bob a negative amount,'
SELECT transfer_funds(:'mallory', :'bob', -500) AS "Mallory has";
\echo '-- and has an account that does not exist pay her.'
SELECT transfer_funds('00000000-0000-0000-0000-000000000000', :'mallory', 1000000) AS "nobody has";
RESET ROLE;
SELECT CASE id WHEN :'alice' THEN 'Alice' WHEN :'bob' THEN 'Bob' WHEN :'mallory' THEN 'Mallory' END AS account, balance
FROM accounts WHERE id IN (:'alice', :'bob', :'mallory') ORDER BY 1;
SELECT 1000 * 1000 AS "money there was", sum(balance) AS "money there is" FROM accounts;
ROLLBACK;
