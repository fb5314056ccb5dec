SELECT sum(balance) AS sum, min(balance) FILTER (WHERE min_balance = 0) >= 0 AS never_negative, count(*) AS accounts FROM main.accounts;
SELECT (SELECT count(*) FROM main.transfers) > 1000 AS enough, (SELECT count(*) FROM main.holds WHERE status = 'captured') > 100 AS captured;
SELECT check_name, ok FROM atomic.verify_ledger() WHERE NOT ok;
SELECT deadlocks FROM pg_stat_database WHERE datname = current_database();
