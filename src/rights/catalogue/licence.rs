//! Licences: SPDX expressions, and what they ask of a producer.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use spdx::expression::{ExprNode, Operator};
use spdx::{Expression, LicenseItem, ParseMode};

use super::Policy;

/// An SPDX licence expression that was checked, such as `CC-BY-4.0` or `LicenseRef-Nightfall-Sync`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Licence(String);

/// Why a text is no licence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{got}` is no SPDX licence expression ({reason}); for a licence of your own write LicenseRef-Name")]
pub struct LicenceError {
    got: String,
    reason: String,
}

/// The works of the Creative Commons deed that is no licence: nobody is known to have rights in them.
const PUBLIC_DOMAIN: &str = "LicenseRef-public-domain";

impl FromStr for Licence {
    type Err = LicenceError;

    /// Reads an SPDX expression, and besides what catalogues and tags write for one: `CC BY 4.0`, `cc0`, the address of
    /// a Creative Commons deed, `Public Domain`, `All rights reserved`.
    fn from_str(text: &str) -> Result<Self, LicenceError> {
        let text = text.trim();
        let strict = Expression::parse_mode(text, ParseMode { allow_deprecated: true, ..ParseMode::STRICT });
        match (strict, customary(text)) {
            (Ok(_), _) => Ok(Self(text.to_owned())),
            (Err(_), Some(expression)) => Ok(Self(expression)),
            (Err(error), None) => {
                Err(LicenceError { got: text.chars().take(60).collect(), reason: error.reason.to_string() })
            }
        }
    }
}

/// The SPDX id of what is customarily written for one.
fn customary(text: &str) -> Option<String> {
    let lower = text.to_lowercase();
    if let Some((_, deed)) = lower.split_once("creativecommons.org/") {
        return of_deed(deed);
    }
    let hyphened = lower.split_whitespace().collect::<Vec<_>>().join("-");
    match hyphened.as_str() {
        "public-domain" | "publicdomain" | "pd" => return Some(PUBLIC_DOMAIN.to_owned()),
        "all-rights-reserved" | "proprietary" => return Some(format!("LicenseRef-{hyphened}")),
        "cc0" => return Some("CC0-1.0".to_owned()),
        _ => {}
    }
    spdx::identifiers::LICENSES
        .iter()
        .find(|known| known.name.eq_ignore_ascii_case(&hyphened))
        .map(|known| known.name.to_owned())
}

/// The id of a deed: `licenses/by-sa/3.0/`, `publicdomain/zero/1.0/`.
fn of_deed(deed: &str) -> Option<String> {
    let mut parts = deed.split(['/', ' ']);
    let name = match (parts.next()?, parts.next()?, parts.next()?) {
        ("licenses", kind, version) => format!("cc-{kind}-{version}"),
        ("publicdomain", "zero", version) => format!("cc0-{version}"),
        ("publicdomain", "mark", _) => return Some(PUBLIC_DOMAIN.to_owned()),
        _ => return None,
    };
    spdx::identifiers::LICENSES
        .iter()
        .find(|known| known.name.eq_ignore_ascii_case(&name))
        .map(|known| known.name.to_owned())
}

impl Licence {
    /// The expression.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The policy that follows from the licence where a catalogue states none: of licences joined by `OR` the most
    /// lenient, by `AND` the strictest. Nothing that is not known to permit releases is let pass.
    #[must_use]
    pub fn policy(&self) -> Policy {
        let Ok(expression) = Expression::parse_mode(&self.0, ParseMode { allow_deprecated: true, ..ParseMode::STRICT })
        else {
            return Policy::Ask;
        };
        let mut stack = Vec::new();
        for node in expression.iter() {
            let policy = match node {
                ExprNode::Req(requirement) => policy_of(&requirement.req.license),
                ExprNode::Op(operator) => match (operator, stack.pop(), stack.pop()) {
                    (Operator::Or, Some(a), Some(b)) => std::cmp::min(a, b),
                    (Operator::And, Some(a), Some(b)) => std::cmp::max(a, b),
                    _ => Policy::Ask,
                },
            };
            stack.push(policy);
        }
        stack.pop().unwrap_or(Policy::Ask)
    }

    /// Whether adaptations must go under the same licence: attribution alone does not fulfil it then.
    #[must_use]
    pub fn is_share_alike(&self) -> bool {
        self.0.to_ascii_uppercase().contains("-SA-")
    }
}

/// What one licence asks for.
fn policy_of(licence: &LicenseItem) -> Policy {
    let id = match licence {
        LicenseItem::Spdx { id, .. } => id,
        LicenseItem::Other(other) if other.lic_ref.eq_ignore_ascii_case("public-domain") => return Policy::Allow,
        LicenseItem::Other(_) => return Policy::Ask,
    };
    let restricted = id.name.split('-').any(|part| part == "NC" || part == "ND");
    match id.name {
        "CC0-1.0" | "CC-PDDC" | "CC-PDM-1.0" | "PDDL-1.0" | "Unlicense" | "0BSD" | "MIT-0" | "WTFPL" => Policy::Allow,
        name if name.starts_with("CC-BY-") && !restricted => Policy::Attribute,
        _ if id.is_osi_approved() && !id.is_copyleft() => Policy::Attribute,
        _ => Policy::Ask,
    }
}

impl fmt::Display for Licence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Licence {
    type Error = LicenceError;

    fn try_from(text: String) -> Result<Self, LicenceError> {
        text.parse()
    }
}

impl From<Licence> for String {
    fn from(licence: Licence) -> Self {
        licence.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_follows_from_the_licence() {
        let check = |text: &str, expected| assert_eq!(text.parse::<Licence>().unwrap().policy(), expected, "{text}");
        for allowed in ["CC0-1.0", "LicenseRef-public-domain", "Unlicense", "CC-BY-NC-4.0 OR CC0-1.0"] {
            check(allowed, Policy::Allow);
        }
        for attributed in
            ["CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-3.0-DE", "MIT", "CC0-1.0 AND CC-BY-4.0", "MIT OR GPL-3.0-only"]
        {
            check(attributed, Policy::Attribute);
        }
        for asked in [
            "CC-BY-NC-4.0",
            "CC-BY-ND-4.0",
            "CC-BY-NC-SA-3.0",
            "CC-BY-NC-ND-4.0",
            "GPL-2.0-or-later",
            "LicenseRef-Nightfall-Sync",
            "CC0-1.0 AND (CC-BY-4.0 AND LicenseRef-Nightfall-Sync)",
        ] {
            check(asked, Policy::Ask);
        }
    }

    #[test]
    fn what_catalogues_and_tags_write_for_a_licence_is_understood() {
        let check = |text: &str, expected: &str| assert_eq!(text.parse::<Licence>().unwrap().as_str(), expected);
        check("CC BY 4.0", "CC-BY-4.0");
        check("cc-by-sa-3.0", "CC-BY-SA-3.0");
        check("cc0", "CC0-1.0");
        check("Public Domain", "LicenseRef-public-domain");
        check("All Rights Reserved", "LicenseRef-all-rights-reserved");
        check("https://creativecommons.org/licenses/by-nc/4.0/", "CC-BY-NC-4.0");
        check("http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0");
        check("Licensed to the public under http://creativecommons.org/licenses/by/3.0/ verify at …", "CC-BY-3.0");
        for wrong in
            ["", "free", "CC-BY-9.9", "MIT AND", "(MIT", "creativecommons.org/", "https://creativecommons.org/x/y/z"]
        {
            assert!(wrong.parse::<Licence>().unwrap_err().to_string().contains("LicenseRef-Name"), "{wrong}");
        }
    }
}
