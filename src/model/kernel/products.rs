//! Exact sums of products of whole numbers: the affine maps between hidden layers.
//!
//! Inputs and weights are whole numbers of 16 bits, and products are summed in 32 bits, where the order of a sum does
//! not matter: every path gives the same bits by its nature. Two products and their sum are one instruction on x86-64
//! (`pmaddwd`), and one with the addition to the sum where the processor has VNNI.
//!
//! No sum can overflow: inputs and weights are scaled so that the Euclidean norms of [`BLOCK`] pairs of them are at most
//! [`INPUT_NORM`] and [`WEIGHT_NORM`], and the sum of products is at most the product of the norms (Cauchy-Schwarz).

use crate::dsp::level::{Kind, Level};

/// Outputs per panel: four AVX-512 registers of sums.
pub(crate) const LANES: usize = 64;
/// Pairs of inputs whose products are summed exactly: every fourth of 128 pairs, every second of 64. Sums of blocks are
/// added as single-precision numbers; shorter blocks would leave more bits to inputs and weights, and longer ones fewer.
pub(crate) const BLOCK: usize = 32;
/// Norm of a block of inputs: none can be larger than 16 bits hold, with some room for rounding.
pub(crate) const INPUT_NORM: f32 = 32_700.0;
/// Norm of the weights of a block: what is left of 2^31.
pub(crate) const WEIGHT_NORM: f32 = 65_600.0;

/// The weights from one pair of inputs to the [`LANES`] outputs of a panel.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Row(pub(crate) [[i16; 2]; LANES]);

/// Whole numbers that stand for the values of a layer. Pair `i` holds values `i` (in its low half) and `i + PAIRS`.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub(crate) struct Quantised<const PAIRS: usize> {
    pub(crate) pairs: [i32; PAIRS],
    /// Value of one.
    pub(crate) scale: f32,
}

impl<const PAIRS: usize> Quantised<PAIRS> {
    /// All values are zero.
    pub(crate) const ZERO: Self = Self { pairs: [0; PAIRS], scale: 0.0 };
}

/// Some outputs of an affine map.
#[derive(Clone, Copy)]
pub(crate) struct Panel<'a> {
    /// As many as pairs of inputs, block by block: see [`row_of`].
    pub(crate) rows: &'a [Row],
    /// Value of one in each output's weights.
    pub(crate) scale: &'a [f32; LANES],
    /// Added to each output.
    pub(crate) bias: &'a [f32; LANES],
}

/// Where the row of a pair of inputs stands among `pairs` of them.
pub(crate) const fn row_of(pair: usize, pairs: usize) -> usize {
    let blocks = pairs / BLOCK;
    pair % blocks * BLOCK + pair / blocks
}

/// How products are made and summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Products {
    #[cfg(any(test, not(target_arch = "x86_64")))]
    Portable,
    #[cfg(target_arch = "x86_64")]
    Sse2,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
}

impl Products {
    /// The fastest way at a level.
    pub(crate) fn at(level: Level) -> Self {
        match level.kind() {
            #[cfg(not(target_arch = "x86_64"))]
            Kind::Baseline => Self::Portable,
            #[cfg(target_arch = "x86_64")]
            Kind::Baseline => Self::Sse2,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 if !Level::is_held() && is_x86_feature_detected!("avxvnni") => Self::AvxVnni,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => Self::Avx2,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 if !Level::is_held() && is_x86_feature_detected!("avx512vnni") => Self::Avx512Vnni,
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => Self::Avx512,
        }
    }

    /// Applies a panel to each of `inputs`.
    #[inline]
    pub(crate) fn apply<const PAIRS: usize, const V: usize>(
        self,
        panel: Panel<'_>,
        inputs: [&Quantised<PAIRS>; V],
        out: [&mut [f32; LANES]; V],
    ) {
        match self {
            #[cfg(any(test, not(target_arch = "x86_64")))]
            Self::Portable => inputs.into_iter().zip(out).for_each(|(input, out)| portable(panel, input, out)),
            // SAFETY: every processor of the architecture has SSE2.
            #[cfg(target_arch = "x86_64")]
            Self::Sse2 => unsafe { x86::sse2(panel, inputs, out) },
            // SAFETY: this and what follows is made only where the processor has the features, see `at`.
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => unsafe { x86::avx2(panel, inputs, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni => unsafe { x86::avx_vnni(panel, inputs, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => unsafe { x86::avx512(panel, inputs, out) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => unsafe { x86::avx512_vnni(panel, inputs, out) },
        }
    }
}

/// Runs `step`, which adds to the sums the products of a row with a pair, over all rows.
#[inline(always)]
fn sum<const PAIRS: usize, const V: usize>(
    panel: Panel<'_>,
    inputs: [&Quantised<PAIRS>; V],
    out: [&mut [f32; LANES]; V],
    step: impl Fn(&mut [i32; LANES], &Row, i32),
) {
    let mut total = [[0.0_f32; LANES]; V];
    let rows = panel.rows.first_chunk::<PAIRS>().expect("a panel has a row for each pair");
    for (block, rows) in rows.as_chunks::<BLOCK>().0.iter().enumerate() {
        let mut sums = [[0; LANES]; V];
        for (p, row) in rows.iter().enumerate() {
            for v in 0..V {
                step(&mut sums[v], row, inputs[v].pairs[p * (PAIRS / BLOCK) + block]);
            }
        }
        for (total, sums) in total.iter_mut().zip(&sums) {
            total.iter_mut().zip(sums).for_each(|(total, &sum)| *total += sum as f32);
        }
    }
    for v in 0..V {
        for l in 0..LANES {
            out[v][l] = total[v][l] * panel.scale[l] * inputs[v].scale + panel.bias[l];
        }
    }
}

/// What vectorises on processors other than x86-64.
#[cfg(any(test, not(target_arch = "x86_64")))]
fn portable<const PAIRS: usize>(panel: Panel<'_>, input: &Quantised<PAIRS>, out: &mut [f32; LANES]) {
    sum(panel, [input], [out], |sums, row, pair| {
        let (low, high) = (i32::from(pair as i16), pair >> 16);
        for (sum, [even, odd]) in sums.iter_mut().zip(&row.0) {
            *sum += low * i32::from(*even) + high * i32::from(*odd);
        }
    });
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{LANES, Panel, Quantised, Row, sum};
    use std::arch::x86_64::*;
    use std::mem::transmute;

    /// A function for one instruction set: `$step` takes sums, weights and a pair in all lanes, and gives the new sums.
    macro_rules! products {
        ($name:ident, $features:literal, $vector:ty, $all:path, $step:expr) => {
            #[target_feature(enable = $features)]
            pub(super) fn $name<const PAIRS: usize, const V: usize>(
                panel: Panel<'_>,
                inputs: [&Quantised<PAIRS>; V],
                out: [&mut [f32; LANES]; V],
            ) {
                const VECTORS: usize = size_of::<Row>() / size_of::<$vector>();
                let step = |sums: &mut [i32; LANES], row: &Row, pair: i32| {
                    // SAFETY: plain numbers of the same size.
                    let weights: [$vector; VECTORS] = unsafe { transmute(row.0) };
                    // SAFETY: as above.
                    let mut vectors: [$vector; VECTORS] = unsafe { transmute(*sums) };
                    let pair = $all(pair);
                    for (sum, &weights) in vectors.iter_mut().zip(&weights) {
                        *sum = $step(*sum, weights, pair);
                    }
                    // SAFETY: as above.
                    *sums = unsafe { transmute::<[$vector; VECTORS], [i32; LANES]>(vectors) };
                };
                // Only AVX-512 has registers for the sums of several inputs; elsewhere the panel stays in the cache.
                if VECTORS <= 4 {
                    sum(panel, inputs, out, step);
                } else {
                    inputs.into_iter().zip(out).for_each(|(input, out)| sum(panel, [input], [out], step));
                }
            }
        };
    }

    products!(sse2, "sse2", __m128i, _mm_set1_epi32, |sum, w, x| _mm_add_epi32(sum, _mm_madd_epi16(w, x)));
    products!(avx2, "avx2", __m256i, _mm256_set1_epi32, |sum, w, x| _mm256_add_epi32(sum, _mm256_madd_epi16(w, x)));
    products!(avx_vnni, "avx2,avxvnni", __m256i, _mm256_set1_epi32, _mm256_dpwssd_avx_epi32);
    products!(avx512, "avx512f,avx512bw", __m512i, _mm512_set1_epi32, |sum, w, x| {
        _mm512_add_epi32(sum, _mm512_madd_epi16(w, x))
    });
    products!(avx512_vnni, "avx512f,avx512bw,avx512vnni", __m512i, _mm512_set1_epi32, _mm512_dpwssd_epi32);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way of this machine, the plain one first.
    fn ways() -> Vec<Products> {
        let mut ways = vec![Products::Portable];
        ways.extend(Level::available().map(Products::at));
        // What the fastest way of a level hides.
        #[cfg(target_arch = "x86_64")]
        for kind in Level::available().map(Level::kind) {
            match kind {
                Kind::Baseline => {}
                Kind::Avx2 => ways.push(Products::Avx2),
                Kind::Avx512 => ways.push(Products::Avx512),
            }
        }
        ways
    }

    fn noise(seed: u32) -> impl FnMut() -> f32 {
        let mut state = seed;
        move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        }
    }

    fn halves(pair: i32) -> [i16; 2] {
        [pair as i16, (pair >> 16) as i16]
    }

    fn check<const PAIRS: usize>(inputs: [Quantised<PAIRS>; 3], rows: &[Row], scale: [f32; LANES], bias: [f32; LANES]) {
        let panel = Panel { rows, scale: &scale, bias: &bias };
        let [mut plain, mut other] = [[[0.0; LANES]; 3]; 2];
        for (input, out) in inputs.iter().zip(&mut plain) {
            Products::Portable.apply(panel, [input], [out]);
            for l in 0..LANES {
                let products = input.pairs.iter().enumerate().map(|(p, &pair)| {
                    let ([x, y], [a, b]) = (halves(pair), rows[row_of(p, PAIRS)].0[l]);
                    i64::from(x) * i64::from(a) + i64::from(y) * i64::from(b)
                });
                let sum = products.sum::<i64>() as f64;
                let exact = sum * f64::from(scale[l]) * f64::from(input.scale) + f64::from(bias[l]);
                let allowed = 3e-7 * (exact.abs() + f64::from(bias[l].abs()) + 1.0);
                assert!((f64::from(out[l]) - exact).abs() < allowed, "{} is not {exact}", out[l]);
            }
        }
        for way in ways() {
            other.iter_mut().zip(&inputs).for_each(|(out, input)| way.apply(panel, [input], [out]));
            assert_eq!(other.map(|out| out.map(f32::to_bits)), plain.map(|out| out.map(f32::to_bits)), "{way:?}");
            let mut together = [[0.0; LANES]; 3];
            way.apply(panel, inputs.each_ref(), together.each_mut());
            assert_eq!(together.map(|out| out.map(f32::to_bits)), plain.map(|out| out.map(f32::to_bits)), "{way:?}");
        }
    }

    #[test]
    fn every_way_gives_the_exact_sums_for_one_input_and_for_several() {
        let mut random = noise(1);
        let mut pair = |most: f32| [0; 2].map(|_: i16| (random() * most) as i16);
        let inputs = [0; 3].map(|_| Quantised {
            pairs: [0; 128].map(|_| {
                let [low, high] = pair(5_000.0);
                i32::from(low) & 0xffff | i32::from(high) << 16
            }),
            scale: 1e-5,
        });
        let rows: Vec<Row> = (0..128).map(|_| Row([[0; 2]; LANES].map(|_| pair(8_000.0)))).collect();
        let mut random = noise(2);
        check(inputs, &rows, [0.0; LANES].map(|_| random() * 1e-5), [0.0; LANES].map(|_| random()));
    }

    #[test]
    fn the_largest_sums_do_not_overflow() {
        // All of a block's norm in few inputs or spread over all, with weights in proportion: the worst case.
        for used in [1, 2, 4, 2 * BLOCK] {
            let share = (1.0 / used as f32).sqrt();
            let (x, w) = ((INPUT_NORM * share) as i16, (WEIGHT_NORM * share).min(32_767.0) as i16);
            for sign in [1, -1] {
                let input = |p: usize| {
                    let [low, high] = [2 * p, 2 * p + 1].map(|i| if i < used { sign * i32::from(x) } else { 0 });
                    low & 0xffff | high << 16
                };
                let inputs = [Quantised::<BLOCK> { pairs: std::array::from_fn(input), scale: 1.0 }; 3];
                check(inputs, &[Row([[w, w]; LANES]); BLOCK], [1e-9; LANES], [0.0; LANES]);
            }
        }
        assert!(f64::from(INPUT_NORM + 5.0) * f64::from(WEIGHT_NORM) < f64::from(i32::MAX));
    }
}
