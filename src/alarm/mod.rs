//! Alarms: life cycle, delays, deduplication and the text an operator acts on.
