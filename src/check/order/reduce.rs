//! The transitive reduction: only edges that do not follow from others.
//!
//! For each point the set of all that precede it is kept as *everything below a floor* and bits above it. Behind a fence
//! there are no bits, so programs of gates and inexact steps cost nothing; a graph without any fence costs one bit for each
//! pair of points.

use super::build::{Graph, Point};

/// A set of points.
#[derive(Clone, Debug, Default)]
struct Points {
    /// All below are in it.
    floor: usize,
    /// Bits from `start * 64` on.
    words: Vec<u64>,
    start: usize,
}

pub(super) fn reduce(graph: &mut Graph) {
    drop_what_follows(&mut graph.points);
    // Opening a join can make edges that follow from others, and dropping those can make a join idle.
    while open_joins(&mut graph.points) {
        drop_what_follows(&mut graph.points);
    }
}

fn drop_what_follows(points: &mut [Point]) {
    let mut preceding: Vec<Points> = Vec::with_capacity(points.len());
    for (at, point) in points.iter_mut().enumerate() {
        if point.fence {
            preceding.push(Points { floor: at, ..Points::default() });
            continue;
        }
        point.before.sort_unstable_by(|a, b| b.cmp(a));
        let mut all = Points::default();
        // From the last one on: what precedes a later one is in the set when its turn comes.
        point.before.retain(|&earlier| {
            let kept = !all.contains(earlier);
            if kept {
                all.merge(&preceding[earlier]);
                all.insert(earlier);
            }
            kept
        });
        point.before.reverse();
        preceding.push(all);
    }
}

/// Replaces joins that save nothing by direct edges; whether there were any.
fn open_joins(points: &mut Vec<Point>) -> bool {
    let mut after = vec![0_usize; points.len()];
    for point in points.iter() {
        point.before.iter().for_each(|&earlier| after[earlier] += 1);
    }
    let mut opened = vec![false; points.len()];
    for (at, point) in points.iter().enumerate() {
        let (before, after) = (point.before.len(), after[at]);
        // One after the other: opening both of two joins in a row would multiply what comes in by what goes out.
        let behind_opened = point.before.iter().any(|earlier| opened[*earlier]);
        opened[at] = point.node.is_none() && before * after <= before + after && !behind_opened;
    }
    if !opened.contains(&true) {
        return false;
    }
    // INVARIANT: points stand behind those that they wait for, so an opened join has its final `before` already.
    let mut place = vec![0; points.len()];
    let mut kept: Vec<Point> = Vec::with_capacity(points.len());
    let mut through: Vec<Vec<usize>> = vec![Vec::new(); points.len()];
    for (at, point) in points.drain(..).enumerate() {
        let mut before = Vec::with_capacity(point.before.len());
        for earlier in point.before {
            if opened[earlier] {
                before.extend(&through[earlier]);
            } else {
                before.push(place[earlier]);
            }
        }
        before.sort_unstable();
        before.dedup();
        if opened[at] {
            through[at] = before;
        } else {
            place[at] = kept.len();
            kept.push(Point { before, ..point });
        }
    }
    *points = kept;
    true
}

impl Points {
    fn contains(&self, point: usize) -> bool {
        point < self.floor
            || (point / 64)
                .checked_sub(self.start)
                .and_then(|word| self.words.get(word))
                .is_some_and(|word| word >> (point % 64) & 1 == 1)
    }

    fn insert(&mut self, point: usize) {
        if point < self.floor {
            return;
        }
        if point > self.floor {
            *self.word(point / 64) |= 1 << (point % 64);
        } else {
            self.raise(point + 1);
        }
    }

    /// Adds everything below `floor`, and what is contiguous with it.
    fn raise(&mut self, floor: usize) {
        if floor <= self.floor {
            return;
        }
        self.floor = floor;
        while self.floor / 64 < self.start + self.words.len() && self.contains_bit(self.floor) {
            self.floor += 1;
        }
        let below = (self.floor / 64).saturating_sub(self.start).min(self.words.len());
        self.words.drain(..below);
        self.start += below;
        if self.words.is_empty() {
            self.start = self.floor / 64;
        }
    }

    fn contains_bit(&self, point: usize) -> bool {
        (point / 64)
            .checked_sub(self.start)
            .and_then(|word| self.words.get(word))
            .is_some_and(|word| word >> (point % 64) & 1 == 1)
    }

    fn merge(&mut self, other: &Self) {
        for (offset, bits) in other.words.iter().enumerate().filter(|(_, bits)| **bits != 0) {
            let word = other.start + offset;
            // What is below the own floor's word is in the set already.
            if word >= self.floor / 64 {
                *self.word(word) |= bits;
            }
        }
        self.raise(other.floor);
    }

    fn word(&mut self, word: usize) -> &mut u64 {
        if self.words.is_empty() {
            self.start = word.min(self.floor / 64);
        }
        if word < self.start {
            let missing = self.start - word;
            self.words.splice(0..0, std::iter::repeat_n(0, missing));
            self.start = word;
        }
        let at = word - self.start;
        if at >= self.words.len() {
            self.words.resize(at + 1, 0);
        }
        &mut self.words[at]
    }
}
