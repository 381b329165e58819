//! The presets that come with Zither: what `zitherctl preset factory --check` finds.

use std::process::Command;

#[test]
fn factory_presets_are_what_their_recipes_say_and_sound_as_they_are_tagged() {
    // Cards, recipes and models of all; a deterministic part of them by ear, which takes some seconds in release.
    let every = if cfg!(debug_assertions) { "60" } else { "10" };
    let mut command = Command::new(env!("CARGO_BIN_EXE_zitherctl"));
    command.args(["preset", "factory", "--check", "presets", "--every", every]);
    let done = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("the command starts");
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "make them again: zitherctl preset factory --out presets\n{said}");
    assert!(said.contains("[presets] played="), "{said}");
}
