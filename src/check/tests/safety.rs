//! Secrets, paths that leave the root.

use super::support::{clean, expect_error};

#[test]
fn secrets_only_go_where_they_are_taken() {
    clean("secret t = env(\"T\")\nphase p { step s { exec([\"x\"], env: { TOKEN: t, MODE: \"x\" }) } }");
    clean("secret t = env(\"T\")\nphase p { require http.get(\"http://h/\", token: t).status == 200 }");
    for (use_of, underlined) in [
        ("exec([\"x\", t])", "t"),
        ("sh(\"x ${t}\")", "t"),
        ("file.write(\"x\", t)", "t"),
        ("file.write(\"x\", \"${t}\")", "t"),
        ("file.write(\"x\", string(t))", "t"),
        ("require t == \"x\"", "t"),
        ("config.set(\"a.json\", \"k\", t)", "t"),
        ("config.set(\"a.json\", \"k\", { a: 1, b: t })", "t"),
        ("file.write(\"x\", \"a\" + t)", "t"),
    ] {
        let text = format!("secret t = env(\"T\")\nphase p {{ step s {{ {use_of} }} }}");
        if use_of.contains('+') {
            // The text on the left is refused first.
            expect_error(&text, "E0201", "\"a\"");
        } else {
            expect_error(&text, "E0501", underlined);
        }
    }
}

#[test]
fn literal_paths_stay_inside() {
    let step = |root: &str, path: &str| {
        format!("policy t {{ owner \"x\"; {root} }}\nphase p {{ step s {{ file.remove(\"{path}\") }} }}")
    };
    for (root, path) in [
        ("root \".\"", "../x"),
        ("root \".\"", "a/../../x"),
        ("root \"/srv/app\"", "/etc/passwd"),
        ("root \"/srv/app\"", "../other"),
        ("root \"../app\"", "../other"),
        ("roots [\"../logs\"]", "../log"),
        // Whether it lies in a relative root differs from machine to machine.
        ("root \".\"", "/home/x/y"),
    ] {
        expect_error(&step(root, path), "E0502", &format!("\"{path}\""));
    }
    for (root, path) in [
        ("root \".\"", "a/../x"),
        ("root \"/srv/app\"", "/srv/app/x"),
        ("root \"/srv/app\"", "x"),
        ("root \"../app\"", "x"),
        ("root \"../app\"", "../app/x"),
        ("roots [\"../logs\"]", "../logs/x"),
        ("root \".\"; roots [\"/var/log\"]", "/var/log/x"),
    ] {
        clean(&step(root, path));
    }
    expect_error(
        "let db = sqlite(\"../x.db\")\nphase p { require sql.scalar(db, \"select 1\") == 1 }",
        "E0502",
        "\"../x.db\"",
    );
}
