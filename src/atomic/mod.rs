//! Operations that happen whole or not at all, for the right caller only.
