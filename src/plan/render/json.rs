//! A plan as one JSON document: the form in which it is saved.

use serde_json::Value;

use crate::plan::model::Plan;
use crate::plan::saved;

/// Pretty JSON with a final line end; `mask` takes secrets out of it.
#[must_use]
pub fn render(plan: &Plan, mask: &dyn Fn(&mut Value)) -> String {
    saved::json(plan, mask)
}
