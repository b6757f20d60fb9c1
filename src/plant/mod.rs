//! The process image: points, what was commanded, what is observed, and how fresh it is.
