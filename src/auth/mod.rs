//! Who is asking: the identity of the session and its readers.
