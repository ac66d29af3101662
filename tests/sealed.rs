//! What is captured of a policy with secrets is encrypted, with a key that lies elsewhere.

use crate::support::Sandbox;

const POLICY: &str = r#"policy p "P" { root "." }
secret token = file("token")
phase main "Main" {
  step tell "Tell" { exec(["true"], env: { TOKEN: token }); touches "nothing"; undo { exec(["true"]) } }
  step env "Drop the settings" { file.remove(".env") }
  step dump "Drop the dump" { file.remove("dump") }
  verify gone { expect not file.exists(".env") }
}
"#;

fn project() -> Sandbox {
    let lines: Vec<String> = (0..5_000).map(|line| format!("{line} TOKEN=hushhush-before")).collect();
    let dump = lines.join("\n");
    Sandbox::new()
        .file("p.rbk", POLICY)
        .file("token", "hushhush-now")
        .file(".env", "TOKEN=hushhush-before\n")
        .file("dump", dump)
}

/// The files below `.rbk` that hold `text`.
fn holding(sandbox: &Sandbox, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(sandbox.path(".rbk")).into_iter().map(|entry| entry.expect("it can be read")) {
        if entry.file_type().is_file() {
            let content = std::fs::read(entry.path()).expect("it can be read");
            if content.windows(text.len()).any(|part| part == text.as_bytes()) {
                found.push(entry.path().display().to_string());
            }
        }
    }
    found
}

#[test]
fn nothing_of_a_secret_lies_in_the_state_folder_and_an_undo_restores_it() {
    let sandbox = project();
    let before = sandbox.tree();
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
    assert_eq!(holding(&sandbox, "hushhush"), Vec::<String>::new());
    let sealed = holding(&sandbox, "RBKSEAL1");
    assert!(sealed.len() >= 2, "one beside the database, one in it: {sealed:?}");
    sandbox.run(["undo", "--yes"]).exits(0);
    sandbox.unchanged_since(&before);
    assert_eq!(holding(&sandbox, "hushhush"), Vec::<String>::new());
}

#[test]
fn without_the_key_an_undo_says_whose_it_is_and_changes_nothing() {
    let sandbox = project();
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
    let before = sandbox.tree();
    let key = sandbox.home().join(".local/share/rbk/key");
    let aside = sandbox.home().join("key");
    std::fs::rename(&key, &aside).expect("the key is there");
    let ran = sandbox.run(["undo", "--yes"]).exits(6);
    assert!(ran.stderr().contains("its key is missing"), "{}", ran.stderr());
    assert!(ran.stderr().contains("RBK_KEY_FILE=FILE"), "{}", ran.stderr());
    sandbox.unchanged_since(&before);
    std::fs::rename(&aside, &key).expect("it goes back");
    sandbox.run(["undo", "--yes"]).exits(0);
    assert_eq!(sandbox.read(".env"), "TOKEN=hushhush-before\n");
}

#[test]
fn a_policy_without_secrets_needs_no_key() {
    let policy = r#"policy p "P" { root "." }
phase main "Main" {
  step env "Drop the settings" { file.remove(".env") }
  verify gone { expect not file.exists(".env") }
}
"#;
    let sandbox = project().file("p.rbk", policy);
    sandbox.run(["run", "p.rbk", "--yes"]).exits(0);
    assert!(!sandbox.home().join(".local").exists());
    sandbox.run(["undo", "--yes"]).exits(0);
}
