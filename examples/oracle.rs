use realfft::{RealFftPlanner, num_complex::Complex32};
use zither::analysis::{
    analyse,
    distance::{Distances, distances},
    frames::*,
    noise::*,
};
use zither::dsp::stft::{Stft, hann};
use zither::media::{audio::read_mono_48k, note::NoteName};
struct Rng(u64);
impl Rng {
    fn u(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1u64 << 24) as f32
    }
    fn n(&mut self) -> f32 {
        let (a, b) = (self.u().max(1e-9), self.u());
        (-2.0 * a.ln()).sqrt() * (std::f32::consts::TAU * b).cos()
    }
}
fn synth(n: &NoteFrames, len: usize) -> (Vec<f32>, Vec<f32>) {
    let mut rng = Rng(88172645463325252);
    for _ in 0..10 {
        rng.u();
    }
    let mut y = vec![0.0f32; len];
    let nf = n.frames.len();
    let lin = |db: f32| if db <= SILENCE_DB { 0.0 } else { 10f32.powf(db / 20.0) };
    // warped phase time
    let mut u = Vec::with_capacity(len);
    let mut acc = 0.0f64;
    for i in 0..len {
        let p = i as f32 / 240.0;
        let f = (p as usize).min(nf - 1);
        let b = (p - f as f32).min(1.0);
        let c = n.frames[f].cents * (1.0 - b) + n.frames[(f + 1).min(nf - 1)].cents * b;
        u.push(acc);
        acc += f64::from((c / 1200.0).exp2()) / 48000.0;
    }
    for k in 0..PARTIALS {
        if !n.slots.in_band[k] {
            continue;
        }
        let hz = f64::from(slot_ratio(k) * pitch_hz(n.pitch) * (n.slots.cents[k] / 1200.0).exp2());
        let ph = f64::from(rng.u());
        if n.frames.iter().all(|f| f.partial_db[k] < -120.0) {
            continue;
        }
        let amp: Vec<f32> = n.frames.iter().map(|f| lin(f.partial_db[k])).collect();
        for i in 0..len {
            let p = i / 240;
            if p >= nf {
                break;
            }
            let b = (i % 240) as f32 / 240.0;
            let a = amp[p] * (1.0 - b) + amp[(p + 1).min(nf - 1)] * b;
            let x = (hz * u[i] + ph).fract() as f32 * std::f32::consts::TAU;
            y[i] += a * x.cos();
        }
    }
    // noise
    let w: Vec<f32> = (0..len + 2048).map(|_| rng.n()).collect();
    let win: Vec<f32> = hann(1024).collect();
    let mut st = Stft::new(1024);
    let inv = RealFftPlanner::<f32>::new().plan_fft_inverse(1024);
    let frac = fraction_db();
    let pos: Vec<BandPosition> = (0..513).map(|b| BandPosition::of(b as f32 * 48000.0 / 1024.0)).collect();
    let mut yn = vec![0.0f32; len + 4096];
    let ov = 384.0 / 240.0;
    for m in 0..nf {
        let mut s: Vec<Complex32> = st.centred(&w, m * 240 + 512).to_vec();
        let dens: [f32; NOISE_BANDS] = std::array::from_fn(|i| n.frames[m].noise_db[i] - frac[i]);
        for (b, s) in s.iter_mut().enumerate() {
            *s *= 10f32.powf(pos[b].read(&dens) / 20.0) / 1024.0;
        }
        s[0].im = 0.0;
        s[512].im = 0.0;
        let mut o = vec![0.0; 1024];
        inv.process(&mut s, &mut o).unwrap();
        for i in 0..1024 {
            yn[m * 240 + i] += o[i] * win[i] / ov;
        }
    }
    (y, yn[512..512 + len].to_vec())
}
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let stride: usize = args[2].parse().unwrap();
    let mut files: Vec<_> = walk(std::path::Path::new(&args[1]));
    files.sort();
    let files: Vec<_> = files.into_iter().step_by(stride).collect();
    let mut t = 0.0;
    let next = std::sync::atomic::AtomicUsize::new(0);
    let out = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                loop {
                    let i = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some(f) = files.get(i) else { break };
                    let x = read_mono_48k(f).unwrap();
                    let name: NoteName = f.file_stem().unwrap().to_str().unwrap().parse().unwrap();
                    let t0 = std::time::Instant::now();
                    let a = analyse(&x, name.pitch as f32).unwrap();
                    let dt = t0.elapsed().as_secs_f32();
                    let (y, yn) = synth(&a, x.len());
                    let z: Vec<f32> = y.iter().zip(&yn).map(|(a, b)| a + b).collect();
                    let z = if std::env::var("MINE").is_ok() {
                        z
                    } else {
                        zither::synth::tone::resynthesise(
                            &a,
                            &zither::synth::tone::ToneFormat::new(48000.0),
                            i as u32,
                            x.len(),
                        )
                    };
                    let d = distances(&x, &z);
                    if args.len() > 3 {
                        let b = std::path::Path::new(&args[3]);
                        let z: &Vec<f32> = &z;
                        let nm = format!("{}_{}", f.parent().unwrap().file_name().unwrap().to_str().unwrap(), name);
                        zither::media::audio::write_wav(
                            &b.join(nm + ".wav"),
                            &[&x, &z],
                            48000,
                            zither::media::audio::Depth::Float32,
                        )
                        .unwrap();
                    }
                    out.lock().unwrap().push((
                        f.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned(),
                        name.to_string(),
                        d,
                        dt,
                    ));
                }
            });
        }
    });
    let mut out = out.into_inner().unwrap();
    out.sort_by(|a, b| a.2.lmd.total_cmp(&b.2.lmd));
    let mut fam: std::collections::BTreeMap<String, Vec<Distances>> = Default::default();
    for o in &out {
        t += o.3;
        let f = o.0.rsplitn(3, '_').nth(2).unwrap().to_owned();
        fam.entry(f).or_default().push(o.2);
    }
    let mean = |v: &[Distances]| {
        let n = v.len() as f32;
        format!(
            "n {:4} lmd {:.3} att {:.3} mrlog {:.3} ton {:.3}",
            v.len(),
            v.iter().map(|d| d.lmd).sum::<f32>() / n,
            v.iter().map(|d| d.att).sum::<f32>() / n,
            v.iter().map(|d| d.mrlog).sum::<f32>() / n,
            v.iter().map(|d| d.ton).sum::<f32>() / n
        )
    };
    for (f, v) in &fam {
        println!("{f:24} {}", mean(v));
    }
    let w: Vec<_> = out
        .iter()
        .rev()
        .take(14)
        .map(|o| format!("{} {} {:.2}/{:.2}/{:.2}/{:.2}", o.0, o.1, o.2.lmd, o.2.att, o.2.mrlog, o.2.ton))
        .collect();
    println!("{}", w.join("\n"));
    let all: Vec<_> = out.iter().map(|o| o.2).collect();
    println!("ALL {} | analyse {:.0} ms/note", mean(&all), 1000.0 * t / out.len() as f32);
}
fn walk(p: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut o = vec![];
    for e in std::fs::read_dir(p).unwrap() {
        let p = e.unwrap().path();
        if p.is_dir() {
            o.extend(walk(&p));
        } else if p.extension().is_some_and(|e| e == "wav") {
            o.push(p);
        }
    }
    o
}
