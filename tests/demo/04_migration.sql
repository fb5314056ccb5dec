\echo '== 4. The migration that mends it'
\echo
SET client_min_messages = warning;
\pset footer off
BEGIN;
\echo '-- What is private to one user: four policies per table, an index where none serves.'
DROP POLICY profiles_read ON profiles;
DROP POLICY profiles_update ON profiles;
DROP POLICY posts_own ON posts;
SELECT 'profiles' AS "table", kind, object, action FROM rls.owner_access('profiles', 'user_id')
UNION ALL SELECT 'settings', kind, object, action FROM rls.owner_access('settings', 'user_id')
UNION ALL SELECT 'posts', kind, object, action FROM rls.owner_access('posts', 'author_id')
UNION ALL SELECT 'accounts', kind, object, action FROM rls.owner_access('accounts', 'owner_id', commands => '{select}');
\echo '-- What it writes is plain SQL; a dry run shows it:'
SELECT sql FROM rls.owner_access('team_members', 'user_id', commands => '{select}', name => 'own_memberships', dry_run => true)
WHERE kind = 'policy' \g (format=unaligned tuples_only=on)
\echo
\echo '-- What is shared is written by hand, on auth.uid().'
CREATE POLICY organisations_members ON organisations FOR SELECT TO authenticated USING (id = ANY (ARRAY(
  SELECT organisation_id FROM organisation_members WHERE user_id = auth.uid())));
ALTER TABLE transactions ENABLE ROW LEVEL SECURITY;
CREATE POLICY transactions_parties ON transactions FOR SELECT TO authenticated USING (EXISTS (
  SELECT FROM accounts a WHERE a.owner_id = auth.uid() AND a.id IN (transactions.from_id, transactions.to_id)));
GRANT SELECT ON accounts, transactions TO authenticated;
\echo '-- The rest is what the audit itself prints as its fixes:'
SELECT DISTINCT fix FROM rls.audit() WHERE fix IS NOT NULL ORDER BY fix \g (format=unaligned tuples_only=on)
SELECT DISTINCT fix FROM rls.audit() WHERE fix IS NOT NULL ORDER BY fix \gexec
\echo
\echo '-- Money moves whole or not at all, for its owner only.'
DROP FUNCTION transfer_funds;
SELECT atomic.attach_ledger('main', 'accounts', 'transactions') \g /dev/null
SELECT rls.grant_to('authenticated', 'app') \g /dev/null
SELECT ledger, accounts, transfers, operator FROM atomic.ledgers;
COMMIT;
