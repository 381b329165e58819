//! Words as they are searched for: without case and diacritics.

/// Letters that stand for the one before them. What decomposes is here, and what a keyboard without it types instead.
const FOLDED: [(&str, &str); 29] = [
    ("a", "àáâãäåāăąǎǻạảấầẩẫậắằẳẵặ"),
    ("ae", "æǽ"),
    ("c", "çćĉċč"),
    ("d", "ďđð"),
    ("e", "èéêëēĕėęěẹẻẽếềểễệ"),
    ("g", "ĝğġģǧ"),
    ("h", "ĥħ"),
    ("i", "ìíîïĩīĭįıǐỉị"),
    ("j", "ĵ"),
    ("k", "ķĸǩ"),
    ("l", "ĺļľŀł"),
    ("n", "ñńņňŉŋ"),
    ("o", "òóôõöøōŏőǒǿơọỏốồổỗộớờởỡợ"),
    ("oe", "œ"),
    ("r", "ŕŗř"),
    ("s", "śŝşšſș"),
    ("ss", "ß"),
    ("t", "ţťŧț"),
    ("th", "þ"),
    ("u", "ùúûüũūŭůűųǔưụủứừửữự"),
    ("w", "ŵẁẃẅ"),
    ("y", "ýÿŷỳỵỷỹ"),
    ("z", "źżž"),
    ("α", "ά"),
    ("ε", "έ"),
    ("η", "ή"),
    ("ι", "ίϊΐ"),
    ("е", "ё"),
    ("и", "й"),
];

/// Letters that some languages write with two where a keyboard lacks them.
const SPELT_OUT: [(char, &str); 5] = [('ä', "ae"), ('ö', "oe"), ('ø', "oe"), ('ü', "ue"), ('å', "aa")];

/// Text in lower case, without diacritics, whether they are part of their letters or combine with them.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    put(text, &mut folded, false);
    folded
}

/// Takes the words of a text, folded: everything but letters and digits parts them. A word with letters of
/// [`SPELT_OUT`] is given in both spellings, as `bar` and `baer`.
pub(super) fn each_word(text: &str, mut take: impl FnMut(&str, Option<&str>)) {
    let (mut word, mut long) = (String::new(), String::new());
    for part in text.split(|c: char| !c.is_alphanumeric() && !is_combining(c)) {
        word.clear();
        put(part, &mut word, false);
        long.clear();
        if !part.is_ascii() {
            put(part, &mut long, true);
        }
        if !word.is_empty() {
            take(&word, (!long.is_empty() && long != word).then_some(long.as_str()));
        }
    }
}

fn put(text: &str, folded: &mut String, spelt_out: bool) {
    if text.is_ascii() {
        folded.extend(text.bytes().map(|byte| char::from(byte.to_ascii_lowercase())));
        return;
    }
    for c in text.chars().flat_map(char::to_lowercase) {
        let long = SPELT_OUT.iter().find(|(letter, _)| spelt_out && *letter == c).map(|(_, long)| *long);
        let short = || FOLDED.iter().find(|(_, letters)| letters.contains(c)).map(|(letter, _)| *letter);
        match long {
            _ if c.is_ascii() => folded.push(c),
            _ if is_combining(c) => {}
            Some(letters) => folded.push_str(letters),
            None => match short() {
                Some(letters) => folded.push_str(letters),
                None => folded.push(c),
            },
        }
    }
}

/// The block of diacritics that follow their letter, as macOS writes file names.
fn is_combining(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        each_word(text, |word, long| words.extend([word].into_iter().chain(long).map(str::to_owned)));
        words
    }

    #[test]
    fn case_and_diacritics_do_not_matter_however_they_are_encoded() {
        for (text, folded) in [
            ("Glass HARP", "glass harp"),
            ("Crème brûlée", "creme brulee"),
            ("Cre\u{300}me", "creme"),
            ("Größe", "grosse"),
            ("Æther", "aether"),
            ("Łódź", "lodz"),
            ("Điện tử", "dien tu"),
            ("İzmir", "izmir"),
            ("Ёлка", "елка"),
            ("琴", "琴"),
        ] {
            assert_eq!(fold(text), folded);
        }
    }

    #[test]
    fn words_are_parted_by_all_but_letters_and_digits() {
        assert_eq!(words("E-Piano (DX7), soft_pad"), ["e", "piano", "dx7", "soft", "pad"]);
        assert_eq!(words(" -- "), Vec::<String>::new());
    }

    #[test]
    fn an_umlaut_is_found_with_and_without_its_e() {
        assert_eq!(words("Bär"), ["bar", "baer"]);
        assert_eq!(words("Ba\u{308}r"), ["bar"]);
        assert_eq!(words("Élan Bar"), ["elan", "bar"]);
    }
}
