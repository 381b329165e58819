//! Codes of the trade: ISRC (a recording), ISWC (a composition), IPI (a party), ISO 3166 (a territory).
//!
//! Each is kept in its bare form, without the signs that only help the eye, and shown as the trade writes it. What has
//! a check digit is checked against it; a territory is checked for its form only, because countries come and go.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is no code of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// The wrong signs, or too many or too few.
    #[error("`{got}` is no {kind}: expected {expected}")]
    Form {
        /// Which code was expected.
        kind: &'static str,
        /// What it looks like.
        expected: &'static str,
        /// What stands there, cut to 40 characters.
        got: String,
    },
    /// The check digits belong to another number: some digit is mistyped.
    #[error("`{got}` is no {kind}: its digits ask for the check `{expected}`, so one of them is wrong")]
    Check {
        /// Which code was expected.
        kind: &'static str,
        /// The check digits that the others ask for.
        expected: String,
        /// What stands there.
        got: String,
    },
}

fn form(kind: &'static str, expected: &'static str, got: &str) -> CodeError {
    CodeError::Form { kind, expected, got: got.chars().take(40).collect() }
}

/// International Standard Recording Code: who registered a recording, in which year, under which number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Isrc(String);

impl FromStr for Isrc {
    type Err = CodeError;

    /// Reads `USRC17607839`, `US-RC1-76-07839` or `ISRC US RC1 76 07839`, in any case.
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let bare = bare(text, "ISRC");
        let letters = bare.bytes().take(2).all(|sign| sign.is_ascii_uppercase());
        let registrant = bare.bytes().skip(2).take(3).all(|sign| sign.is_ascii_alphanumeric());
        let number = bare.bytes().skip(5).all(|sign| sign.is_ascii_digit());
        match bare.len() == 12 && letters && registrant && number {
            true => Ok(Self(bare)),
            false => Err(form("ISRC", "two letters, three letters or digits, seven digits", text)),
        }
    }
}

impl fmt::Display for Isrc {
    /// As printed on sleeves: `US-RC1-76-07839`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = &self.0;
        write!(f, "{}-{}-{}-{}", &code[..2], &code[2..5], &code[5..7], &code[7..])
    }
}

/// International Standard Musical Work Code: a composition, whoever recorded it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Iswc(String);

impl FromStr for Iswc {
    type Err = CodeError;

    /// Reads `T0345246801` or `T-034.524.680-1`, in any case.
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let bare = bare(text, "ISWC");
        let digits = bare.strip_prefix('T').and_then(|digits| digits_of(digits, 10));
        let digits = digits.ok_or_else(|| form("ISWC", "T and ten digits", text))?;
        // ISO 15707, annex B: 1 + the sum of digit times place, filled up to a multiple of ten.
        let sum = 1 + (1..).zip(&digits[..9]).map(|(place, digit)| place * digit).sum::<u32>();
        let check = (10 - sum % 10) % 10;
        match check == digits[9] {
            true => Ok(Self(bare)),
            false => Err(CodeError::Check { kind: "ISWC", expected: check.to_string(), got: text.to_owned() }),
        }
    }
}

impl fmt::Display for Iswc {
    /// As printed in registers: `T-034.524.680-1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = &self.0;
        write!(f, "T-{}.{}.{}-{}", &code[1..4], &code[4..7], &code[7..10], &code[10..])
    }
}

/// Interested Parties Information: the name number of an author or publisher, once called CAE.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ipi(String);

impl FromStr for Ipi {
    type Err = CodeError;

    /// Reads nine to eleven digits (spreadsheets drop the zeros before them), spaced or not.
    fn from_str(text: &str) -> Result<Self, CodeError> {
        let bare = format!("{:0>11}", bare(text, "IPI"));
        let wrong = || form("IPI name number", "eleven digits", text);
        let digits = digits_of(&bare, 11).filter(|digits| digits.iter().any(|digit| *digit != 0)).ok_or_else(wrong)?;
        // Weights 10 to 2 on the first nine digits; both last digits fill the sum up to a multiple of 101.
        let sum = (2..=10).rev().zip(&digits[..9]).map(|(weight, digit)| weight * digit).sum::<u32>();
        let check = (101 - sum % 101) % 101 % 100;
        match check == digits[9] * 10 + digits[10] {
            true => Ok(Self(bare)),
            false => Err(CodeError::Check {
                kind: "IPI name number",
                expected: format!("{check:02}"),
                got: text.chars().take(40).collect(),
            }),
        }
    }
}

impl fmt::Display for Ipi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a right holds: the world, a country (`DE`) or a part of one (`US-CA`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Territory(String);

/// What the trade writes for everywhere.
const WORLD: &str = "Worldwide";

impl Territory {
    /// Whether it is the whole world.
    #[must_use]
    pub fn is_world(&self) -> bool {
        self.0 == WORLD
    }
}

impl FromStr for Territory {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        let code = text.trim().to_ascii_uppercase();
        if ["WORLDWIDE", "WORLD", "WW"].contains(&code.as_str()) {
            return Ok(Self(WORLD.to_owned()));
        }
        let (country, part) = code.split_once('-').unwrap_or((&code, "X"));
        let country_fits = country.len() == 2 && country.bytes().all(|sign| sign.is_ascii_uppercase());
        let part_fits = (1..=3).contains(&part.len()) && part.bytes().all(|sign| sign.is_ascii_alphanumeric());
        match country_fits && part_fits {
            true => Ok(Self(code)),
            false => {
                Err(form("ISO 3166 territory", "two letters such as DE, a part such as US-CA, or Worldwide", text))
            }
        }
    }
}

impl fmt::Display for Territory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The letters and digits of a code, in capitals, without its name before it.
fn bare(text: &str, name: &str) -> String {
    let kept = text.chars().filter(|sign| !matches!(sign, '-' | '.' | ' ' | ':' | '\u{2010}'..='\u{2013}'));
    let bare: String = kept.map(|sign| sign.to_ascii_uppercase()).collect();
    bare.strip_prefix(name).map(str::to_owned).unwrap_or(bare)
}

/// The digits of a text that has exactly `count` of them and nothing else.
fn digits_of(text: &str, count: usize) -> Option<Vec<u32>> {
    text.chars().map(|sign| sign.to_digit(10)).collect::<Option<Vec<_>>>().filter(|digits| digits.len() == count)
}

/// Codes are stored bare and read by their own rule.
macro_rules! stored_bare {
    ($($code:ident)*) => {$(
        impl $code {
            /// The bare code, as it is stored.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $code {
            type Error = CodeError;

            fn try_from(text: String) -> Result<Self, CodeError> {
                text.parse()
            }
        }

        impl From<$code> for String {
            fn from(code: $code) -> Self {
                code.0
            }
        }
    )*};
}

stored_bare!(Isrc Iswc Ipi Territory);

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a code and gives it bare and shown, or the error.
    fn read<C: FromStr<Err = CodeError> + Into<String> + fmt::Display>(text: &str) -> Result<(String, String), String> {
        let code: C = text.parse().map_err(|error: CodeError| error.to_string())?;
        let shown = code.to_string();
        Ok((code.into(), shown))
    }

    fn check<C: FromStr<Err = CodeError> + Into<String> + fmt::Display>(text: &str, bare: &str, shown: &str) {
        assert_eq!(read::<C>(text), Ok((bare.to_owned(), shown.to_owned())));
        assert_eq!(read::<C>(shown).unwrap().0, bare, "what is shown is read again");
    }

    fn refused<C: FromStr<Err = CodeError> + Into<String> + fmt::Display>(text: &str, word: &str) {
        let error = read::<C>(text).expect_err(text);
        assert!(error.contains(word), "{error}");
    }

    #[test]
    fn an_isrc_is_stored_without_hyphens_and_shown_with_them() {
        check::<Isrc>("USRC17607839", "USRC17607839", "US-RC1-76-07839");
        check::<Isrc>("isrc gb-aye-69-00520", "GBAYE6900520", "GB-AYE-69-00520");
        for wrong in
            ["", "USRC1760783", "USRC176078390", "U1RC17607839", "USRC1760783X", "ÜSRC1760783", "US RC1 76/07839"]
        {
            refused::<Isrc>(wrong, "two letters");
        }
    }

    #[test]
    fn an_iswc_knows_a_mistyped_digit() {
        check::<Iswc>("T-034.524.680-1", "T0345246801", "T-034.524.680-1");
        check::<Iswc>("iswc t 000.000.001 0", "T0000000010", "T-000.000.001-0");
        refused::<Iswc>("T-034.524.681-1", "one of them is wrong");
        refused::<Iswc>("T-034.524.680-2", "check `1`");
        for wrong in ["", "T", "0345246801", "T034524680", "T03452468011", "T03452468O1"] {
            refused::<Iswc>(wrong, "T and ten digits");
        }
    }

    #[test]
    fn an_ipi_knows_a_mistyped_digit_and_regains_its_zeros() {
        for valid in ["00334284961", "00052210040", "00045620792", "00000000297"] {
            check::<Ipi>(valid, valid, valid);
        }
        check::<Ipi>("334284961", "00334284961", "00334284961");
        refused::<Ipi>("00334284962", "check `61`");
        refused::<Ipi>("00343284961", "one of them is wrong");
        for wrong in ["", "0", "003342849611", "0033428496X"] {
            refused::<Ipi>(wrong, "eleven digits");
        }
    }

    #[test]
    fn every_single_mistyped_digit_of_an_ipi_is_found() {
        let code = "00334284961";
        for (place, digit) in (0..11).flat_map(|place| ('0'..='9').map(move |digit| (place, digit))) {
            let typed: String =
                code.chars().enumerate().map(|(at, right)| if at == place { digit } else { right }).collect();
            assert_eq!(typed.parse::<Ipi>().is_ok(), typed == code, "{typed}");
        }
    }

    #[test]
    fn a_territory_is_a_country_a_part_of_one_or_the_world() {
        check::<Territory>("de", "DE", "DE");
        check::<Territory>("US-CA", "US-CA", "US-CA");
        check::<Territory>(" worldwide ", "Worldwide", "Worldwide");
        assert!("WW".parse::<Territory>().unwrap().is_world());
        for wrong in ["", "D", "DEU", "D1", "US-", "US-CALI", "Germany"] {
            refused::<Territory>(wrong, "two letters");
        }
    }

    #[test]
    fn codes_are_json_strings_that_are_checked_when_read() {
        let code: Isrc = serde_json::from_str("\"us-rc1-76-07839\"").unwrap();
        assert_eq!(serde_json::to_string(&code).unwrap(), "\"USRC17607839\"");
        assert!(serde_json::from_str::<Ipi>("\"00334284962\"").unwrap_err().to_string().contains("check `61`"));
    }
}
