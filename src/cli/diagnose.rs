//! `rbk diagnose`: which scenario fits what is the case now, and the command that runs it. Changes and records nothing.

use std::path::PathBuf;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::plan::diagnose::{self, Fit, Found};
use crate::plan::model::Request;
use crate::plan::{Drawn, PlanError};
use crate::run::secrets::Secrets;

use super::context::{Context, Format};
use super::exit::{Done, Exit, Failure};
use super::request::Params;
use super::{asked, load, world};

// `rbk diagnose POLICY [PHASE]`
#[derive(Debug, Args)]
pub struct Diagnose {
    /// The policy file, or a folder that holds one [default: this folder]
    #[arg(value_name = "POLICY")]
    policy: Option<PathBuf>,
    /// Whose scenarios [default: those of every phase]
    #[arg(value_name = "PHASE")]
    phase: Option<String>,
    #[command(flatten)]
    params: Params,
    /// Let commands in expressions run
    #[arg(long)]
    probe: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
}

/// What was found, for programs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Diagnosis {
    /// The policy's name.
    policy: String,
    /// Every scenario, in the order of the text.
    scenarios: Vec<Found>,
    /// The command that runs the one that fits; nothing where none or several do.
    next: Option<String>,
}

impl Diagnose {
    pub fn run(self, context: &Context) -> Done {
        let path = load::one(self.policy.as_deref())?;
        let policy = load::policy(&path, &crate::catalogue(), context)?;
        let look = world::open(&policy, &path, context)?;
        let secrets = Secrets::default();
        let source = secrets.remembering(&look);
        for secret in &policy.secrets {
            // One that cannot be had now cannot be shown either.
            let _ = source(&secret.name.text);
        }
        let request = asked::params(&policy, Request { probe: self.probe, ..self.params.request()? }, context)?;
        let given = given(&request);
        let scenarios = diagnose::diagnose(&policy, self.phase.as_deref(), request, &look, &Drawn::now())
            .map_err(|error: PlanError| super::unplanned::failure(&policy, error))?;
        let fits: Vec<&Found> = scenarios.iter().filter(|one| matches!(one.fit, Fit::Yes { .. })).collect();
        let command = |one: &Found| {
            let mut words = vec![
                "rbk".to_owned(),
                "run".into(),
                path.display().to_string(),
                one.phase.clone(),
                "--scenario".into(),
            ];
            words.push(one.scenario.clone());
            if diagnose::needs_dependents(&policy, &one.phase, &one.scenario) {
                words.push("--with-dependents".into());
            }
            words.extend(given.iter().cloned());
            let quoted = words.iter().map(|word| shlex::try_quote(word).map_or_else(|_| word.clone(), Into::into));
            quoted.collect::<Vec<String>>().join(" ")
        };
        let next = if let [one] = fits.as_slice() { Some(command(one)) } else { None };
        let exit = if next.is_some() { Exit::Done } else { Exit::Failed };
        let said = |text: String| secrets.scrub(&text).unwrap_or(text);
        match self.format {
            Format::Text => {
                context.result(&said(text(&scenarios)))?;
                context.say(&said(verdict(&scenarios, &fits, &command)));
            }
            Format::Json => {
                let document = Diagnosis { policy: policy.name.text.to_string(), scenarios, next };
                let mut value = serde_json::to_value(&document)
                    .map_err(|error| Failure::new(Exit::Failed, format!("cannot print it: {error}")))?;
                secrets.scrub_json(&mut value);
                context.result(&format!("{value:#}\n"))?;
            }
        }
        Ok(exit)
    }
}

/// What the call said of params, to be said again.
fn given(request: &Request) -> Vec<String> {
    let mut words = Vec::new();
    words.extend(request.environment.iter().flat_map(|name| ["--env".to_owned(), name.clone()]));
    words.extend(request.params.iter().flat_map(|file| ["--params".to_owned(), file.file.clone()]));
    words.extend(request.set.iter().flat_map(|(name, value)| ["--set".to_owned(), format!("{name}={value}")]));
    words
}

/// Every scenario below its phase.
fn text(scenarios: &[Found]) -> String {
    let mut out = String::new();
    let mut phase = "";
    for one in scenarios {
        if one.phase != phase {
            phase = &one.phase;
            out.push_str(&format!("{phase}\n"));
        }
        let title = one.title.as_ref().map_or_else(String::new, |title| format!("  {title}"));
        let mark = match one.fit {
            Fit::Yes { .. } => '✓',
            Fit::No { .. } => '✗',
            Fit::Unknown { .. } => '?',
            Fit::NotSaid => '·',
        };
        out.push_str(&format!("  {mark} {}{title}\n", one.scenario));
        let detect = one.detect.as_deref().unwrap_or_default();
        match &one.fit {
            Fit::Yes { values } | Fit::No { values } => {
                let fits = matches!(one.fit, Fit::Yes { .. });
                out.push_str(&format!("      {}: {detect}\n", if fits { "fits" } else { "does not fit" }));
                for (part, value) in values {
                    out.push_str(&format!("        {part} = {value}\n"));
                }
            }
            Fit::Unknown { why } => {
                out.push_str(&format!("      not evaluated: {detect}\n        {why}\n"));
            }
            Fit::NotSaid => match one.symptoms.as_slice() {
                [] => out.push_str("      has no `detect`: a person must tell\n"),
                all => out.push_str(&format!("      has no `detect`; look for: {}\n", all.join("; "))),
            },
        }
    }
    out
}

/// What follows, and what to do.
fn verdict(scenarios: &[Found], fits: &[&Found], command: &dyn Fn(&Found) -> String) -> String {
    let open = scenarios.iter().filter(|one| matches!(one.fit, Fit::Unknown { .. } | Fit::NotSaid)).count();
    let rest = match open {
        0 => String::new(),
        1 => "; of one scenario it could not be told".to_owned(),
        open => format!("; of {open} scenarios it could not be told"),
    };
    match fits {
        [one] => format!("`{}` fits{rest}\nnext: {}", one.scenario, command(one)),
        [] => {
            let what = if open == scenarios.len() { "no scenario could be told" } else { "no scenario fits" };
            let rest = if open == scenarios.len() { String::new() } else { rest };
            format!("{what}{rest}\nnext: look at what is said above, then name one with `rbk run … --scenario NAME`")
        }
        several => {
            let names: Vec<String> = several.iter().map(|one| format!("`{}`", one.scenario)).collect();
            let mut out = format!("several fit: {}{rest}; which one is meant is for you to say:", names.join(", "));
            for one in several {
                out.push_str(&format!("\n  {}", command(one)));
            }
            out
        }
    }
}
