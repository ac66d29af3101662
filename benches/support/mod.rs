//! Generated inputs of the benches.

use std::fmt::Write as _;

/// A policy of at least `lines` lines: phases of the shape that the formatter gives them, each with names of its own.
#[must_use]
pub fn policy(lines: usize) -> String {
    let mut text = String::from("policy generated \"Generated for measuring\" { owner \"bench\"; root \".\" }\n");
    let mut count = 1;
    for phase in 0.. {
        if count >= lines {
            break;
        }
        count += push_phase(&mut text, phase);
    }
    text
}

/// Appends a phase and returns the number of its lines.
fn push_phase(text: &mut String, n: usize) -> usize {
    let start = text.len();
    let _ = write!(
        text,
        r#"
# Service {n}: what is undone when its release misbehaves.
param base_{n}: url = "http://localhost:{port}"
let files_{n} = [
  "server/services/service-{n}.ts",
  "server/routes/service-{n}.ts",
]

verify health_{n} "Service {n} answers" {{
  within 20s every 1s
  hold 5s tolerate 1
  expect http.get("${{base_{n}}}/api/health").status == 200
  expect elapsed(http.get("${{base_{n}}}/api")) < 3s, "too slow"
  should process.rss("service-{n}") < 500MB
}}

phase service_{n} "Revert service {n}" {{
  depends on database
  let good = git.commit_of("HEAD~1")  # pinned when planned
  require git.tree_has(good, files_{n}), "${{good}} lacks it"

  step keep "Keep the failed version" {{
    for file in files_{n} {{
      file.copy(file, to: "${{file}}.failed")
    }}
  }}
  step revert "Restore the service" {{
    after keep
    timeout 30s
    git.restore(files_{n}, from: good)
  }}
  if mode == "full" {{
    step caches "Clear the caches" {{
      idempotent
      file.remove("cache/service-{n}/")
      on failure warn
    }}
  }}
  parallel {{
    step flags {{
      flags.disable("service_{n}")
    }}
    step note {{
      file.append("notes.md", "reverted {n}\n")
    }}
  }}
  step restart {{
    timeout 15s
    retry 3 every 2s
    process.stop("service-{n}", grace: 5s)
    process.start("service-{n}", log: "logs/{n}.log")
    undo repeat
  }}
  verify health_{n} {{
    mitigates
  }}
}}
"#,
        port = 5000 + n % 1000,
    );
    text[start..].matches('\n').count()
}
