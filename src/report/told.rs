//! What was said of a verification while it went on: it is said once, and referred to where it ends.

use std::collections::HashMap;

use super::wording;
use crate::catalogue::error::Error;
use crate::run::event::Event;

/// By verification: the last round that had news, and what did not hold in it.
#[derive(Debug, Default)]
pub struct Told {
    rounds: HashMap<String, (u32, String)>,
}

impl Told {
    /// Takes in what is told of a round.
    pub fn hear(&mut self, event: &Event) {
        if let Event::Round { node, round, detail, .. } = event
            && !detail.is_empty()
        {
            self.rounds.insert(node.clone(), (*round, detail.join("; ")));
        }
    }

    /// Why a node failed, and what to do; without what its rounds have said.
    pub fn error(&self, node: &str, error: &Error) -> Vec<String> {
        let short = self.rounds.get(node).and_then(|(round, detail)| {
            let what = error.what.strip_suffix(detail.as_str())?.strip_suffix(": ")?;
            Some(Error { what: format!("{what}, as in round {round}"), ..error.clone() })
        });
        wording::error(short.as_ref().unwrap_or(error))
    }

    /// How a run ended, without what rounds have said.
    pub fn summary(&self, summary: &str) -> String {
        let mut details: Vec<&str> = self.rounds.values().map(|(_, detail)| detail.as_str()).collect();
        // One may be a part of another.
        details.sort_unstable_by_key(|detail| std::cmp::Reverse(detail.len()));
        details.into_iter().fold(summary.to_owned(), |text, detail| text.replace(&format!(": {detail}"), ""))
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, Event, Told};

    #[test]
    fn what_a_round_said_is_referred_to() {
        let mut told = Told::default();
        let round = |round, detail: &[&str]| Event::Round {
            node: "health".into(),
            round,
            holds: 0,
            of: 1,
            detail: detail.iter().map(|line| (*line).to_owned()).collect(),
        };
        told.hear(&round(1, &["`a` does not hold (a is 1)"]));
        told.hear(&round(2, &["`a` does not hold (a is 2)", "`b` does not hold"]));
        told.hear(&round(3, &[]));
        let error = |what: &str| told.error("health", &Error::failed(what));
        let last = "0 of 1 hold after 30s: `a` does not hold (a is 2); `b` does not hold";
        assert_eq!(error(last), ["0 of 1 hold after 30s, as in round 2"]);
        // What was not said yet is said.
        let other = "0 of 1 hold after 30s: `a` does not hold (a is 3)";
        assert_eq!(error(other), [other]);
        assert_eq!(told.summary(&format!("done: w; health: {last}")), "done: w; health: 0 of 1 hold after 30s");
    }
}
