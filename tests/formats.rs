//! What `rbk` prints for programs: each form is held against the schema of its readers.

use jsonschema::Validator;
use serde_json::Value;

use crate::support::markdown::blocks;
use crate::support::{Sandbox, none_wrong, project, text_of};

/// Every violation of `schema` by `document`, with its place.
fn violations(schema: &Validator, document: &Value) -> Vec<String> {
    schema.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// A sandbox with the wrong policies of every code's page, one file each.
fn mistakes() -> Sandbox {
    let sandbox = Sandbox::new();
    for code in rbk::diagnostics::Code::ALL {
        for (index, block) in blocks(code.page()).iter().filter(|block| block.is("error")).enumerate() {
            sandbox.write(&format!("{code}-{index}.rbk"), &block.text);
        }
    }
    sandbox
}

#[test]
fn sarif_is_valid_for_every_code() {
    // One pattern of the schema, that of `run.language`, has a bracket too many and is no regular expression.
    let text = text_of(&project().join("tests/data/sarif-2.1.0.json")).replace("{2}]?$", "{2}$");
    let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    let schema = jsonschema::options().should_validate_formats(true).build(&schema).expect("the schema is one");
    let log = mistakes().run(["check", "--format", "sarif", "."]).exits(2).stderr_is_empty().json();
    none_wrong("SARIF 2.1.0", &violations(&schema, &log));
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("there are rules");
    assert!(rules.len() > 40, "only {} rules", rules.len());
    for result in run["results"].as_array().expect("there are results") {
        let rule = &rules[result["ruleIndex"].as_u64().expect("a result has a rule") as usize];
        assert_eq!(rule["id"], result["ruleId"]);
    }
    // The schema would notice: a log without its results, and a line that does not exist.
    for (pointer, value) in [("/runs/0/results/0/locations/0/physicalLocation/region/startLine", 0), ("/version", 2)] {
        let mut wrong = log.clone();
        *wrong.pointer_mut(pointer).expect("the log has it") = Value::from(value);
        assert!(!violations(&schema, &wrong).is_empty(), "{pointer} is not looked at");
    }
    let clean =
        Sandbox::new().file("a.rbk", "policy p { owner \"x\" }\nphase a { require file.exists(\"x\"), \"x\" }\n");
    let log = clean.run(["check", "--format", "sarif"]).exits(0).json();
    none_wrong("SARIF 2.1.0", &violations(&schema, &log));
    assert_eq!(log["runs"][0]["results"], serde_json::json!([]));
}
