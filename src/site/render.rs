//! Diagnostics for people: the line of the file, what is wrong in it, and the mend.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::diagnostic::{Diagnostic, DiagnosticSeverity, SiteErrors};
use super::source::SourceFile;

/// How diagnostics are shown.
#[derive(Clone, Debug, Default)]
pub struct RenderStyle {
    /// With colour codes of a terminal.
    pub color: bool,
    /// Put in front of file names, so that a path can be opened from where the command was given.
    pub directory: String,
}

impl SiteErrors {
    /// The text for people, one paragraph for each diagnostic.
    #[must_use]
    pub fn render(&self, style: &RenderStyle) -> String {
        render(&self.diagnostics, &self.files, style)
    }
}

/// Texts of diagnostics for people, a blank line between them.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], files: &[SourceFile], style: &RenderStyle) -> String {
    let renderer = if style.color {
        Renderer::styled()
    } else {
        Renderer::plain()
    }
    .decor_style(DecorStyle::Ascii)
    .term_width(120);
    let texts: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| one(diagnostic, files, style, &renderer))
        .collect();
    texts.join("\n\n")
}

fn one(diagnostic: &Diagnostic, files: &[SourceFile], style: &RenderStyle, renderer: &Renderer) -> String {
    let path = |name: &str| {
        if style.directory.is_empty() {
            name.to_owned()
        } else {
            format!("{}/{name}", style.directory.trim_end_matches('/'))
        }
    };
    let level = match diagnostic.severity {
        DiagnosticSeverity::Error => Level::ERROR,
        DiagnosticSeverity::Warning => Level::WARNING,
    };
    let title = level.primary_title(clean(&diagnostic.message));
    let mut group = match files.get(diagnostic.span.file) {
        Some(file) if diagnostic.line > 0 => in_source(title, diagnostic, file, path(&file.name)),
        _ => title.element(Origin::path(path(&diagnostic.file))),
    };
    if let Some((span, label)) = &diagnostic.related
        && span.file != diagnostic.span.file
        && let Some(file) = files.get(span.file)
    {
        group = group.element(
            Snippet::source(file.text.as_str())
                .path(path(&file.name))
                .annotation(
                    AnnotationKind::Context
                        .span(visible(&file.text, span.start, span.end))
                        .label(clean(label)),
                ),
        );
    }
    if !diagnostic.help.is_empty() {
        group = group.element(Level::HELP.message(clean(&diagnostic.help)));
    }
    renderer.render(&[group])
}

fn in_source<'a>(
    title: annotate_snippets::Title<'a>,
    diagnostic: &'a Diagnostic,
    file: &'a SourceFile,
    path: String,
) -> Group<'a> {
    let mut primary =
        AnnotationKind::Primary.span(visible(&file.text, diagnostic.span.start, diagnostic.span.end));
    if !diagnostic.label.is_empty() {
        primary = primary.label(clean(&diagnostic.label));
    }
    let mut snippet = Snippet::source(file.text.as_str()).path(path).annotation(primary);
    if let Some((span, label)) = &diagnostic.related
        && span.file == diagnostic.span.file
    {
        snippet = snippet.annotation(
            AnnotationKind::Context
                .span(visible(&file.text, span.start, span.end))
                .label(clean(label)),
        );
    }
    title.element(snippet)
}

/// A span that the renderer can show: on character borders, inside the text, on its first line.
fn visible(text: &str, start: usize, end: usize) -> std::ops::Range<usize> {
    let border = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = border(start);
    let mut end = border(end).max(start);
    if let Some(newline) = text.get(start..end).and_then(|part| part.find(['\r', '\n'])) {
        end = (start + newline).max(start);
    }
    start..end
}

/// Text from a file may hold control characters, which could move a terminal's cursor.
fn clean(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && c != '\n' {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}
