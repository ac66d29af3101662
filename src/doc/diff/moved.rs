//! Which parts of a list stand elsewhere than before: as few as can be.

/// The longest part of `list` that rises, its last one first.
pub(super) fn longest_rising(list: &[usize]) -> Vec<usize> {
    let mut best: Vec<(usize, Option<usize>)> = Vec::with_capacity(list.len());
    for (at, value) in list.iter().enumerate() {
        let before = (0..at).filter(|&other| list[other] < *value).max_by_key(|&other| best[other].0);
        best.push((before.map_or(1, |other| best[other].0 + 1), before));
    }
    let mut next = (0..list.len()).max_by_key(|&at| best[at].0);
    let mut found = Vec::new();
    while let Some(at) = next {
        found.push(list[at]);
        next = best[at].1;
    }
    found
}

/// An order in which what may stand in any order stands by its name: `let`s beside each other.
pub(super) fn settled(mut names: Vec<String>) -> Vec<String> {
    let is_let = |name: &String| name.starts_with("let ");
    let mut from = 0;
    while from < names.len() {
        let run = names[from..].iter().take_while(|name| is_let(name)).count();
        names[from..from + run].sort_unstable();
        from += run.max(1);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::{longest_rising, settled};

    #[test]
    fn what_was_moved_is_as_little_as_can_be() {
        assert_eq!(longest_rising(&[1, 2, 3, 0]), [3, 2, 1]);
        assert_eq!(longest_rising(&[0, 3, 1, 2]), [2, 1, 0]);
        assert!(longest_rising(&[]).is_empty());
    }

    #[test]
    fn lets_beside_each_other_have_no_order() {
        let names = |text: &str| settled(text.split(", ").map(str::to_owned).collect());
        assert_eq!(names("let b, let a, step s, let d"), names("let a, let b, step s, let d"));
        assert_ne!(names("let a, step s"), names("step s, let a"));
    }
}
