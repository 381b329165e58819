//! Processor levels: loops are written once, compiled for each level, and chosen at run time.
//!
//! Nothing contracts to fused operations and every sum has one fixed order, so all levels give the same bits.

use std::sync::OnceLock;

/// The level to which this process is held, if it is.
static HELD: OnceLock<Level> = OnceLock::new();

/// A processor level, chosen once for whatever is made from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level(Kind);

/// What a [`Level`] stands for. Anyone may ask; only [`Level::available`] makes levels of what the processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What every processor of this architecture has.
    Baseline,
    /// x86-64 with AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// x86-64 with AVX-512 F, DQ, BW and VL.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Level {
    /// What every processor of this architecture has.
    pub const BASELINE: Self = Self(Kind::Baseline);

    /// The best level of this processor, or the one to which this process is held.
    #[must_use]
    pub fn detect() -> Self {
        HELD.get().copied().unwrap_or_else(|| Self::available().last().unwrap_or(Self::BASELINE))
    }

    /// Holds what is made in this process from now on to this level, without extensions such as VNNI, so that one machine
    /// can measure what others will do. Once, and before a model is loaded.
    pub fn hold(self) {
        let _held_before = HELD.set(self);
    }

    /// Whether [`Level::hold`] was called.
    pub(crate) fn is_held() -> bool {
        HELD.get().is_some()
    }

    /// Its name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            Kind::Baseline => "baseline",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
        }
    }

    /// All levels of this processor, the best last.
    pub fn available() -> impl Iterator<Item = Self> {
        let levels = [
            Some(Self::BASELINE),
            #[cfg(target_arch = "x86_64")]
            is_x86_feature_detected!("avx2").then_some(Self(Kind::Avx2)),
            #[cfg(target_arch = "x86_64")]
            (is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl"))
            .then_some(Self(Kind::Avx512)),
        ];
        levels.into_iter().flatten()
    }

    /// What this level stands for.
    pub(crate) const fn kind(self) -> Kind {
        self.0
    }
}

/// Makes of an `#[inline(always)]` body a function that takes a [`Level`] first and runs the body compiled for it.
macro_rules! per_level {
    ($(#[$doc:meta])* $vis:vis fn $name:ident = $body:ident($($arg:ident: $type:ty),* $(,)?)) => {
        $(#[$doc])*
        #[inline]
        $vis fn $name(level: $crate::dsp::level::Level, $($arg: $type),*) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2")]
            fn avx2($($arg: $type),*) {
                $body($($arg),*);
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl")]
            fn avx512($($arg: $type),*) {
                $body($($arg),*);
            }
            use $crate::dsp::level::Kind;
            match level.kind() {
                Kind::Baseline => $body($($arg),*),
                // SAFETY: a `Level` of this kind is made only where the processor has the feature.
                #[cfg(target_arch = "x86_64")]
                Kind::Avx2 => unsafe { avx2($($arg),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                Kind::Avx512 => unsafe { avx512($($arg),*) },
            }
        }
    };
}
pub(crate) use per_level;
