-- What happens after the copy, and so is streamed.
\set a '''00000000-0000-4000-8000-00000000000a'''
\set b '''00000000-0000-4000-8000-00000000000b'''
SET ROLE app_owner;
SELECT atomic.hold_funds(:a, :b, 2, idempotency_key => 'promised', ledger => 'main');
SELECT atomic.transfer_funds(:a, :b, 11, 'streamed', ledger => 'main');
