use super::*;

#[test]
fn values_and_their_encoded_forms_are_removed() {
    let secrets = Secrets::default();
    assert_eq!(secrets.scrub("hunter2"), None);
    secrets.remember("token", "hun ter/2\"x\n");
    assert_eq!(secrets.scrub("a hun ter/2\"x b").unwrap(), "a «secret token» b");
    assert_eq!(secrets.scrub("?t=hun%20ter%2F2%22x&").unwrap(), "?t=«secret token»&");
    assert_eq!(secrets.scrub(r#"{"t":"hun ter/2\"x"}"#).unwrap(), r#"{"t":"«secret token»"}"#);
}

#[test]
fn each_line_of_a_key_is_removed() {
    let secrets = Secrets::default();
    secrets.remember("key", "-----BEGIN-----\nabcdef\n");
    assert_eq!(secrets.scrub("x abcdef y").unwrap(), "x «secret key» y");
}

#[test]
fn json_is_scrubbed_inside_strings_only() {
    let secrets = Secrets::default();
    secrets.remember("token", "node");
    let mut json = serde_json::json!({"type": "node", "node": "a node", "list": ["node"]});
    assert!(secrets.scrub_json(&mut json));
    assert_eq!(json, serde_json::json!({"type": "node", "node": "a «secret token»", "list": ["«secret token»"]}));
}

#[test]
fn a_secret_that_a_cut_went_through_is_removed_from_both_ends() {
    let secrets = Secrets::default();
    secrets.remember("token", "hunter2");
    let (mut head, mut tail) = ("password hunt".to_owned(), "er2 done".to_owned());
    secrets.scrub_cut(&mut head, &mut tail);
    assert_eq!((head.as_str(), tail.as_str()), ("password «secret token»", "«secret token» done"));
}
