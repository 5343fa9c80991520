//! Runnable examples of the driver; each is a file of this folder.
