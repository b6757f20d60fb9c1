//! Accounts that products come with.

/// Names of such accounts; nobody is named like that.
const DEFAULT_ACCOUNTS: [&str; 11] = [
    "admin",
    "administrator",
    "guest",
    "opc",
    "opcua",
    "opcuser",
    "password",
    "root",
    "sysadmin",
    "test",
    "user",
];

/// Is it an account that products come with?
#[must_use]
pub fn is_default_account(user: &str) -> bool {
    DEFAULT_ACCOUNTS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(user.trim()))
}
