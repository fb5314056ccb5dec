//! Stored expressions as a small typed tree, and the questions asked of it. No SPI here.
