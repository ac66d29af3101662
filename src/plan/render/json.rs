//! A plan as one JSON document: the form in which it is saved.

use serde_json::Value;

use crate::plan::model::Plan;
use crate::plan::saved;

/// Pretty JSON with a final line end; `state`: where its run is recorded, if that was said; `mask` takes secrets out of it.
#[must_use]
pub fn render(plan: &Plan, state: Option<String>, mask: &dyn Fn(&mut Value)) -> String {
    saved::json(plan, state, mask)
}
