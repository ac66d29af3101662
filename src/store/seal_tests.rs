//! What was sealed comes back, and nothing else is taken for it.

use std::io::{Read, Write};

use super::super::keyring::Key;
use super::{MAGIC, NONCE, PIECE, Sealer, TAG, Unsealer, key_name};

fn sealed(content: &[u8], key: &Key) -> Vec<u8> {
    let mut sealer = Sealer::new(Vec::new(), key).unwrap();
    sealer.write_all(content).unwrap();
    sealer.finish().unwrap()
}

fn opened(sealed: &[u8], key: &Key) -> std::io::Result<Vec<u8>> {
    let mut rest = &sealed[MAGIC.len()..];
    assert_eq!(key_name(&mut rest)?, key.name);
    let mut content = Vec::new();
    Unsealer::new(rest, key)?.read_to_end(&mut content)?;
    Ok(content)
}

#[test]
fn content_of_any_length_comes_back_and_is_not_seen() {
    let key = Key::new().unwrap();
    for length in [0, 1, 100, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 7] {
        let content: Vec<u8> = b"hushhush ".iter().copied().cycle().take(length).collect();
        let sealed = sealed(&content, &key);
        assert!(!sealed.windows(8).any(|part| part == b"hushhush"));
        assert_eq!(opened(&sealed, &key).unwrap(), content, "{length} bytes");
    }
}

#[test]
fn the_same_content_is_sealed_differently_each_time() {
    let key = Key::new().unwrap();
    assert_ne!(sealed(b"hushhush", &key), sealed(b"hushhush", &key));
}

#[test]
fn what_was_changed_cut_or_moved_is_refused() {
    let key = Key::new().unwrap();
    let content = vec![b'x'; 2 * PIECE + 10];
    let whole = sealed(&content, &key);
    let header = MAGIC.len() + key.name.len() + NONCE;
    let second = header + PIECE + TAG;
    for at in [header, header + 5, second, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        opened(&changed, &key).unwrap_err();
    }
    for length in [header, header + TAG, second, second + PIECE + TAG, whole.len() - 1] {
        opened(&whole[..length], &key).unwrap_err();
    }
    let mut swapped = whole.clone();
    swapped[header..second].copy_from_slice(&whole[second..second + PIECE + TAG]);
    swapped[second..second + PIECE + TAG].copy_from_slice(&whole[header..second]);
    opened(&swapped, &key).unwrap_err();
}
