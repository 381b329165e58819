//! Paths as people write them and programs copy them.

use std::path::PathBuf;

/// The path that the user wrote. One of the home folder may begin with `~`; quotes and addresses are what file managers and
/// shells copy.
///
/// # Errors
/// If it does not begin at the root: what to write, as part of a sentence.
pub fn path(text: &str) -> Result<PathBuf, String> {
    let text = text.trim().trim_matches(['"', '\'']);
    let text = text.strip_prefix("file://").map_or_else(|| text.to_owned(), unescaped);
    let in_home = text.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with(['/', '\\']));
    let path = match (in_home, std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest.trim_start_matches(['/', '\\'])),
        _ => PathBuf::from(text),
    };
    if path.is_absolute() { Ok(path) } else { Err("write the whole path, from the root on, or from ~".to_owned()) }
}

/// The path of an address, in which `%20` is a space.
fn unescaped(address: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), address.as_bytes());
    while let [first, others @ ..] = rest {
        let digits = others.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &others[2..];
            }
            None => {
                bytes.push(*first);
                rest = others;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_as_it_is_written_quoted_or_copied_and_never_from_somewhere_in_between() {
        for text in ["/a/b c", " '/a/b c' ", "\"/a/b c\"", "file:///a/b%20c"] {
            assert_eq!(path(text).unwrap(), PathBuf::from("/a/b c"), "{text}");
        }
        let home = std::env::home_dir().unwrap();
        assert_eq!((path("~").unwrap(), path("~/x").unwrap()), (home.clone(), home.join("x")));
        assert!(path("a/b").unwrap_err().contains("whole path") && path("~you/x").is_err());
        assert_eq!(unescaped("/a%2Fb%zz%"), "/a/b%zz%");
    }
}
