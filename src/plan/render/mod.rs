//! Plans as text, JSON, DOT and Mermaid. One file each; none of them decides anything.

pub mod dot;
mod edges;
pub mod json;
pub mod mermaid;
mod node;
mod page;
mod paint;
pub mod text;
pub mod tree;
mod wrap;

use crate::check::effects::in_words;

use super::model::Reason;

/// Why one node waits for another, as a clause: ``it may read `server/**`, which `revert` writes``.
#[must_use]
pub fn reason(reason: &Reason, earlier_key: &str) -> String {
    match reason {
        Reason::Conflict { later, resource, earlier, earlier_resource } => {
            let (resource, earlier_resource) = (in_words(resource), in_words(earlier_resource));
            if resource == earlier_resource {
                format!("it {later} {resource}, which `{earlier_key}` {earlier}")
            } else {
                format!("it {later} {resource}, and `{earlier_key}` {earlier} {earlier_resource}")
            }
        }
        Reason::Value { name } => format!("it uses `{name}`"),
        Reason::After => "`after`".to_owned(),
        Reason::Gate { gate } => format!("`{gate}` is a gate"),
        Reason::NotExact { call } => format!("`{call}` cannot be taken back byte for byte, so it may not run ahead"),
        Reason::Stage => "its stage or phase ends first".to_owned(),
        Reason::Text { text } => text.clone(),
    }
}
