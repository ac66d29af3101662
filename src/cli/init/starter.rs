//! The first policy of a project, from what its folder holds. As it is, it runs and can be undone; what cannot be known, such
//! as how the application is restarted, stands in it as a comment.

use super::folder::Folder;
use super::text::quoted;

/// The text of the policy `name`.
pub fn write(folder: &Folder, name: &str) -> String {
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line(
        "# A rollback, in the order in which you would do it by hand. `rbk plan` shows what it would change and changes",
    );
    line("# nothing, `rbk run` does it, `rbk undo` takes it back, `rbk doc` writes it as a runbook.");
    let title = if name == "rollback" { "The way back".to_owned() } else { format!("The way back of {name}") };
    line(&format!("policy {name} {} {{", quoted(&title)));
    line("  owner \"your team\"  # who answers for it");
    line("  root \".\"  # every path is relative to this folder and stays inside");
    line("  defaults { timeout 1m }  # of a step that says nothing else");
    line("}\n");
    if folder.release {
        line("# `--set good=v1.4` names another one.");
        line("param good: string = \"HEAD~1\" \"the commit to go back to\"\n");
    }
    line("# How grave it is decides how long it may take: `rbk plan --severity critical` compares.");
    let skip = if folder.database.is_some() { "; skip graceful" } else { "" };
    line(&format!("severity critical \"Nobody can use it\" {{ within 15m; start by hand{skip} }}"));
    line("severity high \"Some cannot\" { within 1h; start by hand }\n");
    line("phase release \"Take the release back\" {");
    if folder.release {
        line("  # Pinned when the plan is made, so that running it twice does not go back twice.");
        line("  let commit = git.commit_of(good)");
        let own = quoted(&folder.own);
        let mut kept = vec![own];
        kept.extend(folder.database.as_deref().map(quoted));
        line(&format!(
            "  let changed = [path for path in git.changed(commit) where path not in [{}]]",
            kept.join(", ")
        ));
        line("  require len(changed) > 0, \"nothing was changed since ${commit}\"\n");
    }
    if let Some(database) = &folder.database {
        let stem = database.rsplit_once('.').map_or(database.as_str(), |(stem, _)| stem);
        line("  # Left out under `--emergency` and where a severity says `skip graceful`.");
        line("  step backup \"Back the database up\" {");
        line("    graceful");
        let to = quoted(&format!("backups/{stem}-")).trim_end_matches('"').to_owned();
        line(&format!("    sql.backup(sqlite({}), to: {to}${{run.id}}.db\")", quoted(database)));
        line("  }");
    }
    if folder.release {
        line("  # What it overwrites or removes is captured first.");
        line("  step revert \"Restore what the release changed\" { git.restore(changed, from: commit) }");
    } else if folder.database.is_none() {
        line("  # Put what you would do in its place, such as");
        line("  #   step restore \"Restore the settings\" { file.copy(\"backup/app.conf\", to: \"app.conf\") }");
        line("  step note \"Leave a note\" { file.write(\"ROLLED_BACK\", \"rolled back by run ${run.id}\\n\") }");
    }
    comments(folder, &mut line);
    line("\n  # Asked again and again until all of it holds, or its time is over.");
    line("  verify restored \"What was there is there again\" {");
    line("    within 30s every 1s");
    if folder.release {
        line(
            "    expect all(file.exists(path) for path in changed where git.tree_has(commit, path)), \"a file is missing\"",
        );
    } else if folder.database.is_none() {
        line("    expect file.exists(\"ROLLED_BACK\")");
    }
    if let Some(database) = &folder.database {
        line(&format!("    expect sql.scalar(sqlite({}), \"pragma quick_check\") == \"ok\"", quoted(database)));
    }
    line("    # expect http.get(\"http://localhost:8080/health\").status == 200");
    line("  }");
    line("}");
    out
}

/// How it goes on, where that can be guessed and not known.
fn comments(folder: &Folder, line: &mut impl FnMut(&str)) {
    if folder.start.is_none() && folder.compose.is_none() {
        return;
    }
    line("\n  # What runs has to follow what was restored. Look whether this is how, then remove the `#`:");
    if let Some(build) = &folder.build {
        let words: Vec<String> = build.split(' ').map(quoted).collect();
        line(&format!("  # step build \"Build it\" {{ timeout 10m; exec([{}]); undo repeat }}", words.join(", ")));
    }
    if let Some(start) = &folder.start {
        let command = quoted(start);
        line("  # step restart \"Restart it\" {");
        line(&format!("  #   process.stop({command}, grace: 10s)"));
        line(&format!("  #   process.start({command}, log: \"logs/app.log\", ready: tcp.open(\"localhost:3000\"))"));
        line("  #   undo repeat");
        line("  # }");
    }
    if let Some(file) = &folder.compose {
        let up = format!("exec([\"docker\", \"compose\", \"-f\", {}, \"up\", \"-d\", \"--build\"])", quoted(file));
        line(&format!("  # step containers \"Start the containers anew\" {{ timeout 10m; {up}; undo repeat }}"));
    }
}
