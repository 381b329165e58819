//! The table: a line for each measure, a column for each matcher, and what is aimed at.

/// What is aimed at, by the beginning of a measure's name.
const GOALS: [(&str, &str); 36] = [
    ("clean 1 s", ">= 70"),
    ("clean", "100"),
    ("noise", ">= 97"),
    ("codec", "100"),
    ("eq", "100"),
    ("reverb", ">= 60"),
    ("dynamics", ">= 94"),
    ("varispeed", ">= 95"),
    ("pitch", ">= 80"),
    ("stretch", ">= 85"),
    ("drums", ">= 75"),
    ("music", ">= 45"),
    ("vocals", ">= 85"),
    ("loops", ">= 80"),
    ("plumbing", "100"),
    ("chains", ">= 25"),
    ("all, 1 %", ">= 80"),
    ("all, above", ">= 72"),
    ("own decision, hits", ">= 72"),
    ("own decision, false", "0"),
    ("own decision, wrong", "<= 2"),
    ("offset, median", "<= 10 ms"),
    ("offset within 100", ">= 95"),
    ("sessions, recall", ">= 70"),
    ("sessions, first", "<= 2.0; <= 4.5"),
    ("sessions, own decision", ">= 65"),
    ("sessions, own first", "<= 2.0; <= 4.5"),
    ("false alarms", "0 in 3 h"),
    ("calibration", "<= 0.05"),
    ("precision", ">= 99"),
    ("ingest", ">= 400 x"),
    ("live load, mean", "<= 5 %"),
    ("index size", "<= 3 MB/h"),
    ("opening", "<= 20 ms"),
    ("private memory", "<= 40 MB"),
    ("", "-"),
];

/// What one matcher reached: measures and values.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) values: Vec<(String, String)>,
}

/// A line for each measure that any column has, in the order of the first column.
pub(super) fn lines(columns: &[Column]) -> Vec<String> {
    let mut measures: Vec<&str> = Vec::new();
    for (measure, _) in columns.iter().flat_map(|column| &column.values) {
        if !measures.contains(&measure.as_str()) {
            measures.push(measure);
        }
    }
    measures.into_iter().map(|measure| line(measure, columns)).collect()
}

fn line(measure: &str, columns: &[Column]) -> String {
    let cells = columns.iter().map(|column| {
        let value = column.values.iter().find(|(name, _)| name == measure);
        format!("{} {:<26}", column.name, value.map_or("-", |(_, value)| value))
    });
    let cells: Vec<String> = cells.collect();
    let line = format!("{:<48} {:<15} {}", format!("[rights:{measure}]"), goal(measure), cells.join(" | "));
    line.trim_end().to_owned()
}

fn goal(measure: &str) -> String {
    let goal = GOALS.iter().find(|(start, _)| measure.starts_with(start) && !measure.contains(": "));
    goal.map_or_else(|| "-".to_owned(), |(_, goal)| format!("goal {goal}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_is_one_line_that_can_be_searched_for() {
        let column = |name: &str, value: &str| Column {
            name: name.to_owned(),
            values: vec![("noise".to_owned(), value.to_owned())],
        };
        let lines = lines(&[column("zither", "99 %"), column("other", "97 %")]);
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with("[rights:noise]"), "{}", lines[0]);
        assert!(lines[0].contains("goal >= 97"), "{}", lines[0]);
        assert!(lines[0].contains("zither 99 %") && lines[0].ends_with("| other 97 %"), "{}", lines[0]);
    }
}
