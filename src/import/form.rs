//! Which product a list is from.

/// The lists that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Tags of a Kepware device as CSV.
    Kepware,
    /// Tag export of Ignition: JSON, or the CSV of versions before 8.
    Ignition,
    /// `variables.csv` of a universal project of KICS for Networks.
    Kics,
    /// DNP3 device profile as XML (IEEE 1815-2012, 14.8).
    Dnp3Profile,
    /// OPC UA NodeSet2 XML (OPC 10000-6, annex F).
    NodeSet,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 5] = [
        Self::Kepware,
        Self::Ignition,
        Self::Kics,
        Self::Dnp3Profile,
        Self::NodeSet,
    ];

    /// The word of the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kepware => "kepware",
            Self::Ignition => "ignition",
            Self::Kics => "kics",
            Self::Dnp3Profile => "dnp3-profile",
            Self::NodeSet => "nodeset",
        }
    }

    /// For people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Kepware => "tag list of Kepware",
            Self::Ignition => "tag export of Ignition",
            Self::Kics => "variables.csv of KICS for Networks",
            Self::Dnp3Profile => "DNP3 device profile",
            Self::NodeSet => "OPC UA NodeSet2",
        }
    }

    /// The form of a word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    /// The form of a file, by what is in it.
    #[must_use]
    pub fn recognise(bytes: &[u8]) -> Option<Self> {
        const LOOKED_AT: usize = 64 << 10;
        let text = super::text(bytes).unwrap_or_else(|_| {
            String::from_utf8_lossy(bytes.get(..LOOKED_AT).unwrap_or(bytes)).into_owned()
        });
        let start: String = text.trim_start().chars().take(LOOKED_AT).collect();
        if start.starts_with('<') {
            return [
                ("DNP3DeviceProfileDocument", Self::Dnp3Profile),
                ("UANodeSet", Self::NodeSet),
            ]
            .into_iter()
            .find(|(word, _)| start.contains(word))
            .map(|(_, form)| form);
        }
        if start.starts_with(['{', '[']) {
            return ["\"tagType\"", "\"opcItemPath\"", "\"tags\""]
                .into_iter()
                .any(|word| start.contains(word))
                .then_some(Self::Ignition);
        }
        start.lines().take(50).find_map(|line| {
            let line = line.to_lowercase();
            let holds = |words: &[&str]| words.iter().all(|word| line.contains(word));
            if holds(&["tag name", "address", "client access"]) {
                Some(Self::Kepware)
            } else if holds(&["varname", "connection", "inlo"]) {
                Some(Self::Kics)
            } else if holds(&["opcitempath", "datatype"]) {
                Some(Self::Ignition)
            } else {
                None
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_recognised_by_what_is_in_them() {
        for (text, form) in [
            (
                "Tag Name,Address,Data Type,Respect Data Type,Client Access\n",
                Some(Form::Kepware),
            ),
            (
                "; a comment\nTag Name,Address,Data Type,Client Access\n",
                Some(Form::Kepware),
            ),
            (
                "'Variables\n'ID;Varname;Connection;Address;Datatype;Length;InLo\n",
                Some(Form::Kics),
            ),
            ("{\"tags\": []}", Some(Form::Ignition)),
            ("Path,Name,TagType,OPCItemPath,DataType\n", Some(Form::Ignition)),
            (
                "<?xml version=\"1.0\"?>\n<UANodeSet xmlns=\"x\">",
                Some(Form::NodeSet),
            ),
            (
                "<?xml version=\"1.0\"?>\n<DNP3DeviceProfileDocument>",
                Some(Form::Dnp3Profile),
            ),
            ("<html>", None),
            ("name,at\n", None),
            ("", None),
        ] {
            assert_eq!(Form::recognise(text.as_bytes()), form, "{text}");
        }
        for form in Form::ALL {
            assert_eq!(Form::from_name(form.name()), Some(form));
        }
    }
}
