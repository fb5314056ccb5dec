WITH accounts AS MATERIALIZED (SELECT * FROM ONLY @accounts@),
     transfers AS MATERIALIZED (SELECT * FROM ONLY @transfers@),
     entries AS MATERIALIZED (SELECT * FROM ONLY @entries@),
     holds AS MATERIALIZED (SELECT * FROM ONLY @holds@),
bad (ord, check_name, object) AS (
  SELECT 1, 'finite', 'account ' || id FROM accounts
  WHERE (balance > '-Infinity' AND balance < 'Infinity' AND held >= 0 AND held < 'Infinity') IS NOT TRUE
     OR min_balance IN ('NaN', 'Infinity', '-Infinity') OR max_balance IN ('NaN', 'Infinity', '-Infinity')
  UNION ALL
  SELECT 1, 'finite', 'transfer ' || id FROM transfers WHERE (amount > 0 AND amount < 'Infinity') IS NOT TRUE
  UNION ALL
  SELECT 1, 'finite', 'entry ' || id FROM entries
  WHERE (amount > '-Infinity' AND amount < 'Infinity' AND balance_after > '-Infinity' AND balance_after < 'Infinity') IS NOT TRUE
  UNION ALL
  SELECT 1, 'finite', 'hold ' || id FROM holds
  WHERE (amount > 0 AND amount < 'Infinity' AND captured_amount >= 0 AND captured_amount <= amount) IS NOT TRUE

  UNION ALL
  SELECT 2, 'sum_zero', 'currency ' || currency FROM accounts GROUP BY currency HAVING sum(balance) <> 0

  UNION ALL
  SELECT 3, 'balance_is_last_entry', 'account ' || a.id
  FROM accounts AS a
  LEFT JOIN (SELECT DISTINCT ON (account_id) account_id, account_version, balance_after
             FROM entries ORDER BY account_id, account_version DESC) AS e ON e.account_id = a.id
  WHERE (a.balance = COALESCE(e.balance_after, 0) AND a.version = COALESCE(e.account_version, 0)) IS NOT TRUE

  UNION ALL
  SELECT 4, 'entry_chain', 'entry ' || id
  FROM (SELECT e.*, lag(e.balance_after, 1, 0::numeric) OVER w AS balance_before,
               lag(e.account_version, 1, 0::bigint) OVER w AS version_before
        FROM entries AS e
        WINDOW w AS (PARTITION BY e.account_id ORDER BY e.account_version, e.id)) AS e
  WHERE (e.balance_after = e.balance_before + e.amount AND e.account_version = e.version_before + 1) IS NOT TRUE

  UNION ALL
  SELECT 5, 'debits_equal_credits', 'transfer ' || COALESCE(t.id, e.transfer_id)
  FROM transfers AS t
  FULL JOIN (SELECT transfer_id, count(*) AS entries, array_agg(account_id ORDER BY amount) AS accounts,
                    array_agg(amount ORDER BY amount) AS amounts, array_agg(account_version ORDER BY amount) AS versions, min(created_at) AS first, max(created_at) AS last
             FROM entries GROUP BY transfer_id) AS e ON e.transfer_id = t.id
  WHERE (t.id IS NOT NULL AND e.entries = 2 AND e.accounts = ARRAY[t.from_id, t.to_id]
         AND e.amounts = ARRAY[-t.amount, t.amount] AND e.versions[1] = t.from_version
         AND e.first = t.created_at AND e.last = t.created_at) IS NOT TRUE

  UNION ALL
  SELECT 6, 'currencies_agree', 'transfer ' || t.id
  FROM transfers AS t
  LEFT JOIN accounts AS f ON f.id = t.from_id
  LEFT JOIN accounts AS g ON g.id = t.to_id
  WHERE (f.currency = t.currency AND g.currency = t.currency) IS NOT TRUE
  UNION ALL
  SELECT 6, 'currencies_agree', 'hold ' || h.id
  FROM holds AS h
  LEFT JOIN accounts AS f ON f.id = h.from_id
  LEFT JOIN accounts AS g ON g.id = h.to_id
  WHERE (f.currency = g.currency) IS NOT TRUE

  UNION ALL
  SELECT 7, 'held_is_open_holds', 'account ' || COALESCE(a.id, h.from_id)
  FROM accounts AS a
  FULL JOIN (SELECT from_id, sum(amount) AS held FROM holds WHERE status = 'open' GROUP BY from_id) AS h ON h.from_id = a.id
  WHERE (a.held = COALESCE(h.held, 0)) IS NOT TRUE

  UNION ALL
  SELECT 8, 'captures_agree', COALESCE('hold ' || h.id, 'transfer ' || t.id)
  FROM holds AS h
  FULL JOIN (SELECT * FROM transfers WHERE hold_id IS NOT NULL) AS t ON t.hold_id = h.id
  WHERE CASE WHEN h.status = 'captured'
             THEN (t.amount = h.captured_amount AND t.from_id = h.from_id AND t.to_id = h.to_id) IS NOT TRUE
             ELSE (t.id IS NULL AND h.captured_amount = 0 AND h.status IN ('open', 'voided', 'expired')) IS NOT TRUE END

  UNION ALL
  SELECT 9, 'reversals_agree', 'transfer ' || r.id
  FROM transfers AS r
  LEFT JOIN transfers AS t ON t.id = r.reverses_id
  WHERE r.reverses_id IS NOT NULL
    AND (r.amount = t.amount AND r.from_id = t.to_id AND r.to_id = t.from_id) IS NOT TRUE
  UNION ALL
  SELECT 9, 'reversals_agree', 'transfer ' || reverses_id
  FROM transfers WHERE reverses_id IS NOT NULL GROUP BY reverses_id HAVING count(*) > 1

  -- A transfer with a key has the id that payer and key make: a name-based UUID of version 8.
  UNION ALL
  SELECT 10, 'keys_agree', 'transfer ' || id
  FROM (SELECT id, substring(sha256(uuid_send(from_id) || convert_to(idempotency_key, 'UTF8')) FOR 16) AS name
        FROM transfers WHERE idempotency_key IS NOT NULL) AS t
  WHERE (uuid_send(id) = set_byte(set_byte(name, 6, get_byte(name, 6) & 15 | 128), 8, get_byte(name, 8) & 63 | 128)) IS NOT TRUE

  UNION ALL
  SELECT 11, 'limits', 'account ' || id FROM accounts
  WHERE balance - held < min_balance OR balance > max_balance
     OR CASE status WHEN 'closed' THEN balance <> 0 OR held <> 0 WHEN 'open' THEN false WHEN 'frozen' THEN false ELSE true END
)
SELECT c.check_name, count(b.object) = 0,
       jsonb_build_object('bad', count(b.object), 'first', COALESCE(jsonb_agg(b.object ORDER BY b.object) FILTER (WHERE b.place <= 10), '[]'))
FROM (VALUES (1, 'finite'), (2, 'sum_zero'), (3, 'balance_is_last_entry'), (4, 'entry_chain'), (5, 'debits_equal_credits'),
             (6, 'currencies_agree'), (7, 'held_is_open_holds'), (8, 'captures_agree'), (9, 'reversals_agree'), (10, 'keys_agree'), (11, 'limits'))
     AS c (ord, check_name)
LEFT JOIN (SELECT *, row_number() OVER (PARTITION BY ord ORDER BY object) AS place FROM bad) AS b USING (ord)
GROUP BY c.ord, c.check_name
ORDER BY c.ord
