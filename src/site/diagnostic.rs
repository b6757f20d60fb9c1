//! What is wrong with a site: where, why, and the mend.

use std::fmt;

use serde::Serialize;

use super::source::{SourceFile, Sources, Span};

/// Whether a site can be used in spite of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DiagnosticSeverity {
    /// The site cannot be used.
    Error,
    /// The site can be used; the engineer should look.
    Warning,
}

impl DiagnosticSeverity {
    /// The word in front of the message.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One thing that is wrong, for programs; [`SiteErrors::render`] shows it to people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: DiagnosticSeverity,
    /// File, relative to the site.
    pub file: String,
    /// Line from 1; 0 when the file as a whole is meant.
    pub line: u32,
    /// Column from 1, in characters; 0 when the file as a whole is meant.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to do about it; empty when the message says it.
    pub help: String,
    #[serde(skip)]
    pub(super) span: Span,
    /// Said at the place.
    #[serde(skip)]
    pub(super) label: String,
    /// A second place that belongs to it, and what is there.
    #[serde(skip)]
    pub(super) related: Option<(Span, String)>,
}

impl fmt::Display for Diagnostic {
    /// One line, as compilers print it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}: {}", self.severity.name(), self.message)?;
        if !self.help.is_empty() {
            write!(f, " (help: {})", self.help)?;
        }
        Ok(())
    }
}

/// Why a site did not load: everything that is wrong, with the texts it is about.
#[derive(Clone, Debug, Default, thiserror::Error)]
pub struct SiteErrors {
    /// Errors and warnings in the order of files and lines.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that were read.
    pub files: Vec<SourceFile>,
}

impl SiteErrors {
    /// How many errors there are.
    #[must_use]
    pub fn errors(&self) -> usize {
        count(&self.diagnostics, DiagnosticSeverity::Error)
    }

    /// How many warnings there are.
    #[must_use]
    pub fn warnings(&self) -> usize {
        count(&self.diagnostics, DiagnosticSeverity::Warning)
    }
}

impl fmt::Display for SiteErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, diagnostic) in self.diagnostics.iter().enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{diagnostic}")?;
        }
        Ok(())
    }
}

fn count(diagnostics: &[Diagnostic], severity: DiagnosticSeverity) -> usize {
    diagnostics.iter().filter(|d| d.severity == severity).count()
}

/// A diagnostic that is being written.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    severity: DiagnosticSeverity,
    span: Option<Span>,
    file: String,
    message: String,
    label: String,
    help: String,
    related: Option<(Span, String)>,
}

impl Draft {
    /// Says what is at the place itself.
    pub(super) fn label(&mut self, label: impl Into<String>) -> &mut Self {
        self.label = label.into();
        self
    }

    /// Says how to mend it.
    pub(super) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = help.into();
        self
    }

    /// Shows a second place.
    pub(super) fn related(&mut self, span: Span, label: impl Into<String>) -> &mut Self {
        self.related = Some((span, label.into()));
        self
    }
}

/// More than this many diagnostics are counted, not kept: nobody reads them, and hostile input must not fill memory.
const KEPT: usize = 500;

/// Collects what is wrong while a site is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Problems {
    drafts: Vec<Draft>,
    errors: usize,
    left_out: usize,
}

impl Problems {
    /// Something is wrong here.
    pub(super) fn error(&mut self, span: Span, message: impl Into<String>) -> &mut Draft {
        self.push(
            DiagnosticSeverity::Error,
            Some(span),
            String::new(),
            message.into(),
        )
    }

    /// Something looks wrong here.
    pub(super) fn warning(&mut self, span: Span, message: impl Into<String>) -> &mut Draft {
        self.push(
            DiagnosticSeverity::Warning,
            Some(span),
            String::new(),
            message.into(),
        )
    }

    /// Something is wrong with a file as a whole.
    pub(super) fn file_error(&mut self, file: &str, message: impl Into<String>) -> &mut Draft {
        self.push(DiagnosticSeverity::Error, None, file.to_owned(), message.into())
    }

    /// How many errors there are so far.
    pub(super) const fn errors(&self) -> usize {
        self.errors
    }

    fn push(
        &mut self,
        severity: DiagnosticSeverity,
        span: Option<Span>,
        file: String,
        message: String,
    ) -> &mut Draft {
        if severity == DiagnosticSeverity::Error {
            self.errors += 1;
        }
        if self.drafts.len() > KEPT {
            // The last place is overwritten again and again; it is dropped in `finish`.
            self.left_out += 1;
            self.drafts.truncate(KEPT);
        }
        let place = self.drafts.len();
        self.drafts.push(Draft {
            severity,
            span,
            file,
            message,
            label: String::new(),
            help: String::new(),
            related: None,
        });
        &mut self.drafts[place]
    }

    /// The diagnostics in the order of files and lines.
    pub(super) fn finish(mut self, sources: &Sources) -> Vec<Diagnostic> {
        // The most telling first where two are about one place: errors before warnings.
        self.drafts.sort_by_key(|draft| {
            (
                draft.span.is_some(),
                draft.span.map(|span| (span.file, span.start)),
                draft.severity,
            )
        });
        let mut diagnostics: Vec<Diagnostic> = Vec::with_capacity(self.drafts.len());
        for draft in self.drafts {
            let (line, column) = draft.span.map_or((0, 0), |span| sources.position(span));
            let file = draft
                .span
                .map_or(draft.file, |span| sources.name(span.file).to_owned());
            let diagnostic = Diagnostic {
                severity: draft.severity,
                file,
                line,
                column,
                message: draft.message,
                help: draft.help,
                span: draft.span.unwrap_or_default(),
                label: draft.label,
                related: draft.related,
            };
            if diagnostics.last() != Some(&diagnostic) {
                diagnostics.push(diagnostic);
            }
        }
        if self.left_out > 0
            && let Some(last) = diagnostics.last_mut()
        {
            let more = format!("and {} more", self.left_out);
            last.help = if last.help.is_empty() {
                more
            } else {
                format!("{}; {more}", last.help)
            };
        }
        diagnostics
    }
}
