//! Shares and middles, and how far they may be trusted.

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) hits: usize,
    pub(super) of: usize,
}

impl Share {
    /// Counts what is true.
    pub(super) fn count(outcomes: impl IntoIterator<Item = bool>) -> Self {
        outcomes
            .into_iter()
            .fold(Self::default(), |share, hit| Self { hits: share.hits + usize::from(hit), of: share.of + 1 })
    }

    /// In percent; not a number where there is nothing to count.
    pub(super) fn percent(self) -> f64 {
        100.0 * self.hits as f64 / self.of as f64
    }

    /// Bounds of the share that such a count comes from, in percent, wrong once in twenty times (Wilson 1927).
    pub(super) fn bounds(self) -> (f64, f64) {
        const Z: f64 = 1.96;
        if self.of == 0 {
            return (0.0, 100.0);
        }
        let (n, p) = (self.of as f64, self.hits as f64 / self.of as f64);
        let middle = p + Z * Z / (2.0 * n);
        let reach = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 100.0 / (1.0 + Z * Z / n);
        (((middle - reach) * scale).max(0.0), ((middle + reach) * scale).min(100.0))
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.of == 0 {
            return formatter.write_str("none");
        }
        let (low, high) = self.bounds();
        write!(formatter, "{:.1} % ({low:.0}..{high:.0}) of {}", self.percent(), self.of)
    }
}

/// The value below which so much of `values` lies, 0..1; not a number where there are none.
pub(super) fn quantile(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = part * sorted.len().saturating_sub(1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    match (sorted.get(below), sorted.get(above)) {
        (Some(low), Some(high)) => low + (high - low) * place.fract(),
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_those_of_the_books() {
        let (low, high) = Share { hits: 8, of: 10 }.bounds();
        assert!((low - 49.0).abs() < 0.1 && (high - 94.3).abs() < 0.1, "{low} {high}");
        let (low, high) = Share { hits: 20, of: 20 }.bounds();
        assert!((low - 83.9).abs() < 0.1 && (high - 100.0).abs() < 1e-9, "{low} {high}");
    }

    #[test]
    fn quantiles_lie_between_values() {
        assert_eq!(quantile(&[3.0, 1.0, 2.0], 0.5), 2.0);
        assert_eq!(quantile(&[0.0, 10.0], 0.9), 9.0);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
