//! The scenarios of `file.*` actions.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use rbk::catalogue::value::Value;

use super::Scenario;

/// A project with a bit of everything.
fn project(root: &Path) {
    for (path, content) in [
        ("server/engine.ts", "export const batch = true;\n"),
        ("server/routes.ts", "export const routes = 1;\n"),
        ("cache/a/one.bin", "\0\u{1}binary"),
        ("cache/a/two", ""),
        ("cache/three", "3"),
        ("config.yml", "port: 8080\nhost: a.b\nhosts: aXb\n"),
        ("logs/app.log", "started\n"),
    ] {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("it has one")).expect("a folder");
        fs::write(path, content).expect("a file");
    }
    let odd = root.join("cache").join(OsStr::from_bytes(b"odd \xff\n'\"100%"));
    fs::write(&odd, "odd").expect("a file");
    symlink("a/one.bin", root.join("cache/link")).expect("a link");
    symlink("/nowhere", root.join("cache/dangling")).expect("a link");
    symlink("server", root.join("current")).expect("a link");
    symlink("../config.yml", root.join("server/config.yml")).expect("a link");
    fs::hard_link(root.join("cache/three"), root.join("cache/same")).expect("another name");
    fs::hard_link(root.join("cache/three"), root.join("logs/same")).expect("another name");
    let pipe = rustix::fs::Mode::from_raw_mode(0o620);
    rustix::fs::mknodat(rustix::fs::CWD, root.join("cache/pipe"), rustix::fs::FileType::Fifo, pipe, 0).expect("a pipe");
    fs::set_permissions(root.join("cache/a"), Permissions::from_mode(0o2555)).expect("a mode");
    fs::set_permissions(root.join("config.yml"), Permissions::from_mode(0o640)).expect("a mode");
    // Where the file system has none, the rest is tested all the same.
    let _ = rustix::fs::setxattr(root.join("config.yml"), "user.note", b"\0kept", rustix::fs::XattrFlags::empty());
    let _ = rustix::fs::setxattr(root.join("cache/a"), "user.note", b"dir", rustix::fs::XattrFlags::empty());
}

fn archived(root: &Path) {
    project(root);
    let tar = |name: &str, entries: &[(&str, &str)]| {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, content) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o750);
            header.set_size(content.len() as u64);
            builder.append_data(&mut header, path, content.as_bytes()).expect("an entry");
        }
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        builder.append_link(&mut header, "server/latest.ts", "engine.ts").expect("a link");
        let bytes = builder.into_inner().expect("an archive");
        fs::write(root.join(name), zstd::encode_all(&bytes[..], 1).expect("it packs")).expect("a file");
    };
    tar("good.tar.zst", &[("server/engine.ts", "old\n"), ("server/new/deep/x.ts", "x\n"), ("config.yml", "port: 1\n")]);
}

fn path(text: &str) -> Value {
    Value::Path(text.into())
}

fn paths(texts: &[&str]) -> Value {
    Value::list(texts.iter().map(|text| path(text)))
}

pub fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario::new("file.copy", "a file to a new name", project, |_| {
            vec![("from", path("server/engine.ts")), ("to", path("server/engine.ts.failed"))]
        }),
        Scenario::new("file.copy", "several into a directory that is not there", project, |_| {
            vec![("from", paths(&["server/engine.ts", "config.yml", "cache"])), ("into", path("kept/today"))]
        })
        .half(|root| {
            fs::create_dir_all(root.join("kept/today/cache")).expect("half a copy");
            fs::write(root.join("kept/today/engine.ts"), "expo").expect("half a file");
        }),
        Scenario::new("file.copy", "a file over a file with attributes and another mode", project, |_| {
            vec![("from", path("server/engine.ts")), ("to", path("config.yml"))]
        }),
        Scenario::new("file.copy", "a directory over a directory", project, |_| {
            vec![("from", path("server")), ("to", path("cache"))]
        })
        .half(|root| {
            fs::set_permissions(root.join("cache/a"), Permissions::from_mode(0o700)).expect("a mode");
            fs::remove_dir_all(root.join("cache/a")).expect("half a removal");
            fs::rename(root.join("cache"), root.join(".rbk-tmp-4194304999-1-9")).expect("set aside");
        }),
        Scenario::new("file.copy", "a file over a link, through a link", project, |_| {
            vec![("from", path("logs/app.log")), ("to", path("current/config.yml"))]
        }),
        Scenario::new("file.copy", "over one of several names of a file", project, |_| {
            vec![("from", path("logs/app.log")), ("to", path("cache/three"))]
        }),
        Scenario::new("file.copy", "what is there already", project, |_| {
            vec![("from", path("current/engine.ts")), ("to", path("server/engine.ts2"))]
        }),
        Scenario::new("file.move", "a file", project, |_| {
            vec![("from", path("server/engine.ts")), ("to", path("archive/2024/engine.ts"))]
        })
        .half(|root| fs::create_dir_all(root.join("archive/2024")).expect("half a move")),
        Scenario::new("file.move", "a directory over a directory", project, |_| {
            vec![("from", path("cache")), ("to", path("server"))]
        })
        .half(|root| fs::rename(root.join("server"), root.join(".rbk-tmp-4194304999-1-9")).expect("set aside")),
        Scenario::new("file.move", "several, one of them a link", project, |_| {
            vec![("from", paths(&["current", "cache/three", "config.yml"])), ("into", path("logs"))]
        })
        .half(|root| fs::rename(root.join("current"), root.join("logs/current")).expect("half a move")),
        Scenario::new("file.remove", "a directory with all kinds of entries", project, |_| {
            vec![("path", path("cache/"))]
        })
        .half(|root| {
            fs::remove_file(root.join("cache/three")).expect("half a removal");
            fs::set_permissions(root.join("cache/a"), Permissions::from_mode(0o755)).expect("a mode");
            fs::remove_file(root.join("cache/a/one.bin")).expect("half a removal");
        }),
        Scenario::new("file.remove", "a list with a link and what is not there", project, |_| {
            vec![("path", paths(&["current", "nothing", "logs/same"]))]
        }),
        Scenario::new("file.remove", "nothing", project, |_| vec![("path", path("nothing"))]).no_change(),
        Scenario::new("file.write", "over a file with attributes, through a link", project, |_| {
            vec![("path", path("current/config.yml")), ("content", Value::str("port: 9090\n"))]
        })
        .half(|root| fs::write(root.join("config.yml"), "por").expect("half a write")),
        Scenario::new("file.write", "a new file in a new directory", project, |_| {
            vec![("path", path("a/b/c.txt")), ("content", Value::str(""))]
        })
        .half(|root| {
            fs::create_dir_all(root.join("a/b")).expect("the directories");
            // What a killed process was writing there.
            fs::write(root.join("a/b/.rbk-tmp-4194304999-1-0"), "half").expect("a leftover");
        }),
        Scenario::new("file.append", "to a log", project, |_| {
            vec![("path", path("logs/app.log")), ("content", Value::str("rolled back\n"))]
        })
        .half(|root| fs::write(root.join("logs/app.log"), "started\nroll").expect("half a line")),
        Scenario::new("file.append", "to a file with several names", project, |_| {
            vec![("path", path("cache/three")), ("content", Value::str("+"))]
        }),
        Scenario::new("file.append", "to a new file", project, |_| {
            vec![("path", path("logs/new.log")), ("content", Value::str("first\n"))]
        }),
        Scenario::new("file.replace", "a text to the letter", project, |_| {
            vec![("path", path("config.yml")), ("text", Value::str("a.b")), ("with", Value::str("$1"))]
        }),
        Scenario::new("file.replace", "a pattern with a group, in several files", project, |_| {
            vec![
                ("path", paths(&["config.yml", "server/engine.ts"])),
                ("matching", Value::Regex(r"(port|batch)".into())),
                ("with", Value::str("my_$1")),
            ]
        })
        .half(|root| {
            fs::write(root.join("config.yml"), "my_port: 8080\nhost: a.b\nhosts: aXb\n").expect("half an edit");
        }),
        Scenario::new("file.link", "switched", project, |_| {
            vec![("path", path("current")), ("to", Value::str("cache"))]
        })
        .half(|root| fs::remove_file(root.join("current")).expect("half a switch")),
        Scenario::new("file.link", "new, over a file", project, |_| {
            vec![("path", paths(&["config.yml", "links/deep/x"])), ("to", Value::str("../elsewhere"))]
        }),
        Scenario::new("file.link", "that leads there already", project, |_| {
            vec![("path", path("current")), ("to", Value::str("server"))]
        })
        .no_change(),
        Scenario::new("file.mkdir", "deep and several", project, |_| {
            vec![("path", paths(&["x/y/z", "logs", "server/tmp"]))]
        })
        .half(|root| fs::create_dir(root.join("x")).expect("half a directory")),
        Scenario::new("file.mkdir", "that is there", project, |_| vec![("path", path("current"))]).no_change(),
        Scenario::new("file.chmod", "files and directories, through a link", project, |_| {
            vec![("path", paths(&["server", "current/config.yml"])), ("mode", Value::str("0700"))]
        })
        .half(|root| fs::set_permissions(root.join("server"), Permissions::from_mode(0o700)).expect("a mode")),
        Scenario::new("file.archive", "a tree", project, |_| {
            vec![("from", paths(&["server", "cache", "config.yml"])), ("to", path("backups/now.tar.zst"))]
        })
        .half(|root| {
            fs::create_dir(root.join("backups")).expect("a folder");
            fs::write(root.join("backups/now.tar.zst"), "half").expect("half an archive");
        }),
        Scenario::new("file.archive", "over a file", project, |_| {
            vec![("from", path(".")), ("to", path("logs/all.tar"))]
        }),
        Scenario::new("file.extract", "over what is there", archived, |_| {
            vec![("archive", path("good.tar.zst")), ("into", path("."))]
        })
        .half(|root| {
            fs::create_dir_all(root.join("server/new/deep")).expect("half a tree");
            fs::write(root.join("server/engine.ts"), "ol").expect("half a file");
        }),
        Scenario::new("file.extract", "into a new directory", archived, |_| {
            vec![("archive", path("good.tar.zst")), ("into", path("fresh/one"))]
        }),
    ]
}

#[test]
fn an_archive_brings_back_what_it_was_made_of() {
    use rbk::catalogue::testing::{args, tree};
    let dir = tempfile::tempdir().expect("a folder");
    project(dir.path());
    let action = |name: &str| {
        rbk::actions::all().into_iter().find(|action| action.signature().name == name).expect("it is there")
    };
    let touch = rbk::catalogue::touch::Touch::new(super::world(dir.path()));
    let (archive, extract) = (action("file.archive"), action("file.extract"));
    let given = args(archive.signature(), &[("from", paths(&["server", "config.yml"])), ("to", path("a.tar.zst"))]);
    archive.run(&given, &touch).expect("it packs");
    let given = args(extract.signature(), &[("archive", path("a.tar.zst")), ("into", path("out"))]);
    // A link to `../config.yml` stays inside where it is extracted.
    extract.run(&given, &touch).expect("it unpacks");
    let plain = |root: &Path| -> Vec<(String, String)> {
        let lines = tree(root);
        // Mode, size and content; not owner, time and the number of names.
        let keep = |line: &String| {
            let words: Vec<&str> = line.split(' ').collect();
            format!(
                "{} {} {}",
                words[0],
                words[2],
                words[6..].join(" ").replace(" user.note=%00kept", "").replace(" user.note=\u{0}kept", "")
            )
        };
        lines.iter().map(|(name, line)| (name.clone(), keep(line))).collect()
    };
    assert_eq!(plain(&dir.path().join("out/server")), plain(&dir.path().join("server")));
    assert_eq!(
        fs::read(dir.path().join("out/config.yml")).expect("it is there"),
        fs::read(dir.path().join("config.yml")).expect("it is there")
    );
}
