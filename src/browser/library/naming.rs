//! File names that every system takes.

/// Longest stem of a file name, in bytes: systems take 255, and a number and an extension come behind it.
const MAX_STEM: usize = 180;
/// Signs that some system refuses in names, or that shells and Windows read as something else.
const REFUSED: &str = "<>:\"/\\|?*";
/// Names that mean a device on Windows, with any extension.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// The stem of a file, or the name of a folder, for what a user calls something: as it is where that is possible, and
/// never empty.
#[must_use]
pub fn file_stem(name: &str) -> String {
    let fair = |c: char| if c.is_control() || REFUSED.contains(c) { '_' } else { c };
    let mut stem = String::new();
    for c in name.trim().chars().map(fair) {
        if stem.len() + c.len_utf8() > MAX_STEM {
            break;
        }
        stem.push(c);
    }
    // Windows drops dots and spaces at the end; names that begin with a dot are hidden elsewhere.
    let stem = stem.trim_end_matches(['.', ' ']).trim_start_matches('.').trim();
    match stem {
        "" => "_".to_owned(),
        stem if is_device(stem) => format!("_{stem}"),
        stem => stem.to_owned(),
    }
}

fn is_device(stem: &str) -> bool {
    let first = stem.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let is_port = |kind| {
        let mut rest = first.strip_prefix(kind).unwrap_or_default().chars();
        matches!((rest.next(), rest.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
    };
    DEVICES.contains(&first.as_str()) || is_port("com") || is_port("lpt")
}

/// `stem` itself, then with numbers behind it: `Glass`, `Glass 2`, `Glass 3`, as far as there is reason to try.
pub(super) fn alternatives(stem: &str) -> impl Iterator<Item = String> {
    /// Files of one name in one folder.
    const MOST: usize = 10_000;
    std::iter::once(stem.to_owned()).chain((2..=MOST).map(move |number| format!("{stem} {number}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_as_they_are_where_every_system_takes_them() {
        for name in ["Glass Harp", "Crème brûlée", "琴", "808 (deep)", "Console", "com10", "a.b"] {
            assert_eq!(file_stem(name), name);
        }
    }

    #[test]
    fn what_some_system_refuses_is_replaced() {
        for (name, stem) in [
            ("AC/DC", "AC_DC"),
            ("../../up", "_.._up"),
            ("What?\u{7} *now*", "What__ _now_"),
            ("dots... ", "dots"),
            (".hidden", "hidden"),
            ("con", "_con"),
            ("NUL.tar", "_NUL.tar"),
            ("Com1", "_Com1"),
            ("lpt³", "_lpt³"),
            ("...", "_"),
            ("", "_"),
        ] {
            assert_eq!(file_stem(name), stem, "{name}");
            assert_eq!(file_stem(stem), stem, "what is fair stays");
        }
    }

    #[test]
    fn a_long_name_is_cut_between_letters() {
        let stem = file_stem(&"é".repeat(500));
        assert!(stem.len() <= MAX_STEM && stem.chars().all(|c| c == 'é'));
    }
}
