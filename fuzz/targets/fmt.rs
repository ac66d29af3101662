//! Formatting keeps the tree and is done after one time.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Some(text) = rbk_fuzz::text(input) {
        rbk_fuzz::formats(text);
    }
});
