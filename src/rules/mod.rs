//! Rules: conditions over the process image, three-valued, evaluated when what they read changes.
