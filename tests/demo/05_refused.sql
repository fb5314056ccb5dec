\echo '== 5. The same strangers, again'
\echo
\pset footer off
\set ON_ERROR_STOP off
\set ON_ERROR_ROLLBACK on
SELECT id_of('account', 1) AS alice, id_of('account', 2) AS bob, id_of('account', 666) AS mallory,
       json_build_object('sub', id_of('user', 666), 'role', 'authenticated') AS mallory_claims,
       json_build_object('sub', id_of('user', 1), 'role', 'authenticated') AS alice_claims \gset
BEGIN;
\echo '-- Anonymous reads API keys.'
SET LOCAL ROLE anon;
SELECT count(*) AS "rows seen" FROM settings;
\echo '-- Mallory reads contracts: those of her own organisation.'
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = :'mallory_claims';
SELECT count(*) AS "contracts seen", count(DISTINCT organisation_id) AS "organisations" FROM documents;
\echo '-- She changes Alice''s profile, which she cannot even see.'
UPDATE profiles SET email = 'mallory@example.com' WHERE display_name = 'Alice' RETURNING display_name, email;
\echo '-- She moves Alice''s money to herself,'
SELECT atomic.transfer_funds(:'alice', :'mallory', 900);
\echo '-- pays Bob a negative amount, and one that is no number,'
SELECT atomic.transfer_funds(:'mallory', :'bob', -500);
SELECT atomic.transfer_funds(:'mallory', :'bob', 'NaN');
\echo '-- and has an account that does not exist pay her.'
SELECT atomic.transfer_funds('00000000-0000-0000-0000-000000000000', :'mallory', 1000000);
\echo '-- Alice pays Bob, twice; the second time she cannot.'
SET LOCAL request.jwt.claims = :'alice_claims';
SELECT atomic.transfer_funds(:'alice', :'bob', 900) - 'transfer_id' AS "first payment";
SELECT atomic.transfer_funds(:'alice', :'bob', 900) - 'transfer_id' AS "second payment";
\echo '-- She sees her account, her transactions, and no others.'
SELECT balance FROM accounts;
SELECT count(*) AS transactions, sum(amount) AS amount FROM transactions;
RESET ROLE;
SELECT 1000 * 1000 AS "money there was", sum(balance) AS "money there is" FROM accounts;
ROLLBACK;
