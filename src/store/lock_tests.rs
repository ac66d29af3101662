use super::*;

#[test]
fn a_second_run_is_told_who_holds_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(holder(folder.path()), None);
    let first = take(folder.path(), "run-1").unwrap();
    let expected = Holder { pid: std::process::id(), run: "run-1".into() };
    assert_eq!(take(folder.path(), "run-2").unwrap_err(), Locked::Held(expected.clone()));
    assert_eq!(holder(folder.path()), Some(expected.clone()));
    let text = Locked::Held(expected).error();
    assert!(text.what.contains("run `run-1`") && text.hint.unwrap().contains("rbk show run-1"));
    drop(first);
    assert_eq!(holder(folder.path()), None);
    take(folder.path(), "run-2").unwrap();
}

#[test]
fn a_lock_that_cannot_be_made_is_an_error_and_not_a_holder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("lock")).unwrap();
    assert!(matches!(take(folder.path(), "run-1"), Err(Locked::Failed(_))));
}

#[test]
fn an_undo_is_named_as_soon_as_it_has_an_id() {
    let folder = tempfile::tempdir().unwrap();
    let mut undo = take(folder.path(), UNNAMED).unwrap();
    let told = take(folder.path(), "run-2").unwrap_err().error();
    assert!(told.what.contains("an undo, process"), "{told:?}");
    assert!(!format!("{told:?}").contains("rbk show"), "there is no run of that name: {told:?}");
    undo.name("undo-7").unwrap();
    let told = take(folder.path(), "run-2").unwrap_err().error();
    assert!(told.hint.unwrap().contains("rbk show undo-7"));
}

#[test]
fn runs_on_folders_of_which_one_lies_in_the_other_are_kept_apart() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let [outer, inner, beside] = ["outer", "outer/a/inner", "beside"].map(|name| root.join(name));
    for folder in [&outer, &inner, &beside] {
        std::fs::create_dir_all(folder).unwrap();
    }
    let take = |roots: &[&Path]| take_roots(roots.iter().copied(), &root.join("no state"));
    let held = take(&[&inner]).unwrap();
    assert!(matches!(take(&[&outer]), Err(Locked::Held(_))));
    assert!(matches!(take(&[&beside, &outer]), Err(Locked::Held(_))), "one of several roots counts");
    let other = take(&[&beside]).unwrap();
    drop((held, other));
    let held = take(&[&outer]).unwrap();
    let refused = take(&[&inner]).unwrap_err();
    assert_eq!(refused, Locked::Above(outer.clone(), Holder::default()));
    assert!(refused.error().what.contains(&*outer.to_string_lossy()));
    drop(held);
    // Its own roots do not keep a run off.
    let held = take(&[&outer, &inner]).unwrap();
    assert!(take(&[&inner]).is_err());
    drop(held);
    take(&[&inner]).unwrap();
}
