//! Names of generated objects. Pure.

use sha2::{Digest, Sha256};

/// The longest name the server keeps, in bytes.
const MAX_BYTES: usize = 63;

/// `prefix_suffix` where that fits into a name; otherwise the prefix is cut and its hash stands in
/// for what is missing, so that two long names stay two and every run finds the same.
pub fn bounded(prefix: &str, suffix: &str) -> String {
    let whole = format!("{prefix}_{suffix}");
    if whole.len() <= MAX_BYTES {
        return whole;
    }
    let hash: String =
        Sha256::digest(prefix).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let tail = format!("_{hash}_{suffix}");
    let room = prefix.floor_char_boundary(MAX_BYTES.saturating_sub(tail.len()));
    format!("{}{tail}", &prefix[..room])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_whole() {
        assert_eq!(bounded("posts_owner_access", "select"), "posts_owner_access_select");
        assert_eq!(bounded(&"x".repeat(56), "select").len(), MAX_BYTES);
    }

    #[test]
    fn long_names_are_cut_between_characters_and_stay_apart() {
        for prefix in ["x".repeat(57), "é".repeat(31), "日本".repeat(20)] {
            let name = bounded(&prefix, "select");
            assert!(name.len() <= MAX_BYTES && name.ends_with("_select"), "{name}");
            assert_eq!(name, bounded(&prefix, "select"));
            assert_ne!(name, bounded(&format!("{prefix}y"), "select"));
        }
    }
}
