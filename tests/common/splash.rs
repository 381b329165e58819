//! How much a change clicks: what it scatters into the highs for a moment.

use realfft::RealFftPlanner;

/// Samples of a window (5 ms at 48 kHz) and between two of them.
const WINDOW: usize = 256;
const STEP: usize = 64;
/// Bin from which on the highs lie: 6 kHz at 48 kHz.
const HIGHS: usize = 32;

/// Energy of the highs, and of all, in each window, on one scale.
fn energies(samples: &[f32]) -> Vec<[f32; 2]> {
    let transform = RealFftPlanner::<f32>::new().plan_fft_forward(WINDOW);
    let hann = |n: usize| 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / WINDOW as f32).cos();
    let mut bins = transform.make_output_vec();
    samples
        .windows(WINDOW)
        .step_by(STEP)
        .map(|window| {
            let mut windowed: Vec<f32> = window.iter().enumerate().map(|(n, x)| x * hann(n)).collect();
            transform.process(&mut windowed, &mut bins).expect("the lengths fit");
            let energy = |bins: &[realfft::num_complex::Complex<f32>]| bins.iter().map(|bin| bin.norm_sqr()).sum();
            [energy(&bins[HIGHS..]), energy(&bins)]
        })
        .collect()
}

/// The splash of a change at sample `at` of sound at 48 kHz, in dB of the loudest that sounds about it: the highs of the
/// 40 ms from then on, less what is no splash: twice the highs of a third of a second before and after, and of `beside`,
/// a way from the one sound to the other that is known not to click. A line from nothing to full level in 5 ms makes
/// -70 dB, in 1 ms -55 dB, a step -20 dB.
pub(crate) fn splash(samples: &[f32], at: usize, beside: &[f32]) -> f32 {
    let part = |from: usize, to: usize| energies(&samples[from..to.min(samples.len())]);
    let (before, change, after) = (part(at - 16_000, at), part(at - WINDOW, at + 1_920), part(at + 1_920, at + 18_000));
    let most = |parts: &[&Vec<[f32; 2]>], which: usize| {
        parts.iter().flat_map(|part| part.iter()).map(|energies| energies[which]).fold(0.0, f32::max)
    };
    let loudest = most(&[&before, &change, &after], 1);
    let excess = most(&[&change], 0) - 2.0 * most(&[&before, &after, &energies(beside)], 0);
    10.0 * (excess.max(0.0) / loudest).max(1e-20).log10()
}
