//! What the screens show: one immutable picture of the plant at one moment of capture time.
