//! The companion command `zitherctl`.
