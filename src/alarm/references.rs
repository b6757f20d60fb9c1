//! What an alarm refers to: MITRE ATT&CK for ICS (ids of v19) and IEC 62443-3-3.

/// Techniques of a kind of rule, where the rule itself names none.
#[must_use]
pub fn techniques(kind: &str) -> &'static [&'static str] {
    match kind {
        "envelope" => &["T0836", "T0831"],
        "step" | "walk" | "domain" | "schedule" | "sequence" | "sanity" => &["T0836"],
        "rate" => &["T0831"],
        "writers" => &["T1692.001", "T0848"],
        "permissive" | "sbo" => &["T1692.001"],
        "interlock" => &["T0831", "T0837"],
        "cycle" => &["T0806", "T0879"],
        "count" => &["T0806"],
        "chatter" => &["T0806", "T0831"],
        "feedback" => &["T0831", "T1692.002"],
        "uncommanded" => &["T1692.001", "T0831"],
        "mirror" => &["T0830", "T1692.002"],
        "frozen" | "replay" => &["T1692.002", "T0832"],
        "balance" => &["T0831", "T1692.002"],
        "silence" => &["T1691.002", "T0815", "T0829"],
        "limit-write" => &["T0838", "T0836"],
        "bypass" => &["T0880", "T0878"],
        "restart" => &["T0816"],
        "block_reporting" => &["T1691.002", "T0815"],
        "conduit" => &["T0886"],
        "security" => &["T0830"],
        "identity" => &["T0848", "T1693.001"],
        "baseline" => &["T0848"],
        "new-device" => &["T0842", "T0848"],
        "new-port" => &["T0885", "T0866"],
        "public-address" => &["T0883"],
        "cleartext-logon" => &["T0842", "T0859"],
        "default-logon" => &["T1694.001", "T0859"],
        "address-conflict" => &["T0830"],
        "illegal-address" => &["T0814"],
        "scan" => &["T0846", "T0840"],
        "many-protocols" => &["T0846", "T0888"],
        "remote-access" => &["T0886", "T0822"],
        "relay" => &["T0884", "T0848"],
        "foreign-protocol" => &["T0885"],
        _ => &[],
    }
}

/// System requirements of IEC 62443-3-3 that a kind of rule watches.
#[must_use]
pub fn requirements(kind: &str) -> &'static [&'static str] {
    match kind {
        "envelope" | "step" | "walk" | "domain" | "sanity" => &["SR 3.5", "SR 6.2"],
        "rate" | "chatter" | "interlock" | "uncommanded" | "balance" => &["SR 3.6", "SR 6.2"],
        "writers" => &["SR 1.1", "SR 2.1", "SR 6.2"],
        "limit-write" | "schedule" | "permissive" | "sequence" | "bypass" => &["SR 2.1", "SR 3.4", "SR 6.2"],
        "cycle" | "count" => &["SR 2.1", "SR 6.2"],
        "sbo" => &["SR 2.1", "SR 3.1"],
        "feedback" | "mirror" | "frozen" | "replay" => &["SR 3.1", "SR 3.4", "SR 6.2"],
        "silence" | "block_reporting" => &["SR 7.1", "SR 6.2"],
        "restart" => &["SR 2.1", "SR 7.1"],
        "conduit" => &["SR 5.1", "SR 5.2"],
        "security" => &["SR 3.1", "SR 4.1", "SR 4.3"],
        "identity" => &["SR 1.2", "SR 3.4", "SR 7.8"],
        "new-device" => &["SR 1.2", "SR 7.8"],
        "new-port" => &["SR 7.7", "SR 7.8"],
        "public-address" => &["SR 1.13", "SR 5.1", "SR 5.2"],
        "cleartext-logon" => &["SR 1.5", "SR 4.1"],
        "default-logon" => &["SR 1.1", "SR 1.5", "SR 2.12"],
        "address-conflict" | "relay" => &["SR 1.2", "SR 3.1"],
        "illegal-address" => &["SR 3.5", "SR 5.2"],
        "scan" | "many-protocols" => &["SR 5.2", "SR 6.2"],
        "remote-access" => &["SR 1.13", "SR 2.1", "SR 5.2"],
        "foreign-protocol" => &["SR 5.2", "SR 7.7"],
        _ => &["SR 6.2"],
    }
}
