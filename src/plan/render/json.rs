//! A plan as one JSON document: the form in which it is saved.

use crate::plan::model::Plan;
use crate::plan::saved;

/// Pretty JSON with a final line end.
#[must_use]
pub fn render(plan: &Plan) -> String {
    let mut text = serde_json::to_string_pretty(&saved::of(plan)).expect("a plan is serialisable");
    text.push('\n');
    text
}
