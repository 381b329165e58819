//! Processor levels: loops are written once, compiled for each level, and chosen at run time.
//!
//! Nothing contracts to fused operations and every sum has one fixed order, so all levels give the same bits.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How many of the available levels count, the poorest first; 0 if this process is not held to one.
static HELD: AtomicUsize = AtomicUsize::new(0);

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
        let most = Some(HELD.load(Ordering::Relaxed)).filter(|&held| held > 0);
        Self::available().take(most.unwrap_or(usize::MAX)).last().unwrap_or(Self::BASELINE)
    }

    /// Holds what is made in this process from now on to this level, without extensions such as VNNI, so that one machine
    /// can measure what others will do. Before a model is loaded. The sound stays the same.
    pub fn hold(self) {
        let poorer = Self::available().take_while(|level| *level != self).count();
        HELD.store(poorer + 1, Ordering::Relaxed);
    }

    /// Whether [`Level::hold`] was called.
    pub(crate) fn is_held() -> bool {
        HELD.load(Ordering::Relaxed) > 0
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
