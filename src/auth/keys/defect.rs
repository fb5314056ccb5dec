//! What is wrong with a key set.

use thiserror::Error;

/// Why a key set cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum KeyDefect {
    /// Larger than [`super::MAX_SET`].
    #[error("it is larger than 1 MiB")]
    TooLarge,
    /// No JSON object with an array `keys`, or not UTF-8.
    #[error("it is no JSON object with an array \"keys\"")]
    NotASet,
    /// All keys are for something else, or there are none.
    #[error("it holds no key that can verify a token")]
    NoKey,
    /// Two keys that a token could not tell apart.
    #[error("two of its keys have the same kid")]
    SameKid,
    /// One key is wrong.
    #[error("key {number}: {defect}")]
    Key {
        /// Its place in the set, from 1.
        number: usize,
        /// What is wrong with it.
        defect: OneKey,
    },
}

/// Why one key cannot be used.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum OneKey {
    /// No JSON object, or one with two members of one name.
    #[error("no JSON object with unique member names")]
    NotAnObject,
    /// A member that must be a text is missing or something else.
    #[error("member \"{0}\" is missing or not a text")]
    Member(&'static str),
    /// A member that must be base64url is something else.
    #[error("member \"{0}\" is not base64url")]
    Encoding(&'static str),
    /// `alg` does not belong to the key's type.
    #[error("its algorithm does not belong to its type")]
    Algorithm,
    /// The private half has no business here.
    #[error("it is a private key; publish its public part")]
    Private,
    /// A modulus of fewer bits than are safe, or of more than the library takes.
    #[error("an RSA key of {0} bits; 2048 to 4096 are accepted")]
    RsaBits(usize),
    /// No modulus or exponent that RSA could use.
    #[error("its modulus or exponent is not one of RSA")]
    Rsa,
    /// Not on the curve.
    #[error("it is no point of its curve")]
    Point,
    /// A symmetric key that can be guessed.
    #[error("a symmetric key of {0} bytes; at least 32 are needed")]
    ShortSecret(usize),
    /// A symmetric key in a place that others can read.
    #[error("a symmetric key is accepted only from rowguard.jwks_file or a configuration file")]
    PublicSecret,
}
