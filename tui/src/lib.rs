//! The control-room terminal of Tapglass.
