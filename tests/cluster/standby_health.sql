-- Whether all is well, asked on a standby: being one is no fault, and no transaction id is taken.
BEGIN;
SELECT h ->> 'status' AS status, h -> 'checks' -> 'database' AS database, h -> 'checks' -> 'identity' AS identity, h -> 'checks' -> 'ledgers' AS ledgers,
       h -> 'checks' -> 'audit' ->> 'status' AS audit, (h -> 'checks' -> 'audit' ->> 'errors')::int AS errors
FROM rls.health(true) AS h;
SELECT pg_current_xact_id_if_assigned() IS NULL AS no_transaction_id;
COMMIT;
