//! The `alarm` record (records.md section 5).
