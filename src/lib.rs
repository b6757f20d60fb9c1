//! Engine of Tapglass.
