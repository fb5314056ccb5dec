-- Rights: first nothing for anybody, then exactly what is meant.
REVOKE ALL ON SCHEMA auth, rls, atomic FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA auth, rls, atomic FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA auth, rls, atomic FROM PUBLIC;

-- Policies call the readers as whoever runs the query.
GRANT USAGE ON SCHEMA auth TO PUBLIC;
GRANT EXECUTE ON FUNCTION auth.uid(), auth.jwt(), auth.role() TO PUBLIC;
