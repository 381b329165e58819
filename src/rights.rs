//! The rights guard: whose music is this?
//!
//! Audio becomes [`peaks`] on a logarithmic frequency axis ([`axis`]), peaks become [`pairs`], and pairs are looked up in an
//! index of a rights catalogue.
//!
//! The catalogue says who owns what and under which licence; every recognition goes into a ledger that shows any later
//! change, and a report tells from it what a release owes to whom. Nothing leaves the machine.

pub mod alignment;
pub mod analyser;
pub mod asking;
pub mod attribution;
pub mod axis;
pub mod catalogue;
pub mod codes;
pub mod date;
pub mod decision;
pub mod fingerprint;
pub mod fitting;
pub mod guard;
pub mod hearing;
pub mod history;
pub mod index;
pub mod ledger;
pub mod matcher;
pub mod pairs;
pub mod peaks;
pub mod report;
pub mod spectrum;
pub mod votes;
pub mod whole;
