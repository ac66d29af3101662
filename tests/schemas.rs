//! `rbk schema` tells the truth: what each verb prints for programs is held against it.

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::support::markdown::blocks;
use crate::support::{Sandbox, none_wrong};

const POLICY: &str = r#"
policy shop "The shop" { owner "x"; defaults { timeout 20s } }

param keep: duration = 2d

severity high "High" { within 5m }

let moment = run.planned

phase app "The application" {
  let files = file.glob("*.conf")
  step revert "Restore it" {
    let size = file.size("a.conf")
    retry 2 every 1s
    file.write("out/b.conf", "kept ${keep}, ${size}")
    exec(["true"])
    idempotent
  }
  step link "Link it" { file.link("c.conf", to: "a.conf") }
  parallel {
    step one "One" { file.remove("a.conf") }
    step two "Two" { file.mkdir("made") }
  }
  verify there "It is there" { within 2s; expect file.exists("out/b.conf"), "it was written"; should not file.exists("no") }
}
"#;

fn schema(sandbox: &Sandbox, name: &str) -> Validator {
    let schema = sandbox.run(["schema", name]).exits(0).stderr_is_empty().json();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Fails when `document` is not as `schema` says, or when the schema would take anything without its `parts`.
#[track_caller]
fn fits(schema: &Validator, document: &Value, parts: &[&str]) {
    let wrong: Vec<String> =
        schema.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    none_wrong("against the schema", &wrong);
    for part in parts {
        let mut without = document.clone();
        let fields = without.as_object_mut().expect("an object");
        assert!(fields.remove(*part).is_some(), "there is no `{part}`: {document:#}");
        assert!(!schema.is_valid(&without), "`{part}` may be left out");
        without[*part] = json!([[1]]);
        assert!(!schema.is_valid(&without), "`{part}` may be anything");
    }
}

fn project() -> Sandbox {
    Sandbox::new().file("shop.rbk", POLICY).file("a.conf", "a\n").git_init()
}

#[test]
fn diagnostics() {
    let sandbox = Sandbox::new();
    for code in rbk::diagnostics::Code::ALL {
        for (index, block) in blocks(code.page()).iter().filter(|block| block.is("error")).enumerate() {
            sandbox.write(&format!("{code}-{index}.rbk"), &block.text);
        }
    }
    let document = sandbox.run(["check", "--format", "json", "."]).exits(2).json();
    let schema = schema(&sandbox, "diagnostics");
    fits(&schema, &document, &["errors", "warnings", "diagnostics"]);
    let fixes =
        document["diagnostics"].as_array().map(|found| found.iter().filter(|one| one["fix"].is_object()).count());
    assert!(fixes > Some(3), "{fixes:?} fixes");
    let mut wrong = document.clone();
    wrong["diagnostics"][0]["labels"][0]["line"] = json!("one");
    assert!(!schema.is_valid(&wrong), "labels may be anything");
}

#[test]
fn plans() {
    let sandbox = project();
    let schema = schema(&sandbox, "plan");
    let plan = sandbox.run(["plan", "--format", "json", "--severity", "high"]).exits(0).json();
    fits(&schema, &plan, &["format", "id", "made", "sources", "target", "pins", "nodes", "edges", "times"]);
    let reasons = plan["edges"].as_array().map_or(0, Vec::len);
    assert!(reasons > 2, "{reasons} edges");
    sandbox.run(["plan", "--out", "plan.json"]).exits(0);
    fits(&schema, &serde_json::from_str(&sandbox.read("plan.json")).expect("JSON"), &["nodes"]);
}

#[test]
fn events_and_runs() {
    let sandbox = project();
    let events = schema(&sandbox, "events");
    let ran = sandbox.run(["run", "--yes", "--format", "json"]).exits(0).json_lines();
    // `exec` keeps nothing to go back by, so that the undo is partial.
    let undone = sandbox.run(["undo", "--yes", "--format", "json"]).exits(1).json_lines();
    let shown = sandbox.run(["show", "--format", "json"]).exits(0).json_lines();
    for lines in [&ran, &undone, &shown] {
        assert!(lines.len() > 10, "only {} events", lines.len());
        lines.iter().for_each(|line| fits(&events, line, &["type", "run", "seq", "time"]));
    }
    let runs = sandbox.run(["runs", "--format", "json"]).exits(0).json();
    let schema = schema(&sandbox, "runs");
    assert_eq!(runs.as_array().map(Vec::len), Some(2));
    assert!(schema.is_valid(&runs), "{runs:#}");
    assert!(!schema.is_valid(&runs[0]) && !schema.is_valid(&json!([{}])), "anything is a list of runs");
}

#[test]
fn diagnoses_differences_and_what_if() {
    let policy = r#"
policy shop "The shop" { owner "x"; root "." }
phase engine {
  scenario gone "Gone" { detect not file.exists("a.conf"); step a { file.write("x", "1") } }
  scenario there "There" { symptoms "it is"; detect file.exists("a.conf"); step b { file.write("x", "2") } }
  scenario slow { detect exec(["true"]).ok; step c { file.write("x", "3") } }
  scenario other { step d { file.write("x", "4") } }
  verify done { expect file.exists("x") }
}
"#;
    let sandbox = Sandbox::new().file("shop.rbk", policy).file("a.conf", "a\n").file("old.rbk", POLICY);
    let found = sandbox.run(["diagnose", "shop.rbk", "--format", "json"]).exits(0).json();
    fits(&schema(&sandbox, "diagnosis"), &found, &["scenarios"]);
    let fits_of: Vec<_> = found["scenarios"].as_array().into_iter().flatten().map(|one| one["fit"].clone()).collect();
    assert_eq!(fits_of, ["no", "yes", "unknown", "not_said"], "{found:#}");
    let different = sandbox.run(["diff", "old.rbk", "shop.rbk", "--format", "json"]).exits(1).json();
    fits(&schema(&sandbox, "diff"), &different, &["differences"]);
    assert!(different["differences"].as_array().map(Vec::len) > Some(3), "{different:#}");
    let what_if =
        sandbox.run(["plan", "shop.rbk", "--what-if", "--scenario", "there", "--format", "json"]).exits(0).json();
    fits(&schema(&sandbox, "what-if"), &what_if, &["cases"]);
    assert_eq!(what_if["cases"].as_array().map(Vec::len), Some(2), "{what_if:#}");
}

#[test]
fn an_unknown_schema_is_a_suggestion() {
    let sandbox = Sandbox::new();
    sandbox.run(["schema", "evnts"]).exits(2).stderr_has("did you mean `events`?");
    let listed = sandbox.run(["schema"]).exits(0);
    for name in ["diagnostics", "plan", "diagnosis", "diff", "events", "what-if", "runs"] {
        assert!(listed.stdout().lines().any(|line| line.starts_with(name)), "{name} is not listed");
    }
}
