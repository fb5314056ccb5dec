CREATE TABLE public.notes (id integer);
ALTER TABLE public.notes ENABLE ROW LEVEL SECURITY;
