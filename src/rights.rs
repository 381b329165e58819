//! The rights guard: whose music is this?
//!
//! Audio becomes [`peaks`] on a logarithmic frequency axis ([`axis`]), peaks become [`pairs`], and pairs are looked up in an
//! index of a rights catalogue.

pub mod axis;
pub mod pairs;
pub mod peaks;
