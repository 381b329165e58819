//! The report as a page: one file without scripts or anything from elsewhere, to read on a screen and on paper.
//!
//! All text of ledger and catalogue goes through [`Text`]. An address becomes a link only where it begins with `http`.

use std::fmt::{self, Display, Write};

use super::words::{self, MEANING, NOT_SAID};
use super::{Clearance, Clearing, Passage};
use crate::rights::catalogue::{Policy, Work};
use crate::rights::ledger::Span;

const STYLE: &str = include_str!("style.css");
/// Width of a bar in its own units.
const BAR: f64 = 1_000.0;

/// A text that comes out of a ledger or a catalogue, as it may stand in a page.
struct Text<'a>(&'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for sign in self.0.chars() {
            match sign {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                sign if sign.is_control() => f.write_char(' ')?,
                sign => f.write_char(sign)?,
            }
        }
        Ok(())
    }
}

/// The page.
pub(super) fn page(clearance: &Clearance) -> String {
    let mut page = String::new();
    write(&mut page, clearance).expect("a text takes everything");
    page
}

fn write(page: &mut String, clearance: &Clearance) -> fmt::Result {
    let name = project_name(clearance);
    write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>Clearance report: {0}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <h1>{0}</h1>\n<p>Clearance report, {1}</p>\n",
        Text(name),
        clearance.made.date().map(|date| date.to_string()).unwrap_or_default(),
    )?;
    faults(page, clearance)?;
    figures(page, clearance)?;
    checked(page, clearance)?;
    credits(page, &clearance.works)?;
    let length = length(clearance);
    section(page, "Works that were recognised", "work", &clearance.works, length)?;
    section(page, "Possible, on weak evidence", "possible", &clearance.possible, length)?;
    evidence(page, clearance)?;
    page.push_str("<h2>What this report does not say</h2>\n<ul class=\"said\">\n");
    for said in NOT_SAID {
        writeln!(page, "<li>{}</li>", Text(said))?;
    }
    write!(
        page,
        "</ul>\n<footer>Zither {} · ledger {}</footer>\n</body>\n</html>\n",
        Text(&clearance.version),
        Text(&clearance.ledger)
    )
}

fn project_name(clearance: &Clearance) -> &str {
    match (clearance.project.name.as_str(), clearance.project.id.as_str()) {
        ("", "") => "Project without a name",
        ("", id) => id,
        (name, _) => name,
    }
}

/// What makes the report worth less, before anything else.
fn faults(page: &mut String, clearance: &Clearance) -> fmt::Result {
    if clearance.faults.is_empty() {
        return Ok(());
    }
    page.push_str(
        "<div class=\"warning\"><strong>The ledger was changed after it was written.</strong> \
         What follows may be incomplete or wrong.\n<ul>\n",
    );
    for fault in &clearance.faults {
        writeln!(page, "<li>{}</li>", Text(fault))?;
    }
    page.push_str("</ul></div>\n");
    Ok(())
}

/// How many works ask for what.
fn figures(page: &mut String, clearance: &Clearance) -> fmt::Result {
    if clearance.works.is_empty() {
        return writeln!(page, "<p>Nothing of the catalogue was recognised in what was checked.</p>");
    }
    page.push_str("<div class=\"figures\">\n");
    for (policy, one, many) in [
        (Policy::Deny, "work is not permitted", "works are not permitted"),
        (Policy::Ask, "work needs its owner\u{2019}s licence", "works need their owners\u{2019} licence"),
        (Policy::Attribute, "author to name", "authors to name"),
        (Policy::Allow, "work asks for nothing", "works ask for nothing"),
    ] {
        let count = clearance.works.iter().filter(|work| work.policy == policy).count();
        if count > 0 {
            writeln!(page, "<div class=\"figure\"><b>{count}</b>{}</div>", if count == 1 { one } else { many })?;
        }
    }
    page.push_str("</div>\n");
    summary(page, &clearance.works)
}

/// All works at a glance.
fn summary(page: &mut String, works: &[Clearing]) -> fmt::Result {
    page.push_str("<table class=\"summary\">\n<tr><th>Work</th><th>Owner</th><th>Licence</th><th>Heard</th><th>Policy</th></tr>\n");
    for (number, Clearing { work, policy, passages, .. }) in (1..).zip(works) {
        let seconds: f64 = passages.iter().map(|passage| passage.project_time.seconds()).sum();
        let licence = work.licence.as_ref().map_or("none", |licence| licence.as_str());
        writeln!(
            page,
            "<tr><td><a href=\"#work-{number}\">{}</a></td><td>{}</td><td>{}</td><td>{}</td><td>{policy}</td></tr>",
            Text(words::title(work)),
            Text(&work.owner),
            Text(licence),
            words::clock(seconds.ceil()),
        )?;
    }
    page.push_str("</table>\n");
    Ok(())
}

/// What was checked, and with what.
fn checked(page: &mut String, clearance: &Clearance) -> fmt::Result {
    page.push_str("<h2>What was checked</h2>\n");
    writeln!(page, "<p>{}</p>", Text(&clearance.coverage()))?;
    if !clearance.unchecked.is_empty() {
        let gaps = clearance.unchecked.iter().map(|gap| gap.project_time);
        bar(page, gaps, length(clearance), "gap", "Passages that were not checked")?;
    }
    page.push_str("<dl>\n");
    if let Some((first, last)) = &clearance.period {
        entry(page, "Listened", &format!("{} to {}", first.in_words(), last.in_words()))?;
    }
    for index in &clearance.indexes {
        let built = index.built.map(|built| format!("built {built}, ")).unwrap_or_default();
        writeln!(
            page,
            "<dt>Index</dt><dd>{built}{} recordings<br><code>{}</code></dd>",
            index.works,
            Text(&index.digest)
        )?;
    }
    page.push_str("</dl>\n");
    Ok(())
}

/// The lines that a release has to carry, ready to be copied.
fn credits(page: &mut String, works: &[Clearing]) -> fmt::Result {
    let named: Vec<_> = works.iter().filter(|work| work.policy == Policy::Attribute).collect();
    if named.is_empty() {
        return Ok(());
    }
    page.push_str("<h2>Credits to publish</h2>\n<div class=\"credits\">\n");
    for clearing in named {
        writeln!(page, "<p>{}</p>", Text(&words::credit(&clearing.work)))?;
    }
    page.push_str("</div>\n");
    Ok(())
}

fn section(page: &mut String, title: &str, anchor: &str, works: &[Clearing], length: f64) -> fmt::Result {
    if works.is_empty() {
        return Ok(());
    }
    writeln!(page, "<h2>{title}</h2>")?;
    let mut works = (1..).zip(works);
    works.try_for_each(|(number, clearing)| work(page, &format!("{anchor}-{number}"), clearing, length))
}

fn work(page: &mut String, anchor: &str, clearing: &Clearing, length: f64) -> fmt::Result {
    let Clearing { work, policy, .. } = clearing;
    write!(
        page,
        "<article id=\"{anchor}\" class=\"work {policy}\">\n<header><h3>{}</h3><span class=\"policy\">{policy}</span></header>\n",
        Text(words::title(work))
    )?;
    if !work.artists.is_empty() {
        writeln!(page, "<p class=\"soft\">{}</p>", Text(&work.artists.join(", ")))?;
    }
    writeln!(page, "<p class=\"todo\">{}</p>\n<dl>", Text(&clearing.to_do))?;
    rights(page, work)?;
    entry(page, "How sure", &format!("{}, {}", clearing.how_sure, words::percent(clearing.confidence)))?;
    page.push_str("</dl>\n");
    bar(
        page,
        clearing.passages.iter().map(|passage| passage.project_time),
        length,
        "use",
        "Where it is heard in the project",
    )?;
    passages(page, &clearing.passages)?;
    page.push_str("</article>\n");
    Ok(())
}

/// What the catalogue says of a work.
fn rights(page: &mut String, work: &Work) -> fmt::Result {
    entry(page, "Owner", if work.owner.is_empty() { "not named in the catalogue" } else { &work.owner })?;
    let licence = work.licence.as_ref().map_or("none in the catalogue", |licence| licence.as_str());
    let mut valid = String::new();
    if let Some(from) = work.from {
        write!(valid, ", from {from}")?;
    }
    if let Some(until) = work.until {
        write!(valid, ", until {until}")?;
    }
    entry(page, "Licence", &format!("{licence}{valid}"))?;
    if !work.territory.is_empty() {
        let territory: Vec<_> = work.territory.iter().map(|territory| territory.as_str()).collect();
        entry(page, "Territory", &territory.join(", "))?;
    }
    let shown = |code: Option<&dyn ToString>| code.map(ToString::to_string).unwrap_or_default();
    entry(page, "ISRC", &shown(work.isrc.as_ref().map(|code| code as _)))?;
    entry(page, "ISWC", &shown(work.iswc.as_ref().map(|code| code as _)))?;
    entry(page, "IPI", &shown(work.ipi.as_ref().map(|code| code as _)))?;
    entry(page, "Track id", &work.id)?;
    let contact = Text(&work.contact);
    match work.contact.as_str() {
        "" => Ok(()),
        url if url.starts_with("https://") || url.starts_with("http://") => {
            writeln!(page, "<dt>Licensing</dt><dd><a rel=\"noopener noreferrer\" href=\"{contact}\">{contact}</a></dd>")
        }
        other => entry(page, "Licensing", other),
    }
}

/// A line of a list; none where there is nothing to say.
fn entry(page: &mut String, name: &str, text: &str) -> fmt::Result {
    if text.is_empty() { Ok(()) } else { writeln!(page, "<dt>{name}</dt><dd>{}</dd>", Text(text)) }
}

fn passages(page: &mut String, passages: &[Passage]) -> fmt::Result {
    page.push_str("<table class=\"passages\">\n<tr><th>In the project</th><th>Source</th><th>In the work</th><th>Transformed</th><th>Confidence</th></tr>\n");
    for passage in passages {
        let alternatives = match passage.any_of.as_slice() {
            [] => String::new(),
            ids => format!("<br>or one of: {}", Text(&ids.join(", "))),
        };
        writeln!(
            page,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}, {}{alternatives}</td></tr>",
            words::span(passage.project_time),
            words::source(passage.source),
            words::span(passage.work_time),
            words::transform(passage.rate, passage.pitch),
            words::percent(passage.confidence),
            words::judged(passage.confidence, passage.likeness),
        )?;
    }
    page.push_str("</table>\n");
    Ok(())
}

/// Passages drawn over the length of the project.
fn bar(page: &mut String, spans: impl Iterator<Item = Span>, length: f64, class: &str, title: &str) -> fmt::Result {
    write!(
        page,
        "<svg class=\"bar\" viewBox=\"0 0 {BAR} 10\" preserveAspectRatio=\"none\" role=\"img\"><title>{title}</title>"
    )?;
    for span in spans {
        let (from, width) = (BAR * span.from.clamp(0.0, length) / length, BAR * span.seconds().min(length) / length);
        // A hair's width stays visible in print.
        write!(
            page,
            "<rect class=\"{class}\" x=\"{from:.1}\" y=\"0\" width=\"{:.1}\" height=\"10\"/>",
            width.max(2.0)
        )?;
    }
    writeln!(page, "</svg>\n<p><span>0:00</span><span>{}</span></p>", words::clock(length.ceil()))
}

/// Seconds from the begin of the project to the end of the last passage that is known of.
fn length(clearance: &Clearance) -> f64 {
    let works = clearance.works.iter().chain(&clearance.possible);
    let heard = works.flat_map(|work| &work.passages).map(|passage| passage.project_time.to);
    let gaps = clearance.unchecked.iter().map(|gap| gap.project_time.to);
    heard.chain(gaps).chain(clearance.played).fold(1.0, f64::max)
}

/// What the report rests on.
fn evidence(page: &mut String, clearance: &Clearance) -> fmt::Result {
    write!(page, "<h2>What it rests on</h2>\n<p>{MEANING}</p>\n<dl>\n")?;
    entry(page, "Ledger", &clearance.ledger)?;
    entry(page, "Project id", &clearance.project.id)?;
    entry(page, "Rows", &clearance.seal.rows.to_string())?;
    writeln!(page, "<dt>Seal</dt><dd><code>{}</code></dd>", Text(&clearance.seal.to_string()))?;
    let state = if clearance.faults.is_empty() {
        "unchanged since it was written, as far as its chain of hashes shows"
    } else {
        "changed, see above"
    };
    entry(page, "State", state)?;
    for note in &clearance.notes {
        entry(page, "Note", note)?;
    }
    page.push_str(
        "</dl>\n<p class=\"soft\">Keep this seal: with it <code>zitherctl rights ledger verify --seal</code> tells \
        later whether the ledger still begins with the rows that this report was made from.</p>\n",
    );
    Ok(())
}
