//! W6004: two things that a plan shows side by side bear one title.

use std::collections::HashMap;

use crate::check::model::{Name, Policy, Title};
use crate::diagnostics::{Code, Diagnostic, Report};

use super::{blocks, steps};

pub fn lint(policy: &Policy, report: &mut Report) {
    same("phases", policy.phases.iter().map(|phase| (&phase.name, phase.title.as_deref())), report);
    same("severities", policy.severities.iter().map(|severity| (&severity.name, severity.title.as_deref())), report);
    same("verifications", policy.verifies.iter().map(|verify| (&verify.name, verify.title.as_deref())), report);
    for phase in &policy.phases {
        same("scenarios", phase.scenarios.iter().map(|scenario| (&scenario.name, scenario.title.as_deref())), report);
        // Of steps in different blocks often only one is run.
        blocks(phase, &mut |block| {
            same("steps", steps(block).map(|step| (&step.name, step.title.as_ref().and_then(Title::plain))), report);
        });
    }
}

fn same<'p>(nouns: &str, named: impl Iterator<Item = (&'p Name, Option<&'p str>)>, report: &mut Report) {
    let mut first: HashMap<&str, &Name> = HashMap::new();
    for (name, title) in named {
        let Some(title) = title.filter(|title| !title.trim().is_empty()) else { continue };
        match first.get(title) {
            Some(other) => report.push(
                Diagnostic::new(Code::DuplicateTitle, name.place, format!("two {nouns} are called \"{title}\""))
                    .label("this one")
                    .also(other.place, "and this one")
                    .help("say in the title what is different, or leave it out"),
            ),
            None => {
                first.insert(title, name);
            }
        }
    }
}
