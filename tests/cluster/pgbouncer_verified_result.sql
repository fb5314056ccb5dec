-- What the clients with tokens wrote down, all of it by one server connection that they took in turns.
SELECT count(*) AS transactions, count(DISTINCT server_pid) AS server_connections FROM seen;
SELECT client, expected, count(*) AS transactions,
       count(*) FILTER (WHERE found IS DISTINCT FROM expected) AS mix_ups
FROM seen GROUP BY client, expected ORDER BY client, expected;
SELECT count(*) > 2000 AS took_turns
FROM (SELECT client <> lag(client) OVER (ORDER BY n) AS turn FROM seen) AS s WHERE turn;
