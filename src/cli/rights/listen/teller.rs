//! What is said while listening: a line when a work is recognised, and one when it is over.

use std::io::Write;

use anyhow::Result;
use serde_json::{Value, json};

use crate::rights::catalogue::{Licence, Policy, Work};
use crate::rights::date::{Date, Moment};
use crate::rights::hearing::Found;
use crate::rights::ledger::Span;
use crate::rights::report::words;

/// Seconds after which a work of which nothing more has come is over: what goes on is told every five seconds, and music
/// that repeats itself is lost and found again.
const OVER: f64 = 6.0;

/// Says what is heard, on standard output.
pub(super) struct Teller {
    jsonl: bool,
    sounding: Vec<Sounding>,
    /// What was heard so far, each work once.
    works: Vec<(String, String)>,
}

/// A work that is heard.
struct Sounding {
    found: Found,
    policy: Policy,
    heard: Span,
    /// Since when, in seconds of the stream, nothing of it goes on.
    ended: Option<f64>,
}

impl Teller {
    /// In words, or as JSON Lines.
    pub(super) fn new(jsonl: bool) -> Self {
        Self { jsonl, sounding: Vec::new(), works: Vec::new() }
    }

    /// Takes what was found, at this second of the stream.
    ///
    /// # Errors
    /// If nobody can be told.
    pub(super) fn hear(&mut self, found: Found, now: f64) -> Result<()> {
        if !found.matched.is_shown() {
            return Ok(());
        }
        let ended = found.ended.then_some(now);
        let heard = Span { from: found.matched.heard.start, to: found.matched.heard.end };
        if let Some(known) = self.sounding.iter_mut().find(|known| known.found.work.id == found.work.id) {
            known.heard = Span { from: known.heard.from.min(heard.from), to: known.heard.to.max(heard.to) };
            known.ended = ended;
            if known.found.matched.confidence < found.matched.confidence {
                known.found = found;
            }
            return Ok(());
        }
        let policy = found.work.policy_on(Date::today());
        let new = Sounding { found, policy, heard, ended };
        let line = if self.jsonl { new.json("heard", now).to_string() } else { new.line(now) };
        let title = words::title(&new.found.work).to_owned();
        if self.works.iter().all(|(known, _)| *known != title) {
            self.works.push((title, words::to_do(&new.found.work, policy)));
        }
        self.sounding.push(new);
        say(&line)
    }

    /// Says what is over at this second of the stream.
    ///
    /// # Errors
    /// If nobody can be told.
    pub(super) fn tell_over(&mut self, now: f64) -> Result<()> {
        let is_over = |one: &mut Sounding| one.ended.is_some_and(|since| now >= since + OVER);
        let over: Vec<Sounding> = self.sounding.extract_if(.., is_over).collect();
        over.iter().try_for_each(|one| self.tell_end(one, now))
    }

    /// Ends all and sums up.
    ///
    /// # Errors
    /// If nobody can be told.
    pub(super) fn finish(&mut self, now: f64) -> Result<()> {
        let over = std::mem::take(&mut self.sounding);
        over.iter().try_for_each(|one| self.tell_end(one, now))?;
        if self.jsonl {
            return say(&json!({ "event": "end", "at": now, "works": self.works.len() }).to_string());
        }
        say(&format!("listened to {}: {} recognised", words::clock(now), self.works.len()))?;
        self.works.iter().try_for_each(|(title, to_do)| say(&format!("{title}: {to_do}")))
    }

    fn tell_end(&self, one: &Sounding, now: f64) -> Result<()> {
        match self.jsonl {
            true => say(&one.json("over", now).to_string()),
            false => say(&format!(
                "{}  over: {}, heard {}",
                words::clock(now),
                words::title(&one.found.work),
                words::span(one.heard)
            )),
        }
    }
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

impl Sounding {
    fn line(&self, now: f64) -> String {
        let Found { work, matched, any_of, .. } = &self.found;
        let alike = if any_of.is_empty() { String::new() } else { format!(", or one of {}", any_of.join(", ")) };
        format!(
            "{}  {}{alike} \u{b7} {} \u{b7} {} \u{b7} {} ({}) \u{b7} from {} of it, {}",
            words::clock(now),
            titled(work),
            work.licence.as_ref().map_or("no licence known", Licence::as_str),
            self.policy,
            words::judged(matched.confidence, matched.likeness),
            words::percent(matched.confidence),
            words::clock(matched.place.start),
            words::transform(matched.rate, matched.pitch)
        )
    }

    fn json(&self, event: &str, now: f64) -> Value {
        let Found { work, matched, any_of, after, .. } = &self.found;
        json!({
            "event": event,
            "at": now,
            "utc": Moment::now(),
            "track": work.id,
            "title": words::title(work),
            "artists": work.artists,
            "owner": work.owner,
            "licence": work.licence,
            "policy": self.policy,
            "to_do": words::to_do(work, self.policy),
            "kind": matched.likeness.name(),
            "confidence": matched.confidence,
            "how_sure": words::judged(matched.confidence, matched.likeness),
            "heard": [self.heard.from, self.heard.to],
            "place": [matched.place.start, matched.place.end],
            "rate": matched.rate,
            "pitch": matched.pitch,
            "any_of": any_of,
            "after": after,
        })
    }
}

/// `Sunset by Mo, owned by Nightfall`.
fn titled(work: &Work) -> String {
    let by = if work.artists.is_empty() { String::new() } else { format!(" by {}", work.artists.join(", ")) };
    let owner = if work.owner.is_empty() { "owner not named".to_owned() } else { format!("owned by {}", work.owner) };
    format!("{}{by}, {owner}", words::title(work))
}
