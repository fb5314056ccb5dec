//! Paths of requests, and patterns for them.

/// A path as the gateway looks it up: percent signs decoded, so that nobody hides behind another spelling,
/// no empty segments, no slash at the end.
pub fn normal(raw: &[u8]) -> Vec<u8> {
    let mut path = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&byte, tail)) = rest.split_first() {
        let (byte, tail) = match tail {
            [high, low, after @ ..] if byte == b'%' => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, after),
                _ => (byte, tail),
            },
            _ => (byte, tail),
        };
        rest = tail;
        if byte != b'/' || path.last() != Some(&b'/') {
            path.push(byte);
        }
    }
    if path.len() > 1 && path.last() == Some(&b'/') {
        path.pop();
    }
    path
}

fn digit(character: u8) -> Option<u8> {
    char::from(character).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Whether the whole path fits the pattern, in which `*` stands for anything, slashes and nothing included,
/// and everything else for itself.
pub fn fits(path: &[u8], pattern: &[u8]) -> bool {
    let (mut at, mut next) = (0, 0);
    // Behind the last star, and how far it reaches: only that one is ever tried again.
    let mut star: Option<(usize, usize)> = None;
    while at < path.len() {
        match (pattern.get(next), star) {
            (Some(b'*'), _) => {
                next += 1;
                star = Some((next, at));
            }
            (Some(wanted), _) if *wanted == path[at] => {
                at += 1;
                next += 1;
            }
            (_, Some((behind, reach))) => {
                at = reach + 1;
                next = behind;
                star = Some((behind, at));
            }
            (_, None) => return false,
        }
    }
    pattern[next..].iter().all(|rest| *rest == b'*')
}

#[cfg(test)]
mod tests {
    use super::{fits, normal};

    #[test]
    fn one_path_has_one_spelling() {
        for (raw, path) in [
            ("/rpc/login", "/rpc/login"),
            ("/rpc/login/", "/rpc/login"),
            ("//rpc///login//", "/rpc/login"),
            ("/rpc/%6Cogin", "/rpc/login"),
            ("/rpc/%6cogin%2f", "/rpc/login"),
            ("/rpc%2F%2flogin", "/rpc/login"),
            ("/%25", "/%"),
            ("/%2525", "/%25"),
            ("/a%", "/a%"),
            ("/a%4", "/a%4"),
            ("/a%zz%41", "/a%zzA"),
            ("/%+1", "/%+1"),
            ("/", "/"),
            ("//", "/"),
            ("", ""),
        ] {
            assert_eq!(normal(raw.as_bytes()), path.as_bytes(), "{raw}");
        }
        assert_eq!(normal(b"/%ff%00"), b"/\xff\0");
    }

    #[test]
    fn patterns() {
        for (pattern, yes, no) in [
            (
                "/rpc/login",
                vec!["/rpc/login"],
                vec!["/rpc/logins", "/rpc/logi", "/rpc/LOGIN", "", "/"],
            ),
            ("*", vec!["", "/", "/a/b"], vec![]),
            ("/rpc/*", vec!["/rpc/", "/rpc/a", "/rpc/a/b"], vec!["/rpc", "/rpd/a"]),
            ("/*/x", vec!["/a/x", "/a/b/x", "//x"], vec!["/x", "/a/xx", "/a/x/b"]),
            ("*a*b*", vec!["ab", "xaxbx", "aab", "abab"], vec!["ba", "a", "b"]),
            ("**", vec!["", "x"], vec![]),
            ("/a_%[b]?.", vec!["/a_%[b]?."], vec!["/aX%[b]?.", "/a_b?."]),
            ("", vec![""], vec!["/"]),
        ] {
            for path in yes {
                assert!(fits(path.as_bytes(), pattern.as_bytes()), "{pattern} fits {path}");
            }
            for path in no {
                assert!(
                    !fits(path.as_bytes(), pattern.as_bytes()),
                    "{pattern} does not fit {path}"
                );
            }
        }
    }

    #[test]
    fn a_hostile_path_costs_little() {
        let path = vec![b'a'; 60_000];
        let pattern = [[b'*', b'a'].repeat(200), vec![b'b']].concat();
        assert!(!fits(&path, &pattern));
    }
}
