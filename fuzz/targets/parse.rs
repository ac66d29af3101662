//! Any bytes: no panic, and every place that is told lies in the text.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Some(text) = rbk_fuzz::text(input) {
        rbk_fuzz::parses(text);
    }
});
