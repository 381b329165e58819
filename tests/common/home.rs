//! Tests that need a user's folder of their own.

use std::path::Path;
use std::process::Command;

/// Runs the test `name` again in a process whose `ZITHER_HOME` is `home`; whether this process is already that one.
pub(crate) fn is_at_home(name: &str, home: &Path) -> bool {
    if std::env::var_os("ZITHER_TEST_CHILD").is_some() {
        return true;
    }
    let child = Command::new(std::env::current_exe().expect("this program has a path"))
        .args([name, "--exact", "--include-ignored", "--nocapture"])
        .envs([("ZITHER_HOME", home.as_os_str()), ("ZITHER_TEST_CHILD", "1".as_ref())])
        .output()
        .expect("this program runs");
    let report = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success() && report.contains("1 passed"),
        "{report}{}",
        String::from_utf8_lossy(&child.stderr)
    );
    false
}
