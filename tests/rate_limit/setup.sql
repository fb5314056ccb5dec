-- For both kinds of counters.
CREATE EXTENSION rowguard;
CREATE TABLE answers (run text, allowed boolean);
-- What PostgREST does about a request, and whether it passes.
CREATE FUNCTION request(method text, path text, sub text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('request.method', method, true), set_config('request.path', path, true),
          set_config('request.jwt.claims', json_build_object('sub', sub)::text, true);
  PERFORM atomic.check_request();
  RETURN true;
EXCEPTION WHEN SQLSTATE 'PGRST' THEN
  RETURN false;
END $$;
-- Several rules for a request, that sessions meet at in any order of users.
INSERT INTO atomic.rate_limits VALUES
  ('*', '/checked', '1 hour', 700, 'everybody'), ('POST', '/checked', '1 hour', 100, 'user'), ('*', '/*', '1 day', 100, 'user'),
  ('GET', '/reads', '1 hour', 2, 'user');
