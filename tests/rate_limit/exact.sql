-- What eight clients were allowed: the limit, no more and no less.
SELECT run, count(*) AS asked, count(*) FILTER (WHERE allowed) AS allowed FROM answers GROUP BY run ORDER BY run;
SELECT deadlocks FROM pg_stat_database WHERE datname = current_database();
