//! The file that `rowguard.jwks_file` names.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use thiserror::Error;

use super::keys::{KeyDefect, KeySet, MAX_SET, Place};

/// Opening does not wait: a named pipe would hold the session for ever.
#[cfg(target_os = "linux")]
const O_NONBLOCK: i32 = 0o4000;
/// Opening does not wait: a named pipe would hold the session for ever.
#[cfg(not(target_os = "linux"))]
const O_NONBLOCK: i32 = 0x4;

/// Why a key file cannot be used. Never holds a part of the file.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum FileDefect {
    /// The system's reason.
    #[error("it cannot be read: {0}")]
    Unreadable(io::ErrorKind),
    /// A directory, a pipe, a device.
    #[error("it is no regular file")]
    NotRegular,
    /// Whoever can write the file can be anybody.
    #[error("its group or others may write it")]
    Writable,
    /// Whoever can read a symmetric key can sign.
    #[error("it holds a symmetric key, and others may read it")]
    Readable,
    /// What is in it.
    #[error("{0}")]
    Keys(#[from] KeyDefect),
}

impl From<io::Error> for FileDefect {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error.kind())
    }
}

/// Reads the key set in the file; a relative path starts from the data directory, where every
/// server process stands.
pub fn read(path: &Path) -> Result<KeySet, FileDefect> {
    let file = OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open(path)?;
    // Of the file that was opened: the path may name another by now.
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(FileDefect::NotRegular);
    }
    if about.mode() & 0o022 != 0 {
        return Err(FileDefect::Writable);
    }
    let mut json = Vec::new();
    file.take(MAX_SET as u64 + 1).read_to_end(&mut json)?;
    let keys = KeySet::parse(&json, Place::Private)?;
    if keys.has_secret && about.mode() & 0o007 != 0 {
        return Err(FileDefect::Readable);
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use super::*;

    const SECRET: &str =
        r#"{"keys":[{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}]}"#;

    struct File(PathBuf);

    impl File {
        fn new(name: &str, text: &str, mode: u32) -> Self {
            let path = std::env::temp_dir().join(format!("rowguard-{}-{name}", std::process::id()));
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            Self(path)
        }
    }

    impl Drop for File {
        fn drop(&mut self) {
            fs::remove_file(&self.0).unwrap();
        }
    }

    fn outcome(name: &str, text: &str, mode: u32) -> Result<usize, FileDefect> {
        read(&File::new(name, text, mode).0).map(|set| set.keys.len())
    }

    #[test]
    fn a_secret_is_for_the_server_alone() {
        assert_eq!(outcome("600", SECRET, 0o600), Ok(1));
        assert_eq!(outcome("640", SECRET, 0o640), Ok(1));
        assert_eq!(outcome("644", SECRET, 0o644), Err(FileDefect::Readable));
    }

    #[test]
    fn keys_that_others_may_write_are_nobodys() {
        let public = include_str!("../../tests/tokens/jwks.json");
        assert!(outcome("public", public, 0o644).unwrap() > 1);
        assert_eq!(outcome("group", public, 0o664), Err(FileDefect::Writable));
        assert_eq!(outcome("others", public, 0o646), Err(FileDefect::Writable));
    }

    #[test]
    fn says_what_is_wrong_with_the_file() {
        let missing = read(Path::new("/nonexistent/keys")).unwrap_err();
        assert_eq!(missing, FileDefect::Unreadable(io::ErrorKind::NotFound));
        assert_eq!(read(Path::new("/")).unwrap_err(), FileDefect::NotRegular);
        assert_eq!(read(Path::new("/dev/null")).unwrap_err(), FileDefect::NotRegular);
        assert_eq!(
            outcome("large", &" ".repeat(MAX_SET + 1), 0o600),
            Err(FileDefect::Keys(KeyDefect::TooLarge))
        );
    }
}
