//! What a JSON parser passes over in values that nobody asks for.

use super::{Defect, MAX_DEPTH};

/// What `jsonb` refuses and a JSON parser may pass over in values that nobody asked for: too deep
/// nesting, `\u0000`, and halves of surrogate pairs.
pub fn check(json: &[u8]) -> Result<(), Defect> {
    let (mut depth, mut in_string, mut high_surrogate) = (0_usize, false, false);
    let mut rest = json;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        if !in_string {
            match byte {
                b'"' => in_string = true,
                b'{' | b'[' => {
                    depth += 1;
                    if depth > MAX_DEPTH {
                        return Err(Defect::TooDeep);
                    }
                }
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            continue;
        }
        let code = match (byte, rest) {
            (b'\\', [b'u', a, b, c, d, after @ ..]) => {
                rest = after;
                Some(hex4([*a, *b, *c, *d]).ok_or(Defect::NotJson)?)
            }
            (b'\\', [_, after @ ..]) => {
                rest = after;
                None
            }
            (b'"', _) => {
                in_string = false;
                None
            }
            _ => None,
        };
        match (high_surrogate, code) {
            (true, Some(0xDC00..=0xDFFF)) => high_surrogate = false,
            (true, _) | (false, Some(0xDC00..=0xDFFF)) => return Err(Defect::NotJson),
            (false, Some(0xD800..=0xDBFF)) => high_surrogate = true,
            (false, Some(0)) => return Err(Defect::NullCharacter),
            (false, _) => {}
        }
    }
    Ok(())
}

fn hex4(digits: [u8; 4]) -> Option<u32> {
    digits.iter().try_fold(0, |code, &digit| Some(code * 16 + char::from(digit).to_digit(16)?))
}
