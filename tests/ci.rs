//! The examples for CI: they parse, and the commands in them do what they say.

use std::path::Path;

use yaml_rust2::{Yaml, YamlLoader};

use crate::support::{Sandbox, project, text_of};

const RIGHT: &str = "policy p \"P\" { owner \"x\" }\n\nphase a \"A\" { require file.exists(\"x\"), \"it is there\" }\n";
const WRONG: &str = "policy p \"P\" { owner \"x\" }\n\nphase a \"A\" { require file.exist(\"x\"), \"it is there\" }\n";
const UNFORMATTED: &str =
    "policy p   \"P\" { owner \"x\" }\nphase a \"A\" { require file.exists(\"x\"), \"it is there\" }\n";

fn example(name: &str) -> Yaml {
    let text = text_of(&project().join("examples/ci").join(name));
    YamlLoader::load_from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}")).remove(0)
}

/// A repository with a policy, where `rbk` is on `PATH`.
fn repository(policy: &str) -> Sandbox {
    let folder = Path::new(env!("CARGO_BIN_EXE_rbk")).parent().expect("it stands in a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    Sandbox::new().env("PATH", format!("{}:{path}", folder.display())).file("ops/p.rbk", policy).git_init()
}

/// The exit codes of commands of a shell, up to the first that fails or, as the steps of GitHub may, all of them.
fn codes(sandbox: &Sandbox, commands: &[String]) -> Vec<i32> {
    commands.iter().map(|command| sandbox.other("sh", ["-ec", command]).does_not_crash().code()).collect()
}

fn texts(list: &Yaml) -> Vec<String> {
    list.as_vec().expect("a list").iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

#[test]
fn the_github_workflow() {
    let workflow = example("github.yml");
    let steps = workflow["jobs"]["policies"]["steps"].as_vec().expect("a job has steps");
    let runs: Vec<String> = steps.iter().filter_map(|step| step["run"].as_str().map(str::to_owned)).collect();
    assert_eq!(runs.len(), 3, "{runs:?}");
    assert_eq!(codes(&repository(RIGHT), &runs), [0, 0, 0]);
    assert_eq!(codes(&repository(UNFORMATTED), &runs), [1, 0, 0]);
    let wrong = repository(WRONG);
    assert_eq!(codes(&wrong, &runs), [0, 2, 2]);
    wrong.other("sh", ["-c", &runs[1]]).stdout_has("::error file=ops/p.rbk,line=3,");
    let upload = steps.iter().find_map(|step| step["with"]["sarif_file"].as_str()).expect("a step uploads");
    let log: serde_json::Value = serde_json::from_str(&wrong.read(upload)).expect("it is JSON");
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "ops/p.rbk");
}

#[test]
fn the_gitlab_job() {
    let job = &example("gitlab.yml")["policies"];
    let script = texts(&job["script"]);
    assert_eq!(script.len(), 2, "{script:?}");
    assert_eq!(codes(&repository(RIGHT), &script), [0, 0]);
    assert_eq!(codes(&repository(UNFORMATTED), &script), [1, 0]);
    let wrong = repository(WRONG);
    assert_eq!(codes(&wrong, &script), [0, 2]);
    let report = wrong.read(job["artifacts"]["reports"]["junit"].as_str().expect("a report is kept"));
    assert!(report.contains("<failure type=\"E0103\""), "{report}");
}

#[test]
fn the_hook_looks_at_what_is_staged() {
    let hook = text_of(&project().join("examples/ci/pre-commit"));
    let sandbox = repository(RIGHT).program(".git/hooks/pre-commit", &hook);
    let commit = |file: &str, text: &str| {
        sandbox.write(file, text);
        sandbox.git(["add", "--all"]);
        sandbox.other("git", ["commit", "--quiet", "-m", "change"])
    };
    commit("ops/p.rbk", WRONG).exits(1).stderr_has("E0103");
    commit("ops/p.rbk", UNFORMATTED).exits(1).says("(formatted)");
    commit("ops/p.rbk", &RIGHT.replace("\"P\"", "\"Q\"")).exits(0);
    // What is staged is right, whatever stands in the work tree.
    commit("ops/q q.rbk", RIGHT).exits(0);
    sandbox.write("ops/q q.rbk", RIGHT.replace("\"P\"", "\"Q\""));
    sandbox.git(["add", "--all"]);
    sandbox.write("ops/q q.rbk", WRONG);
    sandbox.other("git", ["commit", "--quiet", "-m", "staged"]).exits(0);
    sandbox.git(["rm", "--quiet", "--force", "ops/p.rbk", "ops/q q.rbk"]);
    sandbox.other("git", ["commit", "--quiet", "-m", "removed"]).exits(0);
}
