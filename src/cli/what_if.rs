//! `rbk plan --what-if`: each node of the plan failed once, in words.

use schemars::JsonSchema;
use serde::Serialize;

use crate::plan::model::Plan;
use crate::run::what_if::{self, Case};

use super::context::{Context, Format};
use super::exit::{Done, Exit, Failure};

/// What would follow, for programs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WhatIf {
    /// The policy's name.
    policy: String,
    /// The phases of the plan.
    phases: Vec<String>,
    /// One for each node that can fail, in the order of the text.
    cases: Vec<Case>,
}

/// Prints it.
pub fn tell(plan: &Plan, format: Format, scrub: &dyn Fn(String) -> String, context: &Context) -> Done {
    let cases = what_if::cases(plan);
    let document = WhatIf { policy: plan.policy.name.text.to_string(), phases: plan.phases.clone(), cases };
    let text = match format {
        Format::Text => text(&document),
        Format::Json => serde_json::to_string_pretty(&document)
            .map(|text| text + "\n")
            .map_err(|error| Failure::new(Exit::Failed, format!("cannot print it: {error}")))?,
    };
    context.result(&scrub(text))?;
    Ok(Exit::Done)
}

fn text(document: &WhatIf) -> String {
    let mut out = format!("{} › {}: each failed once\n", document.policy, document.phases.join(", "));
    for case in &document.cases {
        let title = case.title.as_ref().map_or_else(String::new, |title| format!("  {title}"));
        out.push_str(&format!("\n{}{title}\n", case.node));
        let mut line = |word: &str, text: String| out.push_str(&format!("  {word:<12}{text}\n"));
        line("ends", format!("{}, exit code {}", case.outcome.word(), case.exit));
        if !case.handlers.is_empty() {
            line("runs", case.handlers.join(", "));
        }
        if !case.taken_back.is_empty() {
            line("taken back", case.taken_back.join(", "));
        }
        let as_far = |key: &String| if *key == case.node { format!("{key} (as far as it came)") } else { key.clone() };
        let stays: Vec<String> = case.stays.iter().map(as_far).collect();
        line("stays", if stays.is_empty() { "nothing".to_owned() } else { stays.join(", ") });
        if !case.for_good.is_empty() {
            line("for good", case.for_good.join(", "));
        }
        if !case.not_done.is_empty() {
            line("not done", case.not_done.join(", "));
        }
        if !case.always.is_empty() {
            line("always", case.always.join(", "));
        }
        line("next", case.next.clone());
    }
    out
}
