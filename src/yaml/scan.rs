//! A search over long texts for what no search for fixed words finds.

use std::ops::Range;

/// 1 for two bytes that are the same, else 0.
pub(super) fn is(byte: u8, other: u8) -> u8 {
    u8::from(byte == other)
}

/// The first place in a range where `is_hit` is not 0 for the byte and the one behind it; a line feed stands for what is
/// behind the last byte of all.
///
/// Put together from [`is`] without branches, it is asked for many bytes at a time by vector instructions.
pub(super) fn first_pair(bytes: &[u8], range: Range<usize>, is_hit: impl Fn(u8, u8) -> u8) -> Option<usize> {
    let within = bytes.get(..range.end)?;
    let at = without_hit::<64>(bytes, within, range.start, &is_hit);
    let at = without_hit::<16>(bytes, within, at, &is_hit);
    let at = without_hit::<4>(bytes, within, at, &is_hit);
    let behind = bytes.get(at + 1..).unwrap_or(&[]).iter().chain([&b'\n']);
    within.get(at..)?.iter().zip(behind).position(|(byte, next)| is_hit(*byte, *next) != 0).map(|found| at + found)
}

/// The end of the blocks of so many bytes from `at` on that hold no hit.
fn without_hit<const BLOCK: usize>(
    bytes: &[u8],
    within: &[u8],
    mut at: usize,
    is_hit: &impl Fn(u8, u8) -> u8,
) -> usize {
    let has_hit = |block: &[u8; BLOCK], behind: &[u8; BLOCK]| {
        block.iter().zip(behind).fold(0, |any, (byte, next)| any | is_hit(*byte, *next)) != 0
    };
    while let Some(block) = within.get(at..).and_then(<[u8]>::first_chunk::<BLOCK>)
        && let Some(behind) = bytes.get(at + 1..).and_then(<[u8]>::first_chunk::<BLOCK>)
        && !has_hit(block, behind)
    {
        at += BLOCK;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::{first_pair, is};

    /// The longest block that is compared at a time.
    const BLOCK: usize = 64;

    #[test]
    fn a_pair_is_found_wherever_it_stands_in_a_block() {
        let is_hit = |byte: u8, next: u8| is(byte, b'\n') & is(next, b'-');
        for at in 0..3 * BLOCK {
            let mut text = vec![b' '; at];
            text.extend(b"\n-");
            for behind in [0, 1, BLOCK] {
                text.resize(at + 2 + behind, b' ');
                for from in [0, at / 2, at] {
                    assert_eq!(first_pair(&text, from..text.len(), is_hit), Some(at), "{at} from {from}");
                    assert_eq!(first_pair(&text, from..at + 1, is_hit), Some(at), "{at} from {from}");
                    assert_eq!(first_pair(&text, from..at, is_hit), None, "{at} from {from}");
                }
                assert_eq!(first_pair(&text, at + 1..text.len(), is_hit), None, "{at}");
            }
        }
    }

    #[test]
    fn a_line_feed_stands_behind_the_last_byte() {
        for length in 1..2 * BLOCK {
            let text = vec![b' '; length];
            assert_eq!(first_pair(&text, 0..length, |_, next| is(next, b'\n')), Some(length - 1));
            assert_eq!(first_pair(&text, length..length, |_, _| 1), None);
        }
        assert_eq!(first_pair(b"", 0..0, |_, _| 1), None);
    }
}
