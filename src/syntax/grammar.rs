//! The parser that pest generates from `grammar/rbk.pest`.
//!
//! Owns the generated code and the names of its types. It must not interpret what was parsed: see `lower`.

#![allow(missing_docs, clippy::pedantic, reason = "generated code")]

use pest::Parser as _;
use pest::iterators::Pair;

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/rbk.pest"]
struct Grammar;

/// A parsed piece of text.
pub(super) type Node<'t> = Pair<'t, Rule>;

/// Where and why a text is not what a rule describes.
pub(super) type Failure = pest::error::Error<Rule>;

/// Parses all of `text` as a top-level item.
pub(super) fn item(text: &str) -> Result<Node<'_>, Box<Failure>> {
    first(Rule::item, text)
}

/// Parses all of `text` as a statement of a block.
pub(super) fn lone(text: &str) -> Result<Node<'_>, Box<Failure>> {
    first(Rule::lone, text)
}

/// Parses the start of `text` as `rule`.
fn first(rule: Rule, text: &str) -> Result<Node<'_>, Box<Failure>> {
    let mut nodes = Grammar::parse(rule, text).map_err(Box::new)?;
    Ok(nodes.next().expect("a parsed rule is one node"))
}
