use super::*;
use proptest::prelude::*;

fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("export.csv");
    std::fs::write(&path, text).unwrap();
    (directory, path)
}

type Rows = Vec<(String, Vec<(usize, f64)>)>;

fn rows(text: &str) -> (Vec<String>, Rows, Read) {
    let (_directory, path) = file(text);
    let export = Historian::open(&path, &["LABEL".to_owned()]).unwrap();
    let mut rows = Vec::new();
    let read = export
        .each(|at, _, values| rows.push((at.to_string(), values.to_vec())))
        .unwrap();
    (export.names, rows, read)
}

#[test]
fn times_are_read_in_the_form_that_goes_on() {
    // Two times of a file, what the first is.
    for (first, second, expected) in [
        (
            "2017-01-04 00:00:00",
            "2017-01-04 01:00:00",
            "2017-01-04T00:00:00.000000000Z",
        ),
        (
            "2017-01-04T00:00:00.250Z",
            "2017-01-04T00:00:01Z",
            "2017-01-04T00:00:00.250000000Z",
        ),
        (
            "2017-01-04T02:00:00+02:00",
            "2017-01-04T03:00:00+02:00",
            "2017-01-04T00:00:00.000000000Z",
        ),
        ("04/01/17 00", "04/01/17 01", "2017-01-04T00:00:00.000000000Z"),
        (
            "31/12/2016 23:00",
            "01/01/2017 00:00",
            "2016-12-31T23:00:00.000000000Z",
        ),
        (
            "12/31/2016 11:00 PM",
            "1/1/2017 12:00 AM",
            "2016-12-31T23:00:00.000000000Z",
        ),
        (
            "31.12.2016 23:00:30",
            "01.01.2017 00:00:30",
            "2016-12-31T23:00:30.000000000Z",
        ),
        ("1483488000", "1483491600", "2017-01-04T00:00:00.000000000Z"),
        ("1483488000000", "1483491600000", "2017-01-04T00:00:00.000000000Z"),
    ] {
        let form = TimeForm::of(&[first, second]).unwrap_or_else(|| panic!("{first}"));
        assert_eq!(form.read(first).unwrap().to_string(), expected, "{first}");
    }
    assert_eq!(TimeForm::of(&["yesterday", "today"]), None);
    // A month is told from a day by what lies between the rows.
    assert_eq!(
        TimeForm::of(&["04/07/16 23", "05/07/16 00"]),
        Some(TimeForm::DayFirst)
    );
    assert_eq!(
        TimeForm::of(&["04/07/16 23", "04/08/16 00"]),
        Some(TimeForm::MonthFirst)
    );
}

#[test]
fn wide_and_long_forms_hold_the_same() {
    let wide = rows("time,A,LABEL,\"B, raw\"\n2017-01-04 00:00,1.5,0,2\n2017-01-04 01:00,,0,on\n");
    assert_eq!(wide.0, ["A", "B, raw"]);
    assert_eq!(wide.1[0].1, [(0, 1.5), (1, 2.0)]);
    assert_eq!(wide.1[1].1, [(1, 1.0)]);
    assert_eq!(
        wide.2,
        Read {
            rows: 2,
            skipped: 0,
            empty: 1
        }
    );
    let long = rows(
        "Time;Tag;Value;Quality\n2017-01-04 00:00;A;1,5;192\n2017-01-04 00:00;B;2;192\n2017-01-04 01:00;B;1;192\n",
    );
    assert_eq!(long.0, ["A", "B"]);
    assert_eq!(long.1[0], (wide.1[0].0.clone(), vec![(0, 1.5), (1, 2.0)]));
    assert_eq!(long.1[1].1, [(1, 1.0)]);
}

#[test]
fn what_is_no_table_is_refused_with_a_reason() {
    for (text, part) in [
        ("", "is empty"),
        ("a,b\nx,1\n", "is no time"),
        ("time\n2017-01-04\n", "no column beside the time"),
    ] {
        let (_directory, path) = file(text);
        let error = Historian::open(&path, &[]).unwrap_err().to_string();
        assert!(error.contains(part), "{text:?}: {error}");
    }
}

#[test]
fn rows_that_go_back_are_counted_and_left_out() {
    let (_, rows, read) =
        rows("t,A\n2017-01-04 02:00,1\n2017-01-04 01:00,2\nend of export\n2017-01-04 03:00,3\n");
    assert_eq!(rows.len(), 2);
    assert_eq!(read.skipped, 2);
}

proptest! {
    #[test]
    fn no_text_makes_it_fail_badly(text in "(?s).{0,400}") {
        let (_directory, path) = file(&text);
        if let Ok(export) = Historian::open(&path, &[]) {
            let mut last = None;
            let _ = export.each(|at, _, _| {
                assert!(last.is_none_or(|last| last <= at));
                last = Some(at);
            });
        }
    }

    #[test]
    fn any_time_text_is_read_or_refused(text in ".{0,40}") {
        for form in [TimeForm::YearFirst, TimeForm::DayFirst, TimeForm::MonthFirst, TimeForm::Seconds, TimeForm::Milliseconds] {
            let _ = form.read(&text);
        }
    }
}
