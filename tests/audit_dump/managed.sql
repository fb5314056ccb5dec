-- As pg_dump --schema-only writes a database of a managed service: roles and an extension that are
-- nowhere else, readers in SQL, and faults.
\restrict token
SET statement_timeout = 0;
SET a_setting_of_a_later_version = 0;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE SCHEMA public;
CREATE SCHEMA auth;
ALTER SCHEMA auth OWNER TO service_admin;
CREATE EXTENSION IF NOT EXISTS somebodys_geometry WITH SCHEMA public;
COMMENT ON EXTENSION somebodys_geometry IS 'places';
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE
    AS $$ SELECT nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
ALTER FUNCTION auth.uid() OWNER TO service_admin;
CREATE TABLE public.settings (id integer NOT NULL, api_key text);
ALTER TABLE public.settings OWNER TO "App owner";
CREATE TABLE public."Places" (id integer NOT NULL, at public.geometry);
ALTER TABLE public."Places" OWNER TO "App owner";
CREATE TABLE public.posts (id integer NOT NULL, author_id uuid);
ALTER TABLE public.posts OWNER TO "App owner";
ALTER TABLE ONLY public.posts ADD CONSTRAINT posts_pkey PRIMARY KEY (id);
CREATE INDEX places_at_idx ON public."Places" USING gist (at);
CREATE POLICY posts_read ON public.posts FOR SELECT TO anon, authenticated USING (true);
CREATE POLICY posts_own ON public.posts TO authenticated USING ((author_id = ( SELECT auth.uid() AS uid)));
CREATE POLICY places_own ON public."Places" USING (true);
ALTER TABLE public.posts ENABLE ROW LEVEL SECURITY;
ALTER TABLE public."Places" ENABLE ROW LEVEL SECURITY;
GRANT USAGE ON SCHEMA public TO anon;
GRANT SELECT ON TABLE public.settings TO anon;
GRANT ALL ON TABLE public.posts TO "we""ird";
\! touch /tmp/rowguard_audit_ran_a_command
\unrestrict token
